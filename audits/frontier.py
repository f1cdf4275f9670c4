"""A Merkle tree (RFC 6962) that only grows: the roots of its perfect subtrees are all that has to be kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from mci_core.merkle import EMPTY_ROOT, leaf_hash, node_hash


@dataclass
class Frontier:
    """``nodes`` are from the left, the largest first; there is one for each bit that is set in ``size``."""

    size: int = 0
    nodes: list[bytes] = field(default_factory=list)

    @classmethod
    def restored(cls, size: int, nodes: Iterable[str]) -> Frontier:
        frontier = cls(size, [bytes.fromhex(node) for node in nodes])
        if len(frontier.nodes) != size.bit_count():
            raise ValueError("the stored frontier does not belong to this size")
        return frontier

    def append(self, leaf: bytes) -> None:
        """Add one leaf (its bytes, not its hash); joins equal neighbours as adding one carries in binary."""
        node, rest = leaf_hash(leaf), self.size
        while rest & 1:
            node = node_hash(self.nodes.pop(), node)
            rest >>= 1
        self.nodes.append(node)
        self.size += 1

    def root(self) -> bytes:
        if not self.nodes:
            return EMPTY_ROOT
        root = self.nodes[-1]
        for node in reversed(self.nodes[:-1]):
            root = node_hash(node, root)
        return root

    def stored(self) -> list[str]:
        return [node.hex() for node in self.nodes]
