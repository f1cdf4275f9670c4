"""Brings spooled sessions to the server, oldest first, and keeps each until the server has all of it.

A cut at any point costs nothing: the manifest is put again, the server answers which parts it lacks, and a
session leaves the spool only after the server confirmed the whole of it. What the server will never take is
deleted here; only the code of the refusal is kept.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace

from mci_agent.api import Api
from mci_agent.backoff import Backoff, wait_for_event
from mci_agent.clock import Clock
from mci_agent.config import State
from mci_agent.errors import AgentError, Refused, StateBroken, Unreachable
from mci_agent.logs import Log
from mci_agent.spool import Spool, Spooled, note_refusal

DAY = 24 * 3600
IDLE_SECONDS = 60.0
MAX_ROUNDS = 3
# The server forgot what it had of an unfinished upload: begin again.
LOST = {"parts_missing", "upload_unknown"}
BUDGET_SECONDS = 600.0


class Gone(Exception):
    """The session was deleted here while it was being sent."""


class Uploader:
    """Sends one session after the other."""

    def __init__(
        self,
        api: Api,
        spool: Spool,
        state: State,
        clock: Clock,
        log: Log,
        *,
        backoff: Backoff | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._api = api
        self._spool = spool
        self._state = state
        self._clock = clock
        self._log = log
        self._sleep = sleep
        self._backoff = backoff or Backoff()
        self.wake = asyncio.Event()
        self.daily_bytes = 0
        self.uploaded = 0
        self.errors: Counter[str] = Counter()
        self.on_revoked: Callable[[], None] = lambda: None

    @property
    def idle(self) -> bool:
        """Whether everything that was spooled has been sent or refused."""
        return not self._spool.sessions

    async def run(self) -> None:
        """Send for ever; waits when there is nothing to send."""
        while True:
            wait = await self.send_next()
            if wait is None:
                await wait_for_event(self.wake, IDLE_SECONDS)
            else:
                await self._sleep(wait)

    async def send_next(self) -> float | None:
        """Send the oldest session; seconds to wait before the next, None when there is nothing to send."""
        spooled = min(self._spool.sessions.values(), key=lambda one: one.captured_to, default=None)
        if spooled is None:
            return None
        if self._over_budget(spooled.size):
            return IDLE_SECONDS
        try:
            await self._send(spooled)
        except Gone:
            return 0.0
        except Unreachable as error:
            self.errors[error.code] += 1
            self._log("upload_waits", level="warning", code=error.code)
            return self._backoff.next()
        except Refused as error:
            return self._refused(spooled, error)
        except StateBroken as error:
            self._give_up(spooled, error, 0)
            return 0.0
        self._backoff.reset()
        self._done(spooled)
        return 0.0

    async def _send(self, spooled: Spooled) -> None:
        """Manifest, missing parts, completion; again when the server lost parts in between."""
        for _ in range(MAX_ROUNDS):
            try:
                await self._send_once(spooled)
            except Refused as error:
                if error.code not in LOST:
                    raise
            else:
                return
        raise Unreachable("parts_lost", "The server keeps losing parts of a session.")

    async def _send_once(self, spooled: Spooled) -> None:
        missing = await self._api.put_manifest(spooled.session, spooled.manifest, spooled.signature)
        for index in missing:
            self._still_here(spooled)
            await self._api.put_part(spooled.session, index, self._spool.part(spooled.session, index))
        self._still_here(spooled)
        await self._api.complete(spooled.session)

    def _still_here(self, spooled: Spooled) -> None:
        if spooled.session not in self._spool.sessions:
            raise Gone

    def _refused(self, spooled: Spooled, error: Refused) -> float:
        self.errors[error.code] += 1
        if error.code == "device_revoked":
            self.on_revoked()
            return IDLE_SECONDS
        if error.permanent:
            self._give_up(spooled, error, error.status)
            return 0.0
        self._log("upload_waits", level="warning", code=error.code, status=error.status)
        if error.code == "daily_budget":
            return BUDGET_SECONDS
        return self._backoff.next(at_least=error.retry_after)

    def _give_up(self, spooled: Spooled, error: AgentError, status: int) -> None:
        """Delete what can never be sent; a code remains."""
        at = self._clock.now()
        note_refusal(self._state.refused, spooled.session, {"code": error.code, "status": status, "at": at})
        self._spool.remove(spooled.session)
        self._log("upload_refused", level="error", session=spooled.session, code=error.code, status=status)

    def _done(self, spooled: Spooled) -> None:
        self._spool.remove(spooled.session)
        self.uploaded += 1
        day, sent = self._today()
        self._state.remember(replace(self._state.memory, upload_day=day, upload_bytes=sent + spooled.size))
        self._log("uploaded", session=spooled.session, bytes=spooled.size)

    def _over_budget(self, size: int) -> bool:
        """Whether the policy's bytes a day are used up; one session a day may always go."""
        sent = self._today()[1]
        return bool(self.daily_bytes and sent and sent + size > self.daily_bytes)

    def _today(self) -> tuple[int, int]:
        day, memory = self._clock.now() // DAY, self._state.memory
        return day, memory.upload_bytes if memory.upload_day == day else 0
