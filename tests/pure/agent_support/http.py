"""The simulated server behind a real socket, for what only real HTTP can show."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from mci_agent.transport import Answer
from tests.pure.agent_support.server import Server


class _Handler(BaseHTTPRequestHandler):
    """Hands each request to the simulated server; a few paths misbehave on purpose."""

    simulated: Server
    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        if self.path.startswith("/stream/"):
            return self._stream()
        if self.path == "/endless":
            return self._endless()
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._answer(self.simulated.handle(self.command, self.path, headers, body))
        return None

    do_GET = do_POST = do_PUT = handle_any  # noqa: N815 - names of the standard library

    def _answer(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status not in {204, 304}:
            self.send_header("content-length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body if answer.status not in {204, 304} else b"")

    def _stream(self) -> None:
        self.send_response(200 if self.headers["authorization"] == "MCI-Ticket good" else 403)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        end = b"x" * 100_000 if self.path.endswith("/long") else b""
        self.wfile.write(b': hello\r\n\r\nevent: hint\ndata: {"kind": "stop"}\n\n' + end)

    def _endless(self) -> None:
        self.send_response(200)
        self.send_header("connection", "close")
        self.end_headers()
        try:
            for _ in range(100):
                self.wfile.write(b"x" * 100_000)
        except OSError:
            return

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@contextmanager
def served(simulated: Server) -> Iterator[str]:
    """The origin under which the server can be reached."""
    handler = type("Handler", (_Handler,), {"simulated": simulated})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
