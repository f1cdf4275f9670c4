"""How bytes reach the server: an interface, and its HTTP form. The tests have a twin that lives in memory.

Every answer is bounded in bytes and in time, so that a server (or somebody in between) that never stops
sending cannot fill memory or hold the agent: capture does not depend on any of this, it ends with the
lease.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

import httpx

from mci_agent import __version__
from mci_agent.config import is_local
from mci_agent.errors import Unreachable

MAX_ANSWER = 4 * 1024 * 1024
MAX_LINE = 64 * 1024
TIMEOUT = httpx.Timeout(20.0, connect=10.0)
# The gateway sends a comment each 15 seconds; three missed ones mean a dead connection.
STREAM_TIMEOUT = httpx.Timeout(45.0, connect=10.0)
FETCH_SECONDS = 60.0
USER_AGENT = f"mci-agent/{__version__}"


@dataclass(frozen=True)
class Answer:
    """Status, headers with lower-case names, and the whole body."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Stream(Protocol):
    """An open event stream."""

    status: int

    def lines(self) -> AsyncIterator[str]:
        """Lines as they arrive; ends when the server closes, raises Unreachable when the line breaks."""
        ...


class Transport(Protocol):
    """What the agent needs of a network. `path` is absolute below the server's origin."""

    async def request(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """One request; raises Unreachable when there is no whole answer."""
        ...

    def open_stream(self, url: str, headers: Mapping[str, str]) -> AbstractAsyncContextManager[Stream]:
        """Open an event stream at an absolute URL."""
        ...

    def fetch(self, path: str) -> Iterator[tuple[int, bytes]]:
        """Blocking read of a public file: (status, chunk) pairs; used for signed files only."""
        ...

    async def close(self) -> None: ...


class HttpTransport:
    """HTTP/1.1 through httpx. Redirects are not followed: a signed request is meant for one address."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        headers = {"user-agent": USER_AGENT}
        # A proxy of the environment is for the network, not for this computer.
        proxies = not is_local(origin)
        self._client = httpx.AsyncClient(base_url=origin, timeout=TIMEOUT, headers=headers, trust_env=proxies)
        self._files = httpx.Client(base_url=origin, timeout=TIMEOUT, headers=headers, trust_env=proxies)

    async def request(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        try:
            async with self._client.stream(method, path, headers=headers, content=body) as response:
                content = bytearray()
                async for chunk in response.aiter_bytes():
                    content += chunk
                    if len(content) > MAX_ANSWER:
                        raise Unreachable("answer_too_large", "The server sends more than expected.")
                return Answer(response.status_code, dict(response.headers), bytes(content))
        except httpx.HTTPError as error:
            raise Unreachable(
                "unreachable", f"The server cannot be reached ({type(error).__name__})."
            ) from error

    @asynccontextmanager
    async def open_stream(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[Stream]:
        sent = {**headers, "accept": "text/event-stream", "cache-control": "no-store"}
        try:
            async with self._client.stream("GET", url, headers=sent, timeout=STREAM_TIMEOUT) as response:
                yield HttpStream(response)
        except httpx.HTTPError as error:
            raise Unreachable("stream_broken", f"The stream broke ({type(error).__name__}).") from error

    def fetch(self, path: str) -> Iterator[tuple[int, bytes]]:
        ends = time.monotonic() + FETCH_SECONDS
        try:
            with self._files.stream("GET", path) as response:
                yield response.status_code, b""
                for chunk in response.iter_bytes():
                    if time.monotonic() > ends:
                        raise Unreachable("too_slow", "The server sends a signed file too slowly.")
                    yield response.status_code, chunk
        except httpx.HTTPError as error:
            raise Unreachable(
                "unreachable", f"The server cannot be reached ({type(error).__name__})."
            ) from error

    async def close(self) -> None:
        await self._client.aclose()
        self._files.close()


class HttpStream:
    """Lines of an open HTTP answer, each bounded in length."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self._response = response

    async def lines(self) -> AsyncIterator[str]:
        rest = b""
        async for chunk in self._response.aiter_bytes():
            *whole, rest = (rest + chunk).split(b"\n")
            if len(rest) > MAX_LINE:
                raise Unreachable("stream_broken", "The stream sends a line without end.")
            for line in whole:
                yield line.rstrip(b"\r").decode("utf-8", "replace")
