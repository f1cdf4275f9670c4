"""Plain HTTP/1.1 for many agents in one process: what real computers do in parallel must not queue here.

The reference agent's transport (httpx) costs this one process some milliseconds of every agent's request.
"""

from __future__ import annotations

import asyncio
import http.client
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from mci_agent.errors import Unreachable
from mci_agent.transport import Answer

Headers = dict[str, str]


class LightTransport:
    """One connection per request, on loopback."""

    def __init__(self, origin: str) -> None:
        parts = urlsplit(origin)
        self.host, self.port = str(parts.hostname), int(parts.port or 80)

    async def request(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        try:
            reader, writer = await asyncio.open_connection(self.host, self.port)
            try:
                writer.write(
                    _head(method, path, self.host, {**(headers or {}), "content-length": str(len(body))})
                    + body
                )
                status, found = await _read_head(reader)
                length = int(found.get("content-length", "0"))
                return Answer(status, found, await reader.readexactly(length) if length else b"")
            finally:
                writer.close()
        except (OSError, EOFError, ValueError) as fault:
            raise Unreachable(
                "unreachable", f"The server cannot be reached ({type(fault).__name__})."
            ) from fault

    @asynccontextmanager
    async def open_stream(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[LightStream]:
        parts = urlsplit(url)
        try:
            reader, writer = await asyncio.open_connection(str(parts.hostname), int(parts.port or 80))
            try:
                path = parts.path + (f"?{parts.query}" if parts.query else "")
                writer.write(
                    _head("GET", path, str(parts.hostname), {**headers, "accept": "text/event-stream"})
                )
                status, _found = await _read_head(reader)
                yield LightStream(status, reader)
            finally:
                writer.close()
        except (OSError, EOFError, ValueError) as fault:
            raise Unreachable("stream_broken", f"The stream broke ({type(fault).__name__}).") from fault

    def fetch(self, path: str) -> Iterator[tuple[int, bytes]]:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            yield answer.status, b""
            yield answer.status, answer.read()
        except OSError as fault:
            raise Unreachable(
                "unreachable", f"The server cannot be reached ({type(fault).__name__})."
            ) from fault
        finally:
            connection.close()

    async def close(self) -> None:
        return None


class LightStream:
    """Server-Sent Events in the chunks of an open answer."""

    def __init__(self, status: int, reader: asyncio.StreamReader) -> None:
        self.status = status
        self._reader = reader

    async def lines(self) -> AsyncIterator[str]:
        rest = b""
        while size := int(await self._reader.readline() or b"0", 16):
            rest += await self._reader.readexactly(size)
            await self._reader.readline()
            *whole, rest = rest.split(b"\n")
            for line in whole:
                yield line.rstrip(b"\r").decode()


def _head(method: str, path: str, host: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"host: {host}", "connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def _read_head(reader: asyncio.StreamReader) -> tuple[int, Headers]:
    first = await reader.readline()
    status = int(first.split(b" ", 2)[1]) if first.count(b" ") >= 2 else 0
    found: Headers = {}
    while line := (await reader.readline()).strip():
        name, _, value = line.decode("latin-1").partition(":")
        found[name.strip().lower()] = value.strip()
    return status, found
