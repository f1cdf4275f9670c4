"""A look is in the log before a byte is served; no grant, no look; and the bytes are the redacted ones."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import RoleGrant
from audits.models import AuditEntry
from capture_sessions import actions as sessions
from capture_sessions import contents, store
from reviews import actions
from reviews.models import View, ViewGrant
from tests.server import looks
from tests.server.capture_sessions.support import logged
from tests.server.cast import Cast


def inspector_url(grant: ViewGrant) -> str:
    return f"/grants/{grant.pk}/"


def frame_url(grant: ViewGrant) -> str:
    blob = grant.session.blobs.filter(kind="frame").first()
    assert blob is not None
    return f"/grants/{grant.pk}/frames/{blob.sha256}.webp"


def urls(grant: ViewGrant) -> tuple[str, str]:
    return inspector_url(grant), frame_url(grant)


def test_a_look_at_events_and_one_at_a_frame_are_recorded_as_such(cast: Cast) -> None:
    grant, client = looks.grant(cast), cast.client("officer")
    page, frame = client.get(inspector_url(grant)), client.get(frame_url(grant))
    assert (page.status_code, frame.status_code, frame["Content-Type"]) == (200, 200, "image/webp")
    blob = grant.session.blobs.get(kind="frame")
    assert frame.content == store.read_blob(blob)
    assert [(view.what, view.part) for view in View.objects.order_by("pk")] == [
        ("events", "part 0"),
        ("frame", f"frame {blob.index}"),
    ]
    expected = [{"what": "events", "part": "part 0"}, {"what": "frame", "part": f"frame {blob.index}"}]
    assert logged("reviews.record_view") == [{"session": str(grant.session_id), **one} for one in expected]


def test_what_was_looked_at_is_cached_nowhere(cast: Cast) -> None:
    grant, client = looks.grant(cast), cast.client("officer")
    for url in urls(grant):
        assert "no-store" in client.get(url)["Cache-Control"]


@pytest.mark.django_db(transaction=True)
def test_the_look_is_committed_before_the_session_is_opened(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant, seen = looks.grant(cast), []
    real_events, real_blob = contents.read_events, store.read_blob

    def outside() -> int:
        """What another connection sees: only what is committed."""
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM audits_auditentry WHERE action = 'reviews.record_view'")
                return int(cursor.fetchone()[0])
        finally:
            other.close()

    def events(session: Any) -> Any:
        seen.append(("events", connection.in_atomic_block, outside()))
        return real_events(session)

    def blob(row: Any) -> bytes:
        seen.append(("blob", connection.in_atomic_block, outside()))
        return real_blob(row)

    monkeypatch.setattr(contents, "read_events", events)
    monkeypatch.setattr(store, "read_blob", blob)
    client = cast.client("officer")
    assert client.get(inspector_url(grant)).status_code == 200
    assert client.get(frame_url(grant)).status_code == 200
    assert seen == [("events", False, 1), ("blob", False, 1), ("blob", False, 2)]


def test_without_a_log_entry_no_byte_is_served(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    grant, opened = looks.grant(cast), []

    def failing(**_said: Any) -> Any:
        raise RuntimeError("the log is away")

    def opening(*_said: Any) -> Any:
        opened.append(_said)
        raise AssertionError("opened without an entry")

    monkeypatch.setattr("reviews.actions.grants.audit.append", failing)
    monkeypatch.setattr(contents, "read_events", opening)
    monkeypatch.setattr(store, "read_blob", opening)
    client = Client(raise_request_exception=False)
    client.cookies = cast.client("officer").cookies
    for url in urls(grant):
        response = client.get(url)
        assert response.status_code == 500
        assert b"RIFF" not in response.content
        assert b"Excel" not in response.content
    assert opened == []
    assert not View.objects.exists()


def refused(cast: Cast, grant: ViewGrant, who: str = "officer") -> set[int]:
    """The statuses of both addresses; nothing may be recorded or shown."""
    before = View.objects.count()
    answers = [cast.client(who).get(url) for url in urls(grant)]
    assert View.objects.count() == before
    assert all(b"RIFF" not in answer.content and b"inspection" not in answer.content for answer in answers)
    return {answer.status_code for answer in answers}


def test_a_grant_is_for_one_pair_of_eyes(cast: Cast) -> None:
    grant = looks.grant(cast)
    for who in ("second_officer", "ml", "admin", "auditor", "employee", "colleague"):
        assert refused(cast, grant, who) == {404}, who


@pytest.mark.parametrize("end", ["expired", "closed", "quarantined", "erased"])
def test_a_grant_that_has_ended_shows_nothing(cast: Cast, end: str) -> None:
    grant = looks.grant(cast)
    now = timezone.now()
    if end == "expired":
        ViewGrant.objects.update(granted_at=now - timedelta(hours=1), expires_at=now)
    elif end == "closed":
        actions.close_grant(grant=grant, actor=cast.actor("officer"))
    elif end == "quarantined":
        sessions.quarantine_session(session=grant.session, actor=cast.system())
    else:
        sessions.erase_sessions(session_ids=[grant.session_id], because="request", actor=cast.system())
    assert refused(cast, grant) <= {302, 409}


def test_a_grant_ends_with_the_role_it_was_given_for(cast: Cast) -> None:
    grant = looks.grant(cast)
    RoleGrant.objects.filter(user=cast.officer).update(role="ml_staff")
    assert refused(cast, grant) <= {302, 403, 404}


def test_addresses_that_name_nothing_are_not_found(cast: Cast) -> None:
    grant, client = looks.grant(cast), cast.client("officer")
    for url in (
        f"/grants/{grant.pk}/?part=x",
        f"/grants/{grant.pk}/?part=-1",
        f"/grants/{grant.pk}/?part=99999",
        f"/grants/{'-' * 36}/frames/{'0' * 64}.webp",
        f"/grants/{grant.pk}/frames/{'0' * 64}.webp",
        f"/grants/{grant.session_id}/",
    ):
        assert client.get(url).status_code == 404, url
    assert not View.objects.exists()


def test_equal_frames_are_one_address(cast: Cast) -> None:
    grant = looks.grant(cast)
    blob = grant.session.blobs.get(kind="frame")
    store.write_blob(session=grant.session, index=9, kind="frame", name="9.webp", data=store.read_blob(blob))
    assert cast.client("officer").get(frame_url(grant)).status_code == 200


def test_the_inspector_shows_what_redaction_left_and_nothing_of_the_person(cast: Cast) -> None:
    grant = looks.grant(cast)
    shown = cast.client("officer").get(inspector_url(grant)).content.decode()
    for words in ("[EMAIL]", "Excel", "1 click", "Your verdict"):
        assert words in shown, words
    for words in (grant.session.subject.pseudonym, "Emil", str(cast.device.pk), "Computer", "US-TX"):
        assert words not in shown, words
    data = json.loads(shown.split('id="inspection" type="application/json">')[1].split("</script>")[0])
    assert (data["part"], data["parts"], data["last"]) == (0, 1, True)
    assert data["path"] == [[700, 10, 12], [1400, 40, 42]]


def test_a_part_beyond_the_end_is_an_empty_page(cast: Cast) -> None:
    grant = looks.grant(cast)
    response = cast.client("officer").get(f"{inspector_url(grant)}?part=3")
    assert response.status_code == 200
    assert "Nothing was kept" in response.content.decode()


def test_the_entry_of_a_look_names_viewer_and_subject_but_no_content(cast: Cast) -> None:
    looks.looked(cast)
    leaf = AuditEntry.objects.get(action="reviews.record_view").leaf
    assert str(cast.officer.pk) in leaf
    assert str(cast.subject().pk) in leaf
    assert "EMAIL" not in leaf
