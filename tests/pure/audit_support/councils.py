"""A witness with its folder and a server that answers from a log in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mci_agent import witness, witness_cli
from mci_agent.transport import Answer, Stream
from mci_agent.witness_cli import World
from mci_core import notes
from tests.pure.audit_support import logs
from tests.pure.audit_support.logs import Log

SERVER = "https://mci.example.com"
NAME = "council.example.com/w1"
PASSPHRASE = "four quiet words here"
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(64, 96)))


class Server:
    """The three public resources of a log; `answers` replaces what it would say."""

    def __init__(self, log: Log) -> None:
        self.log: Log | None = log
        self.answers: dict[str, Answer | Exception] = {}
        self.posted: list[notes.Note] = []

    async def request(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        place, _, query = path.partition("?")
        told = self.answers.get(f"{method} {place}")
        if isinstance(told, Exception):
            raise told
        if told is not None:
            return told
        if self.log is None:
            return Answer(404)
        if method == "POST":
            self.posted.append(notes.Note.parse(body))
            return Answer(200)
        if place == witness_cli.CHECKPOINT:
            return Answer(200, {}, self.log.note().dumps().encode())
        return self.step(self.log, int(query.removeprefix("old=")))

    def step(self, log: Log, old: int) -> Answer:
        size = len(log.entries)
        if old > size:
            return Answer(409, {"content-type": "text/x.tlog.size"}, b"%d\n" % size)
        return Answer(200, {}, log.step(old).dumps().encode())

    async def close(self) -> None: ...

    def open_stream(self, url: str, headers: Mapping[str, str]) -> AbstractAsyncContextManager[Stream]:
        raise NotImplementedError

    def fetch(self, path: str) -> Iterator[tuple[int, bytes]]:
        raise NotImplementedError


class Council:
    """A works council's computer."""

    def __init__(self, folder: Path, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.server, self._capsys = folder, server, capsys
        self.now = logs.NOW
        self.passphrases = PASSPHRASE
        self.slept: list[float] = []
        self.said = ""

    def run(self, verb: str, *arguments: object) -> int:
        world = World(
            passphrase=lambda _question: self.passphrases,
            open_transport=lambda _origin: self.server,
            now=lambda: self.now,
            sleep=self.slept.append,
        )
        code = witness_cli.main([verb, *map(str, arguments), "--folder", str(self.folder)], world=world)
        told = self._capsys.readouterr()
        self.said = told.out + told.err
        return code

    def init(self, *more: object) -> int:
        return self.run("init", NAME, "--server", SERVER, "--vkey", logs.VKEY, *more)

    @property
    def seen(self) -> witness.Seen:
        return witness.load_seen(self.folder)

    def vkey(self) -> notes.Vkey:
        return notes.Vkey.parse((self.folder / "witness.vkey").read_text().strip())
