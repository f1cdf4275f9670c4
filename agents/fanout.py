"""Decides who is connected and how one message reaches all of them: written straight, never waited for.

A message is encoded once. To each connection it is written by stepping its ASGI ``send`` coroutine a single
time: a healthy transport takes the bytes at once and the coroutine ends; a coroutine that would wait
belongs to a reader whose buffer is full, and that connection is cut. So one slow reader costs the others
nothing, and no queue grows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, cast

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]

END: Message = {"type": "http.response.body", "body": b"", "more_body": False}


def event(name: str, data: bytes) -> bytes:
    """One Server-Sent Event (WHATWG HTML, section 9.2) with a single data line."""
    return b"event: " + name.encode("ascii") + b"\ndata: " + data + b"\n\n"


def body(chunk: bytes) -> Message:
    return {"type": "http.response.body", "body": chunk, "more_body": True}


@dataclass(eq=False)
class Connection:
    """One open stream. ``transport`` is the socket below, to cut it without waiting."""

    device: str
    shard: int
    expires_at: int
    send: Send
    transport: asyncio.Transport | None = None


@dataclass
class Counters:
    opened: int = 0
    refused: int = 0
    replaced: int = 0
    cut_slow: int = 0
    expired: int = 0
    hints: int = 0
    written: int = 0
    unreadable: int = 0


@dataclass
class Hub:
    """All streams of this process: one per device, at most ``limit``."""

    limit: int
    streams: dict[str, Connection] = field(default_factory=dict)
    counters: Counters = field(default_factory=Counters)
    closing: bool = False

    def has_room(self, device: str) -> bool:
        """A device that is already here replaces itself and needs no room."""
        return not self.closing and (device in self.streams or len(self.streams) < self.limit)

    def add(self, connection: Connection) -> None:
        """The newest stream of a device wins: a restarted agent must not be blocked by its own ghost."""
        old = self.streams.pop(connection.device, None)
        if old is not None:
            self.counters.replaced += 1
            self._end(old)
        self.streams[connection.device] = connection
        self.counters.opened += 1

    def remove(self, connection: Connection) -> None:
        if self.streams.get(connection.device) is connection:
            del self.streams[connection.device]

    def broadcast(self, chunk: bytes, devices: Iterable[str] | None = None) -> int:
        """Write ``chunk`` to the named devices, or to all. Returns how many took it."""
        message = body(chunk)
        reached = 0
        for connection in self._chosen(devices):
            if step(connection.send, message):
                reached += 1
            else:
                self.counters.cut_slow += 1
                self._cut(connection)
        self.counters.written += reached
        return reached

    def _chosen(self, devices: Iterable[str] | None) -> list[Connection]:
        if devices is None:
            return list(self.streams.values())
        found = (self.streams.get(device) for device in devices)
        return [connection for connection in found if connection is not None]

    def end_expired(self, now: int) -> None:
        """A stream ends with its ticket; the agent comes back with the ticket of its latest lease."""
        for connection in [c for c in self.streams.values() if c.expires_at <= now]:
            self.counters.expired += 1
            self.remove(connection)
            self._end(connection)

    def close(self) -> None:
        """Refuse new streams and end the open ones in an orderly way."""
        self.closing = True
        for connection in list(self.streams.values()):
            self.remove(connection)
            self._end(connection)

    def _end(self, connection: Connection) -> None:
        if not step(connection.send, END):
            self._cut(connection)

    def _cut(self, connection: Connection) -> None:
        self.remove(connection)
        if connection.transport is not None:
            connection.transport.abort()


def step(send: Send, message: Message) -> bool:
    """Run ``send(message)`` up to its first wait. True when it finished, which means that the bytes are
    written.
    """
    coroutine = cast("Any", send(message))
    try:
        coroutine.send(None)
    except StopIteration:
        return True
    except (OSError, RuntimeError):
        # The stream ended between two of our writes; whoever waits on it removes it.
        return False
    coroutine.close()
    return False
