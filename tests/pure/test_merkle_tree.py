"""The Merkle tree against the definition in RFC 6962, written here a second time and recursively."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mci_core import merkle

LEAVES = st.lists(st.binary(max_size=8), max_size=70)


def definition(data: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1."""
    if not data:
        return sha256(b"").digest()
    if len(data) == 1:
        return sha256(b"\x00" + data[0]).digest()
    k = 1
    while k * 2 < len(data):
        k *= 2
    return sha256(b"\x01" + definition(data[:k]) + definition(data[k:])).digest()


def hashed(data: list[bytes]) -> list[bytes]:
    return [merkle.leaf_hash(item) for item in data]


@given(LEAVES)
def test_the_root_is_that_of_rfc_6962(data: list[bytes]) -> None:
    assert merkle.root(hashed(data)) == definition(data)


def test_the_roots_of_the_known_answer_test_are_met() -> None:
    """The inputs and roots of the certificate-transparency reference tests."""
    inputs = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    leaves = hashed([bytes.fromhex(item) for item in inputs])
    assert merkle.root(leaves[:1]).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert merkle.root(leaves[:2]).hex() == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
    assert merkle.root(leaves).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def test_every_leaf_of_small_trees_is_proven_and_no_other_place_is() -> None:
    for size in range(1, 20):
        leaves = hashed([bytes([n]) for n in range(size)])
        top = merkle.root(leaves)
        for index, leaf in enumerate(leaves):
            proof = merkle.inclusion_proof(leaves, index)
            assert merkle.verify_inclusion(leaf, index, size, proof, top)
            for other in range(size):
                assert merkle.verify_inclusion(leaf, other, size, proof, top) is (other == index)


def test_every_older_tree_is_proven_to_be_a_prefix() -> None:
    for size in range(1, 20):
        leaves = hashed([bytes([n]) for n in range(size)])
        top = merkle.root(leaves)
        for old in range(1, size + 1):
            proof = merkle.consistency_proof(leaves, old)
            assert merkle.verify_consistency(old, size, merkle.root(leaves[:old]), top, proof)
            assert not merkle.verify_consistency(old, size, merkle.leaf_hash(b"other"), top, proof)
            assert not merkle.verify_consistency(
                old, size, merkle.root(leaves[:old]), merkle.leaf_hash(b"other"), proof
            )


@given(st.lists(st.binary(max_size=4), min_size=2, max_size=40), st.data())
def test_a_changed_proof_proves_nothing(data: list[bytes], draw: st.DataObject) -> None:
    leaves = hashed(data)
    top, size = merkle.root(leaves), len(leaves)
    index = draw.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(leaves, index)
    place = draw.draw(st.integers(0, len(proof) - 1))
    broken = [*proof[:place], merkle.leaf_hash(b"broken" + proof[place]), *proof[place + 1 :]]
    assert not merkle.verify_inclusion(leaves[index], index, size, broken, top)
    assert not merkle.verify_inclusion(leaves[index], index, size, proof[:-1], top)
    assert not merkle.verify_inclusion(leaves[index], index, size, [*proof, top], top)


@given(st.lists(st.binary(max_size=4), min_size=3, max_size=40), st.data())
def test_a_rewritten_history_has_no_consistency_proof(data: list[bytes], draw: st.DataObject) -> None:
    leaves = hashed(data)
    old = draw.draw(st.integers(1, len(leaves) - 1))
    place = draw.draw(st.integers(0, old - 1))
    rewritten = [*leaves[:place], merkle.leaf_hash(b"rewritten" + leaves[place]), *leaves[place + 1 :]]
    proof = merkle.consistency_proof(rewritten, old)
    assert not merkle.verify_consistency(
        old, len(leaves), merkle.root(leaves[:old]), merkle.root(rewritten), proof
    )
    honest = merkle.consistency_proof(leaves, old)
    roots = merkle.root(leaves[:old]), merkle.root(leaves)
    assert not merkle.verify_consistency(old, len(leaves), *roots, honest[:-1])
    assert not merkle.verify_consistency(old, len(leaves), *roots, [*honest, roots[1]])


def test_sizes_out_of_range_are_refused() -> None:
    leaves = hashed([b"a", b"b"])
    top = merkle.root(leaves)
    with pytest.raises(ValueError, match="no such leaf"):
        merkle.inclusion_proof(leaves, 2)
    with pytest.raises(ValueError, match="no such older tree"):
        merkle.consistency_proof(leaves, 3)
    assert not merkle.verify_inclusion(leaves[0], 2, 2, [], top)
    assert not merkle.verify_consistency(0, 2, merkle.EMPTY_ROOT, top, [])
    assert not merkle.verify_consistency(3, 2, top, top, [])
    assert not merkle.verify_consistency(2, 2, top, top, [top])
    assert not merkle.verify_consistency(3, 5, top, top, [])
