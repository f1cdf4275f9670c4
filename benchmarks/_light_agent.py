"""Many agents in one process, each with its own key, state folder, connections and the real protocol.

Enrolment, leases, TUF, release, acknowledgements, stream and confirmations are the code of the reference
agent (``mci_agent``); only recording and uploads are missing, and HTTP is plain.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from _light_transport import LightTransport  # beside this file

from mci_agent import api
from mci_agent.api import Api
from mci_agent.clock import Clock
from mci_agent.config import Identity, State
from mci_agent.errors import AgentError
from mci_agent.gate import Applied, Facts, judge
from mci_agent.leasing import Command, Leasing
from mci_agent.logs import Log
from mci_agent.stream import HintStream
from mci_agent.trusted_policy import TrustedPolicy

#: Told a device and the number of a release, whether it reports an error instead of applying it.
Refuses = Callable[[str, int], Awaitable[bool]]
ENROLLING_AT_ONCE = 8


async def _never(device: str, number: int) -> bool:
    return False


@dataclass
class Notes:
    """What an agent saw, with the wall clock of this machine."""

    releases: dict[int, float] = field(default_factory=dict)
    applied: list[tuple[int, str, float]] = field(default_factory=list)
    confirmed: list[tuple[str, float]] = field(default_factory=list)


class _Leasing(Leasing):
    """The reference agent's, with a note of what it is told and a way to fail."""

    notes: Notes
    refuses: Refuses

    async def _follow(self) -> None:
        lease = self.lease
        if lease is None or lease.release_number is None:
            return
        number = lease.release_number
        self.notes.releases.setdefault(number, time.time())
        if number != self.applied.number and await self.refuses(lease.device, number):
            self._acks.append(self._ack(number, lease.policy_digest, "failed", "release_broken"))
            return
        await super()._follow()


class LightAgent:
    def __init__(self, folder: Path, origin: str) -> None:
        self.state = State.open(folder)
        self.transport = LightTransport(origin)
        self.origin = origin
        self.notes = Notes()
        self.refuses: Refuses = _never
        self.device = ""
        self._clock = Clock(0)
        self._beat = asyncio.Event()
        self._tasks: list[asyncio.Task[Any]] = []

    async def enrol(self, token: str, name: str) -> None:
        facts = {"name": name, "platform": {"os": "linux", "version": "1"}, "agent_version": "bench"}
        told = await api.enrol(self.transport, token, self.state.device_key(), facts)
        self.device = str(told["device"])
        identity = Identity(self.device, self.origin, str(told["server_id"]), name)
        self.state.save_identity(identity, base64.b64decode(told["tuf_root"]))
        self._api = Api(self.transport, self.state.device_key(), self.device, self._clock)
        trusted = TrustedPolicy(
            self.state.tuf,
            self.state.trusted_root.read_bytes(),
            self.transport.fetch,
            server_id=identity.server_id,
        )
        leasing = _Leasing(
            self._api, trusted, self.state, self._clock, _Quiet(), device=self.device, report=self._report
        )
        leasing.notes, leasing.refuses = self.notes, self._refuses
        leasing.on_applied = self._applied
        leasing.on_other_lease = self._beat.set
        leasing.run_command = _answer_drill
        self.leasing = leasing
        self.stream = HintStream(self.transport, leasing.hint, poll=_no_poll)
        leasing.on_stream = self.stream.set_address

    @property
    def capture(self) -> str:
        """on, paused or stopped: by the reference agent's own gate."""
        facts = Facts(now=self._clock.now(), lease=self.leasing.lease, applied=self.leasing.applied)
        return judge(facts).state

    def start(self) -> None:
        jobs = (self.leasing.run(), self.stream.run(), self._beats())
        self._tasks = [asyncio.create_task(job) for job in jobs]

    async def stop(self) -> None:
        """Away from one moment to the next, like a closed laptop; the lease stays what it is."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _refuses(self, device: str, number: int) -> bool:
        return await self.refuses(device, number)

    def _report(self) -> dict[str, Any]:
        return {"capture_state": self.capture, "exclusions": []}

    def _applied(self, applied: Applied) -> None:
        self.notes.applied.append((applied.number, applied.policy.digest, time.time()))

    async def _beats(self) -> None:
        while True:
            await self._beat.wait()
            self._beat.clear()
            state, held = self.capture, self.leasing.held
            try:
                await self._api.heartbeat(
                    {"capture_state": state, "lease": held, "dropped": {}, "errors": {}}
                )
            except AgentError:
                self._beat.set()
                await asyncio.sleep(0.2)
                continue
            if held is not None:
                self.notes.confirmed.append((state, time.time()))


class _Quiet(Log):
    def __call__(self, event: str, /, level: str = "info", **facts: str | int | float | bool | None) -> None:
        return None


async def _no_poll() -> bool:
    return False


async def _answer_drill(command: Command) -> dict[str, Any]:
    return {"result": "done" if command.get("kind") == "drill" else "failed", "counts": {}}


async def enrol_all(folder: Path, origin: str, tokens: list[str]) -> list[LightAgent]:
    """One agent per token, a few at a time."""
    gate = asyncio.Semaphore(ENROLLING_AT_ONCE)
    agents = [LightAgent(folder / f"agent-{number:04d}", origin) for number in range(len(tokens))]

    async def one(agent: LightAgent, token: str, number: int) -> None:
        async with gate:
            await agent.enrol(token, f"bench {number:04d}")

    await asyncio.gather(
        *(one(agent, token, number) for number, (agent, token) in enumerate(zip(agents, tokens, strict=True)))
    )
    return agents


async def until(happened: Callable[[], Any], seconds: float, what: str) -> float:
    """Wait for something; the wall clock when it was seen."""
    ends = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > ends:
            raise SystemExit(f"{what} did not happen within {seconds:.0f} s")
        await asyncio.sleep(0.05)
    return time.time()
