"""Who looked at mine: what the person sees and what the log holds are the same, both ways."""

from __future__ import annotations

import json
from typing import Any

import pytest

from audits.models import AuditEntry
from capture_sessions import actions as sessions
from capture_sessions.models import CaptureSession
from reviews import actions, querysets
from reviews.models import ViewGrant
from tests.server import looks, recordings
from tests.server.cast import REASON, Cast


def in_the_log(cast: Cast, name: str) -> list[tuple[str, str, str]]:
    """(grant, what, part) of every look that the log holds about this person."""
    rows = AuditEntry.objects.filter(action="reviews.record_view", subject=cast.subject(name).pk)
    leaves = [json.loads(row.leaf) for row in rows.order_by("pk")]
    return sorted((leaf["object"]["id"], leaf["facts"]["what"], leaf["facts"]["part"]) for leaf in leaves)


def in_the_portal(cast: Cast, name: str) -> list[tuple[str, str, str]]:
    """The same, as the person is shown it."""
    grants = querysets.looks_at(cast.user(name))
    return sorted(
        (str(grant.pk), view.what, view.part) for grant in grants for view in querysets.views_of(grant)
    )


def sample_of(cast: Cast, who: str, purpose: str) -> Any:
    return actions.draw_sample(sample=looks.committed(cast, who=who, purpose=purpose), actor=cast.system())


def test_portal_and_log_agree_both_ways(cast: Cast) -> None:
    mine, theirs = recordings.available(cast), recordings.available(cast)
    CaptureSession.objects.filter(pk=theirs.pk).update(subject=cast.subject("colleague"))
    useful = sample_of(cast, "ml", "data_quality")
    quality = sample_of(cast, "officer", "redaction_quality")
    for who, sample in (("ml", useful), ("officer", quality), ("second_officer", quality)):
        for item in sample.items.all():
            grant = actions.open_grant(item=item, reason=REASON, minutes=15, actor=cast.actor(who))
            actions.record_view(grant=grant, what="events", part="part 0", actor=cast.actor(who))
        actions.record_view(grant=grant, what="frame", part="frame 1", actor=cast.actor(who))
    for name in ("employee", "colleague"):
        assert in_the_portal(cast, name) == in_the_log(cast, name) != []
    assert len(in_the_log(cast, "employee")) + len(in_the_log(cast, "colleague")) == 9
    assert in_the_portal(cast, "officer") == in_the_log(cast, "officer") == []
    assert {grant.session_id for grant in querysets.looks_at(cast.employee)} == {mine.pk}
    entries = AuditEntry.objects.filter(action="reviews.open_grant", subject=cast.subject().pk).count()
    assert entries == querysets.looks_at(cast.employee).count() == 3


def test_a_look_that_failed_is_in_neither(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    grant = looks.grant(cast)

    def failing(**_said: Any) -> int:
        raise RuntimeError

    monkeypatch.setattr("reviews.actions.grants.audit.append", failing)
    with pytest.raises(RuntimeError):
        actions.record_view(grant=grant, what="events", part="part 0", actor=cast.actor("officer"))
    assert in_the_portal(cast, "employee") == in_the_log(cast, "employee") == []


def test_looks_stay_known_after_the_session_is_erased(cast: Cast) -> None:
    grant = looks.looked(cast)
    sessions.erase_sessions(session_ids=[grant.session_id], because="request", actor=cast.system())
    assert in_the_portal(cast, "employee") == in_the_log(cast, "employee") != []
    assert cast.client("employee").get(f"/me/looks/{grant.pk}/").status_code == 200


def test_the_person_reads_role_reason_and_each_look_but_no_name(cast: Cast) -> None:
    grant = looks.looked(cast)
    client = cast.client("employee")
    listed = client.get("/me/looks/").content.decode()
    detail = client.get(f"/me/looks/{grant.pk}/").content.decode()
    for shown in (listed, detail):
        assert REASON in shown
        assert "Privacy officer" in shown
        assert "Olga" not in shown
    assert "part 0" in detail
    assert f"/me/looks/{grant.pk}/" in client.get("/me/looks/?q=example&sort=-looks").content.decode()
    assert f"/me/looks/{grant.pk}/" not in client.get("/me/looks/?q=nonsense").content.decode()


def test_leave_that_was_not_used_is_shown_as_such(cast: Cast) -> None:
    grant = looks.grant(cast)
    assert "It was not used" in cast.client("employee").get(f"/me/looks/{grant.pk}/").content.decode()


def test_a_colleague_sees_nothing_of_it(cast: Cast) -> None:
    grant = looks.looked(cast)
    for who in ("colleague", "officer", "admin", "auditor"):
        client = cast.client(who)
        assert client.get(f"/me/looks/{grant.pk}/").status_code == 404
        assert "Nobody has looked" in client.get("/me/looks/").content.decode()
    assert ViewGrant.objects.count() == 1
