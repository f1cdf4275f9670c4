"""Examples of the log's own actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audits import checkpoints, log_keys, outside
from audits.actions import record_event
from audits.actions.exports import delete_export, finish_export, request_export
from audits.actions.keys import end_log_key, prepare_log_key, replace_log_key
from audits.actions.searches import forget_search, save_search
from audits.actions.witnesses import accept_cosignature, register_witness, resume_log, withdraw_witness
from audits.models import LogExport, SavedSearch, SignedCheckpoint, Witness
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


def _signed_log(cast: Cast) -> None:
    """A log with one checkpoint; the sequencer takes in nothing while a transaction is open."""
    key = checkpoints.signing_key()
    stated = notes.Checkpoint("log.example", 1, bytes(32))
    SignedCheckpoint.objects.create(
        origin=stated.origin,
        size=1,
        root=bytes(32).hex(),
        note=notes.signed_checkpoint(stated, key).dumps(),
        vkey=notes.Vkey.of(stated.origin, key).text(),
    )


def _prepare_key(cast: Cast) -> None:
    _signed_log(cast)
    prepare_log_key(actor=cast.system(), reason=REASON)


def _replace_key(cast: Cast) -> None:
    _prepare_key(cast)
    replace_log_key(actor=cast.system(), reason=REASON)


def _end_key(cast: Cast) -> None:
    """As if a checkpoint with both keys stood."""
    _replace_key(cast)
    both = SignedCheckpoint.objects.get()
    (entry,) = (told for told in log_keys.told() if told.action == log_keys.REPLACE)
    SignedCheckpoint.objects.create(
        origin=both.origin, size=entry.entry + 1, root=both.root, note=both.note, vkey=both.vkey
    )
    end_log_key(actor=cast.system(), reason=REASON)


def _save_search(cast: Cast) -> SavedSearch:
    return save_search(name="By beat", query="actor=system%3Abeat", actor=cast.actor("auditor"))


def _saved(cast: Cast) -> None:
    _save_search(cast)


def _forget_search(cast: Cast) -> None:
    forget_search(search=_save_search(cast), actor=cast.actor("auditor"))


def _request_export(cast: Cast) -> LogExport:
    return request_export(query="q=beat", format="csv", actor=cast.actor("auditor"))


def _requested(cast: Cast) -> None:
    _request_export(cast)


def _finish_export(cast: Cast) -> None:
    finish_export(export=_request_export(cast), actor=cast.system())


def _delete_export(cast: Cast) -> None:
    delete_export(export=_request_export(cast), actor=cast.actor("auditor"))


EXAMPLES: dict[str, Callable[[Cast], Any]] = {
    "audits.accept_cosignature": _accept,
    "audits.delete_export": _delete_export,
    "audits.end_log_key": _end_key,
    "audits.finish_export": _finish_export,
    "audits.forget_search": _forget_search,
    "audits.prepare_log_key": _prepare_key,
    "audits.record_event": _record_event,
    "audits.register_witness": _registered,
    "audits.replace_log_key": _replace_key,
    "audits.request_export": _requested,
    "audits.resume_log": _resume,
    "audits.save_search": _saved,
    "audits.withdraw_witness": _withdraw,
}
