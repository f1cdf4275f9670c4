"""A request that never ends, or is larger than anything we take: cut off before it costs memory or disk."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from typing import Any

import pytest

from mci_admin import bodies
from mci_admin.bodies import BoundedBodies, Message


class Peer:
    """A client that sends these chunks and keeps what it gets; without an end it falls silent."""

    def __init__(self, chunks: Iterable[bytes], *, ends: bool = True) -> None:
        self.chunks = list(chunks)
        self.ends = ends
        self.sent = 0
        self.got: list[Message] = []

    async def receive(self) -> Message:
        if self.sent == len(self.chunks):
            await asyncio.Event().wait()
        self.sent += 1
        more = self.sent < len(self.chunks) or not self.ends
        return {"type": "http.request", "body": self.chunks[self.sent - 1], "more_body": more}

    async def send(self, message: Message) -> None:
        self.got.append(message)

    @property
    def status(self) -> int:
        return int(self.got[0]["status"])


async def _echo(scope: Any, receive: Any, send: Any) -> None:
    """As Django does: reads the whole body, says nothing to a client that is gone."""
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size += len(message["body"])
        if not message["more_body"]:
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


def _ask(peer: Peer, length: bytes | None = None) -> Peer:
    headers = [] if length is None else [(b"content-length", length)]
    app = BoundedBodies(_echo)
    asyncio.run(app({"type": "http", "headers": headers}, peer.receive, peer.send))
    return peer


def test_a_body_goes_through_as_it_is() -> None:
    peer = _ask(Peer([b"ab", b"", b"cd"]))
    assert (peer.status, peer.got[1]["body"]) == (200, b"4")


def test_a_body_that_is_said_to_be_too_large_is_refused_unread() -> None:
    peer = _ask(Peer([b"x"]), str(bodies.MAX_BYTES + 1).encode())
    assert (peer.status, peer.sent) == (413, 0)
    assert json.loads(peer.got[1]["body"])["code"] == "body_too_large"


def test_a_body_that_turns_out_too_large_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MAX_BYTES", 10)
    peer = _ask(Peer([b"12345"] * 100), b"5")
    assert (peer.status, peer.sent) == (413, 3)


def test_a_body_that_does_not_arrive_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MAX_SECONDS", 0.02)
    assert _ask(Peer([b"x"], ends=False)).status == 408


def test_after_the_body_the_application_may_wait_for_the_client_as_long_as_it_likes() -> None:
    async def waits(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(receive(), 0.01)
        await send({"type": "http.response.start", "status": 204, "headers": []})

    peer = Peer([b"x"])
    asyncio.run(BoundedBodies(waits)({"type": "http", "headers": []}, peer.receive, peer.send))
    assert peer.status == 204


def test_the_web_process_serves_nothing_without_it() -> None:
    from mci_admin import asgi

    assert isinstance(asgi.application, BoundedBodies)
