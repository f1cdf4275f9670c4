"""The tree in tiles: which file holds which hashes, and what can be computed from them.

C2SP tlog-tiles: a tile is 256 hashes, each of them the root of a full tile of the level below; the last tile
of a level may be partial. Beside the hashes lie the entries themselves in bundles. Everything here is
arithmetic on bytes; where they are kept is the caller's: https://c2sp.org/tlog-tiles.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256

from mci_core.merkle import EMPTY_ROOT, node_hash, root

HEIGHT = 8
WIDTH = 256
HASH_BYTES = 32
TILE_BYTES = WIDTH * HASH_BYTES
MAX_LEVEL = 63
MAX_ENTRY_BYTES = 0xFFFF
#: In the place of a level: the entries themselves.
ENTRIES = -1

_PATH = re.compile(
    r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII
)


@dataclass(frozen=True, order=True)
class Tile:
    """A tile of hashes, or with level :data:`ENTRIES` a bundle; ``width`` below 256 is a partial one."""

    level: int
    index: int
    width: int = WIDTH

    def path(self) -> str:
        """``tile/<level>/<index>[.p/<width>]``; the index in groups of three digits."""
        name, digits = f"{self.index % 1000:03d}", self.index // 1000
        while digits:
            name, digits = f"x{digits % 1000:03d}/{name}", digits // 1000
        level = "entries" if self.level == ENTRIES else str(self.level)
        return f"tile/{level}/{name}" + ("" if self.width == WIDTH else f".p/{self.width}")

    @classmethod
    def parse(cls, path: str) -> Tile:
        """Raises ValueError unless this is the one spelling of a path."""
        found = _PATH.fullmatch(path)
        if found is None:
            raise ValueError("not the path of a tile")
        level = ENTRIES if found[1] == "entries" else int(found[1])
        tile = cls(level, int(re.sub("[x/]", "", found[2])), int(found[3]) if found[3] else WIDTH)
        if level > MAX_LEVEL or tile.path() != path:
            raise ValueError("not the path of a tile")
        return tile


Read = Callable[[Tile], bytes]


def width_at(size: int, level: int, index: int) -> int:
    """How many hashes (or entries) this tile has in a tree of this size; 0 when it is not there."""
    there = size if level == ENTRIES else size >> (HEIGHT * level)
    return max(0, min(WIDTH, there - index * WIDTH))


def tiles_of(size: int) -> Iterator[Tile]:
    """All tiles of hashes of a tree, the lowest level first."""
    level = 0
    while size >> (HEIGHT * level):
        yield from _row(size >> (HEIGHT * level), level)
        level += 1


def bundles_of(size: int) -> Iterator[Tile]:
    """All bundles of entries of a tree."""
    yield from _row(size, ENTRIES)


def _row(count: int, level: int) -> Iterator[Tile]:
    full, rest = divmod(count, WIDTH)
    for index in range(full):
        yield Tile(level, index)
    if rest:
        yield Tile(level, full, rest)


def pack(entries: Iterable[bytes]) -> bytes:
    """A bundle: each entry after its length in two bytes. Raises ValueError for a longer entry."""
    parts = []
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise ValueError("an entry is longer than a bundle can hold")
        parts.append(struct.pack(">H", len(entry)))
        parts.append(entry)
    return b"".join(parts)


def unpack(bundle: bytes) -> list[bytes]:
    """The entries of a bundle. Raises ValueError when it ends within an entry."""
    entries, place, end = [], 0, len(bundle)
    while place + 2 <= end:
        start = place + 2
        place = start + (bundle[place] << 8 | bundle[place + 1])
        entries.append(bundle[start:place])
    if place != end:
        raise ValueError("a bundle ends within an entry")
    return entries


def split(hashes: bytes) -> list[bytes]:
    """The hashes of a tile."""
    if len(hashes) % HASH_BYTES:
        raise ValueError("a tile ends within a hash")
    return [hashes[start : start + HASH_BYTES] for start in range(0, len(hashes), HASH_BYTES)]


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """RFC 6962 leaf hashes of many entries: the same as :func:`mci_core.merkle.leaf_hash` for each."""
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """Root over a power of two of hashes: the inner loop of everything that reads a whole log."""
    level = hashes
    while len(level) > 1:
        pairs = iter(level)
        level = [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
    return level[0]


@dataclass
class Edge:
    """The right edge of a tree that grows: for each level the hashes of its last, partial tile.

    :meth:`add` gives the tiles that became full; :meth:`partial` the rest. That is all a log has to hold in
    memory.
    """

    size: int = 0
    levels: list[list[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if [len(level) for level in self.levels] != [tile.width % WIDTH for tile in last_of(self.size)]:
            raise ValueError("these edges do not belong to a tree of this size")

    def add(self, hashes: Sequence[bytes]) -> list[tuple[Tile, bytes, bytes]]:
        """Append leaf hashes; returns each tile that is now full, with its bytes and its root."""
        full = self._carry(0, self.size >> HEIGHT, hashes)
        self.size += len(hashes)
        return full

    def _carry(self, level: int, index: int, hashes: Sequence[bytes]) -> list[tuple[Tile, bytes, bytes]]:
        if len(self.levels) == level and hashes:
            self.levels.append([])
        full: list[tuple[Tile, bytes, bytes]] = []
        place = 0
        while place < len(hashes):
            row = self.levels[level]
            taken = hashes[place : place + WIDTH - len(row)]
            row.extend(taken)
            place += len(taken)
            if len(row) == WIDTH:
                full.append((Tile(level, index), b"".join(row), perfect_root(row)))
                self.levels[level], index = [], index + 1
        if full:
            above = (self.size >> (HEIGHT * (level + 1))) // WIDTH
            full += self._carry(level + 1, above, [top for _tile, _bytes, top in full])
        return full

    def root(self) -> bytes:
        top: list[bytes] = []
        for level in self.levels:
            if level or top:
                top = [root([*level, *top])]
        return top[0] if top else EMPTY_ROOT

    def peaks(self) -> list[bytes]:
        """Roots of the perfect subtrees from the left, the largest first: one for each bit of the size."""
        found = []
        for row in reversed(self.levels):
            start = 0
            for bit in range(HEIGHT - 1, -1, -1):
                if len(row) >> bit & 1:
                    found.append(perfect_root(row[start : start + (1 << bit)]))
                    start += 1 << bit
        return found

    def partial(self) -> list[tuple[Tile, bytes]]:
        """The partial tiles of the tree as it is."""
        found = zip(last_of(self.size), self.levels, strict=True)
        return [(tile, b"".join(level)) for tile, level in found if level]


def last_of(size: int) -> list[Tile]:
    """For each level its next tile that is not full; the width is what it has so far, 0 for a new one."""
    found, level = [], 0
    while size >> (HEIGHT * level):
        index, width = divmod(size >> (HEIGHT * level), WIDTH)
        found.append(Tile(level, index, width))
        level += 1
    return found


class Tree:
    """A tree of ``size`` leaves whose tiles ``read`` gives; each tile is read once."""

    def __init__(self, size: int, read: Read) -> None:
        self.size = size
        self._tile = cache(lambda level, index: self._read(read, level, index))

    def _read(self, read: Read, level: int, index: int) -> list[bytes]:
        width = width_at(self.size, level, index)
        hashes = split(read(Tile(level, index, width)))
        if len(hashes) != width:
            raise ValueError(f"{Tile(level, index, width).path()} has {len(hashes)} hashes")
        return hashes

    def leaf(self, index: int) -> bytes:
        """The leaf hash at this place."""
        if not 0 <= index < self.size:
            raise ValueError("no such leaf")
        return self._node(0, index)

    def root(self) -> bytes:
        return self._range(0, self.size) if self.size else EMPTY_ROOT

    def inclusion(self, index: int) -> list[bytes]:
        """Audit path of the leaf at ``index`` (RFC 6962 2.1.1)."""
        if not 0 <= index < self.size:
            raise ValueError("no such leaf")
        low, high, path = 0, self.size, []
        while high - low > 1:
            middle = low + _half(high - low)
            if index < middle:
                path.append(self._range(middle, high))
                high = middle
            else:
                path.append(self._range(low, middle))
                low = middle
        return path[::-1]

    def consistency(self, old: int) -> list[bytes]:
        """That the first ``old`` leaves are a prefix (RFC 6962 2.1.2); empty for nothing and for all."""
        if not 0 <= old <= self.size:
            raise ValueError("no such older tree")
        if old in (0, self.size):
            return []
        low, high, path = 0, self.size, []
        while old != high:
            middle = low + _half(high - low)
            if old <= middle:
                path.append(self._range(middle, high))
                high = middle
            else:
                path.append(self._range(low, middle))
                low = middle
        if low:
            path.append(self._range(low, high))
        return path[::-1]

    def _range(self, low: int, high: int) -> bytes:
        """Root over leaves ``low`` to ``high``; ``low`` is where a split of the tree begins."""
        tops: list[bytes] = []
        while low < high:
            height = (high - low).bit_length() - 1
            tops.append(self._node(height, low >> height))
            low += 1 << height
        top = tops.pop()
        while tops:
            top = node_hash(tops.pop(), top)
        return top

    def _node(self, height: int, index: int) -> bytes:
        """The root of the perfect subtree of this height at this place."""
        level, above = divmod(height, HEIGHT)
        first = index << above
        hashes = self._tile(level, first // WIDTH)
        return perfect_root(hashes[first % WIDTH : first % WIDTH + (1 << above)])


def _half(size: int) -> int:
    """The largest power of two smaller than ``size``."""
    return 1 << (size - 1).bit_length() - 1
