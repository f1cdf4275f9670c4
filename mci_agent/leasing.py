"""Renews the lease, follows the release it names, and tells the server what became of it.

A renewal is due at half of the lease's life, when the server said so, or on a hint. Whatever goes wrong
here leaves the old lease to run out; nothing here can keep capture on.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from mci_agent import __version__
from mci_agent.api import Api
from mci_agent.backoff import Backoff, wait_for_event
from mci_agent.clock import Clock
from mci_agent.config import State, safe_address
from mci_agent.errors import AgentError, PolicyRefused, Refused, Unreachable
from mci_agent.gate import Applied
from mci_agent.logs import Log
from mci_agent.stream import Hint
from mci_agent.trusted_policy import HeldLease, LeaseKeys, TrustedPolicy, accept_lease
from mci_core.lease import Lease

REFRESH_SECONDS = 3600
LONGEST_WAIT = 3600.0
MIN_GAP = 0.3
# A whole fleet gets a hint at once and must not come back at once.
SPREAD = {"release": 1.0, "stop": 5.0}
#: Said instead of the id of a lease: "I dropped mine, and accept none that I asked for before saying so".
DROPPED = "00000000-0000-0000-0000-000000000000"
MAX_ACKS = 100

Command = Mapping[str, Any]


class Leasing:
    """The lease and the policy that count at this moment."""

    def __init__(
        self,
        api: Api,
        trusted: TrustedPolicy,
        state: State,
        clock: Clock,
        log: Log,
        *,
        device: str,
        report: Callable[[], dict[str, Any]],
        backoff: Backoff | None = None,
    ) -> None:
        self._api = api
        self._trusted = trusted
        self._state = state
        self._clock = clock
        self._log = log
        self._device = device
        self._report = report
        self._backoff = backoff or Backoff(first=1.0, longest=30.0)
        self._wake = asyncio.Event()
        self._held: HeldLease | None = None
        self._acks: list[dict[str, Any]] = []
        self._announced = 0
        self._dropped = 0
        self._empty = False
        self.applied = Applied()
        self.revoked = False
        self.server_reason = ""
        self.last_error = ""
        self.errors: Counter[str] = Counter()
        self.on_applied: Callable[[Applied], None] = lambda applied: None
        self.on_other_lease: Callable[[], None] = lambda: None
        self.on_revoked: Callable[[], None] = lambda: None
        self.on_stream: Callable[[str, str], None] = lambda url, ticket: None
        self.run_command: Callable[[Command], Awaitable[dict[str, Any]]] = _refuse_command

    @property
    def lease(self) -> Lease | None:
        return self._held.lease if self._held else None

    @property
    def held(self) -> str | None:
        """The id of the lease that is held here; `DROPPED` after a stop, until another one is asked for."""
        if self._held is not None:
            return self._held.lease.jti
        return DROPPED if self._empty else None

    @property
    def metadata_expired(self) -> bool:
        return self._trusted.keys is not None and self._trusted.expired(self._clock.now())

    async def run(self) -> None:
        """Renew for ever."""
        while not self.revoked:
            wait = await self.renew()
            await asyncio.sleep(MIN_GAP)
            await wait_for_event(self._wake, max(0.0, wait - MIN_GAP))

    def hint(self, hint: Hint) -> None:
        """Renew soon; a repeated announcement counts only when its release is news here.

        A stop counts at once: whoever sent it, nothing is captured until the server signs another lease.
        """
        if hint.repeated and not self._is_news(hint.release):
            return
        if hint.kind == "stop":
            self._dropped += 1
            self._held, self._empty = None, True
            self.on_other_lease()
        if hint.kind in SPREAD and not self.revoked:
            delay = random.uniform(0, SPREAD[hint.kind])  # noqa: S311 - spreads load, guards nothing
            asyncio.get_running_loop().call_later(delay, self._wake.set)
        else:
            self._wake.set()

    def _is_news(self, release: int | None) -> bool:
        news = release is not None and release > max(self._announced, self.applied.number)
        self._announced = max(self._announced, release or 0)
        return news

    async def renew(self) -> float:
        """Ask for a lease and follow it; the seconds until the next renewal is due."""
        try:
            await self._refresh_if_due()
            dropped, request = self._dropped, self._request()
            self._empty = False
            answer = await self._api.lease(request)
            if dropped != self._dropped:  # it may be from before the stop that came meanwhile
                return 0.0
            await self._take(answer)
            await self._send_acks()
        except Refused as error:
            self._failed(error)
            if error.code == "device_revoked":
                self._revoke()
            return self._backoff.next(at_least=error.retry_after)
        except AgentError as error:
            self._failed(error)
            return self._backoff.next()
        self._backoff.reset()
        self.last_error = ""
        return self._due(answer.get("renew_after"))

    def _request(self) -> dict[str, Any]:
        return {
            "applied_release": self.applied.number or None,
            "highest_release": self._state.memory.highest_release,
            "clock": self._clock.wall(),
            "agent_version": __version__,
            "lease": self.held,
            **self._report(),
        }

    def _due(self, renew_after: object) -> float:
        lease = self.lease
        life = lease.expires_at - lease.issued_at if lease else LONGEST_WAIT
        half = min(life, self.applied.policy.lease_seconds or life) / 2
        told = renew_after if isinstance(renew_after, int | float) else LONGEST_WAIT
        return max(MIN_GAP, min(half, told, LONGEST_WAIT))

    async def _refresh_if_due(self) -> None:
        now = self._clock.now()
        if self._trusted.keys is None:
            await self._refresh()
        elif now - self._trusted.refreshed_at >= REFRESH_SECONDS or self._trusted.expired(now):
            try:
                await self._refresh()
            except AgentError as error:
                # The lease may still say stop; what has expired closes the gate by itself.
                self._failed(error)

    async def _refresh(self) -> LeaseKeys:
        keys = await asyncio.to_thread(self._trusted.refresh, self._clock.now())
        if self._held is not None and self._held.kid not in keys.keys:
            self._held = None
            raise PolicyRefused("lease_unknown_key", "The key that signed the lease is no longer trusted.")
        return keys

    async def _take(self, answer: Mapping[str, Any]) -> None:
        self.server_reason = str(answer.get("reason") or "")[:80]
        token = answer.get("lease")
        if isinstance(token, str):
            await self._accept(token)
            await self._follow()
        else:
            self._held = None
        commands = answer.get("commands")
        for command in commands if isinstance(commands, list) else []:
            await self._obey(command)
        self._connect(answer.get("stream"))

    async def _accept(self, token: str) -> None:
        keys = self._trusted.keys or await self._refresh()
        try:
            held, memory = self._check(token, keys)
        except PolicyRefused as error:
            if error.code != "lease_unknown_key":
                raise
            held, memory = self._check(token, await self._refresh())
        self._state.remember(memory)
        self._clock.raise_floor(held.lease.issued_at)
        before, self._held = self.lease, held
        if before is None or _allows(before) != _allows(held.lease):
            self.on_other_lease()

    def _check(self, token: str, keys: LeaseKeys) -> Any:
        return accept_lease(
            token, keys, device=self._device, now=self._clock.now(), memory=self._state.memory
        )

    async def _follow(self) -> None:
        """Apply the release that the lease names, if it is another one."""
        lease = self.lease
        if lease is None or lease.release_number is None:
            return
        number, digest = lease.release_number, lease.policy_digest
        if (self.applied.number, self.applied.policy.digest) == (number, digest):
            return
        highest = self._state.memory.highest_release
        try:
            policy = await asyncio.to_thread(
                self._trusted.release, number, digest, now=self._clock.now(), highest=highest
            )
        except PolicyRefused as error:
            self._acks.append(self._ack(number, digest, "failed", error.code))
            self._failed(error)
            return
        self._state.remember(replace(self._state.memory, highest_release=number))
        self.applied = Applied(number, policy)
        self._acks += [self._ack(number, digest, "fetched"), self._ack(number, digest, "applied")]
        self._log("release_applied", release=number, digest=digest)
        self.on_applied(self.applied)

    def _ack(self, number: int, digest: str, state: str, error: str | None = None) -> dict[str, Any]:
        item = {"release": number, "digest": digest, "state": state, "at": self._clock.now()}
        return {**item, "error": error} if error else item

    async def _send_acks(self) -> None:
        while self._acks:
            batch = self._acks[:MAX_ACKS]
            await self._api.acks(batch)
            del self._acks[: len(batch)]

    async def _obey(self, command: object) -> None:
        if not isinstance(command, dict) or not isinstance(command.get("id"), str):
            return
        result = await self.run_command(command)
        self._log("command", kind=str(command.get("kind"))[:20], result=str(result["result"]))
        await self._api.command_done(command["id"], result)

    def _connect(self, stream: object) -> None:
        if isinstance(stream, dict) and isinstance(stream.get("url"), str) and stream.get("ticket"):
            try:
                self.on_stream(safe_address(stream["url"]), str(stream["ticket"]))
            except AgentError as error:
                # Without hints the lease is still renewed in time.
                self._failed(error)

    def _failed(self, error: AgentError) -> None:
        self.errors[error.code] += 1
        self.last_error = error.code
        level = "warning" if isinstance(error, Unreachable) else "error"
        self._log("renewal_failed", level=level, code=error.code)

    def _revoke(self) -> None:
        self.revoked, self._held = True, None
        self._log("device_revoked", level="error")
        self.on_revoked()


def _allows(lease: Lease) -> tuple[str, tuple[str, ...]]:
    """What the server can have stopped; when that changes it waits to hear that the lease arrived."""
    return lease.state, lease.excluded_entries


async def _refuse_command(command: Command) -> dict[str, Any]:
    return {"result": "failed", "detail_code": "unknown_command"}
