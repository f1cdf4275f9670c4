"""Where the private halves of the log's keys lie: sealed on the disk of this server, one file for each.

The first key is ``audit.key``, as it always was; every later one has the beginning of the hash of its public
half in its name. A file that is missing or cannot be opened is a key that this server does not have: nothing
is made in its place.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from audits import sealed_keys
from mci_core.errors import Invalid

FIRST = "audit"


def on_disk() -> dict[bytes, Ed25519PrivateKey]:
    """Every key of the log that can be opened here, by its public half."""
    found = {}
    for path in sorted(Path(settings.KEYS_DIR).glob(f"{FIRST}*.key")):
        try:
            state = path.stat()
            key = _opened(str(path), state.st_mtime_ns, state.st_size)
        except (OSError, Invalid):
            continue
        found[key.public_key().public_bytes_raw()] = key
    return found


@lru_cache(maxsize=32)
def _opened(path: str, _changed: int, _size: int) -> Ed25519PrivateKey:
    return sealed_keys.unseal(Path(path).read_bytes(), Path(path).stem)


def first() -> Ed25519PrivateKey:
    """The key that a first log begins with: made once, by whichever process comes first."""
    path = Path(settings.KEYS_DIR) / f"{FIRST}.key"
    if not path.exists():
        _write(path, Ed25519PrivateKey.generate())
    return sealed_keys.unseal(path.read_bytes(), FIRST)


def make() -> bytes:
    """Another key; returns its public half."""
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    _write(path_of(public), key)
    return public


def later() -> list[bytes]:
    """The public halves of all keys but the first, in an order that stays."""
    return [public for public in on_disk() if path_of(public).exists()]


def drop(public: bytes) -> None:
    """Delete the file of a key that has ended, and forget the key; again changes nothing."""
    for path in (path_of(public), Path(settings.KEYS_DIR) / f"{FIRST}.key"):
        try:
            key = sealed_keys.unseal(path.read_bytes(), path.stem)
        except (OSError, Invalid):
            continue
        if key.public_key().public_bytes_raw() == public:
            path.unlink(missing_ok=True)
            sealed_keys.sync_folder(path.parent)
            _opened.cache_clear()


def path_of(public: bytes) -> Path:
    return Path(settings.KEYS_DIR) / f"{FIRST}-{sha256(public).hexdigest()[:16]}.key"


def _write(path: Path, key: Ed25519PrivateKey) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    sealed_keys.write_once(path, sealed_keys.seal(key, path.stem))
