"""Proofs that are handed out: written, read again, and refused when anything in them is changed."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mci_core import merkle, notes
from mci_core.proofs import Inclusion, Step

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
LOG = notes.Vkey.of("mci.example.com/audit", KEY)
ENTRIES = [b"one", b"two", b"three", b"four", b"five"]
LEAVES = [merkle.leaf_hash(entry) for entry in ENTRIES]
NOTE = notes.signed_checkpoint(notes.Checkpoint(LOG.name, 5, merkle.root(LEAVES)), KEY)


@pytest.mark.parametrize("extra", [None, b"", b"more"])
def test_an_inclusion_is_read_again_and_holds(extra: bytes | None) -> None:
    for index, entry in enumerate(ENTRIES):
        proof = Inclusion(index, tuple(merkle.inclusion_proof(LEAVES, index)), NOTE, extra)
        found = Inclusion.parse(proof.dumps())
        assert found == proof
        assert found.holds(entry, LOG)
        assert not found.holds(b"other", LOG)


def test_an_entry_that_is_alone_needs_no_hashes() -> None:
    note = notes.signed_checkpoint(notes.Checkpoint(LOG.name, 1, LEAVES[0]), KEY)
    proof = Inclusion.parse(Inclusion(0, (), note).dumps())
    assert proof.holds(b"one", LOG)


def test_a_step_is_read_again_and_holds() -> None:
    for old in range(1, 6):
        step = Step(old, tuple(merkle.consistency_proof(LEAVES, old)), NOTE)
        found = Step.parse(step.dumps())
        assert found == step
        assert found.holds(merkle.root(LEAVES[:old]), LOG)
        assert not found.holds(bytes(32), LOG)


def test_everything_is_a_step_from_nothing() -> None:
    assert Step.parse(Step(0, (), NOTE).dumps()).holds(merkle.EMPTY_ROOT, LOG)
    assert not Step(0, (bytes(32),), NOTE).holds(merkle.EMPTY_ROOT, LOG)
    assert not Step(0, (), NOTE).holds(bytes(32), LOG)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c2sp.org/tlog-proof@v1\n\n" + NOTE.dumps(),
        "c2sp.org/tlog-proof@v2\nindex 0\n\n" + NOTE.dumps(),
        "c2sp.org/tlog-proof@v1\nextra AA==\n\n" + NOTE.dumps(),
        "c2sp.org/tlog-proof@v1\nplace 0\n\n" + NOTE.dumps(),
        "c2sp.org/tlog-proof@v1\nindex 00\n\n" + NOTE.dumps(),
        "c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\n" + NOTE.dumps(),
        "c2sp.org/tlog-proof@v1\nindex 0\n" + f"{'A' * 43}=\n" * 64 + "\n" + NOTE.dumps(),
    ],
)
def test_what_is_no_inclusion_is_refused(text: str) -> None:
    with pytest.raises(notes.BadNote):
        Inclusion.parse(text)


@pytest.mark.parametrize("text", ["", "old 1", "new 1\n\n" + NOTE.dumps(), "old -1\n\n" + NOTE.dumps()])
def test_what_is_no_step_is_refused(text: str) -> None:
    with pytest.raises(notes.BadNote):
        Step.parse(text)
