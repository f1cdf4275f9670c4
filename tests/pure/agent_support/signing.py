"""An approver's computer and a server that asks for signatures, both in memory."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from tuf.api.metadata import Metadata, Root, Targets

from mci_agent import sign_cli, sign_keys
from mci_agent.transport import Answer, Stream
from tests.pure.agent_support.repository import Repository
from tests.pure.building import NOW

PASSPHRASE = "four quiet words here"


class SigningServer:
    """Serves a repository whose targets need two approvers, and one request for the next targets."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.asked: dict[str, Any] | None = None
        self.signatures: list[str] = []
        self.answer: Answer | None = None
        self.closed = 0

    def ask(self, targets: Metadata[Targets], *, root: bytes | None = None, **more: Any) -> None:
        self.asked = {
            "id": "11111111-2222-3333-4444-555555555555",
            "reason": "Release 2",
            "targets": base64.b64encode(targets.to_bytes()).decode(),
            "root": None if root is None else base64.b64encode(root).decode(),
            "signed_by": [],
            **more,
        }

    async def request(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        assert (headers or {})["authorization"].startswith("MCI-Approver ")
        if self.answer is not None:
            return self.answer
        if self.asked is None:
            return Answer(404, {}, b'{"code": "nothing_waits", "detail": "Nothing waits."}')
        if method == "GET":
            return Answer(200, {}, json.dumps(self.asked).encode())
        self.signatures.append(json.loads(body)["signature"])
        done = len(self.signatures) > 1
        return Answer(200, {}, json.dumps({"published": done, "waits": "" if done else "one more"}).encode())

    def open_stream(self, url: str, headers: Mapping[str, str]) -> AbstractAsyncContextManager[Stream]:
        raise NotImplementedError

    def fetch(self, path: str) -> Iterator[tuple[int, bytes]]:
        name = path.rpartition("/")[2]
        source = self.repository.files if "/tuf/" in path else self.repository.targets
        if name not in source:
            yield 404, b""
            return
        yield 200, source[name]

    async def close(self) -> None:
        self.closed += 1


class Approver:
    """A person at their computer."""

    def __init__(self, folder: Path, server: SigningServer, name: str = "ann") -> None:
        self.folder, self.server, self.name = folder, server, name
        self.said: list[str] = []
        self.answer, self.passphrase, self.now = "yes", PASSPHRASE, float(NOW)
        folder.mkdir(exist_ok=True)
        self.key_id = sign_keys.make(folder, name, PASSPHRASE)
        self.signer, self.private = sign_keys.load(self.key, PASSPHRASE)

    @property
    def key(self) -> Path:
        return self.folder / f"{self.name}.key"

    @property
    def words(self) -> str:
        return "\n".join(self.said)

    def run(self, *words: str) -> int:
        """``mci-sign``; the exit code."""
        self.said.clear()
        person = sign_cli.Person(lambda _: self.passphrase, lambda _: self.answer, self.said.append)
        return sign_cli.main(
            words, person=person, open_transport=lambda origin: self.server, now=lambda: self.now
        )

    def release(self, *words: str) -> int:
        """``mci-sign release`` at this server, with the state of this computer."""
        state = str(self.folder / "state")
        server = ("--server", "https://mci.example.com", "--key", str(self.key), "--state", state)
        return self.run("release", *server, *words)


def next_targets(repository: Repository) -> Metadata[Targets]:
    """What is signed now, one number higher, to be changed by the test."""
    made = Metadata[Targets].from_bytes(Metadata(repository.content).to_bytes())
    made.signed.version += 1
    return made


def root_with(repository: Repository, approvers: list[Approver]) -> Metadata[Root]:
    """The next root, which names these approvers; unsigned."""
    made = Metadata[Root].from_bytes(Metadata(repository.root).to_bytes())
    for key_id in list(made.signed.roles["targets"].keyids):
        made.signed.revoke_key(key_id, "targets")
    for approver in approvers:
        made.signed.add_key(approver.signer.public_key, "targets")
    made.signed.version += 1
    return made
