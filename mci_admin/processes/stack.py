"""Decides how a whole instance comes up on one machine: servers, database, processes, in that order.

Used by the demo and by the end-to-end tests. An instance is its ``var`` folder: two folders never meet. The
ports are chosen once and kept, because enrolled agents remember the address.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from mci_admin import env
from mci_admin.processes import programs
from mci_admin.processes.supervisor import Supervisor
from mci_admin.services.embedded import Embedded

HOST = "127.0.0.1"
FIRST_PORT, STREAM_PORT = 8000, 8001
READY_SECONDS = 90.0


class StackError(Exception):
    """The instance cannot come up; the message says what to do."""


class EndedError(Exception):
    """Somebody asked for the end while things were coming up."""


class Stack:
    def __init__(
        self,
        var: Path,
        *,
        environment: Mapping[str, str] | None = None,
        inherited: Mapping[str, str] | None = None,
        say: Callable[[str], None] = print,
        usual_ports: bool = True,
        ended: Callable[[], bool] = lambda: False,
    ) -> None:
        self.var = var.resolve()
        self.usual_ports = usual_ports
        self.ended = ended
        self.say = say
        given = {**(os.environ if inherited is None else inherited), **(environment or {})}
        named = [name for name in ("DATABASE_URL", "REDIS_URL") if given.get(name)]
        if len(named) == 1:
            raise StackError(f"{named[0]} is set alone: set DATABASE_URL and REDIS_URL, or neither.")
        self.external = bool(named)
        self.pair = None if self.external else Embedded(self.var)
        self.given = given
        self.supervisor = Supervisor(self.var / "log", given, say)
        self.port = self.stream_port = 0

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return self.supervisor.environment

    def __enter__(self) -> Self:
        (self.var / "run").mkdir(parents=True, exist_ok=True)
        if self.pair is not None:
            self.pair.start()
        try:
            self._choose_ports()
            self.supervisor.environment = self._environment()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _environment(self) -> dict[str, str]:
        ours = {
            "MCI_VAR": str(self.var),
            "PUBLIC_URL": self.url,
            "STREAM_URL": f"http://{HOST}:{self.stream_port}",
            "STREAM_BIND": f"{HOST}:{self.stream_port}",
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": str(env.BASE_DIR),
        }
        return {"MCI_ENV": "demo", **self.given, **ours}

    def _choose_ports(self) -> None:
        """The usual ones when they are free, others otherwise; kept for the life of the folder."""
        record = self.var / "run" / "ports.json"
        if record.exists():
            self.port, self.stream_port = json.loads(record.read_text(encoding="utf-8"))
            busy = [port for port in (self.port, self.stream_port) if not _is_free(port)]
            if busy:
                raise StackError(
                    f"Port {busy[0]} is used by another program. Its agents know this address: free the port,"
                    " or forget the demo with `make demo-reset`."
                )
            return
        # Instances that start together (tests) must not meet at the usual ports.
        self.port = _free_port(FIRST_PORT if self.usual_ports else 0)
        self.stream_port = _free_port(STREAM_PORT if self.usual_ports else 0, besides=self.port)
        record.write_text(json.dumps([self.port, self.stream_port]), encoding="utf-8")

    def manage(self, *words: str, timeout: float = 300.0) -> str:
        """Run one management command to its end and return what it printed."""
        return self.run(programs.manage(*words), timeout=timeout)

    def run(self, command: tuple[str, ...], *, timeout: float = 300.0) -> str:
        process = subprocess.Popen(  # noqa: S603  # the commands of programs.py and of the demo
            command,
            env=self.environment,
            cwd=env.BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        try:
            out, err = self._listen(process, time.monotonic() + timeout)
        except BaseException:
            process.kill()
            process.communicate()
            raise
        if process.returncode != 0:
            tail = (err or out).strip()[-2000:]
            raise StackError(f"`{' '.join(command[1:4])}` failed:\n{tail}")
        return out

    def _listen(self, process: subprocess.Popen[str], deadline: float) -> tuple[str, str]:
        """In short turns, to see a wish to end; nothing is torn out of its work."""
        while True:
            try:
                return process.communicate(timeout=0.2)
            except subprocess.TimeoutExpired:
                self.go_on()
                if time.monotonic() > deadline:
                    raise StackError(f"`{process.args!r}` takes too long.") from None

    def go_on(self) -> None:
        if self.ended():
            raise EndedError

    def start_server_side(self) -> None:
        for program in programs.server_side(self.var, HOST, self.port):
            self.supervisor.start(program)

    def wait_until_ready(self, seconds: float = READY_SECONDS) -> None:
        stream = f"{self.environment['STREAM_URL']}/stream/healthz"
        deadline = time.monotonic() + seconds
        for address in (f"{self.url}/healthz", stream):
            while not _answers(address):
                self.go_on()
                self.supervisor.watch()
                if time.monotonic() > deadline:
                    raise StackError(f"{address} does not answer. See {self.var / 'log'}.")
                time.sleep(0.1)

    def watch(self) -> None:
        self.supervisor.watch()
        failed = self.pair.failed() if self.pair else None
        if failed:
            raise StackError(f"{failed} ended. See {self.var / 'log'}.")

    def stop(self) -> None:
        self.supervisor.stop_all()
        if self.pair is not None:
            self.pair.stop()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _free_port(wanted: int, besides: int = 0) -> int:
    if wanted and wanted != besides and _is_free(wanted):
        return wanted
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port if port != besides else _free_port(0, besides)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310  # our own loopback address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
