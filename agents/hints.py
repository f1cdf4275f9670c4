"""Decides how a hint leaves the server: published for the gateways, and kept as "latest" for those that
miss it.

A hint is never the truth. When Redis is away, nothing fails: the agents renew their leases on their own
clock.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal

import redis
import structlog
from django.conf import settings

from agents.relay import LATEST_KEY, RELEASE_KEY, channel_of

log = structlog.get_logger(__name__)

Kind = Literal["release", "stop", "command", "lease"]
#: Devices per message: about 80 kB, written to every gateway.
CHUNK = 2000


@lru_cache(maxsize=4)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=1)


def publish(kind: Kind, *, release: int | None = None, devices: Iterable[object] | None = None) -> bool:
    """Tell the agents (all, or the named devices) to renew their lease. False when it could not be sent."""
    named = None if devices is None else [str(device) for device in devices]
    if named == []:
        return True
    chunks: Sequence[list[str] | None] = (
        [None] if named is None else [named[i : i + CHUNK] for i in range(0, len(named), CHUNK)]
    )
    try:
        _send(kind, release, chunks)
    except redis.RedisError as fault:
        log.warning("hint_not_sent", kind=kind, fault=type(fault).__name__)
        return False
    return True


def _send(kind: Kind, release: int | None, chunks: Sequence[list[str] | None]) -> None:
    url = settings.REDIS_URL
    identity = uuid.uuid4().hex
    with _client(url).pipeline(transaction=True) as pipe:
        pipe.set(LATEST_KEY, _encode(kind, identity, release, None))
        if kind == "release" and release is not None:
            pipe.set(RELEASE_KEY, str(release))
        for chunk in chunks:
            pipe.publish(channel_of(url), _encode(kind, identity, release, chunk))
        pipe.execute()


def _encode(kind: str, identity: str, release: int | None, devices: list[str] | None) -> bytes:
    found = {"kind": kind, "id": identity, "release": release, "devices": devices}
    return json.dumps(found, separators=(",", ":")).encode()
