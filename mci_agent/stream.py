"""Listens for hints. A hint says only "renew your lease now": a lost or forged one changes nothing else.

Server-Sent Events (WHATWG HTML, 9.2), read line by line. A broken stream is opened again after a growing,
jittered pause with the newest ticket; while it is down, the signed timestamp is polled by its ETag instead.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from mci_agent.backoff import Backoff
from mci_agent.errors import AgentError, Refused
from mci_agent.transport import Transport

MAX_EVENT = 16 * 1024
POLL_SECONDS = 30.0
# A stream that ends sooner than this after opening is no proof that the server is well.
STEADY_SECONDS = 5.0
KINDS = {"release", "stop", "command", "lease"}
# "last" repeats the newest announcement from time to time, for whoever missed it.
EVENTS = {"hint", "last"}


@dataclass(frozen=True)
class Hint:
    """Why the lease should be renewed at once."""

    kind: str
    release: int | None = None
    repeated: bool = False


async def read_hints(lines: AsyncIterator[str]) -> AsyncIterator[Hint]:
    """Hints out of the lines of an event stream; everything else is skipped."""
    name, data = "", ""
    async for line in lines:
        if not line:
            hint = parse_hint(name, data)
            name, data = "", ""
            if hint:
                yield hint
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data" and len(data) + len(value) <= MAX_EVENT:
            data = f"{data}\n{value}" if data else value


def parse_hint(name: str, data: str) -> Hint | None:
    if name not in EVENTS:
        return None
    try:
        value: Any = json.loads(data)
        kind, release = value["kind"], value.get("release")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if kind not in KINDS:
        return None
    return Hint(kind, release if type(release) is int else None, repeated=name == "last")


class HintStream:
    """Keeps one stream open as long as it is told an address."""

    def __init__(
        self,
        transport: Transport,
        on_hint: Callable[[Hint], None],
        *,
        poll: Callable[[], Awaitable[bool]],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        backoff: Backoff | None = None,
    ) -> None:
        self._transport = transport
        self._on_hint = on_hint
        self._poll = poll
        self._sleep = sleep
        self._backoff = backoff or Backoff()
        self._address = asyncio.Event()
        self._url = self._ticket = ""
        self.connected = False

    def set_address(self, url: str, ticket: str) -> None:
        """Use this address and ticket from the next connection on."""
        self._url, self._ticket = url, ticket
        self._address.set()

    async def run(self) -> None:
        """Listen for ever."""
        await self._address.wait()
        while True:
            await self._listen()
            await self._sleep(self._backoff.next())

    async def run_polling(self, every: float = POLL_SECONDS) -> None:
        """The fallback: while the stream is down, a changed timestamp counts as a hint."""
        while True:
            await self._sleep(every)
            if self.connected:
                continue
            try:
                changed = await self._poll()
            except AgentError:
                continue
            if changed:
                self._on_hint(Hint("release"))

    async def _listen(self) -> None:
        # In a header and not in the address: addresses end up in the logs of proxies.
        headers = {"authorization": f"MCI-Ticket {self._ticket}"}
        try:
            async with self._transport.open_stream(self._url, headers) as stream:
                if stream.status != 200:
                    raise Refused(stream.status, "stream_refused", "The stream was refused.")
                self.connected = True
                opened = time.monotonic()
                async for hint in read_hints(stream.lines()):
                    self._on_hint(hint)
                if time.monotonic() - opened >= STEADY_SECONDS:
                    self._backoff.reset()
        except Refused:
            # The ticket is old or the gateway does not know it: a renewed lease brings another.
            self._on_hint(Hint("lease"))
        except AgentError:
            pass
        finally:
            self.connected = False
