"""Decides what becomes of an upload: proved, taken in parts, examined, then accepted or refused as a whole.

Each step is its own transaction, so that a refusal can be recorded after the refused work was rolled back.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from agents.actions.security import record_security_event
from agents.limits import count, counted, first_within
from agents.models import Device
from audits.actor import Actor
from capture_policies import queries
from capture_sessions import actions, contents, proof
from capture_sessions.models import CaptureSession, SessionState
from mci_core.envelope import CannotOpen
from mci_core.errors import ActionError, Conflict, Invalid, NotFound, TooLarge, TooMany, Unavailable

#: Claims of a manifest that turned out false. An agent that works makes none of them, so they are logged.
FALSE_CLAIMS = frozenset(
    {
        "bad_signature",
        "manifest_mismatch",
        "session_conflict",
        "release_unknown",
        "ruleset_mismatch",
        "lease_unknown",
        "lease_mismatch",
        "lease_gap",
    }
)
#: Refused sessions of one device in an hour. An agent that works has none; one that does not must not keep
#: the server busy with them, nor fill the log.
MAX_REFUSED, REFUSED_SECONDS = 20, 3600
#: An examined session lies in memory as a whole: so many at once in one process, the others wait.
_EXAMINERS = threading.BoundedSemaphore(2)
WAIT_SECONDS = 2.0


@contextmanager
def _watched(device: Device) -> Iterator[None]:
    """A false claim is a security event; once a minute for a device and code, without content."""
    try:
        yield
    except ActionError as refusal:
        if refusal.code in FALSE_CLAIMS and first_within(60, "refused", refusal.code, str(device.pk)):
            record_security_event(code=refusal.code, device=device, actor=Actor.system("ingest"))
        raise


def begin(
    *, device: Device, session_id: UUID, document: Mapping[str, Any], signature: str, actor: Actor
) -> list[int]:
    """Open or continue an upload. Returns the indexes of the parts that are still missing."""
    existing = CaptureSession.objects.filter(pk=session_id).first()
    if existing is not None:
        with _watched(device):
            proof.same_or_conflict(existing, device, proof.digest_of(device, document, signature))
        session = existing
    else:
        if counted("refused-upload", str(device.pk)) >= MAX_REFUSED:
            raise TooMany(
                "Too many sessions of this device were refused.", extra={"retry_after": REFUSED_SECONDS}
            )
        with _watched(device):
            proved = proof.check(device=device, session_id=session_id, document=document, signature=signature)
        session = actions.begin_upload(device=device, proved=proved, actor=actor)
    stored = set(session.blobs.values_list("index", flat=True))
    return [part["index"] for part in session.announced_parts() if part["index"] not in stored]


def complete(*, device: Device, session_id: UUID, actor: Actor) -> tuple[CaptureSession, bool]:
    """Examine a finished upload. Returns the session and whether it was accepted just now.

    Raises Conflict while parts are missing and Invalid or TooLarge (naming the line) when the content is
    refused; then nothing of it stays stored.
    """
    session = CaptureSession.objects.select_related("lease").filter(pk=session_id, device=device).first()
    if session is None:
        raise NotFound("No such upload.", code="upload_unknown")
    if session.state == SessionState.ERASED:
        raise Conflict("This session has been erased.", code="session_erased")
    if session.state != SessionState.UPLOADING:
        return session, False
    if session.blobs.count() != len(session.announced_parts()):
        raise Conflict("Parts are missing.", code="parts_missing")
    policy = queries.policy_by_release(session.release_number)
    try:
        with _examiner():
            totals = contents.examine(session, policy, session.lease)
    except (CannotOpen, NotFound) as lost:
        # Our store lost or damaged a part. The agent still has it all and begins anew.
        actions.refuse_upload(device=device, session_id=session_id, code=lost.code, actor=actor)
        raise Conflict("Parts are missing.", code="parts_missing") from lost
    except (Invalid, TooLarge) as refusal:
        count("refused-upload", str(device.pk), REFUSED_SECONDS)
        actions.refuse_upload(device=device, session_id=session_id, code=refusal.code, actor=actor)
        raise
    return actions.accept_upload(
        device=device, session_id=session_id, totals=totals, policy=policy, actor=actor
    ), True


@contextmanager
def _examiner() -> Iterator[None]:
    """One of the few places for examining; raises Unavailable when none becomes free in time."""
    if not _EXAMINERS.acquire(timeout=WAIT_SECONDS):
        raise Unavailable("Other sessions are being examined.", code="busy", extra={"retry_after": 10})
    try:
        yield
    finally:
        _EXAMINERS.release()
