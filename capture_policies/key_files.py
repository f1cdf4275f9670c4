"""Where the signing keys of the release repository live, and how they are kept.

Online keys (targets, snapshot, timestamp) lie in ``KEYS_DIR/tuf``, sealed with the key-encryption key. Root
keys are offline: their files never lie below ``KEYS_DIR`` in production, where each is protected by a
passphrase of its holder. In demo and test all lie on this machine, so that one command shows the whole
product.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from django.conf import settings
from securesystemslib.signer import CryptoSigner

from audits import sealed_keys
from mci_core.errors import Invalid, Unavailable

ONLINE_ROLES = ("targets", "snapshot", "timestamp")
#: In ceremony mode targets delegates the lease keys to an online role of this name.
LEASES = "leases"
ROOT_KEYS = ("root-1", "root-2", "root-3")
ROOT_THRESHOLD = 2


def online_folder() -> Path:
    """The folder of the keys that this server signs with by itself."""
    return Path(settings.KEYS_DIR) / "tuf"


def demo_offline_folder() -> Path:
    """Where demo and test keep the root keys; refused in production."""
    return Path(settings.KEYS_DIR) / "offline"


def check_offline_folder(folder: Path) -> None:
    """Refuse a place for root keys that the running server reads anyway."""
    inside = folder.resolve().is_relative_to(Path(settings.KEYS_DIR).resolve())
    if settings.PRODUCTION and inside:
        raise Invalid(
            "Root keys do not belong below KEYS_DIR: name a folder on a medium that leaves this machine.",
            code="offline_keys_online",
        )


def create(folder: Path, name: str, *, passphrase: bytes | None = None) -> CryptoSigner:
    """Make an Ed25519 key file that only its owner can read; an existing file is kept and loaded instead."""
    path = folder / f"{name}.key"
    if path.exists():
        return load(folder, name, passphrase=passphrase)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = Ed25519PrivateKey.generate()
    write_private(path, _protect(key, name, passphrase))
    return CryptoSigner(key)


def load(folder: Path, name: str, *, passphrase: bytes | None = None) -> CryptoSigner:
    """Open one key file. `Unavailable` when it is missing, `Invalid` when it cannot be opened."""
    path = folder / f"{name}.key"
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise _missing(name) from error
    try:
        if data.startswith(sealed_keys.PEM):
            return CryptoSigner(sealed_keys.ed25519(data, passphrase))
        return CryptoSigner(sealed_keys.unseal(data, name))
    except (ValueError, TypeError) as error:
        raise Invalid(f"The signing key {name} cannot be opened.", code="signing_key_unreadable") from error


def create_next(role: str) -> CryptoSigner:
    """A further key for an online role. It signs nothing until a root names it."""
    key = Ed25519PrivateKey.generate()
    signer = CryptoSigner(key)
    folder = online_folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = f"{role}-{signer.public_key.keyid[:12]}"
    write_private(folder / f"{name}.key", sealed_keys.seal(key, name))
    return signer


def online_signers(role: str) -> dict[Path, CryptoSigner]:
    """The keys of an online role that lie here: the one that root names, and those before and after it."""
    folder = online_folder()
    return {path: load(folder, path.stem) for path in sorted(folder.glob(f"{role}*.key"))}


def online_signer(role: str, key_ids: Collection[str]) -> CryptoSigner:
    """The key here that is one of these. `Unavailable` when none is."""
    found = online_signers(role)
    if not found:
        raise _missing(role)
    for signer in found.values():
        if signer.public_key.keyid in key_ids:
            return signer
    raise Unavailable(f"The {role} key on this server is not the one in root.", code="signing_key_unknown")


def forget_online(role: str, keep: Collection[str]) -> None:
    """Delete the private keys of a role that nothing names any more."""
    for path, signer in online_signers(role).items():
        if signer.public_key.keyid not in keep:
            path.unlink(missing_ok=True)


def write_private(path: Path, data: bytes) -> None:
    """Write a file with mode 0600 in one step, so that a crash leaves the old file or the new one."""
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _missing(name: str) -> Unavailable:
    return Unavailable(
        f"The signing key {name} is missing. Run: manage.py keys init", code="signing_key_missing"
    )


def _protect(key: Ed25519PrivateKey, name: str, passphrase: bytes | None) -> bytes:
    if passphrase:
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase))
    return sealed_keys.seal(key, name)
