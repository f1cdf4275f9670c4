"""Background work on sessions: the second scan, retention, removal of files.

Each task is an id in and one action. A session whose stored bytes cannot be read any more is quarantined like
one with a hit: somebody has to look why, and it must not keep the others waiting.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Protocol
from uuid import UUID

import structlog
from celery import shared_task
from django.utils import timezone

from accounts.models import KeyPurpose, PersonKey, Subject
from audits.actor import Actor
from capture_policies import queries
from capture_sessions import actions, contents, disposal
from capture_sessions.actions.keeping import EXPIRE_AT_ONCE
from capture_sessions.actions.uploads import DROP_AT_ONCE
from capture_sessions.disposal import REMOVE_AT_ONCE
from capture_sessions.models import CaptureSession, SessionState
from mci_core.errors import ActionError, Unavailable
from mci_core.redaction import scan_session as scan_lines

log = structlog.get_logger(__name__)
#: What one run of a sweep does at most, of as many rows as a batch has.
MOST_BATCHES = 50

#: Seconds between sweeps. Rows are the truth: a sweep finds what a lost message would have started.
SCHEDULE = {
    "capture_sessions.tasks.sweep_unscanned": 15.0,
    "capture_sessions.tasks.remove_files": 60.0,
    "capture_sessions.tasks.expire_sessions": 3600.0,
    "capture_sessions.tasks.drop_stale_uploads": 3600.0,
    "capture_sessions.tasks.remove_orphans": 3600.0,
    "capture_sessions.tasks.move_data_keys": 300.0,
}


@shared_task(name="capture_sessions.tasks.scan_session", queue="ingest")
def scan_session(session_id: str) -> str:
    """Scan one received session again with the rules of its own release."""
    session = CaptureSession.objects.filter(pk=session_id, state=SessionState.RECEIVED).first()
    if session is None:
        return "nothing to do"
    hits = _hits(session)
    return str(actions.record_scan(session=session, hits=hits, actor=Actor.system("second_scan")).state)


def _hits(session: CaptureSession) -> list[dict[str, Any]]:
    policy = queries.policy_by_release(session.release_number)
    try:
        header, events = contents.read_events(session)
    except Unavailable:
        # The store, not the session: the sweep comes again.
        raise
    except ActionError as fault:
        log.error("session_not_readable", session=str(session.pk), code=fault.code)
        return [{"seq": -1, "field": "file", "label": "UNREADABLE"}]
    found = scan_lines([header, *events], policy)
    return [{"seq": hit.seq, "field": hit.field, "label": hit.label} for hit in found]


@shared_task(name="capture_sessions.tasks.sweep_unscanned", queue="ingest")
def sweep_unscanned() -> int:
    """Scan what waits for its second scan, oldest first."""
    waiting = CaptureSession.objects.filter(state=SessionState.RECEIVED).order_by("received_at")
    ids = [str(pk) for pk in waiting.values_list("pk", flat=True)[:50]]
    for session_id in ids:
        try:
            scan_session(session_id)
        except Exception:  # one session that cannot be scanned now must not keep the others waiting
            log.exception("scan_failed", session=session_id)
    return len(ids)


@shared_task(name="capture_sessions.tasks.remove_files", queue="erase")
def remove_files() -> int:
    """Delete the stored objects of erased sessions."""
    return _until_done(disposal.remove_erased_files, REMOVE_AT_ONCE)


@shared_task(name="capture_sessions.tasks.expire_sessions", queue="erase")
def expire_sessions() -> int:
    """Erase what is past its retention."""
    act = partial(actions.expire_sessions, actor=Actor.system("retention"))
    return _until_done(act, EXPIRE_AT_ONCE)


@shared_task(name="capture_sessions.tasks.drop_stale_uploads", queue="default")
def drop_stale_uploads() -> int:
    """Forget uploads that were never finished."""
    act = partial(actions.drop_stale_uploads, actor=Actor.system("ingest"))
    return _until_done(act, DROP_AT_ONCE)


class Batch(Protocol):
    """Works on at most so many rows, in a transaction of its own, and tells how many there were."""

    def __call__(self, *, limit: int) -> int: ...


def _until_done(batch: Batch, limit: int) -> int:
    """Batch after batch while they are full: a batch for each run would fall behind a busy company for good.

    Bounded, so that a worker comes to its other work; the next run goes on.
    """
    done = 0
    for _ in range(MOST_BATCHES):
        worked = batch(limit=limit)
        done += worked
        if worked < limit:
            break
    return done


@shared_task(name="capture_sessions.tasks.remove_orphans", queue="erase")
def remove_orphans() -> int:
    """Delete stored objects whose transaction failed."""
    return disposal.remove_orphans(now=timezone.now())


@shared_task(name="capture_sessions.tasks.move_data_keys", queue="default")
def move_data_keys() -> int:
    """Move what is wrapped with keys from before there were trees. Returns for how many people."""
    old = PersonKey.objects.filter(purpose=KeyPurpose.BOTH, destroyed_at__isnull=True)
    people = list(old.order_by("subject").values_list("subject", flat=True).distinct()[:500])
    for person in people:
        move_keys_of(person)
    return len(people)


def move_keys_of(person: UUID) -> None:
    """All of one person; one whose keys cannot be read must not keep the others waiting."""
    subject = Subject.objects.get(pk=person)
    try:
        while actions.move_data_keys(subject=subject, actor=Actor.system("keys")):
            pass
    except ActionError as fault:
        log.error("data_keys_not_moved", subject=str(person), code=fault.code)
