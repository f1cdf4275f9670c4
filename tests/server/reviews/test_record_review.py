"""One verdict for each reviewer and session, after a look; a leak is named by class and place."""

from __future__ import annotations

from typing import Any

import pytest

from capture_sessions.models import CaptureSession
from mci_core.errors import ActionError
from reviews import actions
from reviews.models import Finding, Review, ViewGrant
from tests.server import looks
from tests.server.capture_sessions.support import logged
from tests.server.cast import REASON, Cast

LEAK = {"verdict": "leak", "label": "EMAIL", "place": "event 5, text"}


def give(cast: Cast, grant: ViewGrant, who: str = "officer", **said: str) -> Review:
    return actions.record_review(grant=grant, actor=cast.actor(who), **{"verdict": "clean", **said})


def refusal(cast: Cast, grant: ViewGrant, who: str = "officer", **said: str) -> tuple[str, str | None]:
    with pytest.raises(ActionError) as caught:
        give(cast, grant, who, **said)
    assert not Review.objects.exists()
    assert not Finding.objects.exists()
    return caught.value.code, caught.value.field


def test_a_clean_verdict_changes_nothing_of_the_session(cast: Cast) -> None:
    grant = looks.looked(cast)
    review = give(cast, grant, comment=REASON)
    assert (review.verdict, review.comment) == ("clean", REASON)
    assert CaptureSession.objects.get().state == "available"
    assert not Finding.objects.exists()


def test_a_leak_opens_a_finding_and_closes_the_session(cast: Cast) -> None:
    grant = looks.looked(cast)
    give(cast, grant, **LEAK)
    finding = Finding.objects.get()
    assert (finding.label, finding.place, finding.severity) == ("EMAIL", "event 5, text", "medium")
    assert (finding.source, finding.opened_by) == ("review", cast.officer)
    session = CaptureSession.objects.get()
    assert session.state == "quarantined"
    assert not session.blobs.exclude(wrapped_key=None).exists()
    assert cast.client("officer").get(f"/grants/{grant.pk}/").status_code in (302, 409)


def test_one_verdict_is_given(cast: Cast) -> None:
    grant = looks.looked(cast)
    give(cast, grant)
    with pytest.raises(ActionError) as caught:
        give(cast, grant, **LEAK)
    assert caught.value.code == "verdict_given"
    assert Review.objects.count() == 1
    assert not Finding.objects.exists()


def test_without_a_look_there_is_no_verdict(cast: Cast) -> None:
    grant = looks.grant(cast)
    assert refusal(cast, grant) == ("not_looked", None)
    actions.record_view(grant=grant, what="frame", part="frame 1", actor=cast.actor("officer"))
    assert refusal(cast, grant) == ("not_looked", None)


def test_only_the_one_who_looked_gives_it(cast: Cast) -> None:
    grant = looks.looked(cast)
    for who in ("second_officer", "ml", "admin", "employee"):
        assert refusal(cast, grant, who) == ("forbidden", None)


def test_a_leak_needs_its_class_and_place(cast: Cast) -> None:
    grant = looks.looked(cast)
    for field, said in (
        ("verdict", {"verdict": "bad person"}),
        ("label", {"verdict": "leak"}),
        ("label", {"verdict": "leak", "place": "event 5, text"}),
        ("place", {"verdict": "leak", "label": "EMAIL"}),
        ("label", {**LEAK, "label": "ann.lee@example.com"}),
        ("place", {**LEAK, "place": "ann.lee@example.com"}),
        ("place", {**LEAK, "place": "event 5, emil is ill"}),
        ("place", {**LEAK, "place": "event 5, text\n"}),
    ):
        assert refusal(cast, grant, **said) == ("invalid", field), said
    assert CaptureSession.objects.get().state == "available"


def test_a_comment_does_not_quote_what_leaked(cast: Cast) -> None:
    grant = looks.looked(cast)
    for comment in ("I saw ann.lee@example.com in it", "card 4111 1111 1111 1111"):
        assert refusal(cast, grant, comment=comment) == ("invalid", "comment")


def test_the_same_leak_is_the_same_finding(cast: Cast) -> None:
    session = looks.looked(cast).session
    said: dict[str, Any] = {"session": session, "label": "EMAIL", "place": "event 5, text"}
    first = actions.open_finding(**said, actor=cast.actor("officer"))
    assert actions.open_finding(**said, actor=cast.actor("second_officer")) == first
    assert len(logged("reviews.open_finding")) == 1


@pytest.mark.parametrize(
    ("label", "severity"), [("IP", "low"), ("EMAIL", "medium"), ("US_SSN", "high"), ("CARD", "high")]
)
def test_severity_follows_the_class(label: str, severity: str) -> None:
    from reviews.severity import severity_of

    assert severity_of(label) == severity


def post(cast: Cast, grant: ViewGrant, **said: str) -> Any:
    return cast.client("officer").post(f"/grants/{grant.pk}/verdict/", said)


def test_the_page_keeps_what_was_typed_and_shows_the_fault_at_its_field(cast: Cast) -> None:
    grant = looks.looked(cast)
    for said, fault in (
        ({"verdict": "leak", "comment": "kept words"}, "Name the class and the place"),
        ({"verdict": "leak", "label": "EMAIL", "place": "here", "comment": "kept words"}, "Write it as"),
        ({"verdict": "clean", "comment": "kept words of ann.lee@example.com"}, "quotes something personal"),
        ({"comment": "kept words"}, "required"),
    ):
        response = post(cast, grant, **said)
        shown = response.content.decode()
        assert response.status_code == 422, said
        assert fault in shown, said
        assert "kept words" in shown, said
    assert not Review.objects.exists()


def test_a_verdict_from_the_page_leads_back_to_the_sample(cast: Cast) -> None:
    grant = looks.looked(cast)
    assert grant.item is not None
    response = post(cast, grant, verdict="unsure", comment="")
    assert response["Location"] == f"/samples/{grant.item.sample_id}/"
    shown = cast.client("officer").get(f"/samples/{grant.item.sample_id}/").content.decode()
    assert "Unsure" in shown
    assert "1 of 1" in shown.replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert "Next without your verdict" not in shown
    assert (
        "You have given your verdict" in cast.client("officer").get(f"/grants/{grant.pk}/").content.decode()
    )
