"""How long until the last of N connected agents has a hint? The real gateway process, real Redis or Valkey,
loopback.

    python benchmarks/stream_fanout.py --connections 1000 --rounds 20

Starts the embedded servers (or uses REDIS_URL) and the gateway, opens N streams in this process, publishes
one hint per round and measures from the publishing call to the arrival of the last byte at the last stream.
Also measured: how long connecting took, what a connection costs the gateway in memory. Clients and gateway
share the machine's cores, so the numbers are an upper bound.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import resource
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import cast

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import redis  # noqa: E402  # the path of the project comes first
import uvloop  # noqa: E402

from agents import tickets  # noqa: E402
from agents.relay import channel_of  # noqa: E402


class Listener(asyncio.Protocol):
    """One stream; counts the hints that arrived."""

    def __init__(self, request: bytes, board: Board) -> None:
        self.request, self.board = request, board

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transport is no subclass of asyncio's.
        cast("asyncio.Transport", transport).write(self.request)

    def data_received(self, data: bytes) -> None:
        if b"text/event-stream" in data:
            self.board.opened += 1
        self.board.arrived(data.count(b"event: hint"))

    def connection_lost(self, _fault: Exception | None) -> None:
        self.board.lost += 1


class Board:
    """What all listeners together have seen."""

    def __init__(self, wanted: int) -> None:
        self.wanted, self.opened, self.lost, self.seen = wanted, 0, 0, 0
        self.done = asyncio.Event()
        self.last = 0.0

    def arrived(self, count: int) -> None:
        if not count:
            return
        self.seen += count
        if self.seen >= self.wanted:
            self.last = time.perf_counter()
            self.done.set()

    def again(self) -> None:
        self.seen = 0
        self.done.clear()


def start_gateway(redis_url: str, secret: str, limit: int) -> tuple[subprocess.Popen[bytes], int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    env = {
        **os.environ,
        "MCI_ENV": "test",
        "REDIS_URL": redis_url,
        "SECRET_KEY": secret,
        "STREAM_BIND": f"127.0.0.1:{port}",
        "STREAM_MAX_CONNECTIONS": str(limit),
        "LOG_LEVEL": "WARNING",
    }
    process = subprocess.Popen([sys.executable, "-m", "agents.gateway"], env=env, cwd=ROOT)
    for _ in range(200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return process, port
        time.sleep(0.05)
    raise SystemExit("the gateway did not start")


def memory_of(pid: int) -> int:
    """Resident bytes."""
    fields = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()
    return int(fields[1]) * resource.getpagesize()


async def connect(port: int, secret: str, board: Board, count: int) -> float:
    loop = asyncio.get_running_loop()
    ends = int(time.time()) + 3600
    started = time.perf_counter()
    for first in range(0, count, 200):
        await asyncio.gather(
            *(
                loop.create_connection(lambda: Listener(_request(secret, ends), board), "127.0.0.1", port)
                for _ in range(min(200, count - first))
            )
        )
    while board.opened < count and not board.lost:  # noqa: ASYNC110  # a benchmark may poll
        await asyncio.sleep(0.01)
    return time.perf_counter() - started


def _request(secret: str, ends: int) -> bytes:
    ticket = tickets.issue(tickets.Ticket(str(uuid.uuid4()), 0, ends), secret)
    return f"GET /stream/?ticket={ticket} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


async def measure(redis_url: str, count: int, rounds: int) -> dict[str, float]:
    secret = secrets.token_urlsafe(40)
    process, port = start_gateway(redis_url, secret, count)
    try:
        await asyncio.sleep(1)
        board, before = Board(count), memory_of(process.pid)
        connecting = await connect(port, secret, board, count)
        if board.lost:
            raise SystemExit(f"{board.lost} streams were refused")
        per_stream = (memory_of(process.pid) - before) / count
        times = await _rounds(redis_url, board, rounds)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
    return {
        "connect_s": round(connecting, 2),
        "bytes_per_connection": round(per_stream),
        "median_ms": round(statistics.median(times), 1),
        "best_ms": round(min(times), 1),
        "worst_ms": round(max(times), 1),
    }


async def _rounds(redis_url: str, board: Board, rounds: int) -> list[float]:
    times = []
    message = json.dumps({"kind": "release", "id": "benchmark", "release": 1})
    with redis.Redis.from_url(redis_url) as client:
        for _ in range(rounds):
            board.again()
            started = time.perf_counter()
            client.publish(channel_of(redis_url), message)
            await asyncio.wait_for(board.done.wait(), 30)
            times.append((board.last - started) * 1000)
            await asyncio.sleep(0.05)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    os.environ.setdefault("MCI_ENV", "test")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, hard), hard))
    print(
        f"connections {given.connections}, rounds {given.rounds}, cores {os.cpu_count()}, "
        f"Python {platform.python_version()}, uvicorn {version('uvicorn')}, uvloop {version('uvloop')}"
    )
    with tempfile.TemporaryDirectory(prefix="mci-bench-") as folder:
        os.environ["MCI_VAR"] = folder
        url = os.environ.get("REDIS_URL")
        if url:
            print(json.dumps(uvloop.run(measure(url, given.connections, given.rounds))))
            return
        from mci_admin.services.embedded import Embedded

        pair = Embedded(Path(folder))
        pair.start()
        try:
            url = json.loads((Path(folder) / "services.json").read_text(encoding="utf-8"))["REDIS_URL"]
            print(json.dumps(uvloop.run(measure(url, given.connections, given.rounds))))
        finally:
            pair.stop()


if __name__ == "__main__":
    main()
