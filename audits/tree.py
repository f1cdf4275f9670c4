"""The tree of the log as it is kept: full tiles in a table, what is beyond them computed from the entries.

Places of entries are (txid, id), the order of the log. Each full tile of level 0 names the place of its last
entry, so that 256 entries are found by two look-ups in indexes however long the log is.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

from audits.models import Tile as TileRow
from mci_core import tiles
from mci_core.tiles import WIDTH, Edge, Tile, Tree

Place = tuple[int, int]
BEGIN: Place = (0, 0)

_ENTRIES = """
SELECT id, leaf FROM audits_auditentry WHERE (txid, id) > (%s::text::xid8, %s) ORDER BY txid, id LIMIT %s
"""
_WHERE = """
SELECT txid::text::bigint, id FROM audits_auditentry WHERE id = %s
"""
_TILE_OF = """
SELECT index FROM audits_tile WHERE level = 0 AND (last_txid, last_id) >= (%s, %s)
ORDER BY last_txid, last_id LIMIT 1
"""
_BETWEEN = """
SELECT count(*) FROM audits_auditentry
WHERE (txid, id) > (%s::text::xid8, %s) AND (txid, id) <= (%s::text::xid8, %s)
"""


class Broken(Exception):
    """The log is not what was stated about it. ``index`` is the first bad place, counted from 0."""

    def __init__(self, message: str, index: int | None = None) -> None:
        super().__init__(message)
        self.index = index


def tree(size: int) -> Tree:
    """The tree of the first ``size`` entries, for proofs. Nothing is read yet."""
    return Tree(size, read)


def edge(size: int) -> Edge:
    """The right edge of the tree, from which the sequencer goes on."""
    rows: list[list[bytes]] = []
    level = 0
    while size >> (tiles.HEIGHT * level):
        index, width = divmod(size >> (tiles.HEIGHT * level), WIDTH)
        rows.append(tiles.split(read(Tile(level, index, width))) if width else [])
        level += 1
    try:
        return Edge(size, rows)
    except ValueError as fault:
        raise Broken(f"the tiles do not belong to a tree of {size} entries") from fault


def read(tile: Tile) -> bytes:
    """The hashes of a tile, or of a bundle the entries. Raises :class:`Broken` when they are not there."""
    if tile.level == tiles.ENTRIES:
        return tiles.pack(leaf for _id, leaf in entries(tile))
    row = TileRow.objects.filter(level=tile.level, index=tile.index).values_list("hashes", flat=True).first()
    if row is not None:
        return bytes(row)[: tile.width * tiles.HASH_BYTES]
    if tile.level == 0:
        return b"".join(tiles.leaf_hashes(leaf for _id, leaf in entries(tile)))
    return b"".join(_roots_below(tile))


def _roots_below(tile: Tile) -> list[bytes]:
    first = tile.index * WIDTH
    below = TileRow.objects.filter(level=tile.level - 1, index__gte=first, index__lt=first + tile.width)
    roots = [bytes(root) for root in below.order_by("index").values_list("root", flat=True)]
    if len(roots) != tile.width:
        raise Broken(f"tiles below {tile.path()} are missing")
    return roots


def entries(tile: Tile) -> list[tuple[int, bytes]]:
    """(id, leaf) of the entries that a tile of level 0 or a bundle is about."""
    after = end_of(tile.index - 1)
    with connection.cursor() as cursor:
        cursor.execute(_ENTRIES, [str(after[0]), after[1], tile.width])
        found = [(entry_id, leaf.encode()) for entry_id, leaf in cursor.fetchall()]
    if len(found) != tile.width:
        raise Broken(f"entries of {tile.path()} are missing", tile.index * WIDTH + len(found))
    return found


def end_of(index: int) -> Place:
    """The place of the last entry of a full tile of level 0; of the one before the first, the beginning."""
    if index < 0:
        return BEGIN
    row = TileRow.objects.filter(level=0, index=index).values_list("last_txid", "last_id").first()
    if row is None or row[0] is None or row[1] is None:
        raise Broken(f"{Tile(0, index).path()} is missing", index * WIDTH)
    return (row[0], row[1])


def place_of(entry_id: int) -> Place | None:
    """Where an entry stands in the order of transactions; None when there is no such entry."""
    with connection.cursor() as cursor:
        cursor.execute(_WHERE, [entry_id])
        place: Place | None = cursor.fetchone()
    return place


def index_of(entry_id: int) -> int | None:
    """The place of an entry in the log, counted from 0; None when there is no such entry. Whether it is under
    a checkpoint is for the caller to compare: what the sequencer has not taken in yet may still move.
    """
    place = place_of(entry_id)
    if place is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_TILE_OF, place)
        row = cursor.fetchone()
        index = full_tiles() if row is None else int(row[0])
        after = end_of(index - 1)
        cursor.execute(_BETWEEN, [str(after[0]), after[1], str(place[0]), place[1]])
        return int(index * WIDTH + cursor.fetchone()[0] - 1)


def full_tiles() -> int:
    """How many full tiles of level 0 there are."""
    last = TileRow.objects.filter(level=0).order_by("-index").values_list("index", flat=True).first()
    return 0 if last is None else last + 1


def bundles(start: int, size: int) -> Iterator[tuple[Tile, list[tuple[int, bytes]]]]:
    """The bundles of a log of ``size`` that are not full in one of ``start``, with their entries."""
    for index in range(start // WIDTH, -(-size // WIDTH)):
        tile = Tile(tiles.ENTRIES, index, tiles.width_at(size, tiles.ENTRIES, index))
        yield tile, entries(tile)
