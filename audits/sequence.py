"""Puts entries in their final order and states the Merkle root of all of them so far.

The order is (txid, id) among transactions below ``pg_snapshot_xmin``: none of those can still commit
something, so what was read once never gets a new neighbour before it. One process at a time does this (an
advisory lock). Every step is one transaction that begins from what the database says, so that a process
may end anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from audits import tree
from audits.models import Checkpoint
from audits.tree import BEGIN, Broken, Place
from mci_core import tiles
from mci_core.tiles import WIDTH, Edge, Tile

__all__ = ["Broken", "Waiting", "advance", "covers", "latest", "lead", "step_down", "waiting"]

LEADER_LOCK = 7_203_101
BATCH = 20_000

_NEXT = """
SELECT txid::text::bigint, id, leaf, subject FROM audits_auditentry
WHERE txid < pg_snapshot_xmin(pg_current_snapshot()) AND (txid, id) > (%s::text::xid8, %s)
ORDER BY txid, id LIMIT %s
"""
_WAITING = "SELECT count(*), min(at) FROM audits_auditentry WHERE (txid, id) > (%s::text::xid8, %s)"
_LAST_ABOUT = """
SELECT asked, number, leaf FROM unnest(%s::uuid[]) AS asked CROSS JOIN LATERAL (
    SELECT number, leaf FROM audits_subjectentry WHERE subject = asked ORDER BY number DESC LIMIT 1
) AS found
"""
_PUT_TILES = """
COPY audits_tile (level, index, hashes, root, last_txid, last_id) FROM STDIN (FORMAT BINARY)
"""
_TILE_TYPES = ("int2", "int8", "bytea", "bytea", "int8", "int8")
_PUT_SUBJECTS = """
COPY audits_subjectentry (index, entry_id, subject, number, leaf, previous) FROM STDIN (FORMAT BINARY)
"""
_SUBJECT_TYPES = ("int8", "int8", "uuid", "int8", "bytea", "bytea")
# A process whose machine is gone keeps its lock for as long as the server believes in the connection.
_SESSION = """
SET client_connection_check_interval = '1s'; SET tcp_keepalives_idle = 1; SET tcp_keepalives_interval = 1;
SET tcp_keepalives_count = 2
"""


@dataclass(frozen=True)
class Waiting:
    """Entries that no checkpoint covers yet."""

    count: int
    since: datetime | None


@dataclass
class _Growth:
    """The tree while it grows in one transaction."""

    edge: Edge
    place: Place
    known: dict[UUID, tuple[int, bytes]] = field(default_factory=dict)


def latest() -> Checkpoint | None:
    return Checkpoint.objects.order_by("-size").first()


def place_of(checkpoint: Checkpoint | None) -> Place:
    return BEGIN if checkpoint is None else (checkpoint.last_txid, checkpoint.last_id)


def lead() -> bool:
    """Become the only sequencer, for as long as this connection lives."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LEADER_LOCK])
        leads = bool(cursor.fetchone()[0])
        if leads:
            cursor.execute(_SESSION)
    return leads


def step_down() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [LEADER_LOCK])


@transaction.atomic
def advance(limit: int = BATCH) -> int:
    """Take the next entries in and store tiles and the checkpoint over them; returns how many there were."""
    last = latest()
    if not _any_after(place_of(last)):
        return 0
    growth = _begin()
    done = 0
    while last is not None and growth.edge.size < last.size:
        # From before there were tiles: what an old checkpoint covers is read again.
        done = _grow(growth, min(limit, last.size - growth.edge.size))
        if not done:
            raise Broken(f"{last.size} entries were stated, {growth.edge.size} are there", growth.edge.size)
    if last is not None and growth.edge.root().hex() != last.root:
        raise Broken(f"the root over {last.size} entries is not the one that was stated")
    done = _grow(growth, limit)
    if done:
        Checkpoint.objects.create(
            size=growth.edge.size,
            root=growth.edge.root().hex(),
            last_txid=growth.place[0],
            last_id=growth.place[1],
            frontier=[peak.hex() for peak in growth.edge.peaks()],
            in_tiles=True,
        )
    return done


def _any_after(place: Place) -> bool:
    return bool(_next(place, 1))


def _begin() -> _Growth:
    base = Checkpoint.objects.filter(in_tiles=True).order_by("-size").first()
    if base is None:
        return _Growth(Edge(), BEGIN)
    return _Growth(tree.edge(base.size), place_of(base))


def _grow(growth: _Growth, limit: int) -> int:
    rows = _next(growth.place, limit)
    if rows:
        start = growth.edge.size
        hashes = tiles.leaf_hashes(row[2].encode() for row in rows)
        _put_tiles(growth.edge.add(hashes), start, rows)
        _put_subjects(growth, start, rows, hashes)
        growth.place = (rows[-1][0], rows[-1][1])
    return len(rows)


def _next(place: Place, limit: int) -> list[tuple[int, int, str, UUID | None]]:
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [str(place[0]), place[1], limit])
        rows: list[tuple[int, int, str, UUID | None]] = cursor.fetchall()
    return rows


def _put_tiles(full: list[tuple[Tile, bytes, bytes]], start: int, rows: list[Any]) -> None:
    if not full:
        return
    with connection.cursor() as cursor, cursor.copy(_PUT_TILES) as copy:
        copy.set_types(_TILE_TYPES)
        for tile, hashes, root in full:
            last = rows[(tile.index + 1) * WIDTH - 1 - start][:2] if tile.level == 0 else (None, None)
            copy.write_row((tile.level, tile.index, hashes, root, *last))


def _put_subjects(growth: _Growth, start: int, rows: list[Any], hashes: list[bytes]) -> None:
    about = [(place, row[1], row[3]) for place, row in enumerate(rows) if row[3] is not None]
    if not about:
        return
    known = growth.known
    asked = {subject for _place, _id, subject in about} - known.keys()
    with connection.cursor() as cursor:
        cursor.execute(_LAST_ABOUT, [list(asked)])
        known.update((subject, (number, bytes(leaf))) for subject, number, leaf in cursor.fetchall())
        with cursor.copy(_PUT_SUBJECTS) as copy:
            copy.set_types(_SUBJECT_TYPES)
            for place, entry_id, subject in about:
                number, previous = known.get(subject, (0, None))
                known[subject] = (number + 1, hashes[place])
                row = (start + place, entry_id, subject, number + 1, hashes[place], previous)
                copy.write_row(row)


def waiting(checkpoint: Checkpoint | None) -> Waiting:
    place = place_of(checkpoint)
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [str(place[0]), place[1]])
        count, since = cursor.fetchone()
    return Waiting(count, since)


def covers(checkpoint: Checkpoint | None, entry_id: int) -> bool:
    """Whether the entry stands below the checkpoint."""
    if checkpoint is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (txid, id) <= (%s::text::xid8, %s) FROM audits_auditentry WHERE id = %s",
            [str(checkpoint.last_txid), checkpoint.last_id, entry_id],
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def leaves(checkpoint: Checkpoint) -> Iterator[list[tuple[int, str, UUID | None]]]:
    """(id, leaf, subject) of everything under a checkpoint, in the order of the log and in portions."""
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(
            "SELECT id, leaf, subject FROM audits_auditentry"
            " WHERE (txid, id) <= (%s::text::xid8, %s) ORDER BY txid, id",
            [str(checkpoint.last_txid), checkpoint.last_id],
        )
        while rows := cursor.fetchmany(WIDTH * 16):
            yield rows
