"""Ways to fill the log, to take it in, and to play somebody with the owner's rights."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable

from django.db import connection

from audits import sequence
from audits.actions import record_event
from audits.actor import Actor
from audits.models import Checkpoint
from tests.server.support import databases

BEAT = Actor.system("beat")
PEOPLE = [uuid.UUID(int=number + 1) for number in range(5)]
#: Every table of the log that only grows.
TABLES = (
    "audits_auditentry",
    "audits_auditdetail",
    "audits_checkpoint",
    "audits_tile",
    "audits_subjectentry",
    "audits_signedcheckpoint",
    "audits_cosignature",
)


def write(count: int) -> None:
    """As actions do, each in a transaction of its own."""
    for number in range(count):
        record_event(action="audits.example", actor=BEAT, facts={"n": number})


def fill(count: int) -> None:
    """Many entries in one transaction, every third about one of five people."""
    leaf = """format('{"v":1,"at":%%s,"action":"audits.example","actor":"system:beat","role":"system",'
        '"object":null,"request":null,"facts":{"n":%%s},"subject":%%s}', (1700000000 + n) * 1000::bigint, n,
        CASE WHEN n %% 3 = 0 THEN format('"%%s"', (%s::uuid[])[n / 3 %% 5 + 1]) ELSE 'null' END)"""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audits_auditentry (at, leaf)"
            f" SELECT to_timestamp(1700000000 + n), {leaf} FROM generate_series(1, %s) AS n",
            [PEOPLE, count],
        )


def advance_all(wanted: int, *, limit: int = sequence.BATCH) -> Checkpoint:
    """Other databases of the same server may hold transactions open for a moment."""
    deadline = time.monotonic() + 60
    while True:
        sequence.advance(limit)
        last = sequence.latest()
        if last is not None and last.size >= wanted:
            return last
        assert time.monotonic() < deadline
        time.sleep(0.05)


def leaves() -> list[bytes]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT leaf FROM audits_auditentry ORDER BY txid, id")
        return [row[0].encode() for row in cursor.fetchall()]


def tamper(*statements: str) -> None:
    """Somebody with the owner's rights who switched the triggers off."""
    with databases.owner_connection() as owner, owner.transaction():
        owner.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            owner.execute(statement)


def go_back_to(size: int) -> None:
    """The database as it was when the log had ``size`` entries: an older backup."""
    row = Checkpoint.objects.get(size=size)
    place = f"('{row.last_txid}'::xid8, {row.last_id})"
    tamper(
        f"DELETE FROM audits_auditentry WHERE (txid, id) > {place}",
        f"DELETE FROM audits_tile WHERE (index + 1) * (256 ^ (level + 1)) > {size}",
        *(
            f"DELETE FROM {table} WHERE {column} > {size - offset}"
            for table, column, offset in (
                ("audits_subjectentry", "index", 1),
                ("audits_checkpoint", "size", 0),
                ("audits_signedcheckpoint", "size", 0),
            )
        ),
    )


def numbers(found: Iterable[bytes]) -> list[int]:
    """Which entries of :func:`write` these leaves are."""
    return [int(leaf.split(b'"n":')[1].split(b"}")[0]) for leaf in found]
