"""A tree of keys forgets single keys for good and keeps every other."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mci_core import key_tree
from mci_core.errors import Invalid
from mci_core.key_tree import KeyTree, Node, NoKey

GOLDEN = (
    "12b1ea530207170f34394a67d944252368f6f1fde1312ec1b8be3516c426a40a",
    "d979c13b4271d414d662951e50c8aa3114914745a54ad96a965b1b1ca963c9f4",
)
NUMBERS = st.one_of(st.integers(0, 40), st.integers(0, key_tree.SIZE - 1))


def test_a_key_is_made_of_the_seed_and_the_number_alone() -> None:
    tree = KeyTree((Node(0, key_tree.HEIGHT, bytes(32)),))
    assert tree.key(0).hex() == GOLDEN[0]
    assert tree.key(key_tree.SIZE - 1).hex() == GOLDEN[1]
    assert KeyTree.new().key(0) != KeyTree.new().key(0)


@settings(max_examples=150, deadline=None)
@given(gone=st.lists(st.sets(NUMBERS, max_size=12), max_size=4), asked=st.sets(NUMBERS, max_size=20))
def test_what_is_taken_out_is_gone_and_nothing_else(gone: list[set[int]], asked: set[int]) -> None:
    whole = KeyTree.new()
    tree = whole
    for numbers in gone:
        tree = KeyTree.load(tree.without(numbers).dump())
    taken = set().union(*gone)
    for number in asked | taken:
        assert tree.holds(number) == (number not in taken)
        if number in taken:
            with pytest.raises(NoKey):
                tree.key(number)
        else:
            assert tree.key(number) == whole.key(number)
    assert tree.without(taken) == tree
    _derives_nothing_of(tree, taken)


def _derives_nothing_of(tree: KeyTree, taken: set[int]) -> None:
    """No seed that is left stands above a number that was taken out, and they cover everything else."""
    assert not any(node.first <= number < node.end for node in tree.nodes for number in taken)
    assert sum(node.end - node.first for node in tree.nodes) == key_tree.SIZE - len(taken)
    ends = [node.end for node in tree.nodes]
    assert all(end <= after.first for end, after in zip(ends, tree.nodes[1:], strict=False))


@settings(max_examples=100, deadline=None)
@given(one=st.sets(NUMBERS, max_size=12), two=st.sets(NUMBERS, max_size=12))
def test_two_trees_have_in_common_what_neither_has_lost(one: set[int], two: set[int]) -> None:
    whole = KeyTree.new()
    assert whole.without(one).common(whole.without(two)) == whole.without(one | two)


def test_sessions_that_end_in_order_leave_a_small_tree() -> None:
    tree = KeyTree.new().without(range(10_000))
    assert len(tree.nodes) <= key_tree.HEIGHT
    assert len(tree.dump()) < 1300
    assert tree.without(range(10_000, 10_001)).holds(10_001)


def _bytes(*nodes: tuple[int, int]) -> bytes:
    return KeyTree(tuple(Node(first, height, bytes(32)) for first, height in nodes)).dump()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x02" + bytes(37),
        b"\x01" + bytes(36),
        _bytes((0, 33)),
        _bytes((0, 255)),
        _bytes((0, 1), (1, 0)),
        _bytes((8, 3), (0, 3)),
        _bytes((3, 1)),
        _bytes((1 << 31, 32)),
    ],
)
def test_other_bytes_are_no_tree(data: bytes) -> None:
    with pytest.raises(Invalid):
        KeyTree.load(data)


def test_a_tree_can_be_empty() -> None:
    half = KeyTree((Node(0, 1, bytes(32)),))
    assert not half.without([0, 1]).nodes
    assert not half.without([0, 1]).holds(0)
    assert not half.holds(2)
