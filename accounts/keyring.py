"""The living person keys beside the keys of the days, so that a restored older database can be read again.

A dump that is older than an epoch opens nothing: neither the erased nor the living. The ring holds each
living key as the present epoch wraps it, without any name; the erased are not in it. It is replaced as a
whole and mirrored with its folder. Like the folder it is never archived.

Of a tree the ring holds what is left of it, so that a restore brings no erased session back either.

Format: JSON Lines. First ``{"schema", "state"}``, then one line for each key.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.db import connection

from accounts.models import KeyPurpose, PersonKey
from audits import epoch_keys
from audits.sealed_keys import sync_folder

SCHEMA = "mci-keyring/2"
_UNFINISHED, _LOCK = ".keyring.", ".keyring.lock"
_STATE = """
SELECT count(*), coalesce(sum(numbers), 0),
       coalesce(sum(hashtextextended(id::text || purpose || encode(wrapped, 'base64'), kek_id)), 0)
FROM accounts_personkey WHERE destroyed_at IS NULL AND kek_id IS NOT NULL
"""


@dataclass(frozen=True)
class RingKey:
    """A living person key as it is wrapped now."""

    id: UUID
    subject: UUID
    epoch: int
    kek: int
    wrapped: bytes
    purpose: str
    numbers: int


def path() -> Path:
    return epoch_keys.folder() / "keyring.jsonl"


def state() -> str:
    """Changes with every key that is made, wrapped anew, taken out of a tree or destroyed."""
    with connection.cursor() as cursor:
        cursor.execute(_STATE)
        return "-".join(str(value) for value in cursor.fetchone())


def is_current() -> bool:
    header = _header()
    return header is not None and header.get("state") == state()


def write_if_changed() -> bool:
    if is_current():
        return False
    write()
    return True


def write() -> int:
    """Replace the ring by what the database holds now. Returns the number of keys."""
    with _alone():
        now = state()
        living = PersonKey.objects.filter(destroyed_at__isnull=True, kek__isnull=False)
        _remove_unfinished()
        fresh = path().with_name(f"{_UNFINISHED}{secrets.token_hex(8)}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        count = 0
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(json.dumps({"schema": SCHEMA, "state": now}) + "\n")
            for row in living.order_by("pk").iterator(2_000):
                file.write(json.dumps(_line(row)) + "\n")
                count += 1
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path())
        sync_folder(epoch_keys.folder())
    return count


def _remove_unfinished() -> None:
    """A ring that a crash or a full disk cut off holds keys of people who may be erased since. Under the
    lock, so it is nobody's work.
    """
    for left in epoch_keys.folder().glob(f"{_UNFINISHED}*"):
        if left.name != _LOCK:
            left.unlink()


def read() -> Iterator[RingKey]:
    """Every key in the ring; nothing when there is no ring."""
    if not path().exists():
        return
    with path().open(encoding="utf-8") as file:
        next(file)
        for line in file:
            found = json.loads(line)
            yield RingKey(
                UUID(found["id"]),
                UUID(found["subject"]),
                found["epoch"],
                found["kek"],
                base64.b64decode(found["wrapped"]),
                # The first version knew neither.
                found.get("purpose", KeyPurpose.BOTH),
                found.get("numbers", 0),
            )


def _line(row: PersonKey) -> dict[str, object]:
    wrapped = base64.b64encode(bytes(row.wrapped or b"")).decode()
    return {
        "id": str(row.pk),
        "subject": str(row.subject_id),
        "epoch": row.epoch,
        "kek": row.kek_id,
        "wrapped": wrapped,
        "purpose": row.purpose,
        "numbers": row.numbers,
    }


def _header() -> dict[str, str] | None:
    try:
        with path().open(encoding="utf-8") as file:
            found: dict[str, str] = json.loads(file.readline())
            return found
    except FileNotFoundError:
        return None


@contextmanager
def _alone() -> Iterator[None]:
    with (epoch_keys.folder() / _LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
