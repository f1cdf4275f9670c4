"""Reads the whole log and compares it with everything that was stated about it; names the first bad place.

Compared are: every entry with its hash in the tiles, every tile with those below it, the order of entries
about each person, and every checkpoint, signed or not, with the tree at its size. A long log is read in
portions (:func:`read_on`); what has to be known of those before lies in a :class:`Stand`.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from audits import log_keys, sequence, tree
from audits.models import Checkpoint, SignedCheckpoint, Tile
from audits.tree import BEGIN, Broken, Place
from mci_core import notes, tiles
from mci_core.merkle import EMPTY_ROOT, node_hash
from mci_core.tiles import WIDTH

Row = tuple[int, bytes, bytes | None]
Known = dict[bytes, tuple[int, bytes]]
CHUNK = 256
#: A portion ends where tiles of the second level do, so that few hashes have to be carried over.
PORTION = WIDTH * WIDTH


@dataclass(frozen=True)
class Stand:
    """How far a reading has come, at a multiple of ``PORTION`` entries.

    ``place`` is that of the last entry, ``peaks`` are the roots of perfect subtrees, ``rows`` the hashes of
    tiles that are not full yet, by level, ``known`` the last number and leaf hash of each person.
    """

    size: int
    place: Place
    peaks: list[bytes]
    rows: list[list[bytes]]
    known: Known


def verify(checkpoint: Checkpoint) -> None:
    """Read the log from its beginning to this checkpoint; raises :class:`Broken` with the first bad place.

    Finds what was edited, removed, added or reordered behind our back, in the log or in what is kept of it.
    """
    read_on(checkpoint, None, lambda: False)


def read_on(checkpoint: Checkpoint, stand: Stand | None, enough: Callable[[], bool]) -> Stand | None:
    """Read on from ``stand``, or from the beginning, until ``enough`` says so after a portion.

    Returns how far it came; None when everything up to the checkpoint was read. Raises :class:`Broken`.
    """
    with _one_moment():
        return _read_on(checkpoint, stand, enough)


@contextmanager
def _one_moment() -> Iterator[None]:
    """The log as it is now, however much is taken in while it is read."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _read_on(checkpoint: Checkpoint, stand: Stand | None, enough: Callable[[], bool]) -> Stand | None:
    with ExitStack() as end:
        reading = _begun(checkpoint, stand, end)
        leaves = sequence.leaves(checkpoint, BEGIN if stand is None else stand.place)
        for rows in end.enter_context(closing(leaves)):
            for start in range(0, len(rows), WIDTH):
                reading.take(rows[start : start + WIDTH])
            if reading.size % PORTION == 0 and reading.size < checkpoint.size and enough():
                return reading.stand(rows[-1][0])
        if reading.size != checkpoint.size:
            raise Broken(f"{checkpoint.size} entries were stated, {reading.size} are there", reading.size)
        reading.end()
    return None


def _begun(checkpoint: Checkpoint, stand: Stand | None, end: ExitStack) -> _Reading:
    """What is left open is closed at the ``end``: the garbage collector would do so in the middle of another
    query, and wait for ever for the connection.
    """
    newest = sequence.latest() or checkpoint
    begin = 0 if stand is None else stand.size
    reading = _Reading(_stated(checkpoint, begin, end), begin)
    if checkpoint.in_tiles:
        reading.tiles = _Tiles(checkpoint.size, newest.size, begin, end)
        reading.subjects = _Subjects(checkpoint.size, newest.size, begin, end)
    if stand is not None:
        reading.go_on_from(stand)
    return reading


@dataclass
class _Peaks:
    """Roots of perfect subtrees of equal units; adding one joins equal neighbours as adding one carries."""

    nodes: list[bytes] = field(default_factory=list)
    count: int = 0

    def add(self, node: bytes) -> None:
        rest = self.count
        while rest & 1:
            node = node_hash(self.nodes.pop(), node)
            rest >>= 1
        self.nodes.append(node)
        self.count += 1

    def root(self, beyond: list[bytes]) -> bytes:
        """Over these and the smaller subtrees that follow them."""
        nodes = [*self.nodes, *beyond]
        if not nodes:
            return EMPTY_ROOT
        top = nodes.pop()
        while nodes:
            top = node_hash(nodes.pop(), top)
        return top


class _Reading:
    """The log up to here. Entries come 256 at a time, as many as a tile has."""

    def __init__(self, stated: Iterator[tuple[int, str, str]], begin: int) -> None:
        self.size = begin
        self.peaks = _Peaks()
        self.stated = stated
        self.next_stated = next(stated, None)
        self.tiles: _Tiles | None = None
        self.subjects: _Subjects | None = None

    def go_on_from(self, stand: Stand) -> None:
        self.peaks = _Peaks(list(stand.peaks), stand.size // WIDTH)
        if self.tiles is not None:
            self.tiles.rows = [list(row) for row in stand.rows]
        if self.subjects is not None:
            self.subjects.known = dict(stand.known)

    def stand(self, last_id: int) -> Stand:
        rows = [] if self.tiles is None else self.tiles.rows
        known = {} if self.subjects is None else self.subjects.known
        place = tree.place_of(last_id)
        assert place is not None  # it was read a moment ago, in this transaction
        return Stand(self.size, place, self.peaks.nodes, rows, known)

    def take(self, rows: list[Row]) -> None:
        hashes = tiles.leaf_hashes([row[1] for row in rows])
        whole = len(hashes) == WIDTH
        if self.tiles is not None and whole:
            self.tiles.compare_entries(self.size // WIDTH, hashes, rows)
        if self.subjects is not None:
            self.subjects.compare(self.size, rows, hashes)
        if not whole or (self.next_stated is not None and self.next_stated[0] < self.size + WIDTH):
            self._slowly(hashes)
        if whole:
            top = tiles.perfect_root(hashes)
            self.peaks.add(top)
            if self.tiles is not None:
                self.tiles.add(0, self.size // WIDTH, top)
        self.size += len(hashes)
        if whole:
            self._compare(self.size, [])

    def _slowly(self, hashes: list[bytes]) -> None:
        """One entry after the other, because a checkpoint was stated within this tile."""
        within = _Peaks()
        for place, leaf in enumerate(hashes, self.size + 1):
            within.add(leaf)
            if within.count < WIDTH:
                self._compare(place, within.nodes)

    def _compare(self, size: int, beyond: list[bytes]) -> None:
        while self.next_stated is not None and self.next_stated[0] <= size:
            stated, root, what = self.next_stated
            if stated != size or self.peaks.root(beyond).hex() != root:
                raise Broken(f"the root over {stated} entries is not the one that {what} states", stated)
            self.next_stated = next(self.stated, None)

    def end(self) -> None:
        if self.next_stated is not None:
            raise Broken(f"{self.next_stated[2]} states more entries than there are", self.size)
        if self.tiles is not None:
            self.tiles.end()
        if self.subjects is not None:
            self.subjects.end()


class _Tiles:
    """The stored tiles of each level, compared with what the entries give."""

    def __init__(self, size: int, newest: int, begin: int, end: ExitStack) -> None:
        """Those beyond ``size`` are left out as far as a log of ``newest`` entries has them, and those that
        were full before ``begin``.
        """
        self.size, self.newest, self.begin = size, newest, begin
        levels = Tile.objects.order_by("level").values_list("level", flat=True).distinct()
        self.stored = [
            end.enter_context(closing(self._of(level))) for level in range(max(levels, default=-1) + 1)
        ]
        self.rows: list[list[bytes]] = []

    def _of(self, level: int) -> Generator[Any, None, None]:
        found = Tile.objects.filter(level=level, index__gte=self._full(self.begin, level)).order_by("index")
        known = range(self._full(self.size, level), self._full(self.newest, level))
        if known:
            found = found.exclude(index__gte=known.start, index__lt=known.stop)
        return _rows(found.values_list("index", "hashes", "root"), CHUNK)

    @staticmethod
    def _full(size: int, level: int) -> int:
        return size >> tiles.HEIGHT * (level + 1)

    def _next(self, level: int, index: int) -> tuple[bytes, bytes]:
        row = next(self.stored[level], None) if level < len(self.stored) else None
        if row is None or row[0] != index:
            raise Broken(f"{tiles.Tile(level, index).path()} is missing", index * WIDTH ** (level + 1))
        return bytes(row[1]), bytes(row[2])

    def compare_entries(self, index: int, hashes: list[bytes], rows: list[Row]) -> None:
        stored, self.root = self._next(0, index)
        if stored != b"".join(hashes):
            kept = tiles.split(stored)
            place = next(n for n, leaf in enumerate(hashes) if leaf != kept[n])
            raise _other_entry(index * WIDTH + place, rows[place][0])

    def add(self, level: int, index: int, top: bytes) -> None:
        """The root of a full tile; it is a hash of the level above."""
        if self.root != top:
            raise Broken(f"the root of {tiles.Tile(level, index).path()} is another", index * WIDTH)
        if len(self.rows) == level:
            self.rows.append([])
        row = self.rows[level]
        row.append(top)
        if len(row) == WIDTH:
            above = index // WIDTH
            stored, self.root = self._next(level + 1, above)
            if stored != b"".join(row):
                place = tiles.Tile(level + 1, above).path()
                raise Broken(f"{place} differs from the tiles below it", above * WIDTH ** (level + 2))
            self.rows[level] = []
            self.add(level + 1, above, tiles.perfect_root(row))

    def end(self) -> None:
        for level, rows in enumerate(self.stored):
            row = next(rows, None)
            if row is not None:
                raise Broken(f"{tiles.Tile(level, row[0]).path()} has no entries", row[0] * WIDTH)


class _Subjects:
    """The order of the entries about each person."""

    _ROWS = """
    SELECT index, entry_id, uuid_send(subject), number, leaf, previous FROM audits_subjectentry
    WHERE index >= %s AND (index < %s OR index >= %s) ORDER BY index
    """

    def __init__(self, size: int, newest: int, begin: int, end: ExitStack) -> None:
        self.stored = end.enter_context(closing(self._read(begin, size, newest)))
        self.known: Known = {}

    def _read(self, *bounds: int) -> Generator[tuple[Any, ...], None, None]:
        with sequence.raw_cursor("audits_subjects") as cursor:
            cursor.execute(self._ROWS, bounds)
            while rows := cursor.fetchmany(WIDTH * 16):
                yield from rows

    def compare(self, start: int, rows: list[Row], hashes: list[bytes]) -> None:
        known = self.known
        for place, (entry_id, _leaf, subject) in enumerate(rows):
            if subject is None:
                continue
            number, previous = known.get(subject, (0, None))
            leaf = hashes[place]
            known[subject] = (number + 1, leaf)
            if next(self.stored, None) != (start + place, entry_id, subject, number + 1, leaf, previous):
                what = f"the index row of entry {start + place} (number {entry_id})"
                raise Broken(f"{what} is another than they give", start + place)

    def end(self) -> None:
        row = next(self.stored, None)
        if row is not None:
            raise Broken(f"the index row of entry {row[0]} has no entry", row[0])


def _stated(checkpoint: Checkpoint, begin: int, end: ExitStack) -> Iterator[tuple[int, str, str]]:
    """(size, root, what) of every checkpoint up to this one, the smallest first; none that was compared
    before ``begin``.
    """
    signers = _Signers()
    sizes = {"size__lte": checkpoint.size, **({"size__gt": begin} if begin else {})}
    plain = Checkpoint.objects.filter(**sizes).order_by("size").values_list("size", "root")
    signed = SignedCheckpoint.objects.filter(**sizes).order_by("size", "id")
    plain_rows = end.enter_context(closing(_rows(plain, 2_000)))
    signed_rows = end.enter_context(closing(_rows(signed, 2_000)))
    return heapq.merge(
        ((size, root, f"the checkpoint of {size} entries") for size, root in plain_rows),
        ((row.size, signed_root(row, signers.of(row)), f"the {row}") for row in signed_rows),
    )


def _rows(found: QuerySet[Any, Any], size: int) -> Generator[Any, None, None]:
    yield from found.iterator(chunk_size=size)


class _Signers:
    """Who has to have signed what, for each log that was signed here."""

    def __init__(self) -> None:
        self.known: dict[str, log_keys.Signers] = {}

    def of(self, signed: SignedCheckpoint) -> list[notes.Vkey]:
        if signed.origin not in self.known:
            self.known[signed.origin] = log_keys.Signers(signed.origin)
        return self.known[signed.origin].at(signed.size)


def signed_root(signed: SignedCheckpoint, signers: list[notes.Vkey]) -> str:
    """The root in a signed checkpoint, after its note was compared with its row, and its signatures with the
    keys that sign at its size: all of those, and no key that has ended.
    """
    try:
        note = signed.signed
        opened = notes.opened_checkpoint(note, signed.key)
        notes.confirmed(note, signers)
        by = [(line.name, line.key_id) for line in note.signatures]
        if by != [(key.name, key.key_id) for key in signers] or signed.key != signers[0]:
            raise notes.BadNote("not signed with the keys that the log names")
    except notes.BadNote as fault:
        raise Broken(f"the {signed}: {fault}", signed.size) from fault
    if (opened.origin, opened.size, opened.root.hex()) != (signed.origin, signed.size, signed.root):
        raise Broken(f"the note of the {signed} says something else", signed.size)
    return opened.root.hex()


def verify_end(entries: int = 100_000) -> None:
    """Compare the newest entries with their tiles: what a sequencer does before it leads, in a second.

    The rest is compared by the full check of every hour. Raises :class:`Broken`.
    """
    count = tree.full_tiles()
    for index in range(max(0, count - entries // WIDTH), count):
        tile = tiles.Tile(0, index)
        rows = tree.entries(tile)
        hashes = tiles.leaf_hashes(leaf for _id, leaf in rows)
        kept = tiles.split(tree.read(tile))
        if hashes != kept:
            place = next(n for n, leaf in enumerate(hashes) if leaf != kept[n])
            raise _other_entry(index * WIDTH + place, rows[place][0])


def _other_entry(index: int, entry_id: int) -> Broken:
    return Broken(f"entry {index} (number {entry_id}) is not the one that was taken in", index)
