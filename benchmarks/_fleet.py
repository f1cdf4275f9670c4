"""A real instance for the benchmarks of a fleet: every process of the product, embedded servers, loopback."""

from __future__ import annotations

import asyncio
import json
import platform
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.end_to_end.company import Company  # noqa: E402  # the path of the project comes first

PACKAGES = ("django", "celery", "psycopg", "tuf", "httpx", "uvicorn", "cryptography")


class Fleet:
    """A company, and the way to act in it without stopping the agents of this process."""

    def __init__(self, company: Company, folder: Path) -> None:
        self.company, self.folder = company, folder

    @property
    def origin(self) -> str:
        return self.company.stack.url

    async def act(self, verb: str, *words: str, module: str = "benchmarks._fleet_acts") -> Any:
        command = (sys.executable, "-m", module, verb, *words)
        out = await asyncio.to_thread(self.company.stack.run, command)
        return json.loads(out.splitlines()[-1])

    async def watch(self) -> None:
        """What the supervisor does in the foreground: restart what has died."""
        while True:
            await asyncio.to_thread(self.company.stack.watch)
            await asyncio.sleep(0.5)


@contextmanager
def fleet(environment: Mapping[str, str]) -> Iterator[Fleet]:
    fast = Path("/dev/shm") if Path("/dev/shm").is_dir() else None  # state of agents, not secret
    with (
        tempfile.TemporaryDirectory(prefix="mci-bench-") as folder,
        tempfile.TemporaryDirectory(prefix="mci-agents-", dir=fast) as agents,
        Company(Path(folder), environment={"ENROL_RATE": "100000/min", **environment}) as company,
    ):
        yield Fleet(company, Path(agents))


def say_where(**inputs: object) -> None:
    print("inputs:", ", ".join(f"{name}={value}" for name, value in inputs.items()))
    print(f"machine: {platform.machine()}, {_cores()} cores, Python {platform.python_version()}; all on it")
    print("versions:", ", ".join(f"{name} {version(name)}" for name in PACKAGES))


def _cores() -> int:
    import os

    return len(os.sched_getaffinity(0))


def seconds(values: list[float]) -> str:
    """Median, 95th percentile and slowest."""
    ordered = sorted(values)
    if not ordered:
        return "none"
    at = [ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.95)]
    return f"median {at[0]:.2f} s, p95 {at[1]:.2f} s, slowest {ordered[-1]:.2f} s (n={len(ordered)})"


def now() -> float:
    return time.time()
