"""Every small change of an export, and whether the verifier finds it and names its place.

A change inside a bundle, a tile of leaf hashes or an index file is judged from the state that the verifier
has before that place, which no such change alters. Where one bit differs, what the verifier computes for the
other entries of the bundle is taken from there too. A sample is judged from the beginning as well.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, pairwise

from mci_agent import verify
from mci_core import tiles
from tests.pure.audit_support.logs import Log, Memory, entry


@dataclass(frozen=True)
class Change:
    """Files that replace those of the export (None: deleted), and the place that has to be named."""

    kind: str
    changed: dict[str, bytes | None]
    place: str
    where: dict[str, int] = field(default_factory=dict)
    bundle: int | None = None

    def is_named(self, bad: verify.Bad | None) -> bool:
        if bad is None or bad.place != self.place:
            return False
        return all(bad.where.get(name) == number for name, number in self.where.items())


class Remembering(verify.WholeLog):
    """Does not compute again that the untouched tile of a bundle is right: `rows` are those of the export."""

    rows: dict[int, bytes]

    def _is_right(self, index: int, width: int, row: bytes) -> bool:
        return row == self.rows.get(index) or super()._is_right(index, width, row)


class Judge:
    """Judges changes of one export; `spacing` leaves out bits and cuts."""

    def __init__(self, log: Log, spacing: int = 1) -> None:
        self.log, self.spacing = log, spacing
        self.files = log.export()
        self.size = len(log.entries)

    def judge(self, change: Change) -> verify.Bad | None:
        if change.bundle is None:
            return self.whole(change)
        return self.bit(change, change.bundle) if change.kind.endswith("bit") else self.near(change)

    def whole(self, change: Change) -> verify.Bad | None:
        """As the command does it: keys of the export, one witness needed."""
        source = Memory(self.files)
        source.changed = dict(change.changed)
        try:
            logs = verify.keys_in(source, ["vkey"])
            witnesses = verify.keys_in(source, sorted(n for n in source.names() if n.startswith("witness/")))
            checkpoint = verify.checkpoint_of(source)
            verify.Trust(logs, witnesses, 1, True).check(checkpoint)
            verify.WholeLog(source, checkpoint).run(verify.Progress(0, False))
        except verify.Bad as bad:
            return bad
        return None

    @cached_property
    def _states(self) -> list[Remembering]:
        source = Memory(self.files)
        log = Remembering(source, verify.checkpoint_of(source))
        log.rows = {}
        found = []
        for index in range(-(-self.size // tiles.WIDTH)):
            found.append(copy.copy(log))
            found[-1].subjects, found[-1].levels = dict(log.subjects), list(log.levels)
            found[-1].rows = {index: self._row(index)}
            log.take(index)
        return found

    def near(self, change: Change) -> verify.Bad | None:
        """From the state before one bundle to the end of that bundle."""
        assert change.bundle is not None
        log = copy.copy(self._states[change.bundle])
        log.source, log.levels, log.subjects = Memory(self.files), list(log.levels), dict(log.subjects)
        log.source.changed = dict(change.changed)
        width = tiles.width_at(self.size, 0, change.bundle)
        try:
            if change.kind.startswith("index"):
                bundle = log.source.read(tiles.Tile(tiles.ENTRIES, change.bundle, width).path()) or b""
                log._subjects(bundle, change.bundle, width, self._row(change.bundle))
            else:
                log._bundle(change.bundle, width)
        except verify.Bad as bad:
            return log.doubt or bad
        return log.doubt

    def bit(self, change: Change, index: int) -> verify.Bad | None:
        """The parts of the verifier that see this bit; a bit of a length moves all entries after it."""
        log, width = copy.copy(self._states[index]), tiles.width_at(self.size, 0, index)
        data, row = change.changed[change.place] or b"", self._row(index)
        if change.kind == "index: bit":
            rows = self.files[change.place].splitlines(keepends=True)
            return None if data == b"".join(rows) else log._other_row(index, width, rows, data)
        stored = row
        if change.kind == "tile: bit":
            stored = data
        else:
            place = change.where["entry"] % tiles.WIDTH
            start, end = self._spans[index][place]
            if data[start : start + 2] != self.files[change.place][start : start + 2]:
                return self.near(change)
            (found,), fault = verify.leaf_hashes(data[start:end], 1)
            assert not fault
            row = row[: place * 32] + found + row[place * 32 + 32 :]
        if row == stored:
            return None
        try:
            log._differs(index, width, row, stored, "")
        except verify.Bad as bad:
            return bad
        return log.doubt

    @cached_property
    def _spans(self) -> list[list[tuple[int, int]]]:
        """Where in its bundle each entry begins and ends, its length included."""
        found = []
        for bundle in tiles.bundles_of(self.size):
            ends = list(accumulate(2 + len(leaf) for leaf in tiles.unpack(self.files[bundle.path()])))
            found.append(list(pairwise([0, *ends])))
        return found

    def _row(self, index: int) -> bytes:
        return self.files[tiles.Tile(0, index, tiles.width_at(self.size, 0, index)).path()]

    def changes(self) -> Iterator[Change]:
        """All of them."""
        for bundle in tiles.bundles_of(self.size):
            yield from self._entry_bytes(bundle)
            yield from self._tile_bytes(tiles.Tile(0, bundle.index, bundle.width), bundle.index)
            yield from self._index_bytes(bundle)
        for tile in tiles.tiles_of(self.size):
            if tile.level:
                yield from self._tile_bytes(tile, None)
        for name in ("checkpoint", "vkey", "witness/council.vkey"):
            for _, data in flipped(self.files[name], self.spacing):
                yield Change(f"{name.partition('/')[0]}: bit", {name: data}, name)
        for _, data in cut_short(self.files["checkpoint"], self.spacing):
            yield Change("checkpoint: truncated", {"checkpoint": data}, "checkpoint")
        yield from self._entries()
        yield from self._files()

    def _entry_bytes(self, bundle: tiles.Tile) -> Iterator[Change]:
        name = bundle.path()
        data = self.files[name]
        owner = [i for i, leaf in enumerate(tiles.unpack(data)) for _ in range(2 + len(leaf))]
        first = bundle.index * tiles.WIDTH
        for at, changed in flipped(data, self.spacing):
            where = {"entry": first + owner[at]}
            yield Change("entry: bit", {name: changed}, name, where, bundle.index)
        for length, changed in cut_short(data, self.spacing):
            where = {"entry": first + owner[length]}
            yield Change("entry: truncated", {name: changed}, name, where, bundle.index)

    def _tile_bytes(self, tile: tiles.Tile, bundle: int | None) -> Iterator[Change]:
        name = tile.path()
        data = self.files[name]
        for at, changed in flipped(data, self.spacing):
            yield Change("tile: bit", {name: changed}, name, {"hash": at // 32}, bundle)
        for length, changed in cut_short(data, self.spacing):
            yield Change("tile: truncated", {name: changed}, name, {"hash": length // 32}, bundle)
        hashes = tiles.split(data)
        for i in range(len(hashes)):
            fewer = b"".join(hashes[:i] + hashes[i + 1 :])
            more = b"".join([*hashes[:i], b"\x00" * 32, *hashes[i:]])
            turned = b"".join([*hashes[:i], *hashes[i : i + 2][::-1], *hashes[i + 2 :]])
            yield Change("tile: hash deleted", {name: fewer}, name, {"hash": i}, bundle)
            yield Change("tile: hash inserted", {name: more}, name, {"hash": i}, bundle)
            if turned != data:
                yield Change("tile: hashes reordered", {name: turned}, name, {"hash": i}, bundle)

    def _index_bytes(self, bundle: tiles.Tile) -> Iterator[Change]:
        name = bundle.path().replace("tile/entries", "index")
        data = self.files[name]
        rows = data.splitlines(keepends=True)
        owner = [i for i, row in enumerate(rows) for _ in row]
        for at, changed in flipped(data, self.spacing):
            yield Change("index: bit", {name: changed}, name, {"line": owner[at] + 1}, bundle.index)
        for length, changed in cut_short(data, self.spacing):
            yield Change("index: truncated", {name: changed}, name, {"line": owner[length] + 1}, bundle.index)
        for i in range(len(rows)):
            for kind, other in (
                ("deleted", [*rows[:i], *rows[i + 1 :]]),
                ("inserted", [*rows[:i], rows[i], *rows[i:]]),
                ("reordered", [*rows[:i], *rows[i : i + 2][::-1], *rows[i + 2 :]]),
            ):
                # The row of an entry about nobody is like its neighbour: the line after that is what differs.
                if other != rows:
                    changed = b"".join(other)
                    yield Change(f"index: row {kind}", {name: changed}, name, {}, bundle.index)

    def _entries(self) -> Iterator[Change]:
        """An entry deleted, inserted or reordered, and all bundles after it written again."""
        entries = self.log.entries
        for i in range(self.size):
            yield self._written("entry: deleted", [*entries[:i], *entries[i + 1 :]], i)
            yield self._written("entry: inserted", [*entries[:i], entry(self.size), *entries[i:]], i)
            if i + 1 < self.size:
                turned = [*entries[:i], entries[i + 1], entries[i], *entries[i + 2 :]]
                yield self._written("entry: reordered", turned, i)
        yield self._written("entry: inserted", [*entries, entry(self.size)], self.size - 1)

    def _written(self, kind: str, entries: list[bytes], first: int) -> Change:
        """The last bundle takes what is left: nothing is renamed."""
        bundles = list(tiles.bundles_of(self.size))
        changed: dict[str, bytes | None] = {}
        for bundle in bundles[first // tiles.WIDTH :]:
            start = bundle.index * tiles.WIDTH
            end = None if bundle is bundles[-1] else start + tiles.WIDTH
            changed[bundle.path()] = tiles.pack(entries[start:end])
        return Change(kind, changed, bundles[first // tiles.WIDTH].path(), {"entry": first})

    def _files(self) -> Iterator[Change]:
        names = [name for name in self.files if name.startswith(("tile/", "index/"))]
        for name in [*names, "checkpoint", "vkey"]:
            yield Change("file: deleted", {name: None}, name)
        # Without its key a line of a witness is one of nobody.
        yield Change("file: deleted", {"witness/council.vkey": None}, "checkpoint")
        for folder in ("tile/0", "tile/entries", "index"):
            inside = [name for name in names if name.startswith(folder + "/")]
            for left, right in pairwise(inside):
                swapped: dict[str, bytes | None] = {left: self.files[right], right: self.files[left]}
                yield Change("file: reordered", swapped, left)
            last = tiles.Tile(0, len(inside) - 1, 1).path().replace("tile/0", folder)
            after = tiles.Tile(0, len(inside)).path().replace("tile/0", folder)
            yield Change("file: inserted", {after: self.files[inside[0]]}, after)
            yield Change("file: inserted", {last: self.files[inside[0]]}, last)
        for name in ("tile/1/001", "tile/2/000.p/1", "tile/64/000", "tile/0/x", "index/0"):
            yield Change("file: inserted", {name: self.files["checkpoint"]}, name)
        for number in (255, self.size // 2, self.size - 1):
            older = self.log.note(number).dumps().encode()
            gone = tiles.Tile(0, number // 256, number % 256 or 256).path().replace("tile/0", "tile/entries")
            if gone not in self.files:
                yield Change("checkpoint: older", {"checkpoint": older}, gone)


def flipped(data: bytes, spacing: int = 1) -> Iterator[tuple[int, bytes]]:
    """The data with each (or each `spacing`-th) of its bits turned, and the byte that was changed."""
    changed = bytearray(data)
    for number in range(0, 8 * len(data), spacing):
        at, bit = divmod(number, 8)
        changed[at] ^= 1 << bit
        yield at, bytes(changed)
        changed[at] ^= 1 << bit


def cut_short(data: bytes, spacing: int = 1) -> Iterator[tuple[int, bytes]]:
    """The data cut at each (or each `spacing`-th) of its bytes, and how much is left."""
    return ((length, data[:length]) for length in range(0, len(data), spacing))
