"""The stream gateway: its own process, raw ASGI, Server-Sent Events. Run it with ``python -m
agents.gateway``.

It decides nothing about capture. It holds a connection per agent and passes on hints; every hint says no
more than "ask for your lease now", so a lost, late or repeated one does no harm. It knows no database and
no session.

- ``GET /stream/?ticket=…``: the stream (``text/event-stream``). One per device, the newest wins.
- ``GET /stream/healthz``: counters as JSON; 503 while hints cannot be received.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import logging.config
import os
import socket
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import parse_qs

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from agents import tickets
from agents.fanout import Connection, Hub, Send, body
from agents.relay import Relay

log = logging.getLogger("agents.gateway")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

STREAM_PATHS = ("/stream/", "/stream")
HEALTH_PATH = "/stream/healthz"
MAX_QUERY_LENGTH = 1024
#: What may wait inside this process for one reader before it is called slow.
WRITE_BUFFER_BYTES = 16 * 1024
#: Unacknowledged bytes for this long mean that the peer is gone (a closed laptop says no goodbye).
DEAD_PEER_MILLISECONDS = 60_000
GRACEFUL_SECONDS = 3
_STREAM_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"connection", b"close"),
]


class StreamProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 protocol; besides, it shows the application the socket, so that a slow reader can
    be cut.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
        found = transport.get_extra_info("socket")
        if found is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
            with contextlib.suppress(OSError):
                found.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_PEER_MILLISECONDS)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["mci.transport"] = self.transport  # type: ignore[typeddict-unknown-key]  # our own key


@dataclass
class Gateway:
    """The ASGI application."""

    hub: Hub
    relay: Relay
    secrets: tuple[str, ...]
    started: float = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.started = time.monotonic()
                self.relay.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.relay.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == HEALTH_PATH and scope["method"] == "GET":
            await _answer(send, 200 if self.relay.connected else 503, self.health())
        elif scope["path"] not in STREAM_PATHS:
            await _problem(send, 404, "not_found")
        elif scope["method"] != "GET":
            await _problem(send, 405, "method_not_allowed")
        else:
            await self._open(scope, receive, send)

    async def _open(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            ticket = tickets.check(_ticket_of(scope), self.secrets, now=int(time.time()))
        except tickets.TicketRefusedError as refused:
            self.hub.counters.refused += 1
            await _problem(send, 401, refused.code)
            return
        if not self.hub.has_room(ticket.device):
            self.hub.counters.refused += 1
            await _problem(send, 503, "streams_full", retry_after=30)
            return
        await self._stream(ticket, scope, receive, send)

    async def _stream(self, ticket: tickets.Ticket, scope: Scope, receive: Receive, send: Send) -> None:
        connection = Connection(
            device=ticket.device,
            shard=ticket.shard,
            expires_at=ticket.expires_at,
            send=send,
            transport=scope.get("mci.transport"),
        )
        await send({"type": "http.response.start", "status": 200, "headers": _STREAM_HEADERS})
        await send(body(b"retry: 5000\n\n" + self.relay.greeting()))
        self.hub.add(connection)
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            self.hub.remove(connection)

    def health(self) -> dict[str, Any]:
        """Counters only: no device is named."""
        return {
            "streams": len(self.hub.streams),
            "limit": self.hub.limit,
            "hints_connected": self.relay.connected,
            "hints_reconnects": self.relay.reconnects,
            "last_release": self.relay.release,
            "uptime_seconds": int(time.monotonic() - self.started),
            "closing": self.hub.closing,
            **asdict(self.hub.counters),
        }


class StreamServer(uvicorn.Server):
    """Ends the open streams first: uvicorn itself would wait for them until its time-out."""

    def __init__(self, config: uvicorn.Config, hub: Hub) -> None:
        super().__init__(config)
        self.hub = hub

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        self.hub.close()
        await super().shutdown(sockets=sockets)


def _ticket_of(scope: Scope) -> str:
    """From the query, as browsers' EventSource does it, or from ``Authorization: MCI-Ticket …``, which no
    proxy logs.
    """
    for name, value in scope["headers"]:
        if name == b"authorization" and value[:11].lower() == b"mci-ticket ":
            return str(value[11:].decode("latin-1").strip())
    query: bytes = scope["query_string"]
    if len(query) > MAX_QUERY_LENGTH:
        raise tickets.TicketRefusedError("ticket_malformed")
    return parse_qs(query.decode("latin-1")).get("ticket", [""])[0]


async def _problem(send: Send, status: int, code: str, *, retry_after: int | None = None) -> None:
    title = code.replace("_", " ").capitalize()
    fault = {"type": "about:blank", "title": title, "status": status, "code": code}
    await _answer(send, status, fault, kind=b"application/problem+json", retry_after=retry_after)


async def _answer(
    send: Send,
    status: int,
    data: dict[str, Any],
    *,
    kind: bytes = b"application/json",
    retry_after: int | None = None,
) -> None:
    content = json.dumps(data, separators=(",", ":")).encode()
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    if retry_after is not None:
        headers.append((b"retry-after", str(retry_after).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content, "more_body": False})


def build(*, redis_url: str, secrets: tuple[str, ...], limit: int, heartbeat: float = 15.0) -> Gateway:
    hub = Hub(limit=limit)
    return Gateway(hub=hub, relay=Relay(url=redis_url, hub=hub, heartbeat=heartbeat), secrets=secrets)


def serve(gateway: Gateway, *, host: str, port: int) -> None:
    """Run until SIGTERM or SIGINT."""
    config = uvicorn.Config(
        gateway,
        host=host,
        port=port,
        http=StreamProtocol,
        loop="uvloop",
        ws="none",
        lifespan="on",
        interface="asgi3",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        backlog=4096,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )
    StreamServer(config, gateway.hub).run()


def raise_file_limit() -> None:
    """Each stream is a descriptor; the soft limit is 1,024 on most systems."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mci_admin.settings")
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)
    raise_file_limit()
    host, _, port = settings.STREAM_BIND.rpartition(":")
    gateway = build(
        redis_url=settings.REDIS_URL,
        secrets=(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS),
        limit=settings.STREAM_MAX_CONNECTIONS,
        heartbeat=settings.STREAM_HEARTBEAT_SECONDS,
    )
    serve(gateway, host=host.strip("[]") or "127.0.0.1", port=int(port))


if __name__ == "__main__":
    main()
