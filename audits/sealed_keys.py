"""How private keys of this server lie on its disk: sealed with the key-encryption key, for their owner only.

A copy of the folder without the key-encryption key signs nothing. The name of a key is part of its seal, so
that no file can be put in the place of another.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from audits import kek
from mci_core import envelope
from mci_core.errors import Invalid

PEM = b"-----BEGIN"


def seal(key: Ed25519PrivateKey, name: str) -> bytes:
    """The bytes to keep of a private key."""
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return envelope.seal(_sealing_key(), plain, _aad(name))


def unseal(data: bytes, name: str) -> Ed25519PrivateKey:
    """The private key that was sealed under this name; `Invalid` when these bytes are not it."""
    try:
        return ed25519(envelope.open_(_sealing_key(), data, _aad(name)))
    except (ValueError, TypeError) as error:
        raise Invalid(f"The signing key {name} cannot be opened.", code="signing_key_unreadable") from error


def ed25519(pem: bytes, passphrase: bytes | None = None) -> Ed25519PrivateKey:
    """The key in a PEM file. Raises ValueError or TypeError."""
    key = load_pem_private_key(pem, passphrase)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("not an Ed25519 key")
    return key


def write_once(path: Path, data: bytes) -> None:
    """Of several processes that start together the first to link the file wins; an existing file stays.

    On the disk under its name when this returns: what is sealed with a key must not outlive the key's file in
    a power cut.
    """
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink()
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Have the names in a folder on the disk: a synced file without its name is lost all the same."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sealing_key() -> bytes:
    return kek.derived_key("signing-keys")


def _aad(name: str) -> bytes:
    return b"mci-signing-key\n" + name.encode()
