"""Leave to look: a reason, the role of the purpose, a second factor, a short time, one pair of eyes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from capture_sessions import actions as sessions
from capture_sessions.models import CaptureSession
from mci_core.errors import ActionError, Forbidden
from reviews import actions
from reviews.models import SampleItem, ViewGrant
from tests.server import looks
from tests.server.capture_sessions.support import logged
from tests.server.cast import REASON, Cast


def ask(
    cast: Cast, item: SampleItem, who: str = "officer", reason: str = REASON, minutes: int = 15
) -> ViewGrant:
    return actions.open_grant(item=item, reason=reason, minutes=minutes, actor=cast.actor(who))


def refusal(cast: Cast, item: SampleItem, who: str = "officer", **said: object) -> tuple[str, str | None]:
    with pytest.raises(ActionError) as caught:
        ask(cast, item, who, **said)  # type: ignore[arg-type]  # wrong on purpose
    assert not ViewGrant.objects.exists()
    return caught.value.code, caught.value.field


def test_a_grant_names_reason_role_and_end(cast: Cast) -> None:
    item = looks.item(cast)
    grant = ask(cast, item, minutes=30)
    assert (grant.reason, grant.viewer_role, grant.viewer) == (REASON, "privacy_officer", cast.officer)
    assert grant.expires_at - grant.granted_at == timedelta(minutes=30)
    (facts,) = logged("reviews.open_grant")
    assert facts == {"session": str(item.session_id), "minutes": 30, "role": "privacy_officer"}


def test_a_reason_and_an_offered_length_are_needed(cast: Cast) -> None:
    item = looks.item(cast)
    for reason in ("", "   ", "curious", "x" * 11 + "   "):
        assert refusal(cast, item, reason=reason) == ("required", "reason")
    for minutes in (0, -15, 14, 61, 10**6):
        assert refusal(cast, item, minutes=minutes) == ("invalid", "minutes")


def test_the_purpose_of_the_sample_decides_who_looks(cast: Cast) -> None:
    item = looks.item(cast)
    assert refusal(cast, item, "ml") == ("other_purpose", None)
    for who in ("admin", "auditor", "employee", "colleague"):
        assert refusal(cast, item, who) == ("forbidden", None)
    sample = looks.committed(cast, purpose="data_quality", who="ml")
    useful = actions.draw_sample(sample=sample, actor=cast.system()).items.get()
    assert refusal(cast, useful) == ("other_purpose", None)
    assert ask(cast, useful, "ml").viewer_role == "ml_staff"


def test_nobody_looks_at_an_own_session(cast: Cast) -> None:
    item = looks.item(cast)
    CaptureSession.objects.filter(pk=item.session_id).update(subject=cast.subject("officer"))
    item.refresh_from_db()
    assert refusal(cast, item) == ("own_session", None)
    assert ask(cast, item, "second_officer").viewer == cast.second_officer


def test_a_fresh_second_factor_is_needed(cast: Cast) -> None:
    item = looks.item(cast)
    with pytest.raises(Forbidden) as caught:
        actions.open_grant(item=item, reason=REASON, minutes=15, actor=cast.actor("officer", fresh=False))
    assert caught.value.code == "second_factor_needed"
    response = cast.client("officer", fresh=False).get(f"/samples/items/{item.pk}/")
    assert response.status_code == 302
    assert not ViewGrant.objects.exists()


@pytest.mark.parametrize("state", ["quarantined", "erased"])
def test_a_closed_session_cannot_be_asked_for(cast: Cast, state: str) -> None:
    item = looks.item(cast)
    if state == "erased":
        sessions.erase_sessions(session_ids=[item.session_id], because="request", actor=cast.system())
    else:
        sessions.quarantine_session(session=item.session, actor=cast.system())
    assert refusal(cast, item) == ("session_not_readable", None)


def test_an_open_grant_is_given_again_and_an_ended_one_is_not(cast: Cast) -> None:
    item = looks.item(cast)
    first = ask(cast, item)
    assert ask(cast, item, minutes=60) == first
    other = ask(cast, item, "second_officer")
    assert other != first
    ViewGrant.objects.filter(pk=first.pk).update(
        granted_at=timezone.now() - timedelta(hours=1), expires_at=timezone.now() - timedelta(seconds=1)
    )
    assert ask(cast, item) not in (first, other)
    assert len(logged("reviews.open_grant")) == 3


def test_a_grant_is_closed_by_its_holder_once(cast: Cast) -> None:
    grant = looks.looked(cast)
    with pytest.raises(ActionError) as caught:
        actions.close_grant(grant=grant, actor=cast.actor("second_officer"))
    assert caught.value.status == 404
    closed = actions.close_grant(grant=grant, actor=cast.actor("officer"))
    assert closed.closed_at is not None
    assert actions.close_grant(grant=grant, actor=cast.actor("officer")) == closed
    (facts,) = logged("reviews.close_grant")
    assert (facts["looks_at_events"], facts["looks_at_frames"]) == (1, 0)


def test_the_form_keeps_what_was_typed_and_names_the_fault(cast: Cast) -> None:
    item = looks.item(cast)
    client = cast.client("officer")
    response = client.post(f"/samples/items/{item.pk}/", {"reason": "curious me", "minutes": "30"})
    shown = response.content.decode()
    assert response.status_code == 422
    assert "curious me" in shown
    assert "at least 12 characters" in shown
    assert client.post(f"/samples/items/{item.pk}/", {"reason": "", "minutes": "7"}).status_code == 422
    opened = client.post(f"/samples/items/{item.pk}/", {"reason": REASON, "minutes": "30"})
    assert opened["Location"] == f"/grants/{ViewGrant.objects.get().pk}/"
    assert "You have a grant" in client.get(f"/samples/items/{item.pk}/").content.decode()
    ViewGrant.objects.update(closed_at=timezone.now())
    assert REASON in client.get(f"/samples/items/{item.pk}/").content.decode()
    assert "Begin" in client.get(f"/samples/{item.sample_id}/").content.decode()


def test_a_session_that_cannot_be_opened_says_so(cast: Cast) -> None:
    item = looks.item(cast)
    sessions.quarantine_session(session=item.session, actor=cast.system())
    shown = cast.client("officer").get(f"/samples/items/{item.pk}/").content.decode()
    assert "cannot be opened" in shown
