"""Vectors of the audit log: notes and keys, a whole small log, proofs and a receipt (docs/audit-log.md)."""

from __future__ import annotations

import base64
from typing import Any

from mci_core import notes
from tests.pure.audit_support import logs, proof_mutations
from tests.pure.audit_support.logs import Log

#: Seven entries, the fourth is that of an erasure.
ENTRIES = [proof_mutations.erasure_entry() if number == 3 else logs.entry(number) for number in range(7)]
#: What lies in tiles of hashes is base64, everything else is text.
BINARY = "tile/"


def signed_notes() -> dict[str, Any]:
    """Verifier keys and what they sign, at given times."""
    text = notes.Checkpoint(logs.ORIGIN, 7, Log(ENTRIES).tree(7).root()).text()
    cosigned = notes.cosign(text, logs.WITNESS, logs.WITNESS_KEY, logs.NOW)
    return {
        "log": {"private_key": logs.LOG_KEY.private_bytes_raw().hex(), "vkey": logs.VKEY},
        "witness": {"private_key": logs.WITNESS_KEY.private_bytes_raw().hex(), "vkey": logs.WITNESS_VKEY},
        "text": text,
        "signature_line": notes.sign(text, logs.ORIGIN, logs.LOG_KEY).line(),
        "cosignature": {
            "time": logs.NOW,
            "message": f"cosignature/v1\ntime {logs.NOW}\n{text}",
            "line": cosigned.line(),
        },
    }


def whole_log() -> dict[str, Any]:
    """Every file of an export."""
    log = Log(ENTRIES)
    files = {
        name: base64.b64encode(data).decode() if name.startswith(BINARY) else data.decode()
        for name, data in log.export().items()
    }
    return {
        "entries": [entry.decode() for entry in ENTRIES],
        "leaf_hashes": [found.hex() for found in log.hashes],
        "root": log.tree(len(ENTRIES)).root().hex(),
        "files": files,
    }


def proofs_of_log() -> dict[str, Any]:
    """Proofs of every entry, steps from every size, and the receipt of the erasure."""
    log = Log(ENTRIES)
    return {
        "inclusion": [log.inclusion(index).dumps() for index in range(len(ENTRIES))],
        "steps": [log.step(old).dumps() for old in range(len(ENTRIES) + 1)],
        "older_checkpoints": [log.note(old).dumps() for old in range(len(ENTRIES) + 1)],
        "certificate": proof_mutations.CERTIFICATE,
        "receipt": proof_mutations.receipt_of(log, 3).decode(),
    }
