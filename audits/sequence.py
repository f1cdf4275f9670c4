"""Puts entries in their final order and states the Merkle root of all of them so far.

The order is (txid, id) among transactions below ``pg_snapshot_xmin``: none of those can still commit
something, so what was read once never gets a new neighbour before it. One process at a time does this (an
advisory lock). Every step is one transaction that begins from what the database says, so that a process
may end anywhere.
"""

from __future__ import annotations

import struct
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection, transaction

from audits import tree
from audits.models import Checkpoint
from audits.tree import BEGIN, Broken, Place
from mci_core import tiles
from mci_core.tiles import WIDTH, Edge, Tile

__all__ = ["Broken", "Waiting", "advance", "covers", "latest", "lead", "step_down", "waiting"]

LEADER_LOCK = 7_203_101
BATCH = 50_000

# Bytes as they are: making text, UUIDs and times of them took longer than the hashing.
_NEXT = """
SELECT xid8send(txid), id, convert_to(leaf, 'UTF8'), uuid_send(subject) FROM audits_auditentry
WHERE txid < pg_snapshot_xmin(pg_current_snapshot()) AND (txid, id) > (%s::text::xid8, %s)
ORDER BY txid, id LIMIT %s
"""
_WAITING = "SELECT count(*), min(at) FROM audits_auditentry WHERE (txid, id) > (%s::text::xid8, %s)"
_LAST_ABOUT = """
SELECT uuid_send(asked), number, leaf FROM unnest(%s::uuid[]) AS asked CROSS JOIN LATERAL (
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
# Rows of a binary COPY: six fields, each after its length; PostgreSQL manual, COPY, binary format.
_COPY_BEGIN = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_END = b"\xff\xff"
_FIRST_ROW = struct.Struct("!hiqiqi16siqi32si").pack
_NEXT_ROW = struct.Struct("!hiqiqi16siqi32si32s").pack
# A process whose machine is gone keeps its lock for as long as the server believes in the connection.
_SESSION = """
SET client_connection_check_interval = '1s'; SET tcp_keepalives_idle = 1; SET tcp_keepalives_interval = 1;
SET tcp_keepalives_count = 2
"""


Row = tuple[bytes, int, bytes, bytes | None]


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
    known: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)


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
        hashes = tiles.leaf_hashes([row[2] for row in rows])
        _put_tiles(growth.edge.add(hashes), start, rows)
        _put_subjects(growth, start, rows, hashes)
        growth.place = _place(rows[-1])
    return len(rows)


def _next(place: Place, limit: int) -> list[Row]:
    with raw_cursor() as cursor:
        cursor.execute(_NEXT, [str(place[0]), place[1], limit])
        rows: list[Row] = cursor.fetchall()
    return rows


def _place(row: Row) -> Place:
    return (int.from_bytes(row[0]), row[1])


@contextmanager
def raw_cursor(name: str = "") -> Iterator[Any]:
    """A cursor of psycopg itself that gets everything in binary; with a name the rows stay on the server
    until they are fetched.
    """
    connection.ensure_connection()
    raw: Any = connection.connection
    with connection.wrap_database_errors:
        made = psycopg.ServerCursor(raw, name) if name else psycopg.Cursor(raw)
        made.format = psycopg.pq.Format.BINARY
        with made as cursor:
            yield cursor


def _put_tiles(full: list[tuple[Tile, bytes, bytes]], start: int, rows: list[Any]) -> None:
    if not full:
        return
    with connection.cursor() as cursor, cursor.copy(_PUT_TILES) as copy:
        copy.set_types(_TILE_TYPES)
        for tile, hashes, root in full:
            last = _place(rows[(tile.index + 1) * WIDTH - 1 - start]) if tile.level == 0 else (None, None)
            copy.write_row((tile.level, tile.index, hashes, root, *last))


def _put_subjects(growth: _Growth, start: int, rows: list[Any], hashes: list[bytes]) -> None:
    about = [(place, row[1], row[3]) for place, row in enumerate(rows) if row[3] is not None]
    if not about:
        return
    known = growth.known
    asked = [UUID(bytes=subject) for subject in {row[2] for row in about} - known.keys()]
    with raw_cursor() as cursor:
        cursor.execute(_LAST_ABOUT, [asked])
        known.update((subject, (number, leaf)) for subject, number, leaf in cursor.fetchall())
        parts = [_COPY_BEGIN]
        for place, entry_id, subject in about:
            number, previous = known.get(subject, (0, b""))
            leaf = hashes[place]
            known[subject] = (number + 1, leaf)
            row = (6, 8, start + place, 8, entry_id, 16, subject, 8, number + 1, 32, leaf)
            parts.append(_NEXT_ROW(*row, 32, previous) if previous else _FIRST_ROW(*row, -1))
        with cursor.copy(_PUT_SUBJECTS) as copy:
            copy.write(b"".join((*parts, _COPY_END)))


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


def leaves(
    checkpoint: Checkpoint, after: Place = BEGIN
) -> Generator[list[tuple[int, bytes, bytes | None]], None, None]:
    """(id, leaf, subject) of everything under a checkpoint, in the order of the log and in portions.

    All of it in bytes. Must be read within a transaction.
    """
    with raw_cursor("audits_leaves") as cursor:
        cursor.execute(
            "SELECT id, convert_to(leaf, 'UTF8'), uuid_send(subject) FROM audits_auditentry"
            " WHERE (txid, id) > (%s::text::xid8, %s) AND (txid, id) <= (%s::text::xid8, %s)"
            " ORDER BY txid, id",
            [str(after[0]), after[1], str(checkpoint.last_txid), checkpoint.last_id],
        )
        while rows := cursor.fetchmany(WIDTH * 16):
            yield rows
