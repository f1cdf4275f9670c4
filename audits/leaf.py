"""What one line of the log says: the canonical bytes that are hashed, and the sealed details beside them.

The leaf holds opaque ids, a salted commitment and facts that say nothing about a person. Reason and
before/after are sealed beside it: without the salt the commitment can be neither guessed nor linked.

Details about a person are sealed with a key that dies with the person, and their salt with them: after an
erasure nobody can even try out what a commitment may have stood for.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from audits.kek import derived_key, detail_key, detail_key_by_id
from mci_core import canonical, envelope

VERSION = 1
MAX_FACT_LENGTH = 128
SALT_BYTES = 32
#: In front of details that a person's key seals; then the id of the key, then the envelope.
PERSONAL = b"mci-details/2\n"
#: In the place of a salt that lies inside the envelope.
NO_SALT = bytes(SALT_BYTES)
_PURPOSE = "audit-details"
KeyOf = Callable[[UUID], bytes | None]


class Erased(envelope.CannotOpen):
    """The details went with the person they were about."""

    code = "details_erased"


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
    return secrets.token_bytes(SALT_BYTES)


def seal(private: bytes, committed: str) -> bytes:
    """AES-256-GCM, bound to the commitment: sealed details of one entry do not open beside another."""
    return envelope.seal(derived_key(_PURPOSE), private, committed.encode())


def unseal(sealed: bytes, committed: str) -> bytes:
    """Raises ``mci_core.envelope.CannotOpen`` when the bytes do not belong to the commitment."""
    return envelope.open_(derived_key(_PURPOSE), sealed, committed.encode())


def seal_about(subject: UUID | None, salt: bytes, private: bytes, committed: str) -> tuple[bytes, bytes]:
    """What is stored: (salt, sealed). With a person's key the salt lies inside the envelope."""
    found = None if subject is None or private == _EMPTY else detail_key(subject)
    if found is None:
        return salt, seal(private, committed)
    key_id, key = found
    return NO_SALT, PERSONAL + key_id.bytes + envelope.seal(key, salt + private, committed.encode())


def unseal_stored(
    salt: bytes, sealed: bytes, committed: str, key_of: KeyOf = detail_key_by_id
) -> tuple[bytes, bytes]:
    """(salt, private) of stored details. Raises `Erased` or ``CannotOpen``."""
    if salt != NO_SALT or not sealed.startswith(PERSONAL):
        return salt, unseal(sealed, committed)
    rest = sealed.removeprefix(PERSONAL)
    key = key_of(UUID(bytes=rest[:16]))
    if key is None:
        raise Erased("The key of these details was destroyed.")
    opened = envelope.open_(key, rest[16:], committed.encode())
    return opened[:SALT_BYTES], opened[SALT_BYTES:]


_EMPTY = private_bytes(Details("", {}))
