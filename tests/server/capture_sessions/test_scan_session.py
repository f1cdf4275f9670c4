"""The second scan: clean makes a session available, a hit closes it and becomes a finding without value."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from capture_policies import queries
from capture_sessions import actions, tasks
from capture_sessions.actions.keeping import MAX_HITS
from capture_sessions.models import CaptureSession, SessionState
from reviews.models import Finding
from reviews.tasks import open_findings, sweep_findings
from tests.server import recordings
from tests.server.capture_sessions.support import logged, relined, stored_files
from tests.server.cast import Cast
from tests.server.conftest import Queued

LEAK = "mail ann.lee@example.com today"


def leaking(cast: Cast) -> CaptureSession:
    """A session that a broken agent did not redact."""
    return relined(cast, lambda lines: lines[6].update(text=LEAK)).send(cast)


def state_of(session: CaptureSession) -> str:
    session.refresh_from_db()
    return str(session.state)


def test_a_clean_session_becomes_available(cast: Cast) -> None:
    session = recordings.received(cast)
    assert tasks.scan_session(str(session.pk)) == "available"
    session.refresh_from_db()
    assert (session.scan_hits, session.scanned_at is not None) == ([], True)
    assert logged("capture_sessions.record_scan")[-1] == {"state": "available", "hits": 0, "labels": []}


def test_a_hit_quarantines_and_opens_findings_that_name_class_and_place_only(
    cast: Cast, work: Queued
) -> None:
    session = leaking(cast)
    work.calls.clear()
    assert tasks.scan_session(str(session.pk)) == "quarantined"
    session.refresh_from_db()
    assert session.scan_hits == [{"seq": 5, "field": "text", "label": "EMAIL"}]
    assert set(work.names()) == {
        "reviews.tasks.open_findings",
        "capture_sessions.tasks.remove_files",
        "accounts.tasks.destroy_object_keys",
    }
    work.run_all()
    finding = Finding.objects.get()
    assert (finding.label, finding.place, finding.source) == ("EMAIL", "event 5, text", "scan")
    kept = (
        str(Finding.objects.values())
        + str(CaptureSession.objects.values())
        + str(logged("reviews.open_finding"))
    )
    assert "ann.lee" not in kept
    assert not CaptureSession.objects.readable().exists()


def test_what_the_scan_would_still_redact_is_not_stored(cast: Cast, work: Queued) -> None:
    session = leaking(cast)
    tasks.scan_session(str(session.pk))
    assert not session.blobs.exclude(wrapped_key=None).exists()
    work.run_all()
    assert stored_files() == []


def test_a_legal_hold_keeps_what_leaked_closed(cast: Cast, work: Queued) -> None:
    session = leaking(cast)
    until = timezone.now() + timedelta(days=3)
    actions.hold_sessions(subject=cast.subject(), until=until, actor=cast.system())
    assert tasks.scan_session(str(session.pk)) == "quarantined"
    assert session.blobs.exclude(wrapped_key=None).count() == 2
    assert not CaptureSession.objects.readable().exists()


def test_scanning_and_opening_findings_again_changes_nothing(cast: Cast, work: Queued) -> None:
    session = leaking(cast)
    tasks.scan_session(str(session.pk))
    work.run_all()
    before = (logged("capture_sessions.record_scan"), logged("reviews.open_finding"), Finding.objects.count())
    assert tasks.scan_session(str(session.pk)) == "nothing to do"
    assert actions.record_scan(session=session, hits=[], actor=cast.system()).state == "quarantined"
    assert (open_findings(str(session.pk)), sweep_findings()) == (0, 0)
    after = (logged("capture_sessions.record_scan"), logged("reviews.open_finding"), Finding.objects.count())
    assert before == after


def test_the_scan_of_a_killed_worker_is_found_by_the_sweep(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = recordings.received(cast)

    def killed(**_said: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(actions, "record_scan", killed)
        with pytest.raises(SystemExit):
            tasks.scan_session(str(session.pk))
    assert state_of(session) == "received"
    assert tasks.sweep_unscanned() == 1
    assert state_of(session) == "available"
    assert tasks.sweep_unscanned() == 0


def test_a_session_whose_scan_fails_does_not_keep_the_others_waiting(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = recordings.received(cast), recordings.received(cast)
    real = queries.policy_by_release

    def failing(number: int) -> Any:
        if not failed:
            failed.append(number)
            raise RuntimeError
        return real(number)

    failed: list[int] = []
    monkeypatch.setattr(queries, "policy_by_release", failing)
    assert tasks.sweep_unscanned() == 2
    assert [state_of(first), state_of(second)] == ["received", "available"]


@pytest.mark.parametrize("loss", ["gone", "damaged"])
def test_a_session_that_cannot_be_read_any_more_is_quarantined(cast: Cast, work: Queued, loss: str) -> None:
    session = recordings.received(cast)
    for path in stored_files():
        path.unlink() if loss == "gone" else path.write_bytes(b"\0" * 64)
    work.calls.clear()
    assert tasks.scan_session(str(session.pk)) == "quarantined"
    work.run_all()
    assert Finding.objects.get().label == "UNREADABLE"


def test_an_erased_session_is_not_scanned(cast: Cast) -> None:
    session = recordings.received(cast)
    actions.erase_sessions(session_ids=[session.pk], because="request", actor=cast.system())
    assert tasks.scan_session(str(session.pk)) == "nothing to do"
    assert state_of(session) == SessionState.ERASED


def test_what_is_kept_of_a_scan_is_bounded(cast: Cast) -> None:
    hits = [{"seq": n, "field": "text", "label": "EMAIL"} for n in range(MAX_HITS + 5)]
    session = actions.record_scan(session=recordings.received(cast), hits=hits, actor=cast.system())
    assert len(session.scan_hits) == MAX_HITS
    assert logged("capture_sessions.record_scan")[-1]["hits"] == MAX_HITS + 5


def test_a_hit_is_kept_without_anything_else_that_was_said_of_it(cast: Cast) -> None:
    hit = {"seq": 1, "field": "text", "label": "EMAIL", "value": "ann.lee@example.com"}
    session = actions.record_scan(session=recordings.received(cast), hits=[hit], actor=cast.system())
    assert session.scan_hits == [{"seq": 1, "field": "text", "label": "EMAIL"}]


def test_only_an_available_session_can_be_quarantined_afterwards(cast: Cast) -> None:
    for session, state in (
        (recordings.available(cast), "quarantined"),
        (recordings.received(cast), "received"),
    ):
        assert actions.quarantine_session(session=session, actor=cast.system()).state == state
