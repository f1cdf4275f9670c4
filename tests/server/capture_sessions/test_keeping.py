"""Retention, holds and erasure: what is due goes, what is held waits, and what goes leaves no way back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.actions import set_work_location
from agents.models import Device
from capture_sessions import actions, tasks
from capture_sessions.models import CaptureSession, SessionBlob, SessionTotal
from jurisdictions.actions import load_packs
from mci_core.errors import Conflict
from reviews.models import Finding
from tests.server import recordings
from tests.server.agents.support import place
from tests.server.capture_sessions.support import logged, stored_files
from tests.server.cast import Cast
from tests.server.conftest import Queued

DAY = timedelta(days=1)


def due(session: CaptureSession) -> CaptureSession:
    CaptureSession.objects.filter(pk=session.pk).update(delete_after=timezone.now() - DAY)
    return session


def hold(cast: Cast, until: Any) -> int:
    return actions.hold_sessions(subject=cast.subject(), until=until, actor=cast.system())


def states() -> list[str]:
    return list(CaptureSession.objects.order_by("created_at").values_list("state", flat=True))


def test_what_is_past_its_retention_is_erased_and_the_rest_stays(cast: Cast) -> None:
    due(recordings.available(cast))
    recordings.available(cast)
    due(recordings.quarantined(cast))
    assert tasks.expire_sessions() == 2
    assert states() == ["erased", "available", "erased"]
    assert [facts["because"] for facts in logged("capture_sessions.expire_sessions")] == ["retention"] * 2
    assert tasks.expire_sessions() == 0


def test_one_run_erases_all_that_is_due_in_batches(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a company in which more falls due in an hour than a batch holds would fall behind for good."""
    monkeypatch.setattr(tasks, "EXPIRE_AT_ONCE", 1)
    monkeypatch.setattr(tasks, "REMOVE_AT_ONCE", 1)
    for _number in range(3):
        due(recordings.available(cast))
    assert tasks.expire_sessions() == 3
    assert states() == ["erased"] * 3
    assert tasks.remove_files() == 6
    assert stored_files() == []


def test_the_oldest_go_first_and_a_run_ends(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "EXPIRE_AT_ONCE", 1)
    monkeypatch.setattr(tasks, "MOST_BATCHES", 2)
    sessions = [due(recordings.available(cast)) for _number in range(3)]
    oldest = timezone.now() - 9 * DAY
    CaptureSession.objects.filter(pk__in=[s.pk for s in sessions[1:]]).update(delete_after=oldest)
    assert tasks.expire_sessions() == 2
    assert states() == ["available", "erased", "erased"]


def test_an_erased_session_leaves_no_content_no_key_and_no_total(cast: Cast, work: Queued) -> None:
    session = due(recordings.quarantined(cast))
    tasks.expire_sessions()
    session.refresh_from_db()
    assert (bytes(session.manifest), session.report, session.scan_hits) == (b"", {}, [])
    assert not SessionTotal.objects.exists()
    assert not SessionBlob.objects.exclude(wrapped_key=None).exists()
    assert "capture_sessions.tasks.remove_files" in work
    assert tasks.remove_files() == 2
    assert stored_files() == []
    assert not SessionBlob.objects.filter(file_removed_at=None).exists()
    assert tasks.remove_files() == 0


def test_the_end_of_retention_takes_what_was_made_from_the_session(cast: Cast) -> None:
    gone, kept = due(recordings.available(cast)), recordings.available(cast)
    for session in (gone, kept):
        Finding.objects.create(
            session=session,
            source="scan",
            label="EMAIL",
            place="1 text",
            severity="low",
            value_hmac="ab" * 32,
        )
    tasks.expire_sessions()
    assert dict(Finding.objects.values_list("session", "value_hmac")) == {gone.pk: "", kept.pk: "ab" * 32}


def test_a_held_session_waits_for_the_end_of_its_hold(cast: Cast) -> None:
    session = due(recordings.available(cast))
    assert hold(cast, timezone.now() + DAY) == 1
    assert tasks.expire_sessions() == 0
    with pytest.raises(Conflict) as caught:
        actions.erase_sessions(session_ids=[session.pk], because="request", actor=cast.system())
    assert caught.value.code == "legal_hold"
    CaptureSession.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    assert tasks.expire_sessions() == 1


def test_a_lifted_hold_keeps_nothing(cast: Cast) -> None:
    due(recordings.available(cast))
    hold(cast, timezone.now() + DAY)
    hold(cast, None)
    assert tasks.expire_sessions() == 1
    assert logged("capture_sessions.hold_sessions")[1] == {"until": None}


def test_one_held_session_stops_the_erasure_of_all_that_were_named(cast: Cast) -> None:
    free = recordings.available(cast)
    held = recordings.available(cast)
    CaptureSession.objects.filter(pk=held.pk).update(held_until=timezone.now() + DAY)
    with pytest.raises(Conflict):
        actions.erase_sessions(session_ids=[free.pk, held.pk], because="request", actor=cast.system())
    assert states() == ["available", "available"]


def test_erasing_again_changes_nothing(cast: Cast) -> None:
    pk = recordings.available(cast).pk
    ids = [pk]
    assert actions.erase_sessions(session_ids=ids, because="request", actor=cast.system()) == 1
    assert actions.erase_sessions(session_ids=ids, because="request", actor=cast.system()) == 0
    assert len(logged("capture_sessions.erase_sessions")) == 1


def test_the_ceiling_of_the_law_shortens_the_retention_of_the_policy(cast: Cast) -> None:
    load_packs(actor=cast.system())
    place(cast, "IT")
    Device.objects.filter(pk=cast.device.pk).update(personal_device=False)
    session = recordings.received(cast)
    assert session.delete_after - session.created_at <= timedelta(days=21)


def test_who_has_left_italy_since_leaves_its_ceiling_on_what_was_captured_there(cast: Cast) -> None:
    load_packs(actor=cast.system())
    place(cast, "IT")
    recording = recordings.upload(cast)
    set_work_location(
        subject=cast.subject(),
        place="US-NY",
        start=timezone.now(),
        end=None,
        source="hr",
        actor=cast.system(),
    )
    recording.send(cast)
    session = CaptureSession.objects.get()
    assert session.delete_after - session.created_at <= timedelta(days=21)


def test_uploads_without_progress_for_a_day_are_dropped(cast: Cast) -> None:
    stale, slow, fresh = (recordings.upload(cast) for _ in range(3))
    for upload in (stale, slow, fresh):
        with pytest.raises(Conflict):
            upload.send(cast, parts=[0])
    old = timezone.now() - timedelta(hours=25)
    CaptureSession.objects.filter(pk__in=[stale.pk, slow.pk]).update(created_at=old)
    SessionBlob.objects.filter(session=stale.pk).update(stored_at=old)
    assert tasks.drop_stale_uploads() == 1
    assert set(CaptureSession.objects.values_list("pk", flat=True)) == {slow.pk, fresh.pk}
    assert logged("capture_sessions.drop_stale_uploads") == [{"dropped": 1}]
    assert tasks.drop_stale_uploads() == 0


def test_begun_uploads_of_one_person_can_be_dropped(cast: Cast) -> None:
    kept = recordings.available(cast)
    with pytest.raises(Conflict):
        recordings.upload(cast).send(cast, parts=[])
    assert actions.drop_uploads_of(subject=cast.subject("colleague"), actor=cast.system()) == 0
    assert actions.drop_uploads_of(subject=cast.subject(), actor=cast.system()) == 1
    assert list(CaptureSession.objects.values_list("pk", flat=True)) == [kept.pk]
