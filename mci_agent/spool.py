"""What waits for its upload: redacted sessions, encrypted on disk, bounded in bytes.

One folder a session, made beside and renamed into place, so that a kill at any moment leaves whole sessions
or rubbish that the next start removes. Each file is AES-256-GCM under the spool key and bound to its
session and name. When there is no room nothing is thrown away in silence: `full` stops capture, which says
so.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mci_agent import files
from mci_agent.config import State
from mci_agent.errors import SpoolFull, StateBroken
from mci_core import envelope
from mci_core.errors import ActionError

DEFAULT_BYTES = 100_000_000
# Capture stops this share before the bound, so that the session being captured still fits.
RESERVE = 20
MAKING = "making-"
LEAVING = "leaving-"
MANIFEST = "manifest"


@dataclass(frozen=True)
class Spooled:
    """A session on disk: its signed manifest and what it takes up."""

    session: str
    manifest: Mapping[str, Any]
    signature: str
    size: int

    @property
    def captured_to(self) -> int:
        return int(self.manifest["captured_to"])


class Spool:
    """The sessions that wait and the bytes that they use. One process at a time has it (`agent.lock`)."""

    def __init__(self, state: State, limit: int = DEFAULT_BYTES) -> None:
        self._folder = files.make_folder(state.spool)
        self._key_path = state.spool_key
        self.limit = limit
        self.sessions: dict[str, Spooled] = {}
        self.used = 0
        self._no_room = False
        self._key = self._read_key()
        self._start()

    def full(self, coming: int = 0) -> bool:
        """Whether capture must stop, with `coming` bytes not written yet."""
        return self._no_room or self.used + coming >= self.limit - self.limit // RESERVE

    def add(self, session: str, manifest: Mapping[str, Any], signature: str, parts: list[bytes]) -> Spooled:
        """Write a session whole; SpoolFull when it does not fit. Everything given is redacted already."""
        named = json.dumps({"manifest": manifest, "signature": signature}, ensure_ascii=False).encode()
        contents = {MANIFEST: named, **{f"part-{index}": data for index, data in enumerate(parts)}}
        sealed = {
            name: envelope.seal(self._key, data, _place(session, name)) for name, data in contents.items()
        }
        size = sum(len(data) for data in sealed.values())
        if self.used + size > self.limit:
            # Closed until something leaves, else sessions would be captured only to be lost.
            self._no_room = True
            raise SpoolFull("spool_full", "The spool is full.")
        making = files.make_folder(self._folder / f"{MAKING}{session}")
        for name, data in sealed.items():
            files.write_new(making / name, data)
        files.sync_folder(making)
        making.rename(self._folder / session)
        files.sync_folder(self._folder)
        spooled = Spooled(session, manifest, signature, size)
        self._keep(spooled)
        return spooled

    def part(self, session: str, index: int) -> bytes:
        """The bytes of one part; StateBroken when they were changed on disk."""
        return self._open(session, f"part-{index}")

    def remove(self, session: str) -> int:
        """Delete a session; the bytes that became free (0 when it is not here)."""
        spooled = self.sessions.pop(session, None)
        if spooled is None:
            return 0
        self._delete(session)
        self._no_room = False
        self.used -= spooled.size
        return spooled.size

    def forget_since(self, seconds: int) -> int:
        """Delete every session that reaches into the time since; how many."""
        gone = [name for name, one in self.sessions.items() if one.captured_to >= seconds]
        for name in gone:
            self.remove(name)
        return len(gone)

    def purge(self) -> int:
        """Delete all sessions and their key, so that no copy of the files can be read either; how many."""
        count = len(self.sessions)
        self.sessions.clear()
        self.used = 0
        self._no_room = False
        self._key = self._new_key()
        for path in self._folder.iterdir():
            self._delete(path.name)
        return count

    def _keep(self, spooled: Spooled) -> None:
        self.sessions[spooled.session] = spooled
        self.used += spooled.size

    def _delete(self, name: str) -> None:
        path = self._folder / name
        if not name.startswith(LEAVING):
            path = path.rename(self._folder / f"{LEAVING}{secrets.token_hex(8)}")
        shutil.rmtree(path)

    def _start(self) -> None:
        for path in sorted(self._folder.iterdir()):
            if path.name.startswith((MAKING, LEAVING)):
                self._delete(path.name)
                continue
            try:
                value = json.loads(self._open(path.name, MANIFEST))
            except StateBroken:
                # Of another key or damaged: nobody can read it, so nobody can upload it.
                self._delete(path.name)
                continue
            size = sum(one.stat().st_size for one in path.iterdir())
            self._keep(Spooled(path.name, value["manifest"], value["signature"], size))

    def _open(self, session: str, name: str) -> bytes:
        try:
            sealed = (self._folder / session / name).read_bytes()
            return envelope.open_(self._key, sealed, _place(session, name))
        except (OSError, ActionError) as error:
            raise StateBroken("spool_broken", "A file in the spool is damaged.") from error

    def _read_key(self) -> bytes:
        if not self._key_path.exists():
            return self._new_key()
        key = self._key_path.read_bytes()
        if len(key) != envelope.KEY_BYTES:
            raise StateBroken("spool_key_broken", "The spool key in the state folder is broken.")
        return key

    def _new_key(self) -> bytes:
        key = envelope.new_key()
        files.write_whole(self._key_path, key)
        return key


def _place(session: str, name: str) -> bytes:
    return f"mci-spool\n{session}\n{name}".encode()


def note_refusal(folder: Path, session: str, facts: Mapping[str, str | int]) -> None:
    """Keep why the server will never take a session: a code and times, nothing of the session itself."""
    files.make_folder(folder)
    files.write_json(folder / f"{session}.json", dict(facts))
