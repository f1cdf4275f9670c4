"""The state folder: what this device is, what it must never forget, and where everything lies.

The folder is 0700 and every file in it 0600. `memory.json` holds what protects against being turned back
(clock floor, highest release, newest lease); a broken one stops the agent instead of starting from zero.
"""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from mci_agent import files
from mci_agent.errors import AgentError, NotEnrolled, StateBroken

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def default_folder(platform: str = sys.platform, env: Mapping[str, str] = os.environ) -> Path:
    """Where the state of this user lies when `--state` is not given."""
    if platform == "win32":
        return Path(env.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "mci-agent"
    if platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "mci-agent"
    return Path(env.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "mci-agent"


def is_local(url: str) -> bool:
    """Whether an address is on this very computer."""
    return urlsplit(url).hostname in LOOPBACK


def safe_address(url: str) -> str:
    """The address, or an error: https always, plain http only on this very computer, no password in it."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises when it is no number
    except ValueError as error:
        raise AgentError("server_url", "This is not a web address.") from error
    if parts.scheme != "https" and not (parts.scheme == "http" and is_local(url)):
        raise AgentError(
            "server_url", "The server's address must begin with https:// (http:// only for localhost)."
        )
    if not parts.hostname or parts.username is not None or parts.password is not None:
        raise AgentError("server_url", "The server's address must be a host without a user name.")
    return url


def server_origin(url: str) -> str:
    """The server's origin, without a path; AgentError when it is not safe to talk to."""
    parts = urlsplit(safe_address(url))
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise AgentError(
            "server_url", "The server's address is only a host and a port, such as https://mci.example.com."
        )
    return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True)
class Identity:
    """Who this device is at which server, as told at enrolment."""

    device: str
    server: str
    server_id: str
    name: str


@dataclass(frozen=True)
class Memory:
    """What must survive a restart (unix seconds); `lease_ids` are the leases of the second `lease_floor`."""

    clock_floor: int = 0
    highest_release: int = 0
    lease_floor: int = 0
    lease_ids: tuple[str, ...] = ()
    upload_day: int = 0
    upload_bytes: int = 0


@dataclass
class State:
    """A state folder."""

    folder: Path
    memory: Memory = field(default_factory=Memory)

    @classmethod
    def open(cls, folder: Path) -> State:
        """Open or create the folder; StateBroken where it cannot be trusted."""
        state = cls(files.make_folder(folder))
        state.memory = state._read_memory()
        return state

    @property
    def spool(self) -> Path:
        return self.folder / "spool"

    @property
    def spool_key(self) -> Path:
        return self.folder / "spool.key"

    @property
    def refused(self) -> Path:
        return self.folder / "refused"

    @property
    def control(self) -> Path:
        return self.folder / "control"

    @property
    def local(self) -> Path:
        return self.folder / "local.json"

    @property
    def lock(self) -> Path:
        return self.folder / "agent.lock"

    @property
    def tuf(self) -> Path:
        return self.folder / "tuf"

    @property
    def trusted_root(self) -> Path:
        return self.folder / "tuf" / "trusted-root.json"

    def remember(self, memory: Memory) -> None:
        """Persist what must survive; nothing is written when nothing changed."""
        if memory != self.memory:
            files.write_json(self.folder / "memory.json", asdict(memory))
            self.memory = memory

    def raise_clock_floor(self, seconds: int) -> None:
        if seconds > self.memory.clock_floor:
            self.remember(replace(self.memory, clock_floor=seconds))

    def identity(self) -> Identity:
        """Who this device is; NotEnrolled before the first enrolment."""
        found = self.identity_if_any()
        if found is None:
            raise NotEnrolled(
                "not_enrolled", "This device is not enrolled yet: run `mci-agent enroll` first."
            )
        return found

    def identity_if_any(self) -> Identity | None:
        value = self._read("identity.json")
        if value is None:
            return None
        names = {one.name for one in fields(Identity)}
        if set(value) != names or not all(isinstance(one, str) for one in value.values()):
            raise StateBroken("identity_broken", "The file identity.json in the state folder is broken.")
        return Identity(**{name: str(value[name]) for name in names})

    def save_identity(self, identity: Identity, trusted_root: bytes) -> None:
        files.make_folder(self.tuf)
        files.write_whole(self.trusted_root, trusted_root)
        files.write_json(self.folder / "identity.json", asdict(identity))

    def device_key(self) -> Ed25519PrivateKey:
        """The key of this device; made before the server hears of it, so that a retry uses the same."""
        path = self.folder / "device.key"
        if not path.exists():
            key = Ed25519PrivateKey.generate()
            files.write_whole(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        try:
            loaded = load_pem_private_key(path.read_bytes(), None)
        except ValueError as error:
            raise StateBroken("key_broken", "The device key in the state folder is broken.") from error
        if not isinstance(loaded, Ed25519PrivateKey):
            raise StateBroken("key_broken", "The device key in the state folder is of another kind.")
        return loaded

    def _read(self, name: str) -> dict[str, object] | None:
        try:
            value = files.read_json(self.folder / name)
        except ValueError as error:
            raise StateBroken("state_broken", f"The file {name} in the state folder is broken.") from error
        if value is not None and not isinstance(value, dict):
            raise StateBroken("state_broken", f"The file {name} in the state folder is broken.")
        return value

    def _read_memory(self) -> Memory:
        value = self._read("memory.json")
        if value is None:
            return Memory()
        ids = value.pop("lease_ids", [])
        numbers = {name: number for name, number in value.items() if type(number) is int and number >= 0}
        if not isinstance(ids, list) or set(numbers) != set(asdict(Memory())) - {"lease_ids"}:
            raise StateBroken("memory_broken", "The file memory.json in the state folder is broken.")
        return Memory(lease_ids=tuple(str(one) for one in ids), **numbers)


def b64url(data: bytes) -> str:
    """Base64 for URLs without padding, as every key and signature of the protocol travels."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64url(text: str) -> bytes:
    """Bytes of unpadded base64url; ValueError on anything else."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
