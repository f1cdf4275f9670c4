"""Runs the real gateway for a test, and reads its streams as an agent does."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from agents import tickets


@dataclass
class Running:
    process: subprocess.Popen[bytes]
    url: str
    secret: str

    def health(self) -> dict[str, Any]:
        answer: dict[str, Any] = httpx.get(f"{self.url}/stream/healthz").json()
        return answer

    def until(self, wanted: Any, seconds: float = 60) -> dict[str, Any]:
        """Wait until the health answer satisfies ``wanted``."""
        ends = time.monotonic() + seconds
        while True:
            with contextlib.suppress(httpx.TransportError):
                found = self.health()
                if wanted(found):
                    return found
            assert time.monotonic() < ends, "the gateway did not get there"
            time.sleep(0.02)

    def ticket(self, device: str, *, life: int = 60, secret: str | None = None) -> str:
        wanted = tickets.Ticket(device=device, shard=0, expires_at=int(time.time()) + life)
        return tickets.issue(wanted, secret or self.secret)

    @contextlib.contextmanager
    def stream(self, device: str, **wanted: Any) -> Iterator[Stream]:
        with httpx.Client(timeout=60) as client:
            url = f"{self.url}/stream/?ticket={self.ticket(device, **wanted)}"
            with client.stream("GET", url) as response:
                yield Stream(response)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


class Stream:
    """The events of one stream, in order."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.iter_lines() if response.status_code == 200 else iter(())

    def next_event(self) -> tuple[str, str]:
        """(name, data) of the next event; comments and retry lines are skipped."""
        name = ""
        for line in self._lines:
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: "):
                return name, line[6:]
        return "", ""

    def ended(self) -> bool:
        """Reads to the end of the stream."""
        for line in self._lines:
            assert not line.startswith("event: ")
        return True


@contextlib.contextmanager
def gateway(redis_url: str, secret: str, *, limit: int = 100, heartbeat: int = 15) -> Iterator[Running]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {
        **os.environ,
        "MCI_ENV": "test",
        "SECRET_KEY": secret,
        "REDIS_URL": redis_url,
        "STREAM_BIND": f"127.0.0.1:{port}",
        "STREAM_MAX_CONNECTIONS": str(limit),
        "STREAM_HEARTBEAT_SECONDS": str(heartbeat),
    }
    process = subprocess.Popen([sys.executable, "-m", "agents.gateway"], env=env)
    running = Running(process, f"http://127.0.0.1:{port}", secret)
    try:
        running.until(lambda found: True)
        yield running
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(60)
        if process.poll() is None:
            process.kill()
            process.wait()
