"""Runs all tests in two runs at the same time: rules and server in one, whole processes in the other.

The second waits for its processes and its browser more than it works, so the first has the cores meanwhile.
It gives way (``nice``), so that nobody waits for a browser in vain. What the second says is shown after the
first has ended. The exit code is that of a run that failed; Ctrl-C and SIGTERM end both in order.

``python -m tests.side_by_side --jobs 2 [--cover]``. With ``--cover`` each run counts into a file of its own,
and both are put together at the end.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]
#: How long a run that was asked to end may take for its processes.
END_SECONDS = 60.0
COUNTED = ("--cov", "--cov-append", "--cov-report=")
#: Python keeps what it compiled, whatever the caller prefers: the tests start it hundreds of times.
LEFT_OUT = ("PYTHONDONTWRITEBYTECODE",)


class Runs:
    """Both runs, from their start to the end of the last."""

    def __init__(self) -> None:
        self._all: list[subprocess.Popen[bytes]] = []

    def start(self, name: str, words: list[str], *, cover: bool, out: IO[bytes] | None = None) -> int:
        """In a process group of its own: the Ctrl-C of a terminal reaches us, and we pass it on once."""
        environment = {key: value for key, value in os.environ.items() if key not in LEFT_OUT}
        if cover:
            environment["COVERAGE_FILE"] = str(ROOT / f".coverage.{name}")
        counted = COUNTED if cover else ()
        self._all.append(
            subprocess.Popen(
                [*words, *counted],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT if out else None,
                process_group=0,
            )
        )
        return len(self._all) - 1

    def wait(self, number: int) -> None:
        self._all[number].wait()

    def end(self, *_: object) -> None:
        """Ask every run that is left to end, then insist."""
        for run in self._all:
            if run.poll() is None:
                os.killpg(run.pid, signal.SIGINT)
        for run in self._all:
            try:
                run.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(run.pid, signal.SIGKILL)
                run.wait()

    def code(self) -> int:
        """Of the first run that failed. A run that a signal ended has a negative one."""
        return next((abs(run.returncode) for run in self._all if run.returncode), 0)


def _pytest(jobs: int, *words: str) -> list[str]:
    return [sys.executable, "-m", "pytest", "-q", "-n", str(jobs), "--durations=10", *words]


def _interrupted(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def run(jobs: int, *, cover: bool) -> int:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupted)  # also where a shell began us in the background, deaf to SIGINT
    runs = Runs()
    with tempfile.TemporaryFile() as said:
        try:
            # One file at a time: a file's instance is made once.
            processes = _pytest(jobs + 1, "--dist=loadfile", "tests/end_to_end", "tests/browser")
            second = runs.start("processes", processes, cover=cover, out=said)
            give_way = ["nice", "-n", "5"] if shutil.which("nice") else []
            rules = [*give_way, *_pytest(jobs, "tests/pure", "tests/server")]
            runs.wait(runs.start("rules", rules, cover=cover))
            runs.wait(second)
        except KeyboardInterrupt:
            runs.end()
            return 130
        finally:
            said.seek(0)
            sys.stdout.flush()
            shutil.copyfileobj(said, sys.stdout.buffer)
            sys.stdout.flush()
    return runs.code()


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.side_by_side")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--cover", action="store_true")
    given = parser.parse_args(words)
    code = run(given.jobs, cover=given.cover)
    if code == 0 and given.cover:
        command = [sys.executable, "-m", "coverage", "combine", "--quiet"]
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
