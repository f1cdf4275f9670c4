"""How much of a request is taken in, and for how long it is waited for, before anything of ours looks at it.

The ASGI handler of Django writes every body to a temporary file first, of any size and as slowly as it comes.
This stands before it: a body that is said to be too large is refused unread, one that turns out to be is cut
off, and one that does not arrive in time is given up.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

#: The largest body of all is a part of an upload (8 MiB); every endpoint has a smaller limit of its own.
MAX_BYTES = 9 * 1024 * 1024
#: For a whole body. 8 MiB take this long at half a megabit a second.
MAX_SECONDS = 150.0
_GONE: Message = {"type": "http.disconnect"}


@dataclass
class _Body:
    """The body of one request as it comes in."""

    receive: Receive
    ends_at: float
    taken: int = 0
    whole: bool = False
    refusal: tuple[int, str] | None = None

    async def next(self) -> Message:
        """The next message; after a refusal the application hears that the client is gone."""
        if self.whole:
            return await self.receive()
        try:
            async with asyncio.timeout_at(self.ends_at):
                message = await self.receive()
        except TimeoutError:
            self.refusal = (408, "body_too_slow")
            return _GONE
        self.taken += len(message.get("body", b""))
        self.whole = not message.get("more_body", False)
        if self.taken > MAX_BYTES:
            self.refusal = (413, "body_too_large")
            return _GONE
        return message


class BoundedBodies:
    """An ASGI application around another one."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if _announced(scope) > MAX_BYTES:
            await _refuse(send, 413, "body_too_large")
            return
        body = _Body(receive, asyncio.get_running_loop().time() + MAX_SECONDS)
        await self.app(scope, body.next, send)
        if body.refusal is not None:
            await _refuse(send, *body.refusal)


def _announced(scope: Scope) -> int:
    """What Content-Length says; what is no number is left to the application, which refuses it."""
    said = dict(scope["headers"]).get(b"content-length", b"0")
    return int(said) if said.isdigit() else 0


async def _refuse(send: Send, status: int, code: str) -> None:
    problem = {"type": f"urn:mci:problem:{code}", "title": "Refused", "status": status, "code": code}
    content = json.dumps(problem).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"private, no-store"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content, "more_body": False})
