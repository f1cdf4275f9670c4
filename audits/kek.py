"""The key-encryption key and what is derived from it. It is kept outside the database on purpose."""

from __future__ import annotations

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def current_kek() -> bytes:
    """32 bytes; wraps person keys."""
    key: bytes = settings.MASTER_KEY
    return key


def derived_key(purpose: str) -> bytes:
    """A 32-byte key for one purpose (RFC 5869), so that no key serves two."""
    return HKDF(SHA256(), 32, salt=None, info=b"mci/" + purpose.encode()).derive(current_kek())
