"""Decides how hints come from Redis into this process, and what is done about those that were lost on the
way.

Publishing is fire and forget, so each hint is also kept as "latest" (see ``agents.hints``). After every
(re)subscription the latest one is read: if it is not the one that was seen last, something was missed, and
everybody is told to renew.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import redis.asyncio as aioredis
from redis.exceptions import RedisError

from agents.fanout import Hub, event

log = logging.getLogger("agents.relay")

LATEST_KEY = "mci:hints:last"
RELEASE_KEY = "mci:hints:release"
HEARTBEAT = b":\n\n"
MAX_WAIT_SECONDS = 5.0
POLL_SECONDS = 1.0


def channel_of(url: str) -> str:
    """PUBLISH knows no database numbers, so installations that share a Redis server differ in the channel's
    name.
    """
    parts = urlsplit(url)
    path = "" if parts.scheme == "unix" else parts.path.strip("/")
    number = parse_qs(parts.query).get("db", [""])[0] or path
    return f"mci:hints:{number or 0}"


class Hint(msgspec.Struct):
    """``devices`` None means everybody. ``id`` tells whether the latest hint was seen."""

    kind: str
    id: str = ""
    release: int | None = None
    devices: list[str] | None = None


_decoder = msgspec.json.Decoder(Hint)


def encode_hint(kind: str, release: int | None) -> bytes:
    return event("hint", json.dumps({"kind": kind, "release": release}, separators=(",", ":")).encode())


@dataclass
class Relay:
    """Listens until cancelled; outlives every restart of Redis."""

    url: str
    hub: Hub
    heartbeat: float = 15.0
    connected: bool = False
    seen: str | None = None
    release: int | None = None
    reconnects: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def start(self) -> None:
        # The loop keeps weak references only: a task that nobody holds may vanish in the middle.
        for work in (self.listen(), self.heartbeat_loop()):
            self._tasks.add(asyncio.get_running_loop().create_task(work))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    def greeting(self) -> bytes:
        """What a new stream is told first: the last release that was announced to anybody."""
        return HEARTBEAT if self.release is None else encode_hint("release", self.release)

    async def listen(self) -> None:
        wait = 0.1
        while True:
            client = aioredis.Redis.from_url(self.url, socket_connect_timeout=3, health_check_interval=10)
            try:
                await self._subscription(client)
            except (RedisError, OSError) as fault:
                log.warning("hints are not readable, trying again: %s", type(fault).__name__)
            finally:
                was_connected, self.connected = self.connected, False
                await _close(client)
            self.reconnects += 1
            wait = 0.1 if was_connected else min(wait * 2, MAX_WAIT_SECONDS)
            await asyncio.sleep(wait * random.uniform(0.5, 1.5))  # noqa: S311  # spreads reconnects, hides nothing

    async def _subscription(self, client: Any) -> None:
        async with client.pubsub(ignore_subscribe_messages=True) as pubsub:
            await pubsub.subscribe(channel_of(self.url))
            await self._catch_up(client)
            self.connected = True
            while True:
                message = await pubsub.get_message(timeout=POLL_SECONDS)
                if message is not None:
                    self.deliver(message["data"])

    async def _catch_up(self, client: Any) -> None:
        release, latest = await client.mget(RELEASE_KEY, LATEST_KEY)
        if release is not None and bytes(release).isdigit():
            self.release = int(release)
        newest = "" if latest is None else _id_of(bytes(latest))
        if self.seen is not None and newest != self.seen:
            self.hub.broadcast(encode_hint("lease", None))
        self.seen = newest

    def deliver(self, data: bytes) -> None:
        """One message of the channel to the streams it concerns."""
        try:
            hint = _decoder.decode(data)
        except (msgspec.ValidationError, msgspec.DecodeError):
            self.hub.counters.unreadable += 1
            return
        self.seen = hint.id
        self.hub.counters.hints += 1
        if hint.kind == "release" and hint.release is not None:
            self.release = hint.release
        self.hub.broadcast(encode_hint(hint.kind, hint.release), hint.devices)

    async def heartbeat_loop(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self.heartbeat)
            started = loop.time()
            self.beat()
            if (spent := loop.time() - started) > 1:
                log.warning("a heartbeat to %d streams took %.1f s", len(self.hub.streams), spent)

    def beat(self) -> None:
        """Keeps proxies from closing the stream, and says the last release again for whoever missed it."""
        self.hub.end_expired(int(time.time()))
        self.hub.broadcast(HEARTBEAT if self.release is None else _again(self.release))


def _again(release: int) -> bytes:
    """A separate event name: an agent that already asked about this number has nothing to do."""
    return event("last", json.dumps({"kind": "release", "release": release}, separators=(",", ":")).encode())


def _id_of(latest: bytes) -> str:
    try:
        return _decoder.decode(latest).id
    except (msgspec.ValidationError, msgspec.DecodeError):
        return ""


async def _close(client: Any) -> None:
    try:
        await client.aclose()
    except (RedisError, OSError):
        log.debug("the connection was already gone")
