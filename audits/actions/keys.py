"""How the log changes its key: the next one is announced, then both sign, then the old one ends.

Each step is an entry of the log, and the entry is what counts: the sequencer signs with the keys that the log
names. So a process may end anywhere, and two that do the same find the work of the other.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from accounts import permissions
from audits import checkpoints, log_key_files, log_keys, outside, reasons
from audits.actions import append
from audits.actor import Actor
from audits.locks import lock
from audits.log_keys import END, PREPARE, REPLACE
from audits.registry import audited, nothing_to_do
from audits.tree import Broken
from mci_core import notes
from mci_core.errors import Conflict
from mci_core.notes import Vkey

#: Held to the end of the transaction: of two who change the key, the second sees what the first did.
LOCK = "audits:log-keys"


@audited("audits.prepare_log_key")
def prepare_log_key(*, actor: Actor, reason: str = "") -> Vkey:
    """Make the next key, or find the one that was made, and announce it. It signs nothing yet."""
    permissions.require(actor, "audits.prepare_log_key")
    lock(LOCK)
    origin, entries = _origin(), log_keys.told()
    with outside.locked():
        waiting = _unused(origin)
        vkey = Vkey(origin, waiting[0] if waiting else log_key_files.make())
    if any(entry.action == PREPARE and log_keys.named(origin, entry) == vkey for entry in entries):
        with nothing_to_do():
            return vkey
    append(action=PREPARE, actor=actor, obj=None, reason=reason, facts=_new(vkey))
    return vkey


@audited("audits.replace_log_key")
def replace_log_key(*, actor: Actor, reason: str) -> Vkey:
    """From the next checkpoint on the prepared key signs, for a while together with the one before it."""
    permissions.require(actor, "audits.replace_log_key")
    reason = reasons.given(reason)
    lock(LOCK)
    origin = _origin()
    if outside.halted() is not None:
        raise Conflict("The sequencer is halted. See audit_resume.")
    signing = log_keys.signing(log_keys.all_of(origin))
    if len(signing) > 1:
        raise Conflict("Two keys sign now. The older one has to end first.", code="keys_overlap")
    announced = log_keys.prepared(origin)
    new = None if announced is None else log_keys.named(origin, announced)
    if new is None or new.public not in _unused(origin):
        raise Conflict("No key is prepared here.", code="no_key_prepared")
    old = signing[0].vkey
    try:  # both have to sign the first checkpoint after this
        checkpoints.signers(origin, signing)
    except Broken as fault:
        raise Conflict(f"This server cannot sign: {fault}.", code="key_missing") from fault
    facts = {
        **_new(new),
        "old": log_keys.digest(old),
        "old_public": notes.encode(old.public),
        "overlap_days": settings.AUDIT_KEY_OVERLAP_DAYS,
    }
    append(action=REPLACE, actor=actor, obj=None, reason=reason, facts=facts)
    return new


@audited("audits.end_log_key")
def end_log_key(*, actor: Actor, reason: str) -> Vkey:
    """The key that was replaced signs nothing from the next checkpoint on."""
    permissions.require(actor, "audits.end_log_key")
    reason = reasons.given(reason)
    lock(LOCK)
    origin = _origin()
    leaving = log_keys.leaving(log_keys.all_of(origin))
    if leaving is None or leaving.replaced is None:
        raise Conflict("No key waits for its end.", code="no_key_leaves")
    if log_keys.first_checkpoint(origin, leaving.replaced) is None:
        raise Conflict("No checkpoint bears both keys yet; try again in a second.", code="not_signed_yet")
    facts = {"key": log_keys.digest(leaving.vkey), "key_public": notes.encode(leaving.vkey.public)}
    append(action=END, actor=actor, obj=None, reason=reason, facts=facts)
    return leaving.vkey


def _unused(origin: str) -> list[bytes]:
    """Keys on the disk that no log has signed with; the announced one first."""
    used = outside.keys().keys() | {key.vkey.public for key in log_keys.all_of(origin)}
    waiting = [public for public in log_key_files.later() if public not in used]
    announced = log_keys.prepared(origin)
    vkey = None if announced is None else log_keys.named(origin, announced)
    return sorted(waiting, key=lambda public: vkey is None or public != vkey.public)


def _new(vkey: Vkey) -> dict[str, Any]:
    return {"new": log_keys.digest(vkey), "new_public": notes.encode(vkey.public)}


def _origin() -> str:
    signed = checkpoints.newest()
    if signed is None:
        raise Conflict("Nothing is signed yet: start the sequencer.", code="nothing_signed")
    return signed.origin
