"""The server's agent API in memory, and the transport that reaches it without a network.

It checks what the real one checks first: token, signature of the manifest, digests of the parts. `cut`
breaks the line before or after a request was handled, `answers` replaces an answer.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import uuid
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from mci_agent.config import b64url, unb64url
from mci_agent.errors import Unreachable
from mci_agent.transport import Answer, Stream
from mci_core import canonical, envelope, manifest, request_token, session
from mci_core.errors import ActionError
from mci_core.lease import Lease, encode
from mci_core.policy_model import Policy
from tests.pure import building
from tests.pure.agent_support.repository import Repository

SERVER_ID = "mci-test"
ORIGIN = "https://mci.example.com"
JSON = {"content-type": "application/json"}


def problem(status: int, code: str, **headers: str) -> Answer:
    body = {
        "type": "about:blank",
        "title": code,
        "status": status,
        "code": code,
        "detail": f"Refused: {code}",
    }
    return Answer(status, headers, json.dumps(body).encode())


class Server:
    """One server with one person's devices."""

    def __init__(self, now: Callable[[], float], *, ceremony: bool = False) -> None:
        self.now = now
        self.repository = Repository(int(now()), ceremony=ceremony)
        self.lease_keys = {"k1": Ed25519PrivateKey.generate()}
        self.kid = "k1"
        self.devices: dict[str, Ed25519PublicKey] = {}
        self.release: tuple[int, Policy] | None = None
        self.state, self.reason, self.place, self.notice = "on", "allowed", "US-NY", "c" * 64
        self.denied: tuple[str, ...] = ()
        self.life = 900
        self.renew_after: Any = 400
        self.commands: list[dict[str, Any]] = []
        self.leases: list[Lease] = []
        self.reports: list[dict[str, Any]] = []
        self.acks: list[dict[str, Any]] = []
        self.beats: list[dict[str, Any]] = []
        self.done: list[tuple[str, dict[str, Any]]] = []
        self.open_uploads: dict[str, dict[str, Any]] = {}
        self.sessions: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {}
        self.revoked = False
        self.seen: set[str] = set()
        self.calls: list[str] = []
        self.cut: Callable[[str, str], str | None] = lambda method, path: None
        self.answers: dict[tuple[str, str], Answer] = {}
        self.dead = False
        self.hints: deque[str] = deque()
        self.stream_status = 200
        self.tickets: list[str] = []
        self.publish_keys()

    def publish_keys(self) -> None:
        raw = {kid: b64url(key.public_key().public_bytes_raw()) for kid, key in self.lease_keys.items()}
        self.repository.set_lease_keys(SERVER_ID, raw)
        self.repository.publish()

    def roll_out(self, number: int, policy: Policy) -> None:
        self.repository.add_release(number, canonical.dumps(policy.doc))
        self.repository.publish()
        self.release = (number, policy)

    def hint(self, kind: str, *, name: str = "hint", release: int | None = None) -> None:
        data = json.dumps({"kind": kind, "release": release})
        for line in (f"event: {name}", f"data: {data}", ""):
            self.hints.append(line)

    def make_lease(self, device: str, /, **changes: Any) -> Lease:
        number, policy = self.release or (None, None)
        at = int(self.now())
        values: dict[str, Any] = {
            "jti": str(uuid.uuid4()),
            "device": device,
            "issuer": SERVER_ID,
            "release_number": number,
            "policy_digest": policy.digest if policy else "",
            "state": self.state,
            "place": self.place,
            "jurisdiction_reason": "allowed",
            "denied_signals": self.denied,
            "notice": self.notice,
            "excluded_entries": (),
            "issued_at": at,
            "expires_at": at + self.life,
        }
        return Lease(**{**values, **changes})

    def token(self, lease: Lease) -> str:
        return encode(lease, self.lease_keys[self.kid], self.kid)

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.calls.append(f"{method} {path}")
        if (method, path) in self.answers:
            return self.answers[method, path]
        if path.startswith(("/agent/v1/tuf/", "/agent/v1/releases/")):
            return self._file(path, headers)
        if path == "/agent/v1/enroll":
            return self._enrol(json.loads(body))
        try:
            refused, device = self._authenticate(method, path, headers, body)
        except ActionError as error:
            return problem(error.status, error.code)
        if refused is not None:
            return refused
        for pattern, handler in self._routes():
            found = re.fullmatch(pattern, f"{method} {path}")
            if found:
                return handler(device, body, *found.groups())
        return problem(404, "not_found")

    def _routes(self) -> list[tuple[str, Callable[..., Answer]]]:
        one = "/agent/v1/sessions/([0-9a-f-]{36})"
        return [
            ("POST /agent/v1/lease", self._lease),
            ("POST /agent/v1/acks", self._acks),
            ("POST /agent/v1/heartbeat", self._heartbeat),
            ("POST /agent/v1/commands/([^/]+)/done", self._command_done),
            (f"PUT {one}/manifest", self._manifest),
            (f"PUT {one}/parts/([0-9]+)", self._part),
            (f"POST {one}/complete", self._complete),
        ]

    def _file(self, path: str, headers: Mapping[str, str]) -> Answer:
        name = path.rpartition("/")[2]
        source = self.repository.files if "/tuf/" in path else self.repository.targets
        if name not in source:
            return problem(404, "not_found")
        tag = f'"{hashlib.sha256(source[name]).hexdigest()}"'
        if headers.get("if-none-match") == tag:
            return Answer(304, {"etag": tag})
        return Answer(200, {"etag": tag}, source[name])

    def _enrol(self, value: dict[str, Any]) -> Answer:
        if value["token"] != "good-token":
            return problem(401, "enrolment_token_unknown")
        public = Ed25519PublicKey.from_public_bytes(unb64url(value["public_key"]))
        public.verify(
            unb64url(value["proof"]), f"mci-enrol\n{value['token']}\n{value['public_key']}".encode()
        )
        self.devices[building.DEVICE] = public
        answer = {
            "device": building.DEVICE,
            "server_id": SERVER_ID,
            "tuf_root": base64.b64encode(self.repository.trusted_root).decode(),
            "stream_url": f"{ORIGIN}/stream/",
            "lease_seconds": self.life,
        }
        return Answer(201, JSON, json.dumps(answer).encode())

    def _authenticate(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[Answer | None, str]:
        token = headers["authorization"].removeprefix("MCI-Device ")
        device = request_token.device_of(token)
        if device not in self.devices:
            return problem(401, "unknown_device"), device
        digest = hashlib.sha256(body).hexdigest()
        jti = request_token.verify(
            token, self.devices[device], method=method, path=path, body_sha256=digest, now=int(self.now())
        )
        if jti in self.seen:
            return problem(401, "replayed"), device
        self.seen.add(jti)
        return (problem(403, "device_revoked") if self.revoked else None), device

    def _lease(self, device: str, body: bytes) -> Answer:
        report = json.loads(body)
        self.reports.append(report)
        paused = report["capture_state"] == "paused" and self.state == "on"
        lease = self.make_lease(device, **({"state": "paused"} if paused else {}))
        self.leases.append(lease)
        answer = {
            "lease": self.token(lease),
            "reason": self.reason,
            "stream": {"url": f"{ORIGIN}/stream/", "ticket": f"t{len(self.leases)}"},
            "commands": self.commands,
            "renew_after": self.renew_after,
        }
        return Answer(200, JSON, json.dumps(answer).encode())

    def _acks(self, device: str, body: bytes) -> Answer:
        items = json.loads(body)["items"]
        self.acks += items
        return Answer(200, JSON, json.dumps({"accepted": len(items)}).encode())

    def _heartbeat(self, device: str, body: bytes) -> Answer:
        self.beats.append(json.loads(body))
        return Answer(204)

    def _command_done(self, device: str, body: bytes, command: str) -> Answer:
        self.done.append((command, json.loads(body)))
        self.commands = [one for one in self.commands if one.get("id") != command]
        return Answer(204)

    def _manifest(self, device: str, body: bytes, name: str) -> Answer:
        value = json.loads(body)
        manifest.verify_manifest(value["manifest"], value["signature"], self.devices[device])
        if name in self.sessions:
            return Answer(200, JSON, json.dumps({"missing": []}).encode())
        upload = self.open_uploads.setdefault(name, {"manifest": value["manifest"], "parts": {}})
        if upload["manifest"] != value["manifest"]:
            return problem(409, "session_conflict")
        missing = [
            part["index"] for part in value["manifest"]["parts"] if part["index"] not in upload["parts"]
        ]
        return Answer(200, JSON, json.dumps({"missing": missing}).encode())

    def _part(self, device: str, body: bytes, name: str, index: str) -> Answer:
        if name not in self.open_uploads:
            return problem(404, "upload_unknown")
        upload = self.open_uploads[name]
        if hashlib.sha256(body).hexdigest() != upload["manifest"]["parts"][int(index)]["sha256"]:
            return problem(422, "part_digest")
        upload["parts"][int(index)] = body
        return Answer(204)

    def _complete(self, device: str, body: bytes, name: str) -> Answer:
        answer = {"session": name, "state": "received"}
        if name in self.sessions:
            return Answer(200, JSON, json.dumps(answer).encode())
        upload = self.open_uploads[name]
        parts = upload["manifest"]["parts"]
        if len(upload["parts"]) != len(parts):
            return problem(409, "parts_missing")
        raw = b"".join(
            envelope.unpack(upload["parts"][part["index"]], session.MAX_BYTES)
            for part in parts
            if part["kind"] == "events"
        )
        _, events = session.parse_lines(raw.splitlines(keepends=True))
        assert len(events) == upload["manifest"]["event_count"]
        self.sessions[name] = (self.open_uploads.pop(name)["manifest"], events)
        return Answer(201, JSON, json.dumps(answer).encode())


class MemoryStream:
    """Lines of a server's hints."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.status = server.stream_status

    async def lines(self) -> AsyncIterator[str]:
        while True:
            while not self._server.hints:  # noqa: ASYNC110 - filled from more than one event loop
                await asyncio.sleep(0.01)
            line = self._server.hints.popleft()
            if line == "CUT":
                raise Unreachable("stream_broken", "cut")
            if line == "END":
                return
            yield line


class MemoryTransport:
    """The twin of `HttpTransport`."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.closed = False

    async def request(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        await asyncio.sleep(0)
        return self._call(method, path, headers or {}, body)

    def _call(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        when = "before" if self.server.dead else self.server.cut(method, path)
        if when == "before":
            raise Unreachable("unreachable", "cut")
        answer = self.server.handle(method, path, headers, body)
        if when == "after":
            raise Unreachable("unreachable", "cut")
        return answer

    @asynccontextmanager
    async def open_stream(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[Stream]:
        if self.server.dead:
            raise Unreachable("stream_broken", "dead")
        self.server.tickets.append(headers["authorization"])
        yield MemoryStream(self.server)

    def fetch(self, path: str) -> Iterator[tuple[int, bytes]]:
        answer = self._call("GET", path, {}, b"")
        yield answer.status, b""
        for start in range(0, len(answer.body), 1000):
            yield answer.status, answer.body[start : start + 1000]

    async def close(self) -> None:
        self.closed = True
