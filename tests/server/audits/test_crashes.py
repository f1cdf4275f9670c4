"""Sequencers that are killed at each step, two of them at once, an old transaction that stays open, an older
database: nothing is lost, doubled, or signed against an earlier signature.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.db import connection, connections, transaction

from audits import checkpoints, folder, health, outside, sequence, verification
from audits.actions import keys
from audits.actor import Actor
from audits.models import AuditEntry, Checkpoint, SignedCheckpoint
from mci_core import merkle, notes, tiles
from tests.server.audits.support import advance_all, fill, go_back_to, leaves, write
from tests.server.support import databases

pytestmark = pytest.mark.django_db(transaction=True)

STEPS = [
    ("before:read", 1),
    ("after:read", 3),
    ("before:tiles", 3),
    ("after:tiles", 3),
    ("before:subjects", 2),
    ("after:subjects", 2),
    ("before:state", 2),
    ("after:state", 2),
    ("after:advance", 1),
    ("after:advance", 4),
    ("before:keep", 1),
    ("before:fsync", 1),
    ("after:fsync", 1),
    ("after:fsync", 2),
    ("after:keep", 1),
    ("before:row", 1),
    ("after:row", 1),
    ("after:sign", 1),
    ("before:put", 1),
    ("after:put", 4),
    ("after:edge", 2),
]


class Program:
    """The sequencers of ``dying_sequencer.py``."""

    def __init__(self, export: Path) -> None:
        found = connections["default"].settings_dict
        user = quote(found["USER"]) + (f":{quote(found['PASSWORD'])}" if found["PASSWORD"] else "")
        place = {"host": found["HOST"] or "", **({"port": found["PORT"]} if found["PORT"] else {})}
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "mci_admin.settings",
            "DATABASE_URL": f"postgresql://{user}@/{found['NAME']}?{urlencode(place)}",
            "KEYS_DIR": str(settings.KEYS_DIR),
            "AUDIT_STATE_DIR": str(outside.folder()),
            "AUDIT_EXPORT_DIR": str(export),
            "LOG_LEVEL": "CRITICAL",
        }
        environment.pop("DATABASE_OWNER_URL", None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.server.audits.dying_sequencer"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def order(self, *words: object) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        answer: str = self.process.stdout.readline()
        return answer.strip()

    def end(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Program]:
    monkeypatch.setattr(settings, "KEYS_DIR", tmp_path / "keys")
    # The first signature makes the key, which the processes then share.
    checkpoints.signing_key()
    started = Program(tmp_path / "export")
    yield started
    started.end()


def sound(count: int, export: Path) -> None:
    """Every entry is in the log once and in order, and everything that was signed agrees with it."""
    checkpoints.check()
    last = advance_all(count)
    checkpoints.sign()
    assert AuditEntry.objects.count() == last.size == count
    data = leaves()
    hashes = tiles.leaf_hashes(data)
    assert last.root == merkle.root(hashes).hex()
    verification.verify(last)
    signed = checkpoints.newest()
    assert signed is not None
    assert signed.size == count
    assert outside.checkpoint() == signed.note
    for row in SignedCheckpoint.objects.all():
        stated = notes.opened_checkpoint(row.signed, row.key)
        assert stated.root == merkle.root(hashes[: stated.size])
    folder.export(export, signed)
    assert b"".join((export / tile.path()).read_bytes() for tile in tiles.bundles_of(count)) == tiles.pack(
        data
    )
    for tile in tiles.tiles_of(count):
        assert (export / tile.path()).exists()
    assert (export / "checkpoint").read_text() == signed.note


def test_a_sequencer_may_be_killed_at_every_step(program: Program, tmp_path: Path) -> None:
    count = 0
    for step, times in STEPS:
        fill(330)
        count += 330
        assert program.order("kill", step, times) == "9", step
        sound(count, tmp_path / "export")


def leader() -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE locktype = 'advisory' AND objid = %s AND granted"
            " AND application_name LIKE 'sequencer-%%'",
            [sequence.LEADER_LOCK],
        )
        row = cursor.fetchone()
    return int(row[0].removeprefix("sequencer-")) if row else None


def until_signed(count: int, seconds: float = 60.0) -> float:
    began = time.monotonic()
    while True:
        signed = checkpoints.newest()
        if signed is not None and signed.size >= count:
            return time.monotonic() - began
        assert time.monotonic() - began < seconds
        time.sleep(0.05)


def test_of_two_sequencers_one_leads_and_the_other_takes_over(program: Program, tmp_path: Path) -> None:
    both = {int(program.order("start")), int(program.order("start"))}
    write(5)
    until_signed(5)
    first = leader()
    assert first in both
    assert first is not None
    write(5)
    program.order("slay", first)
    write(5)
    assert until_signed(15) < 30
    second = leader()
    assert second == (both - {first}).pop()
    sizes = list(Checkpoint.objects.values_list("size", flat=True))
    assert len(sizes) == len(set(sizes))
    program.order("slay", second)
    sound(15, tmp_path / "export")


def test_a_restored_older_database_halts_real_sequencers(program: Program) -> None:
    write(5)
    advance_all(5)
    checkpoints.sign()
    write(5)
    advance_all(10)
    later = checkpoints.sign()
    assert later is not None
    go_back_to(5)
    write(9)
    for _ in range(2):
        assert program.order("ask", program.order("start")) == "3"
    assert SignedCheckpoint.objects.count() == 1
    assert outside.checkpoint() == later.note
    assert "states 10 entries" in (outside.halted() or "")
    figures = (outside.folder() / outside.FIGURES).read_text()
    assert "mci_audit_halted 1\n" in figures


def test_an_old_open_transaction_delays_and_loses_nothing(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(3)
    pid = int(program.order("start"))
    until_signed(3)
    with databases.owner_connection() as other, other.transaction():
        other.execute("SELECT pg_current_xact_id()")
        fill(10)
        time.sleep(0.5)
        state = health.of_sequencer(checkpoints.newest())
        assert (state.size, state.waiting) == (3, 10)
        monkeypatch.setattr(health, "LATE_SECONDS", 0.1)
        assert state.late
        # Other tests use the same server: a transaction of theirs may be older for a moment.
        deadline = time.monotonic() + 60
        while state.why_late().get("held_by_pid") != other.info.backend_pid:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    until_signed(13)
    program.order("slay", pid)
    sound(13, tmp_path / "export")
    figures = (outside.folder() / outside.FIGURES).read_text()
    assert "mci_audit_halted 0\n" in figures


def test_entries_that_are_rolled_back_leave_no_gap(tmp_path: Path) -> None:
    write(2)
    with transaction.atomic():
        fill(3)
        transaction.set_rollback(True)
    write(2)
    sound(4, tmp_path / "export")


KEY_STEPS = [("after:keys", 1), ("after:keep", 1), ("after:row", 1)]


@pytest.mark.parametrize("step", [*KEY_STEPS, ("before:drop", 1)])
def test_a_change_of_the_key_is_finished_by_whoever_leads_next(
    program: Program, tmp_path: Path, step: tuple[str, int]
) -> None:
    """Killed at the first checkpoint with two keys, or at the first without the old one."""
    operator = Actor.system("operator")
    write(3)
    advance_all(3)
    first = checkpoints.sign()
    assert first is not None
    new = keys.prepare_log_key(actor=operator)
    keys.replace_log_key(actor=operator, reason="an example")
    if step in KEY_STEPS:
        assert program.order("kill", *step) == str(signal.SIGKILL)
    sound(5, tmp_path / "export")
    both = SignedCheckpoint.objects.latest("size")
    assert {line.key_id for line in both.signed.signatures} == {first.key.key_id, new.key_id}
    keys.end_log_key(actor=operator, reason="an example")
    assert program.order("kill", *step) == str(signal.SIGKILL)
    sound(6, tmp_path / "export")
    assert [line.key_id for line in SignedCheckpoint.objects.latest("size").signed.signatures] == [new.key_id]
