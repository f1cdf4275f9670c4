"""An enrolled device, its running agent, and what lies on its disk."""

from __future__ import annotations

import asyncio
import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mci_agent.clock import Clock
from mci_agent.config import Identity, State
from mci_agent.logs import Log
from mci_agent.replay import Replay
from mci_agent.runner import Agent
from tests.pure.agent_support import recordings
from tests.pure.agent_support.server import ORIGIN, SERVER_ID, MemoryTransport, Server
from tests.pure.building import DEVICE


class Computer:
    """A work computer with an enrolled agent, on a server with a release rolled out."""

    def __init__(self, folder: Path, *, now: Callable[[], float] = time.time, roll_out: bool = True) -> None:
        self.folder = folder / "state"
        self.recordings = folder / "recordings"
        self.server = Server(time.time)
        if roll_out:
            self.server.roll_out(1, recordings.policy())
        self.state = State.open(self.folder)
        self.server.devices[DEVICE] = self.state.device_key().public_key()
        self.state.save_identity(
            Identity(DEVICE, ORIGIN, SERVER_ID, "computer"), self.server.repository.trusted_root
        )
        self.transport = MemoryTransport(self.server)
        self.log = io.StringIO()
        self.now = now

    def agent(self) -> Agent:
        """The agent after a start."""
        self.state = State.open(self.folder)
        clock = Clock(self.state.memory.clock_floor, wall=self.now)
        return Agent(self.state, self.transport, clock, Log(self.log))

    def record(self, name: str, events: list[dict[str, Any]], **changes: Any) -> Path:
        return recordings.write(self.recordings / name, events, **changes)

    def events(self) -> list[str]:
        """Names of the log lines so far."""
        return [str(json.loads(line)["event"]) for line in self.log.getvalue().splitlines()]

    def status(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads((self.folder / "status.json").read_bytes())
        return value

    def status_or_none(self) -> dict[str, Any]:
        return self.status() if (self.folder / "status.json").exists() else {}

    def on_disk(self) -> bytes:
        """Every byte in the state folder, with names."""
        found = b""
        for path in sorted(self.folder.rglob("*")):
            found += str(path).encode()
            if path.is_file():
                found += path.read_bytes()
        return found


class Running:
    """An agent that runs while a test looks at it."""

    def __init__(self, agent: Agent, paths: list[Path], **options: Any) -> None:
        self.agent = agent
        self._paths = paths
        self._options = {"speed": 0.0, **options}
        self.task: asyncio.Task[Replay] | None = None

    async def __aenter__(self) -> Running:
        self.task = asyncio.create_task(self.agent.run(self._paths, **self._options))
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self.task is not None
        self.task.cancel()
        (result,) = await asyncio.gather(self.task, return_exceptions=True)
        if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError):
            raise result


async def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for a condition; fails when it does not come."""
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "did not happen in time"
        await asyncio.sleep(0.01)
