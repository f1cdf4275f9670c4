"""Findings of the second scan, and their closing with what was done about them."""

from __future__ import annotations

from typing import Any

import pytest

from mci_core.errors import ActionError
from reviews import actions, tasks
from reviews.models import Finding
from tests.server import looks, recordings
from tests.server.capture_sessions.support import logged
from tests.server.cast import REASON, Cast


def close(cast: Cast, finding: Finding, who: str = "officer", resolution: str = REASON) -> Finding:
    return actions.close_finding(finding=finding, resolution=resolution, actor=cast.actor(who))


def test_each_hit_is_one_finding(cast: Cast) -> None:
    session = recordings.received(cast)
    from capture_sessions.actions import record_scan

    hits: list[dict[str, Any]] = [
        {"seq": 5, "field": "text", "label": "EMAIL"},
        {"seq": 5, "field": "text", "label": "EMAIL"},
        {"seq": 5, "field": "text", "label": "CARD"},
        {"seq": 2, "field": "target.name", "label": "EMAIL"},
    ]
    session = record_scan(session=session, hits=hits, actor=cast.system())
    assert tasks.open_findings(str(session.pk)) == 3
    assert {(f.label, f.place, f.severity) for f in Finding.objects.all()} == {
        ("EMAIL", "event 5, text", "medium"),
        ("CARD", "event 5, text", "high"),
        ("EMAIL", "event 2, target.name", "medium"),
    }
    assert tasks.open_findings(str(session.pk)) == 0
    assert len(logged("reviews.open_finding")) == 3


def test_a_lost_message_is_made_up_for_by_the_sweep(cast: Cast) -> None:
    recordings.quarantined(cast)
    recordings.quarantined(cast)
    recordings.available(cast)
    assert tasks.open_findings("00000000-0000-4000-8000-000000000000") == 0
    assert tasks.sweep_findings() == 2
    assert tasks.sweep_findings() == 0
    assert Finding.objects.count() == 2


def test_a_finding_is_closed_with_what_was_done(cast: Cast) -> None:
    finding = close(cast, looks.finding(cast))
    assert (finding.state, finding.resolution, finding.closed_by) == ("closed", REASON, cast.officer)
    assert finding.session.state == "quarantined"
    with pytest.raises(ActionError) as caught:
        close(cast, finding)
    assert caught.value.code == "finding_closed"
    assert len(logged("reviews.close_finding")) == 1


def test_closing_needs_an_officer_and_words_without_the_value(cast: Cast) -> None:
    finding = looks.finding(cast)
    for who in ("ml", "admin", "auditor", "employee"):
        with pytest.raises(ActionError) as caught:
            close(cast, finding, who)
        assert caught.value.status == 403
    for words in ("", "done", " " * 20, "masked ann.lee@example.com by a rule"):
        with pytest.raises(ActionError) as caught:
            close(cast, finding, resolution=words)
        assert caught.value.field == "resolution"
    finding.refresh_from_db()
    assert finding.state == "open"


def page(cast: Cast, who: str, path: str) -> str:
    response = cast.client(who).get(path)
    assert response.status_code == 200
    return str(response.content.decode())


def test_the_list_shows_class_and_place_and_filters(cast: Cast) -> None:
    finding = looks.finding(cast)
    for query, found in (
        ("", True),
        ("?state=open", True),
        ("?state=closed", False),
        ("?severity=medium", True),
        ("?severity=high", False),
        ("?source=scan", True),
        ("?source=review", False),
        ("?q=email", True),
        ("?q=card", False),
        ("?sort=severity", True),
    ):
        for who in ("officer", "ml", "admin"):
            shown = page(cast, who, f"/findings/{query}")
            assert (f"/findings/{finding.pk}/" in shown) is found, query
    shown = page(cast, "ml", f"/findings/{finding.pk}/")
    assert "event 5, text" in shown
    for word in (cast.subject().pseudonym, "Emil", "US-TX", str(cast.device.pk)):
        assert word not in shown
    assert "A privacy officer closes it" in shown


def test_the_page_closes_and_keeps_what_was_typed_when_it_cannot(cast: Cast) -> None:
    finding, client = looks.finding(cast), cast.client("officer")
    response = client.post(f"/findings/{finding.pk}/close/", {"resolution": "too short"})
    assert response.status_code == 422
    assert "too short" in response.content.decode()
    assert "at least 12 characters" in response.content.decode()
    assert client.post(f"/findings/{finding.pk}/close/", {"resolution": REASON}).status_code == 302
    assert REASON in page(cast, "officer", f"/findings/{finding.pk}/")
    again = client.post(f"/findings/{finding.pk}/close/", {"resolution": REASON})
    assert again.status_code == 422


def test_the_api_lists_and_closes(cast: Cast) -> None:
    finding = looks.finding(cast)
    rows = cast.api("ml").get("/api/v1/findings/?label=EMAIL&state=open").json()["results"]
    assert [row["id"] for row in rows] == [str(finding.pk)]
    assert rows[0].keys().isdisjoint({"subject", "value", "value_hmac", "device"})
    url = f"/api/v1/findings/{finding.pk}/close/"
    assert cast.api("ml").post(url, {"resolution": REASON}).status_code in (403, 404)
    refused = cast.api("officer").post(url, {"resolution": "short"})
    assert (refused.status_code, refused.json()["field"]) == (422, "resolution")
    closed = cast.api("officer").post(url, {"resolution": REASON})
    assert (closed.status_code, closed.json()["state"]) == (200, "closed")
    assert cast.api("officer").post(url, {"resolution": REASON}).status_code == 409
