"""An instance of its own with an organisation and agents, and short ways to act in it and to look at it."""

from __future__ import annotations

import fcntl
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
import redis

from mci_admin.processes import programs
from mci_admin.processes.programs import Program
from mci_admin.processes.stack import Stack
from tests.server.support.processes import clean_environment

ROOT = Path(__file__).resolve().parents[2]


class Company:
    """``with Company(tmp_path) as company``: everything runs; leaving ends everything."""

    def __init__(self, folder: Path, *, environment: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.stack = _stack(folder / "var", environment or {})
        self._desk: subprocess.Popen[str] | None = None
        self._turn = threading.Lock()

    def __enter__(self) -> Self:
        _take(founded(self.folder), self.stack.var)
        self.stack.__enter__()
        try:
            self.stack.start_server_side()
            self.stack.wait_until_ready(240)
        except BaseException:
            self.stack.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._desk is not None:
            self._desk.communicate()
        self.stack.stop()

    # --- acting

    def act(self, verb: str, *words: str) -> Any:
        """One verb of acts.py."""
        with self._turn:
            desk = self._desk = self._desk or self._open_desk()
            assert desk.stdin is not None
            assert desk.stdout is not None
            desk.stdin.write(json.dumps([verb, *words]) + "\n")
            desk.stdin.flush()
            answer = json.loads(desk.stdout.readline())
        if "fault" in answer:
            raise AssertionError(f"{verb}: {answer['fault']}")
        return answer["given"]

    def _open_desk(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            (sys.executable, "-m", "tests.end_to_end.acts"),
            env=self.stack.environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def recordings(self, seed: str, count: int = 1, **options: str) -> Path:
        """A folder with sample sessions and their truth files."""
        folder = self.folder / f"recordings-{seed}"
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        self.stack.run(
            programs.module(
                "mci_core.samples", "--out", str(folder), "--seed", seed, "--count", str(count), *words
            )
        )
        return folder

    def enrol(self, number: int) -> Path:
        """Enrol the agent of the given seeded token; returns its state folder."""
        seed = json.loads((self.stack.var / "demo" / "seed.json").read_text(encoding="utf-8"))
        home = self.folder / f"agent-{number}"
        words = ("--server", self.stack.url, "--token", seed["agents"][number]["token"])
        self.stack.run(programs.module("mci_agent", "enroll", "--state", str(home), *words))
        return home

    def start_agent(self, home: Path, recordings: Path, *words: str) -> None:
        """Run the agent under the supervisor."""
        command = programs.module(
            "mci_agent", "run", "--state", str(home), "--source", f"replay:{recordings}", *words
        )
        self.stack.supervisor.start(Program(home.name, command, rank=0))

    def status(self, home: Path) -> dict[str, Any]:
        """What the agent says about itself in its visible status file."""
        path = home / "status.json"
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        return found

    def kill(self, name: str) -> None:
        """SIGKILL to a process and its children; the supervisor will start it again."""
        self.stack.supervisor.signal(name, signal.SIGKILL)

    def until(self, happened: Callable[[], Any], *, seconds: float = 180.0, what: str = "it") -> Any:
        """Wait for something, watching the processes meanwhile; returns what was found."""
        deadline = time.monotonic() + seconds
        while True:
            self.stack.watch()
            found = happened()
            if found:
                return found
            assert time.monotonic() < deadline, f"{what} did not happen within {seconds:.0f} s"
            time.sleep(0.3)

    def settled_sessions(self, least: int) -> list[dict[str, Any]]:
        """Every session, once at least so many have passed the second scan."""
        done: list[dict[str, Any]] = self.until(
            lambda: (
                [s for s in self.act("sessions") if s["state"] == "available"][least - 1 :]
                and self.act("sessions")
            ),
            seconds=240,
            what=f"{least} sessions available",
        )
        return done

    # --- looking

    @property
    def addresses(self) -> dict[str, str]:
        found: dict[str, str] = json.loads((self.stack.var / "services.json").read_text(encoding="utf-8"))
        return found

    def database_bytes(self) -> Iterator[tuple[str, bytes]]:
        """Every table as COPY writes it, as the owner."""
        with psycopg.connect(self.addresses["DATABASE_OWNER_URL"]) as connection:
            rows = connection.execute(
                "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
                " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
            ).fetchall()
            for (table,) in rows:
                with connection.cursor().copy(f"COPY (SELECT * FROM {table}) TO STDOUT") as copy:
                    yield table, b"".join(bytes(chunk) for chunk in copy)

    def valkey_bytes(self) -> Iterator[tuple[str, bytes]]:
        """Every key of Valkey as it is dumped, with its name."""
        client = redis.Redis.from_url(self.addresses["REDIS_URL"])
        for key in client.scan_iter():
            yield repr(key), bytes(key) + (client.dump(key) or b"")

    def files(self, *folders: Path) -> Iterator[tuple[str, bytes]]:
        """Every file below the folders."""
        for folder in folders:
            for path in sorted(folder.rglob("*")):
                if path.is_file() and not path.is_symlink():
                    yield str(path.relative_to(self.folder)), path.read_bytes()


def _stack(var: Path, environment: Mapping[str, str]) -> Stack:
    given = {"MCI_ENV": "demo", "TASK_VISIBILITY_SECONDS": "10", **environment}
    return Stack(
        var, environment=given, inherited=clean_environment(), say=lambda _line: None, usual_ports=False
    )


def founded(folder: Path) -> Path:
    """An organisation that was founded and has ended in order: made once for all tests of a run, because
    making it takes longer than most of them. Each instance goes on from a copy, as a demo does.
    """
    shared = folder  # a folder of a measurement is its own
    if folder.parent.name.startswith("pytest-"):
        shared = folder.parent
    elif folder.parent.name.startswith("popen-"):
        shared = folder.parent.parent
    place = shared / "founded"
    with (shared / "founded.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "var").exists():
            _found(place / "making")
            (place / "making").rename(place / "var")
    return place / "var"


def _found(var: Path) -> None:
    with _stack(var, {}) as stack:
        stack.manage("setup_database", "--verbosity", "0")
        stack.start_server_side()
        stack.wait_until_ready(240)
        stack.manage("seed_demo", "--days", "0", "--past-agents", "0", timeout=600)


def _take(source: Path, var: Path) -> None:
    """Everything but what belongs to that very instance. Owners stay: PostgreSQL runs as its own user."""
    own = ("run", "log", "services.json", "services.lock", "static")
    var.mkdir(parents=True)
    parts = [str(part) for part in source.iterdir() if part.name not in own]
    subprocess.run(["cp", "-a", *parts, str(var)], check=True)


def planted_values(recordings: Path) -> list[str]:
    """The values that the truth files of a folder name."""
    found = set()
    for path in sorted(recordings.glob("*.truth.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            value = json.loads(line).get("value")
            if value:
                found.add(value)
    return sorted(found)
