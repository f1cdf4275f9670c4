"""Decides which key signs leases, and which public keys agents may still see signatures of.

Private keys are files under ``KEYS_DIR/lease`` that only the owner reads. ``lease-keys.json``, a signed TUF
target, tells agents the public halves, so keys rotate with the releases: a new key is published first and
signs afterwards.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import uuid
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings


def signing_key() -> tuple[str, Ed25519PrivateKey]:
    """(kid, key) that signs now."""
    return _load(str(_folder()))


def lease_public_keys() -> dict[str, str]:
    """kid -> base64url of the raw public key, of every key that may have signed a lease that is still
    alive.
    """
    signing_key()
    found = (_private(path).public_key() for path in sorted(_folder().glob("*.pem")))
    return {key_id(key): b64url(_raw(key)) for key in found}


def server_id() -> str:
    """The issuer of leases: made once, kept beside the keys, not derived from an address that may change."""
    path = _folder() / "server_id"
    if not path.exists():
        _keep(path, uuid.uuid4().hex.encode())
    return path.read_text(encoding="ascii")


def key_id(key: Ed25519PublicKey) -> str:
    return hashlib.sha256(_raw(key)).hexdigest()[:16]


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _folder() -> Path:
    folder: Path = settings.KEYS_DIR / "lease"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


@lru_cache(maxsize=4)
def _load(folder: str) -> tuple[str, Ed25519PrivateKey]:
    path = Path(folder) / "current.pem"
    if not path.exists():
        fresh = Ed25519PrivateKey.generate()
        _keep(
            path,
            fresh.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        )
    key = _private(path)
    return key_id(key.public_key()), key


def _private(path: Path) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{path.name} holds no Ed25519 key")
    return key


def _keep(path: Path, data: bytes) -> None:
    """Write once: of several processes that start together the first to link the file wins."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
