"""Decides what becomes of an upload: proved, taken in parts, examined, then accepted or refused as a whole.

Each step is its own transaction, so that a refusal can be recorded after the refused work was rolled back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from agents.models import Device
from audits.actor import Actor
from capture_policies import queries
from capture_sessions import actions, contents, proof
from capture_sessions.models import CaptureSession, SessionState
from mci_core.errors import Conflict, Invalid, NotFound


def begin(
    *, device: Device, session_id: UUID, document: Mapping[str, Any], signature: str, actor: Actor
) -> list[int]:
    """Open or continue an upload. Returns the indexes of the parts that are still missing."""
    existing = CaptureSession.objects.filter(pk=session_id).first()
    if existing is not None:
        proof.same_or_conflict(existing, device, proof.digest_of(device, document, signature))
        session = existing
    else:
        proved = proof.check(device=device, session_id=session_id, document=document, signature=signature)
        session = actions.begin_upload(device=device, proved=proved, actor=actor)
    stored = set(session.blobs.values_list("index", flat=True))
    return [part["index"] for part in actions.manifest_parts(session) if part["index"] not in stored]


def complete(*, device: Device, session_id: UUID, actor: Actor) -> tuple[CaptureSession, bool]:
    """Examine a finished upload. Returns the session and whether it was accepted just now.

    Raises Conflict while parts are missing and Invalid (naming the line) when the content is refused; then
    nothing
    of it stays stored.
    """
    session = CaptureSession.objects.select_related("lease").filter(pk=session_id, device=device).first()
    if session is None:
        raise NotFound("No such upload.", code="upload_unknown")
    if session.state == SessionState.ERASED:
        raise Conflict("This session has been erased.", code="session_erased")
    if session.state != SessionState.UPLOADING:
        return session, False
    if session.blobs.count() != len(actions.manifest_parts(session)):
        raise Conflict("Parts are missing.", code="parts_missing")
    policy = queries.policy_by_release(session.release_number)
    try:
        totals = contents.examine(session, policy, session.lease.denied_signals)
    except Invalid as refusal:
        actions.refuse_upload(device=device, session_id=session_id, code=refusal.code, actor=actor)
        raise
    return actions.accept_upload(
        device=device, session_id=session_id, totals=totals, policy=policy, actor=actor
    ), True
