"""The vectors of the audit log can be checked from the files alone, with the verifier that shares no code."""

from __future__ import annotations

import base64
import json
from typing import Any

from mci_agent import verify
from tests.pure.audit_support.logs import Memory
from tests.vectors import audit, regenerate


def read(name: str) -> Any:
    return json.loads((regenerate.FOLDER / name).read_text("utf-8"))


def trust() -> verify.Trust:
    found = read("audit_notes.json")
    log, witness = (
        verify.parse_key(found["log"]["vkey"], "log"),
        verify.parse_key(found["witness"]["vkey"], "w"),
    )
    return verify.Trust((log,), (witness,), 1)


def test_the_log_in_the_file_is_whole() -> None:
    found = read("audit_log.json")
    files = {
        name: base64.b64decode(text) if name.startswith(audit.BINARY) else text.encode()
        for name, text in found["files"].items()
    }
    source = Memory(files)
    checkpoint = verify.checkpoint_of(source)
    trust().check(checkpoint)
    verify.WholeLog(source, checkpoint).run(verify.Progress(0, False))
    assert checkpoint.root.hex() == found["root"]
    hashes = [verify.leaf_hash(entry.encode()).hex() for entry in found["entries"]]
    assert hashes == found["leaf_hashes"]


def test_the_proofs_in_the_file_hold() -> None:
    entries, found = read("audit_log.json")["entries"], read("audit_proofs.json")
    for index, text in enumerate(found["inclusion"]):
        proof = verify.parse_proof(text.encode(), "proof")
        trust().check(proof.checkpoint)
        assert proof.at == index
        leaf = verify.leaf_hash(entries[index].encode())
        assert verify.is_included(leaf, index, proof.checkpoint, proof.path)
    for old, text in enumerate(found["steps"]):
        size, path, newer = verify.parse_step(text.encode(), "step")
        older = verify.parse_checkpoint(found["older_checkpoints"][old].encode(), "old")
        assert size == older.size == old
        assert verify.is_continued(older, newer, path)
    receipt = verify.parse_receipt(found["receipt"].encode(), "receipt")
    assert receipt.certificate == found["certificate"]
    assert receipt.leaf.decode() == entries[3]


def test_the_signatures_in_the_file_are_those_of_its_keys() -> None:
    found = read("audit_notes.json")
    (log,), (witness,) = trust().logs, trust().witnesses
    text = found["text"].encode()
    for key, line in ((log, found["signature_line"]), (witness, found["cosignature"]["line"])):
        _, name, data = verify._signature(line.rstrip("\n"), "note", 1)
        assert (name, data[:4]) == (key.name, key.key_id)
        assert key.time_of(text, data[4:]) == (None if key is log else found["cosignature"]["time"])
