"""The verbs of a session that was taken in: its second scan, quarantine, holds, erasure, end of retention."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.utils import timezone

import audits.actions as audit
from accounts import derived
from accounts.models import Subject
from accounts.permissions import require
from audits.actor import Actor
from audits.queue import enqueue_on_commit
from audits.registry import audited, nothing_to_do
from capture_sessions import store
from capture_sessions.models import CaptureSession, SessionBlob, SessionState, SessionTotal
from mci_core.errors import Conflict

#: Kept of one scan. More of them tell nobody more: the session is closed, and its cause is a rule.
MAX_HITS = 200
EXPIRE_AT_ONCE = 500


@audited("capture_sessions.record_scan")
def record_scan(
    *, session: CaptureSession, hits: Sequence[Mapping[str, Any]], actor: Actor
) -> CaptureSession:
    """Keep the result of the second scan: clean makes it available, anything else quarantines it."""
    require(actor, "capture_sessions.record_scan")
    session = CaptureSession.objects.select_for_update().get(pk=session.pk)
    if session.state != SessionState.RECEIVED:
        with nothing_to_do():
            return session
    session.scan_hits = [{"seq": h["seq"], "field": h["field"], "label": h["label"]} for h in hits[:MAX_HITS]]
    session.state = SessionState.QUARANTINED if hits else SessionState.AVAILABLE
    session.scanned_at = timezone.now()
    session.save(update_fields=["scan_hits", "state", "scanned_at"])
    audit.append(
        action="capture_sessions.record_scan",
        actor=actor,
        obj=session,
        facts={"state": session.state, "hits": len(hits), "labels": sorted({str(h["label"]) for h in hits})},
    )
    if hits:
        _destroy_contents([session], timezone.now())
        enqueue_on_commit("reviews.tasks.open_findings", str(session.pk))
    return session


@audited("capture_sessions.quarantine_session")
def quarantine_session(*, session: CaptureSession, actor: Actor) -> CaptureSession:
    """Close a session to every reader because something leaked in it, and destroy what it holds."""
    require(actor, "capture_sessions.quarantine_session")
    session = CaptureSession.objects.select_for_update().get(pk=session.pk)
    if session.state != SessionState.AVAILABLE:
        with nothing_to_do():
            return session
    session.state = SessionState.QUARANTINED
    session.save(update_fields=["state"])
    _destroy_contents([session], timezone.now())
    audit.append(action="capture_sessions.quarantine_session", actor=actor, obj=session)
    return session


@audited("capture_sessions.hold_sessions")
def hold_sessions(*, subject: Subject, until: datetime | None, actor: Actor) -> int:
    """Keep a person's sessions from erasure until then (None: lift). Returns how many."""
    require(actor, "capture_sessions.hold_sessions")
    count = (
        CaptureSession.objects.filter(subject=subject)
        .exclude(state=SessionState.ERASED)
        .update(held_until=until)
    )
    audit.append(
        action="capture_sessions.hold_sessions",
        actor=actor,
        obj=subject,
        subject=subject.pk,
        facts={"until": until},
    )
    return count


@audited("capture_sessions.erase_sessions")
def erase_sessions(*, session_ids: Iterable[UUID], because: str, actor: Actor) -> int:
    """Destroy the keys of these sessions and order their files removed. Conflict when one is held."""
    require(actor, "capture_sessions.erase_sessions")
    now = timezone.now()
    sessions = list(
        CaptureSession.objects.select_for_update()
        .filter(pk__in=list(session_ids))
        .exclude(state=SessionState.ERASED)
        .order_by("pk")
    )
    if any(session.held_until and session.held_until > now for session in sessions):
        raise Conflict("A legal hold covers one of these sessions.", code="legal_hold")
    if not sessions:
        with nothing_to_do():
            return 0
    _erase(sessions, because=because, now=now)
    _log_erased("capture_sessions.erase_sessions", sessions, because, actor)
    return len(sessions)


def _erase(sessions: Sequence[CaptureSession], *, because: str, now: datetime) -> None:
    ids = [session.pk for session in sessions]
    _destroy_blobs(ids, now)
    SessionTotal.objects.filter(session__in=ids).delete()
    CaptureSession.objects.filter(pk__in=ids).update(
        state=SessionState.ERASED,
        erased_at=now,
        erased_because=because,
        manifest=b"",
        report={},
        scan_hits=[],
    )


def _key(session: CaptureSession) -> UUID:
    return session.pk


def _destroy_blobs(ids: Sequence[UUID], now: datetime) -> None:
    """Destroy the data keys; the keys that wrapped them and the files follow after the commit."""
    blobs = SessionBlob.objects.filter(session__in=ids, erased_at__isnull=True)
    store.destroy_keys(blobs)
    blobs.update(wrapped_key=None, erased_at=now)
    enqueue_on_commit("capture_sessions.tasks.remove_files")


def _destroy_contents(sessions: Sequence[CaptureSession], now: datetime) -> None:
    """What the scan would still redact is not stored, only the report of it. A legal hold keeps it closed."""
    _destroy_blobs([s.pk for s in sessions if s.held_until is None or s.held_until <= now], now)


def _log_erased(action: str, sessions: Sequence[CaptureSession], because: str, actor: Actor) -> None:
    """An entry for each session, which names nobody: the request that asked for it names the person."""
    for session in sessions:
        audit.append(
            action=action,
            actor=actor,
            obj=session,
            facts={"because": because, "manifest": session.manifest_sha256},
        )


def _subject(session: CaptureSession) -> UUID:
    return session.subject_id


@audited("capture_sessions.expire_sessions")
def expire_sessions(*, actor: Actor, limit: int = EXPIRE_AT_ONCE) -> int:
    """Erase what is past its retention and what was made from it, the oldest first; held sessions wait for
    the end of their hold. Returns how many; fewer than ``limit``: nothing else is due.
    """
    require(actor, "capture_sessions.expire_sessions")
    now = timezone.now()
    expired = CaptureSession.objects.select_for_update(skip_locked=True).expired(now)
    due = sorted(expired.order_by("delete_after")[:limit], key=_key)
    if not due:
        with nothing_to_do():
            return 0
    _erase(due, because="retention", now=now)
    for subject, sessions in groupby(sorted(due, key=_subject), key=_subject):
        gone = tuple(session.pk for session in sessions)
        derived.purge_all(derived.Scope(subject, gone, everything=False))
    _log_erased("capture_sessions.expire_sessions", due, "retention", actor)
    return len(due)
