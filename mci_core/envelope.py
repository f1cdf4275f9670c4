"""Envelopes: how bytes are made unreadable without their key, and small before that.

AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce in front of the ciphertext. The additional data
bind the ciphertext to its place: moved elsewhere it does not open. zstd comes before, with a bound on what
may come out.
"""

from __future__ import annotations

import os

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mci_core.errors import Invalid, TooLarge

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
LEVEL = 3
_WRAP_AAD = b"mci-wrapped-key/1\n"


class CannotOpen(Invalid, ValueError):
    """The key, the place or the bytes are not those that were sealed."""

    code = "cannot_open"


def new_key() -> bytes:
    """256 random bits."""
    return os.urandom(KEY_BYTES)


def seal(key: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """nonce | ciphertext | tag."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(_key(key)).encrypt(nonce, plaintext, aad)


def open_(key: bytes, blob: bytes, aad: bytes) -> bytes:
    """What was sealed with this key for this place; raises `CannotOpen`."""
    if len(blob) < NONCE_BYTES + TAG_BYTES:
        raise CannotOpen("These bytes are too short to be an envelope.")
    try:
        return AESGCM(_key(key)).decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], aad)
    except InvalidTag as error:
        raise CannotOpen("The envelope does not open with this key at this place.") from error


def wrap(key: bytes, data_key: bytes, aad: bytes = b"") -> bytes:
    """Seal a key with another key."""
    return seal(key, _key(data_key), _WRAP_AAD + aad)


def unwrap(key: bytes, wrapped: bytes, aad: bytes = b"") -> bytes:
    """The key that was wrapped; raises `CannotOpen`."""
    return _key(open_(key, wrapped, _WRAP_AAD + aad))


def _key(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise CannotOpen("A key has 32 bytes.")
    return key


def pack(data: bytes) -> bytes:
    """Compress as one zstd frame that states its size."""
    return zstandard.ZstdCompressor(level=LEVEL, write_content_size=True).compress(data)


def unpack(data: bytes, max_bytes: int) -> bytes:
    """Decompress one whole frame; `TooLarge` beyond `max_bytes`, `Invalid` for anything else.

    The size that the frame states is read first and bounds the memory: a frame that holds more does not
    fit.
    """
    try:
        size = zstandard.frame_content_size(data)
        if size < 0:
            raise Invalid("The zstd frame does not state its size.", code="not_zstd")
        if size > max_bytes:
            raise TooLarge(f"The frame holds more than {max_bytes} bytes.", code="unpacks_too_large")
        return zstandard.ZstdDecompressor().decompress(data, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise Invalid("These bytes are not one whole zstd frame.", code="not_zstd") from error
