"""How fast `mci-verify` checks exported files, as whoever installed it runs it, and what of that is start-up.

The command is a process of its own: an interpreter starts, imports, reads the files and ends. It has been
compiled before, as by an installation. Its start-up is that of the same command on a folder that holds no
log. The hash limit is measured inside a process that has started already and in one process; by the clock
the command may use all cores, by processor time it is held to one.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_COMMAND = "import sys; sys.path.insert(0, {!r}); from mci_agent.verify import main; sys.exit(main())"


@dataclass(frozen=True)
class Spent:
    """Seconds by the clock, and of processors."""

    clock: float
    processor: float


class Verifier:
    """Checks the export in a folder; `compiled` is where Python keeps what it compiled."""

    def __init__(self, folder: Path, compiled: Path) -> None:
        self.folder, self.size = folder, int((folder / "checkpoint").read_bytes().split(b"\n")[1])
        self._python = [sys.executable, "-I", "-X", f"pycache_prefix={compiled}"]
        self._empty = compiled / "no-log"
        self._empty.mkdir(parents=True, exist_ok=True)
        self._start()

    def _run(self, folder: Path, jobs: int | None, code: int) -> Spent:
        words = ["log", str(folder), "--vkey", str(self.folder / "vkey"), "--quiet"]
        words += [] if jobs is None else ["--jobs", str(jobs)]
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(
            [*self._python, "-c", _COMMAND.format(str(ROOT)), *words], capture_output=True, check=False
        )
        clock, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode != code:
            raise SystemExit(f"mci-verify ended with {done.returncode}: {done.stderr.decode()}")
        return Spent(clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    def _start(self) -> Spent:
        return self._run(self._empty, None, 1)

    def rates(self, turns: int) -> dict[str, float]:
        """Entries a second, medians; by processor time with one process."""
        found: dict[str, list[float]] = {name: [] for name in NAMES}
        for _turn in range(turns):
            start, all_cores, alone = self._start(), self._run(self.folder, None, 0), self._alone()
            for name, seconds in (
                ("clock", all_cores.clock),
                ("clock, started", all_cores.clock - start.clock),
                ("processor", alone.processor),
                ("processor, started", alone.processor - start.processor),
            ):
                found[name].append(self.size / seconds)
        return {name: statistics.median(values) for name, values in found.items()}

    def _alone(self) -> Spent:
        return self._run(self.folder, 1, 0)


NAMES = ("clock", "clock, started", "processor", "processor, started")
