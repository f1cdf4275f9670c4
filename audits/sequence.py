"""Puts entries in their final order and states the Merkle root of all of them so far.

The order is (txid, id) among transactions below ``pg_snapshot_xmin``: none of those can still commit
something, so what was read once never gets a new neighbour before it. One process at a time does this (an
advisory lock).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from audits.frontier import Frontier
from audits.models import Checkpoint

LEADER_LOCK = 7_203_101
BATCH = 5_000

_NEXT = """
SELECT txid::text::bigint, id, leaf FROM audits_auditentry
WHERE txid < pg_snapshot_xmin(pg_current_snapshot()) AND (txid, id) > (%s::text::xid8, %s)
ORDER BY txid, id LIMIT %s
"""
_UP_TO = """
SELECT leaf FROM audits_auditentry WHERE (txid, id) <= (%s::text::xid8, %s) ORDER BY txid, id
"""
_WAITING = "SELECT count(*), min(at) FROM audits_auditentry WHERE (txid, id) > (%s::text::xid8, %s)"


class Broken(Exception):
    """The log does not have the root that an earlier checkpoint states."""


@dataclass(frozen=True)
class Waiting:
    """Entries that no checkpoint covers yet."""

    count: int
    since: datetime | None


def latest() -> Checkpoint | None:
    return Checkpoint.objects.order_by("-size").first()


def lead() -> bool:
    """Become the only sequencer, for as long as this connection lives."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LEADER_LOCK])
        return bool(cursor.fetchone()[0])


def step_down() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [LEADER_LOCK])


@transaction.atomic
def advance(limit: int = BATCH) -> int:
    """Take the next entries in and store the checkpoint over them; returns how many there were."""
    last = latest()
    frontier = Frontier() if last is None else Frontier.restored(last.size, last.frontier)
    place = (0, 0) if last is None else (last.last_txid, last.last_id)
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [str(place[0]), place[1], limit])
        rows = cursor.fetchall()
    for txid, entry_id, leaf in rows:
        frontier.append(leaf.encode())
        place = (txid, entry_id)
    if rows:
        Checkpoint.objects.create(
            size=frontier.size,
            root=frontier.root().hex(),
            last_txid=place[0],
            last_id=place[1],
            frontier=frontier.stored(),
        )
    return len(rows)


def verify(checkpoint: Checkpoint) -> None:
    """Read the log from its beginning and raise :class:`Broken` unless it has the root that was stated.

    Finds what was edited, removed, added or reordered behind our back up to that checkpoint.
    """
    frontier = Frontier()
    for leaf in _leaves(checkpoint):
        frontier.append(leaf.encode())
    if frontier.size != checkpoint.size:
        raise Broken(f"{checkpoint.size} entries were stated, {frontier.size} are there")
    if frontier.root().hex() != checkpoint.root:
        raise Broken(f"the root over {checkpoint.size} entries is not the one that was stated")


def _leaves(checkpoint: Checkpoint) -> Iterator[str]:
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(_UP_TO, [str(checkpoint.last_txid), checkpoint.last_id])
        while rows := cursor.fetchmany(2_000):
            for (leaf,) in rows:
                yield leaf


def waiting(checkpoint: Checkpoint | None) -> Waiting:
    place = (0, 0) if checkpoint is None else (checkpoint.last_txid, checkpoint.last_id)
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
