"""The door to every key that is kept outside the database: the master key, the keys of the days, and what is
derived from them.

- The **master key** (a file in development, the environment or a mounted secret in production) seals what is
  no person's: signing keys, seeds, reasons of entries about nobody. Nothing of a person opens with it alone.
- An **epoch key** wraps person keys for a day; ``audits.epoch_keys`` keeps and destroys it.
- A **detail key** seals reason and before/after of entries about a person. The log is the lowest app and
  knows no persons: whoever does registers where these keys come from.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def current_kek() -> bytes:
    """The master key: 32 bytes."""
    key: bytes = settings.MASTER_KEY
    return key


def derived_key(purpose: str) -> bytes:
    """A 32-byte key for one purpose (RFC 5869), so that no key serves two."""
    return _below_master(current_kek(), purpose)


@lru_cache(maxsize=64)
def _below_master(master: bytes, purpose: str) -> bytes:
    """Kept, because every entry of the log needs one; the master key lies in memory anyway."""
    return key_from(master, purpose)


def key_from(key: bytes, purpose: str) -> bytes:
    """The key for one purpose below any key."""
    return HKDF(SHA256(), 32, salt=None, info=b"mci/" + purpose.encode()).derive(key)


class DetailKeys(Protocol):
    """Keys that die with the person."""

    def for_subject(self, subject: UUID) -> tuple[UUID, bytes] | None:
        """(id of the key, key) to seal with now; None when there is no such person."""

    def by_id(self, key_id: UUID) -> bytes | None:
        """The key of this id; None once it was destroyed."""


_detail_keys: list[DetailKeys] = []


def register_detail_keys(keys: DetailKeys) -> None:
    """Called once, when the app that keeps persons is ready."""
    _detail_keys[:] = [keys]


def detail_key(subject: UUID) -> tuple[UUID, bytes] | None:
    """The key that seals the details of an entry about this person."""
    return _detail_keys[0].for_subject(subject) if _detail_keys else None


def detail_key_by_id(key_id: UUID) -> bytes | None:
    """The key that sealed these details; None once the person was erased."""
    return _detail_keys[0].by_id(key_id) if _detail_keys else None
