"""Examples of the log's own actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audits import checkpoints, outside
from audits.actions import record_event
from audits.actions.witnesses import accept_cosignature, register_witness, resume_log, withdraw_witness
from audits.models import SignedCheckpoint, Witness
from mci_core import notes
from tests.server.cast import REASON, Cast

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
VKEY = notes.Vkey.of("council.example/w1", KEY, notes.COSIGNATURE)


def _record_event(cast: Cast) -> str:
    record_event(action="agents.replayed_token", actor=cast.device_actor(), obj=cast.device, reason=REASON)
    return "agents.replayed_token"


def _register(cast: Cast) -> Witness:
    return register_witness(
        label="Works council", vkey=VKEY.text(), actor=cast.actor("officer"), reason=REASON
    )


def _registered(cast: Cast) -> None:
    _register(cast)


def _withdraw(cast: Cast) -> None:
    withdraw_witness(witness=_register(cast), actor=cast.actor("admin"), reason=REASON)


def _accept(cast: Cast) -> None:
    witness = _register(cast)
    stated = notes.Checkpoint("log.example", 1, bytes(32))
    note = notes.signed_checkpoint(stated, checkpoints.signing_key())
    signed = SignedCheckpoint.objects.create(
        origin=stated.origin, size=1, root=bytes(32).hex(), note=note.dumps(), vkey=VKEY.text()
    )
    cosignature = notes.cosign(note.text, witness.name, KEY, 1_700_000_000)
    confirmed = notes.check(note.text, cosignature, VKEY)
    accept_cosignature(signed=signed, confirmed=confirmed, actor=cast.system())


def _resume(cast: Cast) -> None:
    outside.halt("an example")
    resume_log(actor=cast.system(), reason=REASON)


EXAMPLES: dict[str, Callable[[Cast], Any]] = {
    "audits.accept_cosignature": _accept,
    "audits.record_event": _record_event,
    "audits.register_witness": _registered,
    "audits.resume_log": _resume,
    "audits.withdraw_witness": _withdraw,
}
