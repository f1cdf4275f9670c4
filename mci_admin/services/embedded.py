"""Decides the life of the pair: one keeper per folder, addresses recorded while it lives and after.

The keeper holds a lock on ``var/services.lock``; whoever finds it taken uses the running pair. The record
``var/services.json`` stays after a stop, so that a process started too early fails on the connection and
retries, instead of starting with other settings.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from mci_admin.services import servers
from mci_admin.services.places import Places, ServiceError


class Embedded:
    """A context manager that runs both servers; ``restart`` either one while it lives."""

    def __init__(self, var: Path, *, durable: bool = True) -> None:
        self.places = Places(var.resolve())
        self.durable = durable
        self.postgres: subprocess.Popen[bytes] | None = None
        self.valkey: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None

    def start(self) -> None:
        self.places.make()
        self._lock = _take_lock(self.places)
        try:
            servers.end_left_over(self.places)
            self._clear_stale()
            servers.initialise_postgres(self.places)
            self.postgres = servers.start_postgres(self.places, durable=self.durable)
            self.valkey = servers.start_valkey(self.places)
            servers.wait_for_postgres(self.places, self.postgres)
            servers.wait_for_valkey(self.places, self.valkey)
            servers.ensure_roles(self.places)
            self._write_record()
        except BaseException:
            self.stop()
            raise

    def _clear_stale(self) -> None:
        """We hold the lock, so a socket or pid file that is left belongs to a pair that was killed."""
        for left in self.places.sockets.glob("*.sock"):
            left.unlink()

    def _write_record(self) -> None:
        record = {
            "DATABASE_URL": servers.postgres_url(self.places, servers.APP_ROLE),
            "DATABASE_OWNER_URL": servers.postgres_url(self.places, servers.OWNER_ROLE),
            "REDIS_URL": servers.valkey_url(self.places),
            "keeper": os.getpid(),
            "postgres": self.postgres.pid if self.postgres else None,
            "valkey": self.valkey.pid if self.valkey else None,
        }
        fresh = self.places.record.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(record, indent=1), encoding="utf-8")
        fresh.replace(self.places.record)

    def restart_postgres(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT is PostgreSQL's fast stop; SIGQUIT its crash."""
        servers.stop(self.postgres, how)
        self.postgres = servers.start_postgres(self.places, durable=self.durable)
        servers.wait_for_postgres(self.places, self.postgres)
        self._write_record()

    def restart_valkey(self, how: signal.Signals = signal.SIGTERM) -> None:
        servers.stop(self.valkey, how)
        self._clear_stale_valkey()
        self.valkey = servers.start_valkey(self.places)
        servers.wait_for_valkey(self.places, self.valkey)
        self._write_record()

    def _clear_stale_valkey(self) -> None:
        self.places.valkey_socket.unlink(missing_ok=True)

    def stop(self) -> None:
        servers.stop(self.valkey, signal.SIGTERM)
        servers.stop(self.postgres, signal.SIGINT)
        self.valkey = self.postgres = None
        with suppress(OSError):
            shutil.rmtree(self.places.sockets)
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def failed(self) -> str | None:
        """The name of a server that ended without being asked."""
        for name, process in (("PostgreSQL", self.postgres), ("Valkey", self.valkey)):
            if process is not None and process.poll() is not None:
                return name
        return None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class AlreadyRunningError(ServiceError):
    """Another keeper has this folder."""


def _take_lock(places: Places) -> IO[str]:
    handle = places.lock.open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        raise AlreadyRunningError(f"The servers of {places.var} are running already.") from None
    return handle


def keeper_of(var: Path) -> int | None:
    """The process id of the running keeper, judged by the lock and not by a number in a file."""
    places = Places(var.resolve())
    if not places.lock.exists():
        return None
    try:
        _take_lock(places).close()
    except AlreadyRunningError:
        return _recorded(places).get("keeper")
    return None


def _recorded(places: Places) -> dict[str, int]:
    try:
        found: dict[str, int] = json.loads(places.record.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return found


def stop_keeper(var: Path, seconds: float = 45.0) -> bool:
    """Ask the keeper to end both servers; False when none runs."""
    keeper = keeper_of(var)
    if keeper is None:
        return False
    os.kill(keeper, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while keeper_of(var) is not None:
        if time.monotonic() > deadline:
            raise ServiceError(f"Process {keeper} did not end within {seconds:.0f} s.")
        time.sleep(0.1)
    return True
