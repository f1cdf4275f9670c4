"""The databases of the audit benchmark: an embedded PostgreSQL of its own, filled by the server itself."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from mci_admin.services import servers
from mci_admin.services.embedded import Embedded

ROOT = Path(__file__).resolve().parent.parent
WRITER = ROOT / "benchmarks" / "_audit_writer.py"
CHUNK = 50_000

# Leaves as actions write them: canonical JSON of about 420 bytes, a third of them about one of 5,000 people.
_FILL = """
INSERT INTO audits_auditentry (at, leaf)
SELECT to_timestamp(ms / 1000.0), format(
    '{{"action":"%s","actor":"user:%s","at":%s,"commitment":"%s","facts":{{"number":%s,"digest":"%s"}},'
    '"object":{{"id":"%s","type":"capture_sessions.session"}},"request":"%s","role":"privacy_officer",'
    '"subject":%s,"v":1}}',
    (ARRAY['reviews.record_view', 'capture_sessions.accept_upload', 'agents.renew_lease'])[n % 3 + 1],
    (md5((n % 40)::text))::uuid, ms, encode(sha256(n::text::bytea), 'hex'), n,
    encode(sha256((n + 1)::text::bytea), 'hex'), md5(n::text)::uuid, left(md5((n / 2)::text), 16),
    CASE WHEN n % 3 = 0 THEN format('"%s"', md5((n % 15000)::text)::uuid) ELSE 'null' END)
FROM (SELECT n, (extract(epoch FROM now()) * 1000)::bigint - {entries}::bigint + n AS ms
      FROM generate_series({first}::bigint, {last}::bigint) AS n) AS numbered
"""
_DETAILS = """
INSERT INTO audits_auditdetail (entry_id, at, salt, sealed)
SELECT id, at, sha256(id::text::bytea),
    sha256(convert_to(leaf, 'UTF8')) || sha256(id::text::bytea) || sha256(id::text::bytea)
FROM audits_auditentry WHERE id > {after}
"""


@dataclass(frozen=True)
class Bench:
    """One database: its addresses, and the environment in which programs of the project use it."""

    name: str
    url: str
    owner_url: str
    environment: dict[str, str]

    def run(self, *words: str, env: dict[str, str] | None = None) -> str:
        done = subprocess.run(
            [sys.executable, *words],
            env=env or self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(words)} failed:\n{done.stderr[-3000:]}")
        return done.stdout


@contextmanager
def server(folder: Path) -> Iterator[Embedded]:
    """As in a production: durable, and not more memory than the embedded default has."""
    with Embedded(folder / "var") as pair:
        yield pair


def made(pair: Embedded, folder: Path, name: str, entries: int) -> Bench:
    """A database of the project with so many entries that no sequencer has seen yet."""
    places = pair.places
    owner = servers.postgres_url(places, servers.OWNER_ROLE, name)
    with psycopg.connect(
        servers.postgres_url(places, servers.SUPERUSER, "postgres"), autocommit=True
    ) as admin:
        admin.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(name), sql.Identifier(servers.OWNER_ROLE)
            )
        )
    own = folder / name
    environment = {
        **{
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("MCI_", "DATABASE_", "AUDIT_"))
        },
        "MCI_ENV": "demo",
        "MCI_VAR": str(own),
        "DATABASE_URL": servers.postgres_url(places, servers.APP_ROLE, name),
        "DATABASE_OWNER_URL": owner,
        "REDIS_URL": servers.valkey_url(places),
        "PYTHONPATH": str(ROOT),
        "LOG_LEVEL": "ERROR",
    }
    bench = Bench(name, environment["DATABASE_URL"], owner, environment)
    bench.run("manage.py", "setup_database")
    as_owner = {**environment, "DATABASE_URL": owner}
    bench.run(str(WRITER), "mci", "tables", owner, env=as_owner)
    bench.run("manage.py", "setup_database")
    fill(bench, entries)
    return bench


def fill(bench: Bench, entries: int) -> None:
    began = time.monotonic()
    with psycopg.connect(bench.owner_url, autocommit=True) as owner:
        for first in range(1, entries + 1, CHUNK):
            row = owner.execute("SELECT coalesce(max(id), 0) FROM audits_auditentry").fetchone()
            assert row is not None
            last = min(first + CHUNK - 1, entries)
            owner.execute(sql.SQL(_FILL).format(first=first, last=last, entries=entries))
            owner.execute(sql.SQL(_DETAILS).format(after=row[0]))
        owner.execute("VACUUM (ANALYZE) audits_auditentry")
        owner.execute("ANALYZE")
    print(f"  {bench.name}: {entries:,} entries written in {time.monotonic() - began:.0f} s", flush=True)


def settle(pair: Embedded, *benches: Bench) -> None:
    """Do now what autovacuum and the checkpointer would do about the filling while others are measured."""
    for bench in benches:
        url = servers.postgres_url(pair.places, servers.SUPERUSER, bench.name)
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute("VACUUM (ANALYZE)")
            admin.execute("CHECKPOINT")


class Writers:
    """Processes that do business transactions together when told to."""

    def __init__(
        self, command: Sequence[str], count: int, environment: dict[str, str], url: str, kind: str
    ) -> None:
        self.processes = [
            subprocess.Popen(
                [*command, str(WRITER), kind, str(number), url],
                env=environment,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for number in range(count)
        ]
        self.rate("plain", 0.1)

    def rate(self, mode: str, seconds: float, work: float = 0.0) -> float:
        """Business transactions a second of all of them together."""
        start = time.time() + 0.3
        for process in self.processes:
            assert process.stdin is not None
            process.stdin.write(f"{mode} {start} {seconds} {work}\n")
            process.stdin.flush()
        done = 0
        for process in self.processes:
            assert process.stdout is not None
            done += int(process.stdout.readline())
        return done / seconds

    def end(self) -> None:
        for process in self.processes:
            if process.stdin is not None:
                process.stdin.close()
            process.wait(20)
