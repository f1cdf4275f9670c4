"""Carrying a deletion out: one step a transaction, each resumable, so that a crash anywhere is continued.

freeze -> manifest -> objects -> derived -> agents -> keys -> entry -> receipt -> done. `Erasure.step` names
the next step; a step that has to wait (files still being removed, a legal hold) leaves it as it is and the
sweeper comes again. What happens outside the transaction (files, the ledger, the ring of keys) may happen
again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

import audits.actions as audit
from accounts import actions as accounts
from accounts import derived, epochs, keyring, keys
from accounts.models import EpochState, KeyEpoch, PersonKey, SpentNumber, Subject
from accounts.permissions import require
from agents.actions import forget_exclusions, order_purge
from agents.models import Device
from audits.actor import Actor
from audits.models import AuditEntry
from audits.registry import audited, nothing_to_do
from capture_policies.actions.requests import forget_voices
from capture_sessions.actions import drop_uploads_of, erase_sessions, move_data_keys
from capture_sessions.models import CaptureSession, CaptureSessionQuerySet, SessionBlob, SessionState
from mci_core import canonical, merkle
from privacy_requests import ledger
from privacy_requests.models import Erasure, RequestState
from privacy_requests.receipts import certificate, sign_receipt
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
    entry_id = audit.append(
        action="privacy_requests.advance_erasure",
        actor=actor,
        obj=erasure,
        subject=erasure.request.subject_id,
        facts={"step": step, "request": erasure.request.number, **facts},
    )
    if step == "entry":
        erasure.entry_id = entry_id
        erasure.save(update_fields=["entry_id"])
    return erasure.step


def _scope(erasure: Erasure) -> CaptureSessionQuerySet:
    """The sessions that this request covers, erased ones included."""
    request = erasure.request
    own = CaptureSession.objects.filter(subject_id=request.subject_id)
    if request.scope == "sessions":
        return own.filter(pk__in=request.sessions)
    return own.before(request.subject.erased_at or request.decided_at or request.received_at)


def _blobs(erasure: Erasure) -> QuerySet[SessionBlob]:
    return SessionBlob.objects.filter(session__in=_scope(erasure)).order_by("session_id", "index")


def _freeze(erasure: Erasure, actor: Actor) -> dict[str, Any]:
    """Nobody looks any more and nothing captured until now comes in any more; what comes later has its own
    key.
    """
    request = erasure.request
    # The moment is one after every upload that was begun: they lock the person, too.
    Subject.objects.select_for_update().get(pk=request.subject_id)
    now = timezone.now()
    # Given already when an older database is brought up to date: what came after is not part of it.
    erasure.frozen_at = moment = erasure.frozen_at or now
    if request.scope == "all":
        request.subject = accounts.mark_erased_before(subject=request.subject, moment=moment, actor=actor)
        drop_uploads_of(subject=request.subject, actor=actor)
        erasure.key_epoch = keys.start_epoch(request.subject)
    closed = ViewGrant.objects.filter(session__in=_scope(erasure), closed_at__isnull=True).update(
        closed_at=now
    )
    request.state = RequestState.EXECUTING
    request.save(update_fields=["state"])
    # Before the commit: whatever becomes of this database, the erasure is known outside of it.
    ledger.begin(erasure)
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


def _derived(erasure: Erasure, actor: Actor) -> dict[str, Any]:
    """Take away what was made from the data elsewhere."""
    request = erasure.request
    everything = request.scope == "all"
    sessions = tuple(_scope(erasure).values_list("pk", flat=True))
    erasure.derived = derived.purge_all(derived.Scope(request.subject_id, sessions, everything))
    if everything:
        forget_exclusions(subject=request.subject, actor=actor)
        forget_voices(subject=request.subject, actor=actor)
    return {"derived": erasure.derived}


def _agents(erasure: Erasure, actor: Actor) -> dict[str, Any]:
    """Order the person's devices to drop what they still hold."""
    request = erasure.request
    sessions = "all" if request.scope == "all" else [str(pk) for pk in request.sessions]
    devices = Device.objects.filter(subject_id=request.subject_id, revoked_at__isnull=True)
    for device in devices:
        order_purge(device=device, sessions=sessions, actor=actor)
    erasure.devices = len(devices)
    return {"devices": erasure.devices}


def _keys(erasure: Erasure, actor: Actor) -> dict[str, Any] | None:
    """For everything: destroy the person's keys; else those of the sessions in the person's tree. Copies in
    backups follow with the epochs that wrap them.
    """
    subject = erasure.request.subject
    destroyed = 0
    _note_uncovered(erasure)
    if erasure.request.scope == "all":
        destroyed = keys.destroy_person_keys(subject=subject, actor=actor, through=erasure.key_epoch)
    elif not _session_keys_destroyed(subject, actor):
        return None
    _note_epochs(erasure)
    transaction.on_commit(keyring.write, robust=True)
    return {"person_keys": destroyed, "key_epochs": erasure.key_epochs}


def _session_keys_destroyed(subject: Subject, actor: Actor) -> bool:
    """False while a tree cannot be read: then nothing can be taken out of it, and nothing is promised."""
    while move_data_keys(subject=subject, actor=actor):
        pass
    while accounts.destroy_object_keys(subject=subject, actor=actor):
        pass
    return not SpentNumber.objects.filter(key__subject=subject).exists()


def _note_epochs(erasure: Erasure) -> None:
    """Which epochs still open a copy of these keys, and when the last of them is gone. Asked after the keys
    are gone, so that none is missing that wrapped them a moment ago.
    """
    alive = list(KeyEpoch.objects.exclude(state=EpochState.DESTROYED))
    erasure.key_epochs = [epoch.number for epoch in alive]
    erasure.backups_unreadable_from = max(map(epochs.destruction_of, alive), default=timezone.now())


def _note_uncovered(erasure: Erasure) -> None:
    """Whether copies may lie somewhere that no epoch wraps. Asked before the keys are gone."""
    own = PersonKey.objects.filter(subject=erasure.request.subject)
    if erasure.request.scope == "all":
        own = own.filter(epoch__lte=erasure.key_epoch or 0)
    first = KeyEpoch.objects.order_by("number").values_list("started_at", flat=True).first()
    if own.filter(kek__isnull=True, destroyed_at__isnull=True).exists():
        erasure.uncovered_before = timezone.now()
    elif first is not None and own.filter(created_at__lt=first - epochs.MARGIN).exists():
        began = first + epochs.MARGIN
        if erasure.request.scope == "all" or _scope(erasure).filter(created_at__lt=began).exists():
            erasure.uncovered_before = began


def _entry(erasure: Erasure, actor: Actor) -> dict[str, Any]:
    """Fix what was done; the entry that the log gets now commits to it."""
    erasure.finished_at = timezone.now()
    erasure.certificate = certificate(erasure)
    return {
        "certificate": canonical.digest_obj(erasure.certificate),
        "manifest_root": erasure.manifest_root,
        "sessions": erasure.sessions_erased,
        "objects": erasure.objects_erased,
        "devices": erasure.devices,
        "person_keys_through": erasure.key_epoch,
        "key_epochs": erasure.key_epochs,
    }


def _receipt(erasure: Erasure, actor: Actor) -> dict[str, Any]:
    """Sign what was done, for the person to keep. The proof follows with the next checkpoint."""
    request = erasure.request
    leaf = AuditEntry.objects.values_list("leaf", flat=True).get(pk=erasure.entry_id or 0)
    erasure.receipt = sign_receipt({**(erasure.certificate or {}), "entry": leaf})
    request.state, request.finished_at = RequestState.DONE, erasure.finished_at
    request.save(update_fields=["state", "finished_at"])
    ledger.finish(erasure)
    return {"receipt": canonical.digest_obj(erasure.receipt), "manifest_root": erasure.manifest_root}


_RUN: dict[str, Callable[[Erasure, Actor], dict[str, Any] | None]] = {
    "freeze": _freeze,
    "manifest": _manifest,
    "objects": _objects,
    "derived": _derived,
    "agents": _agents,
    "keys": _keys,
    "entry": _entry,
    "receipt": _receipt,
}
