"""The measurements of writing: what an entry costs a business transaction, beside what others cost."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psycopg

from benchmarks._audit_database import ROOT, WRITER, Bench, Writers
from mci_admin.services import servers
from mci_admin.services.embedded import Embedded

OTHERS = {
    "auditlog": "django-auditlog==3.4.1",
    "simple_history": "django-simple-history==3.13.0",
    "pghistory": "django-pghistory==3.9.2",
}
_LAG = """
WITH new AS (
    SELECT extract(epoch FROM at) AS at, row_number() OVER (ORDER BY txid, id) + %(before)s AS size
    FROM audits_auditentry WHERE (txid, id) > (%(txid)s::text::xid8, %(id)s)
)
SELECT extract(epoch FROM (
    SELECT min(at) FROM audits_signedcheckpoint WHERE size >= new.size
)) - new.at FROM new
"""


def interleaved(rounds: int, asked: Mapping[str, Callable[[], float]]) -> dict[str, float]:
    """Each is asked once a round, in turning order; the medians."""
    found: dict[str, list[float]] = {name: [] for name in asked}
    names = list(asked)
    for turn in range(rounds):
        for name in names if turn % 2 else reversed(names):
            found[name].append(asked[name]())
    return {name: statistics.median(values) for name, values in found.items()}


@contextmanager
def writers(bench: Bench, count: int) -> Iterator[Writers]:
    made = Writers([sys.executable], count, bench.environment, bench.url, "mci")
    try:
        yield made
    finally:
        made.end()


@contextmanager
def sequencer(bench: Bench) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "manage.py", "sequencer"], env=bench.environment, cwd=ROOT)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(20)


def sizes(small: Bench, large: Bench, rounds: int, seconds: float) -> dict[str, float]:
    """Four writers with and without an entry, at both sizes of the log."""
    with writers(small, 4) as few, writers(large, 4) as many:
        return interleaved(
            rounds,
            {
                "plain, small": lambda: few.rate("plain", seconds),
                "audit, small": lambda: few.rate("audit", seconds),
                "plain, large": lambda: many.rate("plain", seconds),
                "audit, large": lambda: many.rate("audit", seconds),
            },
        )


def against_chain(bench: Bench, rounds: int, seconds: float) -> dict[str, float]:
    """Eight writers with 5 ms of other work in each transaction."""
    with writers(bench, 8) as eight:
        return interleaved(
            rounds,
            {
                "plain": lambda: eight.rate("plain", seconds, 0.005),
                "audit": lambda: eight.rate("audit", seconds, 0.005),
                "chain": lambda: eight.rate("chain", seconds, 0.005),
            },
        )


def with_sequencer(bench: Bench, rounds: int, seconds: float) -> dict[str, float]:
    """Four writers with an entry, while the sequencer runs and while it is stopped."""
    with writers(bench, 4) as four, sequencer(bench) as process:
        until_signed(bench)

        def running(how: signal.Signals) -> float:
            process.send_signal(how)
            if how is signal.SIGCONT:
                until_signed(bench)
            return four.rate("audit", seconds)

        return interleaved(
            rounds,
            {"on": lambda: running(signal.SIGCONT), "off": lambda: running(signal.SIGSTOP)},
        )


def lag(bench: Bench, seconds: float) -> tuple[list[float], float]:
    """Seconds from the time that an entry states to the signature over it, while four writers write."""
    with writers(bench, 4) as four, sequencer(bench):
        until_signed(bench)
        with psycopg.connect(bench.owner_url, autocommit=True) as owner:
            place = owner.execute(
                "SELECT size, last_txid, last_id FROM audits_checkpoint ORDER BY size DESC LIMIT 1"
            ).fetchone()
        assert place is not None
        rate = four.rate("audit", seconds)
        time.sleep(2)
        until_signed(bench)
    with psycopg.connect(bench.owner_url, autocommit=True) as owner:
        given = {"before": place[0], "txid": str(place[1]), "id": place[2]}
        return sorted(float(row[0]) for row in owner.execute(_LAG, given)), rate


def take_over(bench: Bench) -> float:
    """Seconds from SIGKILL of the sequencer that leads to a signature, by another, over what came after."""
    with writers(bench, 1) as one, sequencer(bench) as leader:
        until_signed(bench)
        with sequencer(bench):
            time.sleep(4)  # it has started and waits
            leader.kill()
            began = time.monotonic()
            one.rate("audit", 0.05)
            until_signed(bench)
            return time.monotonic() - began


def until_signed(bench: Bench, seconds: float = 180.0) -> None:
    deadline = time.monotonic() + seconds
    query = """
    SELECT NOT EXISTS (SELECT 1 FROM audits_auditentry e WHERE (e.txid, e.id) > (
        SELECT c.last_txid::text::xid8, c.last_id FROM audits_checkpoint c
        JOIN audits_signedcheckpoint s USING (size) ORDER BY c.size DESC LIMIT 1))
        AND EXISTS (SELECT 1 FROM audits_signedcheckpoint)
    """
    with psycopg.connect(bench.owner_url, autocommit=True) as owner:
        while True:
            row = owner.execute(query).fetchone()
            if row and row[0]:
                return
            if time.monotonic() > deadline:
                raise SystemExit("the sequencer does not come to an end")
            time.sleep(0.2)


def others(
    pair: Embedded, folder: Path, rounds: int, seconds: float, names: Iterable[str]
) -> dict[str, dict[str, float]]:
    """The same transaction with other packages, each in a database of its own."""
    python = folder / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    wanted = ["django==5.2.*", "psycopg[binary]", *(OTHERS[name] for name in names)]
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", *wanted], check=True, capture_output=True)
    found = {}
    for name in names:
        with psycopg.connect(
            servers.postgres_url(pair.places, servers.SUPERUSER, "postgres"), autocommit=True
        ) as admin:
            admin.execute(f"CREATE DATABASE other_{name}")  # a constant of this file
        url = servers.postgres_url(pair.places, servers.SUPERUSER, f"other_{name}")
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
        subprocess.run(
            [str(python), str(WRITER), name, "tables", url], env=environment, cwd=folder, check=True
        )
        four = Writers([str(python)], 4, environment, url, name)
        asked = {mode: partial(four.rate, mode, seconds) for mode in ("plain", "audit")}
        found[name] = interleaved(rounds, asked)
        four.end()
    return found
