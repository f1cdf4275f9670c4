"""Who confirms the log from outside, what they confirmed, and how an operator lets a halted log go on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts import permissions
from audits import checkpoints, outside, reasons, sequence, verification
from audits.actions import append
from audits.actor import Actor
from audits.models import Cosignature, SignedCheckpoint, Witness
from audits.registry import audited, nothing_to_do
from mci_core import notes
from mci_core.errors import Conflict, Forbidden, Invalid

#: How far the clock of a witness may be ahead of ours.
AHEAD = timedelta(minutes=5)
#: Of the year 9999: a witness may state any number.
LAST_SECOND = 253_402_300_799


@audited("audits.register_witness")
def register_witness(*, label: str, vkey: str, actor: Actor, reason: str) -> Witness:
    """``vkey`` is what `mci-witness` prints: a verifier key for cosignatures."""
    permissions.require(actor, "audits.register_witness")
    label = label.strip()
    if not label or len(label) > 100:
        raise Invalid("Say who the witness is, in at most 100 characters.", field="label")
    try:
        key = notes.Vkey.parse(vkey.strip())
    except notes.BadNote as fault:
        raise Invalid("This is not a verifier key.", field="vkey") from fault
    if key.kind != notes.COSIGNATURE:
        raise Invalid("This key is not one for cosignatures.", field="vkey")
    if Witness.objects.filter(vkey=key.text()).exists():
        raise Conflict("This key is registered already, or was withdrawn.", field="vkey")
    if Witness.objects.active().filter(name=key.name).exists():
        raise Conflict("Another witness has this name.", field="vkey")
    witness = Witness.objects.create(label=label, name=key.name, vkey=key.text())
    append(
        action="audits.register_witness",
        actor=actor,
        obj=witness,
        reason=reason,
        facts={"key_id": key.key_id.hex()},
        details={"label": label, "vkey": key.text()},
    )
    return witness


@audited("audits.withdraw_witness")
def withdraw_witness(*, witness: Witness, actor: Actor, reason: str) -> Witness:
    """Its cosignatures stay where they are and are no longer handed out; its key is never taken again."""
    permissions.require(actor, "audits.withdraw_witness")
    witness = Witness.objects.select_for_update().get(pk=witness.pk)
    if witness.withdrawn_at is not None:
        with nothing_to_do():
            return witness
    witness.withdrawn_at = timezone.now()
    witness.save(update_fields=["withdrawn_at"])
    append(action="audits.withdraw_witness", actor=actor, obj=witness, reason=reason)
    return witness


@audited("audits.accept_cosignature")
def accept_cosignature(*, signed: SignedCheckpoint, confirmed: notes.Confirmed, actor: Actor) -> Cosignature:
    """``confirmed`` was checked over the text of this checkpoint. The same again changes nothing."""
    permissions.require(actor, "audits.accept_cosignature")
    witness = Witness.objects.select_for_update().active().filter(vkey=confirmed.key.text()).first()
    if witness is None:
        raise Forbidden("No witness is registered with this key.", code="witness_unknown")
    found = Cosignature.objects.filter(witness=witness, checkpoint=signed).first()
    if found is not None:
        with nothing_to_do():
            return found
    stated = datetime.fromtimestamp(min(confirmed.time or 0, LAST_SECOND), UTC)
    if stated > timezone.now() + AHEAD:
        raise Invalid("The clock of the witness is ahead.", code="witness_clock")
    made = Cosignature.objects.create(
        witness=witness, checkpoint=signed, line=confirmed.signature.line(), stated_at=stated
    )
    facts = {"size": signed.size, "root": signed.root}
    append(action="audits.accept_cosignature", actor=actor, obj=witness, facts=facts)
    return made


@audited("audits.resume_log")
def resume_log(*, actor: Actor, reason: str, new_log: bool = False) -> SignedCheckpoint | None:
    """Let a halted sequencer go on, after the whole log was read again.

    Without ``new_log`` only if the database agrees with what was signed before. With it, what was signed
    before is given up: the entries that are there are signed under a new origin, which every witness and
    every holder of a checkpoint notices. Returns the first checkpoint of the new log.
    """
    permissions.require(actor, "audits.resume_log")
    reason = reasons.given(reason, why="Say why the log may go on.")
    fault = outside.halted()
    if fault is None:
        raise Conflict("The sequencer is not halted.")
    head = sequence.latest()
    try:
        if head is not None:
            verification.verify(head)
        if not new_log:
            checkpoints.check()
    except sequence.Broken as still:
        raise Conflict(f"The log still contradicts what was signed: {still}.", code="log_broken") from still
    facts = {
        "size": head.size if head else 0,
        "root": head.root if head else "",
        "new_log": new_log,
        "fault": fault[:120],
    }
    append(action="audits.resume_log", actor=actor, obj=None, reason=reason, facts=facts)
    signed = None
    if new_log:
        signed = checkpoints.sign_anew(head)
    transaction.on_commit(outside.release)
    return signed
