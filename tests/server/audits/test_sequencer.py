"""The sequencer: the order of the log, its Merkle root, and what it says about a log that was tampered
with.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import InterfaceError, OperationalError, connection, transaction

from audits import sequence, tasks, verification
from audits.actions import record_event
from audits.actor import Actor
from audits.models import AuditEntry
from mci_core import merkle
from tests.server.support import databases

BEAT = Actor.system("beat")


def _write(count: int) -> None:
    for number in range(count):
        record_event(action="audits.example", actor=BEAT, facts={"n": number})


def _advance_all(wanted: int) -> None:
    """Other databases of the same server may hold transactions open for a moment."""
    deadline = time.monotonic() + 60
    while True:
        sequence.advance()
        last = sequence.latest()
        if last is not None and last.size >= wanted:
            return
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _leaves() -> list[bytes]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT leaf FROM audits_auditentry ORDER BY txid, id")
        return [row[0].encode() for row in cursor.fetchall()]


def test_the_checkpoint_states_the_root_of_all_entries(transactional_db: None) -> None:
    _write(7)
    _advance_all(7)
    last = sequence.latest()
    assert last is not None
    assert last.root == merkle.root([merkle.leaf_hash(leaf) for leaf in _leaves()]).hex()
    assert sequence.waiting(last).count == 0
    assert sequence.covers(last, AuditEntry.objects.latest("pk").pk)
    verification.verify(last)


def test_it_goes_on_where_it_stopped(transactional_db: None) -> None:
    _write(3)
    _advance_all(3)
    _write(6)
    assert sequence.waiting(sequence.latest()).count == 6
    deadline = time.monotonic() + 60
    while sequence.waiting(sequence.latest()).count and time.monotonic() < deadline:
        sequence.advance(limit=2)
    last = sequence.latest()
    assert last is not None
    assert last.root == merkle.root([merkle.leaf_hash(leaf) for leaf in _leaves()]).hex()


def test_an_entry_that_is_not_committed_yet_holds_back_everything_after_it(transactional_db: None) -> None:
    with databases.owner_connection() as other, other.transaction():
        other.execute("SELECT pg_current_xact_id()")
        _write(1)
        assert sequence.advance() == 0
    _advance_all(1)


def test_only_one_leads(transactional_db: None) -> None:
    with databases.owner_connection() as other:
        other.execute("SELECT pg_advisory_lock(%s)", [sequence.LEADER_LOCK])
        assert not sequence.lead()
        with pytest.raises(CommandError, match="Another sequencer"):
            call_command("sequencer", once=True)
        other.execute("SELECT pg_advisory_unlock(%s)", [sequence.LEADER_LOCK])
    assert sequence.lead()
    sequence.step_down()


@pytest.fixture
def ends_soon() -> Iterator[None]:
    """Sends the signal with which a supervisor stops the process."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    timer = threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGTERM))
    timer.start()
    yield
    timer.cancel()
    for number, handler in before.items():
        signal.signal(number, handler)


def test_it_runs_until_it_is_stopped(transactional_db: None, ends_soon: None) -> None:
    _write(4)
    call_command("sequencer", every=0.05)
    sequence.step_down()
    last = sequence.latest()
    assert last is not None
    assert last.size == 4


def test_a_lost_database_is_waited_for(
    transactional_db: None, ends_soon: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = [OperationalError("gone"), InterfaceError("closed")]
    real = sequence.advance

    def advance() -> int:
        if faults:
            raise faults.pop()
        return real()

    monkeypatch.setattr(sequence, "advance", advance)
    _write(1)
    call_command("sequencer", every=0.05)
    sequence.step_down()
    assert sequence.latest() is not None


def test_it_does_not_go_on_from_a_broken_log(transactional_db: None) -> None:
    _write(3)
    _advance_all(3)
    _tamper("DELETE FROM audits_auditentry WHERE id = (SELECT min(id) FROM audits_auditentry)")
    with pytest.raises(CommandError, match="broken"):
        call_command("sequencer", every=0.05)
    sequence.step_down()


def _tamper(statement: str) -> None:
    """Somebody with the owner's rights who switched the triggers off."""
    with databases.owner_connection() as owner:
        found = owner.execute("SELECT relid::regclass::text FROM pg_partition_tree('audits_auditentry')")
        tables = found.fetchall()
        for what in ("DISABLE", "ENABLE"):
            for (table,) in tables:
                owner.execute(f"ALTER TABLE {table} {what} TRIGGER USER")
            if what == "DISABLE":
                owner.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audits_auditentry WHERE id = (SELECT max(id) FROM audits_auditentry)",
        "DELETE FROM audits_auditentry WHERE id = (SELECT min(id) FROM audits_auditentry)",
        "UPDATE audits_auditentry SET leaf = replace(leaf, '\"n\":1', '\"n\":9')",
        "UPDATE audits_auditentry SET txid = '3' WHERE id = (SELECT max(id) FROM audits_auditentry)",
    ],
    ids=["cut off the end", "remove the first", "edit", "reorder"],
)
def test_tampering_is_found(transactional_db: None, statement: str) -> None:
    _write(5)
    _advance_all(5)
    _tamper(statement)
    with pytest.raises(CommandError, match="broken"):
        call_command("sequencer", verify=True)
    with pytest.raises(sequence.Broken):
        tasks.verify_log()
    assert AuditEntry.objects.latest("pk").action == "audits.log_broken"


def test_a_sound_log_is_said_to_be_sound(transactional_db: None, capsys: Any) -> None:
    call_command("sequencer", verify=True)
    assert "no checkpoint" in capsys.readouterr().out
    tasks.verify_log()
    _write(2)
    _advance_all(2)
    call_command("sequencer", once=True)
    assert "entries, root" in capsys.readouterr().out
    tasks.verify_log()
    assert AuditEntry.objects.latest("pk").action == "audits.log_verified"
    tasks.ensure_partitions()


def test_a_checkpoint_cannot_be_changed(transactional_db: None) -> None:
    _write(1)
    _advance_all(1)
    for statement in ("UPDATE audits_checkpoint SET root = ''", "DELETE FROM audits_checkpoint"):
        with (
            pytest.raises(Exception, match=r"permission denied|append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
