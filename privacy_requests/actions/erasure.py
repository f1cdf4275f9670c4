"""Carrying a deletion out: one step a transaction, each resumable, so that a crash anywhere is continued.

freeze -> manifest -> objects -> keys -> agents -> receipt -> done. `Erasure.step` names the next step; a step
that has to wait (files still being removed, a legal hold) leaves it as it is and the sweeper comes again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

import audits.actions as audit
from accounts import actions as accounts
from accounts import keys
from accounts.permissions import require
from agents.actions import forget_exclusions, order_purge
from agents.models import Device
from audits.actor import Actor
from audits.registry import audited, nothing_to_do
from capture_policies.actions.requests import forget_voices
from capture_sessions.actions import drop_uploads_of, erase_sessions
from capture_sessions.models import CaptureSession, CaptureSessionQuerySet, SessionBlob, SessionState
from mci_core import canonical, merkle
from privacy_requests.models import Erasure, RequestState
from privacy_requests.receipts import sign_receipt
from reviews.models import ViewGrant

NEXT = dict(zip(Erasure.STEPS, (*Erasure.STEPS[1:], "done"), strict=True))


@audited("privacy_requests.advance_erasure")
def advance_erasure(*, erasure: Erasure, actor: Actor) -> str:
    """Run the next step. Returns the step that comes after it (the same one when it has to wait)."""
    require(actor, "privacy_requests.advance_erasure")
    rows = Erasure.objects.select_for_update(of=("self",)).select_related("request__subject")
    erasure = rows.get(pk=erasure.pk)
    if erasure.step == "done":
        with nothing_to_do():
            return erasure.step
    step = erasure.step
    facts = _RUN[step](erasure, actor)
    if facts is None:
        with nothing_to_do():
            return step
    erasure.step = NEXT[step]
    erasure.save()
    audit.append(
        action="privacy_requests.advance_erasure",
        actor=actor,
        obj=erasure,
        subject=erasure.request.subject_id,
        facts={"step": step, "request": erasure.request.number, **facts},
    )
    return erasure.step


def _scope(erasure: Erasure) -> CaptureSessionQuerySet:
    """The sessions that this request covers, erased ones included."""
    request = erasure.request
    own = CaptureSession.objects.filter(subject_id=request.subject_id)
    if request.scope == "sessions":
        return own.filter(pk__in=request.sessions)
    return own.filter(captured_from__lte=request.subject.erased_at or request.decided_at)


def _blobs(erasure: Erasure) -> QuerySet[SessionBlob]:
    return SessionBlob.objects.filter(session__in=_scope(erasure)).order_by("session_id", "index")


def _freeze(erasure: Erasure, actor: Actor) -> dict[str, Any]:
    """Nobody looks any more and nothing captured until now comes in any more; what comes later has its own
    key.
    """
    now = timezone.now()
    request = erasure.request
    if request.scope == "all":
        request.subject = accounts.mark_erased_before(subject=request.subject, moment=now, actor=actor)
        drop_uploads_of(subject=request.subject, actor=actor)
        erasure.key_epoch = keys.start_epoch(request.subject)
    closed = ViewGrant.objects.filter(session__in=_scope(erasure), closed_at__isnull=True).update(
        closed_at=now
    )
    request.state = RequestState.EXECUTING
    request.save(update_fields=["state"])
    return {"grants_closed": closed}


def _manifest(erasure: Erasure, actor: Actor) -> dict[str, Any]:
    """List what will go, by id and digest, and fix the list by its Merkle root (RFC 6962)."""
    erasure.manifest = [
        {"session": str(b.session_id), "index": b.index, "sha256": b.sha256, "bytes": b.byte_count}
        for b in _blobs(erasure).filter(erased_at__isnull=True)
    ]
    leaves = [merkle.leaf_hash(canonical.dumps(row)) for row in erasure.manifest]
    erasure.manifest_root = merkle.root(leaves).hex()
    erasure.objects_erased = len(leaves)
    return {"manifest_root": erasure.manifest_root}


def _objects(erasure: Erasure, actor: Actor) -> dict[str, Any] | None:
    """Destroy the data keys, then wait until every stored object is gone."""
    left = _scope(erasure).exclude(state=SessionState.ERASED)
    if left.filter(held_until__gt=timezone.now()).exists():
        # A hold that came after the decision: nothing is destroyed before it ends.
        return None
    ids = list(left.values_list("pk", flat=True))
    if ids:
        erase_sessions(session_ids=ids, because="request", actor=actor)
        erasure.sessions_erased += len(ids)
        erasure.save(update_fields=["sessions_erased"])
    if _blobs(erasure).filter(file_removed_at__isnull=True).exists():
        return None
    return {}


def _keys(erasure: Erasure, actor: Actor) -> dict[str, Any]:
    """For everything: destroy the person's keys, so that copies in backups cannot be opened either."""
    if erasure.request.scope != "all":
        return {"person_keys": 0}
    destroyed = keys.destroy_person_keys(
        subject=erasure.request.subject, actor=actor, through=erasure.key_epoch
    )
    return {"person_keys": destroyed}


def _agents(erasure: Erasure, actor: Actor) -> dict[str, Any]:
    """Order the person's devices to drop what they still hold."""
    request = erasure.request
    sessions = "all" if request.scope == "all" else [str(pk) for pk in request.sessions]
    if request.scope == "all":
        forget_exclusions(subject=request.subject, actor=actor)
        forget_voices(subject=request.subject, actor=actor)
    devices = Device.objects.filter(subject_id=request.subject_id, revoked_at__isnull=True)
    for device in devices:
        order_purge(device=device, sessions=sessions, actor=actor)
    return {"devices": len(devices)}


def _receipt(erasure: Erasure, actor: Actor) -> dict[str, Any]:
    """Sign what was done, for the person to keep."""
    now = timezone.now()
    request = erasure.request
    erasure.finished_at = now
    erasure.receipt = sign_receipt(
        {
            "schema": "mci-erasure-receipt/1",
            "request": request.number,
            "scope": request.scope,
            "received_at": request.received_at.isoformat(),
            "finished_at": now.isoformat(),
            "sessions": erasure.sessions_erased,
            "objects": erasure.objects_erased,
            "manifest_root": erasure.manifest_root,
            "person_key_epoch_destroyed": erasure.key_epoch,
        }
    )
    request.state, request.finished_at = RequestState.DONE, now
    request.save(update_fields=["state", "finished_at"])
    return {"receipt": canonical.digest_obj(erasure.receipt), "manifest_root": erasure.manifest_root}


_RUN: dict[str, Callable[[Erasure, Actor], dict[str, Any] | None]] = {
    "freeze": _freeze,
    "manifest": _manifest,
    "objects": _objects,
    "keys": _keys,
    "agents": _agents,
    "receipt": _receipt,
}
