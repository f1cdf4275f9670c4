"""A tree of keys from which single keys can be taken out for good, while all others stay as they are.

Every number below 2^32 has a key. A tree begins as one seed, from which all of them are derived; to destroy
the key of a number, the seeds on the way to it are replaced by the seeds of everything beside that way. So
what is kept afterwards derives every other key and not this one, and nothing that was wrapped with the others
has to be wrapped anew. This is a puncturable pseudorandom function (Goldreich, Goldwasser, Micali: How to
Construct Random Functions, 1986), with HMAC-SHA-256 as the function that doubles. Which numbers are gone is
no secret.

Bytes: the version (1), then of each subtree the first number (4, big endian), its height (1) and seed (32).
"""

from __future__ import annotations

import hmac
import os
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mci_core.errors import Invalid

HEIGHT = 32
SIZE = 1 << HEIGHT
SEED_BYTES = 32
_VERSION = b"\x01"
_NODE_BYTES = 4 + 1 + SEED_BYTES


class NoKey(Invalid):
    """The key of this number was destroyed."""

    code = "key_destroyed"


@dataclass(frozen=True)
class Node:
    """The seed of the 2^height numbers from ``first`` on."""

    first: int
    height: int
    seed: bytes

    @property
    def end(self) -> int:
        return self.first + (1 << self.height)

    def halves(self) -> tuple[Node, Node]:
        height = self.height - 1
        right = self.first + (1 << height)
        return Node(self.first, height, _derive(self, b"0")), Node(right, height, _derive(self, b"1"))


@dataclass(frozen=True)
class KeyTree:
    """Subtrees in order, none of which overlap."""

    nodes: tuple[Node, ...]

    @classmethod
    def new(cls) -> KeyTree:
        return cls((Node(0, HEIGHT, os.urandom(SEED_BYTES)),))

    @classmethod
    def load(cls, data: bytes) -> KeyTree:
        """Raises `Invalid` for what :meth:`dump` has not made."""
        if data[:1] != _VERSION or (len(data) - 1) % _NODE_BYTES:
            raise Invalid("These bytes are no tree of keys.", code="not_a_key_tree")
        nodes = tuple(_node(data[at : at + _NODE_BYTES]) for at in range(1, len(data), _NODE_BYTES))
        end = 0
        for node in nodes:
            # Ordered, apart, and each at a place where a subtree of its height can begin.
            if node.height > HEIGHT or node.first < end or node.end > SIZE or node.first % (1 << node.height):
                raise Invalid("These bytes are no tree of keys.", code="not_a_key_tree")
            end = node.end
        return cls(nodes)

    def dump(self) -> bytes:
        return _VERSION + b"".join(
            node.first.to_bytes(4, "big") + bytes([node.height]) + node.seed for node in self.nodes
        )

    def holds(self, number: int) -> bool:
        return self._above(number) is not None

    def key(self, number: int) -> bytes:
        """32 bytes; raises `NoKey`."""
        node = self._above(number)
        if node is None:
            raise NoKey("The key of this data was destroyed.")
        while node.height:
            left, right = node.halves()
            node = right if number >= right.first else left
        return _derive(node, b"k")

    def without(self, numbers: Iterable[int]) -> KeyTree:
        """The tree that no longer derives these keys; those that are gone already change nothing."""
        gone = sorted(set(numbers))
        left: list[Node] = []
        for node in self.nodes:
            left += _without(node, gone)
        return KeyTree(tuple(left))

    def common(self, other: KeyTree) -> KeyTree:
        """What is left in both of two trees that were one: of two subtrees in the same place the smaller."""
        mine, theirs = list(self.nodes[::-1]), list(other.nodes[::-1])
        kept: list[Node] = []
        while mine and theirs:
            one, two = mine[-1], theirs[-1]
            if one.first < two.end and two.first < one.end:
                kept.append(min(one, two, key=lambda node: node.height))
            if one.end <= two.end:
                mine.pop()
            if two.end <= one.end:
                theirs.pop()
        return KeyTree(tuple(kept))

    def _above(self, number: int) -> Node | None:
        at = bisect_right(self.nodes, number, key=lambda node: node.first) - 1
        return self.nodes[at] if at >= 0 and number < self.nodes[at].end else None


def _without(node: Node, gone: Sequence[int]) -> list[Node]:
    first = bisect_right(gone, node.first - 1)
    inside = bisect_right(gone, node.end - 1) - first
    if not inside:
        return [node]
    if inside == node.end - node.first:
        return []
    left, right = node.halves()
    return _without(left, gone) + _without(right, gone)


def _derive(node: Node, what: bytes) -> bytes:
    # The place of the node in its tree is part of it, so that no two derivations of a tree are the same.
    place = node.first.to_bytes(4, "big") + bytes([node.height])
    return hmac.digest(node.seed, b"mci-key-tree/1\n" + place + what, "sha256")


def _node(data: bytes) -> Node:
    return Node(int.from_bytes(data[:4], "big"), data[4], data[5:])
