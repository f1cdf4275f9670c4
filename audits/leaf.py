"""What one line of the log says: the canonical bytes that are hashed, and the sealed details beside them.

The leaf holds opaque ids, a salted commitment and facts that say nothing about a person. Reason and
before/after are sealed beside it: without the salt the commitment can be neither guessed nor linked.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from audits.kek import derived_key
from mci_core import canonical, envelope

VERSION = 1
MAX_FACT_LENGTH = 128
_PURPOSE = "audit-details"


@dataclass(frozen=True)
class Details:
    """The private half of an entry."""

    reason: str
    details: dict[str, Any]


def milliseconds(at: datetime) -> int:
    """Unix time in whole milliseconds, computed on integers: a float would round."""
    since = at.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def check_facts(facts: dict[str, Any]) -> None:
    """Facts are read by everybody who verifies the log for ever: short values, no address, no text."""
    for value in _values(facts):
        if isinstance(value, str) and (len(value) > MAX_FACT_LENGTH or "@" in value):
            raise ValueError("a fact of an audit entry must be short and say nothing about a person")


def _values(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [found for item in value.items() for part in item for found in _values(part)]
    if isinstance(value, (list, tuple)):
        return [found for item in value for found in _values(item)]
    return [value]


def private_bytes(private: Details) -> bytes:
    return canonical.dumps({"reason": private.reason, "details": private.details})


def commitment(salt: bytes, private: bytes) -> str:
    """SHA-256 over salt and canonical details, 64 hexadecimal digits."""
    return hashlib.sha256(salt + private).hexdigest()


def new_salt() -> bytes:
    return secrets.token_bytes(32)


def seal(private: bytes, committed: str) -> bytes:
    """AES-256-GCM, bound to the commitment: sealed details of one entry do not open beside another."""
    return envelope.seal(derived_key(_PURPOSE), private, committed.encode())


def unseal(sealed: bytes, committed: str) -> bytes:
    """Raises ``mci_core.envelope.CannotOpen`` when the bytes do not belong to the commitment."""
    return envelope.open_(derived_key(_PURPOSE), sealed, committed.encode())
