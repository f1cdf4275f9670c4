"""Background work on sessions: the second scan, retention, removal of files. Each task is an id in and one
action.
"""

from __future__ import annotations

from celery import shared_task

from audits.actor import Actor
from capture_policies import queries
from capture_sessions import actions, contents
from capture_sessions.models import CaptureSession, SessionState
from mci_core.redaction import scan_session as scan_lines

#: Seconds between sweeps. Rows are the truth: a sweep finds what a lost message would have started.
SCHEDULE = {
    "capture_sessions.tasks.sweep_unscanned": 15.0,
    "capture_sessions.tasks.remove_files": 60.0,
    "capture_sessions.tasks.expire_sessions": 3600.0,
    "capture_sessions.tasks.drop_stale_uploads": 3600.0,
}


@shared_task(name="capture_sessions.tasks.scan_session", queue="ingest")
def scan_session(session_id: str) -> str:
    """Scan one received session again with the rules of its own release."""
    session = CaptureSession.objects.filter(pk=session_id, state=SessionState.RECEIVED).first()
    if session is None:
        return "nothing to do"
    policy = queries.policy_by_release(session.release_number)
    header, events = contents.read_events(session)
    found = scan_lines([header, *events], policy)
    hits = [{"seq": hit.seq, "field": hit.field, "label": hit.label} for hit in found]
    return str(actions.record_scan(session=session, hits=hits, actor=Actor.system("second_scan")).state)


@shared_task(name="capture_sessions.tasks.sweep_unscanned", queue="ingest")
def sweep_unscanned() -> int:
    """Scan what waits for its second scan, oldest first."""
    waiting = CaptureSession.objects.filter(state=SessionState.RECEIVED).order_by("received_at")
    ids = [str(pk) for pk in waiting.values_list("pk", flat=True)[:50]]
    for session_id in ids:
        scan_session(session_id)
    return len(ids)


@shared_task(name="capture_sessions.tasks.remove_files", queue="erase")
def remove_files() -> int:
    """Delete the stored objects of erased sessions."""
    return actions.remove_erased_files()


@shared_task(name="capture_sessions.tasks.expire_sessions", queue="erase")
def expire_sessions() -> int:
    """Erase what is past its retention."""
    return actions.expire_sessions(actor=Actor.system("retention"))


@shared_task(name="capture_sessions.tasks.drop_stale_uploads", queue="default")
def drop_stale_uploads() -> int:
    """Forget uploads that were never finished."""
    return actions.drop_stale_uploads(actor=Actor.system("ingest"))
