"""Keys of people who sign: Ed25519 in PEM files, encrypted with a passphrase, for their owner only."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from securesystemslib.signer import CryptoSigner

from mci_agent import files
from mci_agent.errors import AgentError

LEAST_PASSPHRASE = 12


def make(folder: Path, name: str, passphrase: str) -> str:
    """Write ``NAME.key`` and ``NAME.pub``; the id of the key. Existing files are never overwritten."""
    if len(passphrase) < LEAST_PASSPHRASE:
        raise AgentError("passphrase_short", f"A passphrase has at least {LEAST_PASSPHRASE} characters.")
    key = Ed25519PrivateKey.generate()
    protection = BestAvailableEncryption(passphrase.encode())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    try:
        files.write_new(folder / f"{name}.key", private)
        files.write_new(folder / f"{name}.pub", public)
    except FileExistsError as error:
        raise AgentError("key_exists", f"A key of the name {name} is in this folder already.") from error
    except OSError as error:
        raise AgentError("key_not_written", f"The key cannot be written to {folder}.") from error
    return CryptoSigner(key).public_key.keyid


def load(path: Path, passphrase: str) -> tuple[CryptoSigner, Ed25519PrivateKey]:
    """Open a key file. A key that is not encrypted is refused: it would be whoever copies it."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise AgentError("key_missing", f"The key file {path} cannot be read.") from error
    if b"ENCRYPTED" not in data:
        raise AgentError("key_in_the_clear", f"{path} is not encrypted with a passphrase.")
    try:
        key = load_pem_private_key(data, passphrase.encode())
    except (ValueError, TypeError) as error:
        raise AgentError("key_not_opened", f"{path} does not open with this passphrase.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise AgentError("key_kind", f"{path} holds no Ed25519 key.")
    return CryptoSigner(key), key
