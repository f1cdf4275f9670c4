"""Decides what happens to processes over time: started in order, restarted when they fall, ended in order.

Each child has a process group of its own, so the Ctrl-C of a terminal reaches the supervisor alone; and the
kernel ends it when the supervisor is killed. Only children are ever signalled.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mci_admin import env
from mci_admin.processes.programs import Program
from mci_admin.services.places import ends_with_us

FALLS_BEFORE_GIVING_UP = 5
STEADY_SECONDS = 30.0


class GaveUpError(Exception):
    """A process falls again and again; the message names it and its log."""


@dataclass
class Child:
    program: Program
    process: subprocess.Popen[bytes]
    started: float
    falls: int = 0
    due: float | None = None


class Supervisor:
    def __init__(self, log_dir: Path, environment: Mapping[str, str], say: Callable[[str], None]) -> None:
        self.log_dir = log_dir
        self.environment = dict(environment)
        self.say = say
        self.children: dict[str, Child] = {}

    def start(self, program: Program) -> None:
        self.children[program.name] = Child(program, self._spawn(program), time.monotonic())

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        self.log_dir.mkdir(parents=True, exist_ok=True)
        command = [*ends_with_us([], signal.SIGTERM), *program.command]
        with (self.log_dir / f"{program.name}.log").open("ab") as out:
            return subprocess.Popen(  # noqa: S603  # the commands of programs.py
                command,
                cwd=env.BASE_DIR,
                env={**self.environment, **program.environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                process_group=0,
            )

    def pid(self, name: str) -> int:
        return self.children[name].process.pid

    def signal(self, name: str, number: signal.Signals) -> None:
        """To the whole group of one child: a pool worker must not outlive its parent."""
        child = self.children[name]
        if child.process.poll() is None:
            os.killpg(child.process.pid, number)

    def watch(self) -> None:
        """Look once at every child; restart what fell, later each time."""
        now = time.monotonic()
        for child in self.children.values():
            if child.process.poll() is None:
                if child.falls and now - child.started > STEADY_SECONDS:
                    child.falls = 0
                continue
            if child.due is None:
                self._fell(child, now)
            elif now >= child.due:
                child.process, child.started, child.due = self._spawn(child.program), now, None

    def _fell(self, child: Child, now: float) -> None:
        name = child.program.name
        child.falls += 1
        log = self.log_dir / f"{name}.log"
        if child.falls > FALLS_BEFORE_GIVING_UP:
            raise GaveUpError(f"{name} ended {child.falls} times in a row. See {log}.")
        wait = min(2.0 ** (child.falls - 1), 15.0)
        child.due = now + wait
        self.say(f"{name} ended with {child.process.returncode}; it starts again in {wait:.0f} s. See {log}.")

    def stop(self, name: str) -> None:
        self._end([self.children.pop(name)])

    def stop_all(self) -> None:
        """The lowest rank first; one rank ends together."""
        for rank in sorted({child.program.rank for child in self.children.values()}):
            group = [child for child in self.children.values() if child.program.rank == rank]
            self._end(group)
            for child in group:
                del self.children[child.program.name]

    def _end(self, group: list[Child]) -> None:
        for child in group:
            if child.process.poll() is None:
                child.process.terminate()
        for child in group:
            seconds = child.program.stop_seconds
            try:
                child.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.say(f"{child.program.name} did not end in {seconds:.0f} s and is killed.")
            self._sweep(child)

    def _sweep(self, child: Child) -> None:
        """Whatever the child left in its group goes too."""
        with suppress(ProcessLookupError):
            os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait(10)
