"""What was erased, written outside the database, so that a restored older database can be brought up to date.

A file of lines that is only appended to. Each line is canonical JSON with opaque ids and no name, and states
the SHA-256 of the line before it, so that a line that is changed or taken out is noticed. ``begun`` is
written when an erasure freezes its scope, ``done`` when its receipt is signed. Neither is written twice,
except ``begun`` where the first attempt came to nothing and the erasure covers a later moment: the last
line counts.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from audits.sealed_keys import sync_folder
from mci_core import canonical
from mci_core.errors import Invalid
from privacy_requests.models import Erasure

VERSION = 1
FIRST = "0" * 64


class LedgerBroken(Exception):
    """A line is not what was written."""


@dataclass(frozen=True)
class Begun:
    """An erasure that has to be carried out in every copy of the database."""

    erasure: UUID
    request: UUID
    number: int
    subject: UUID
    scope: str
    sessions: tuple[str, ...]
    law: str
    received_at: datetime
    due_at: datetime
    moment: datetime


def path() -> Path:
    folder: Path = settings.LEDGER_DIR
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / "erasures.jsonl"


def begin(erasure: Erasure) -> None:
    request = erasure.request
    _append(
        {
            "kind": "begun",
            "erasure": str(erasure.pk),
            "request": str(request.pk),
            "number": request.number,
            "subject": str(request.subject_id),
            "scope": request.scope,
            "sessions": list(request.sessions),
            "law": request.law,
            "received_at": request.received_at.isoformat(),
            "due_at": request.due_at.isoformat(),
            "moment": (erasure.frozen_at or timezone.now()).isoformat(),
        }
    )


def finish(erasure: Erasure) -> None:
    _append(
        {
            "kind": "done",
            "erasure": str(erasure.pk),
            "manifest_root": erasure.manifest_root,
            "objects": erasure.objects_erased,
            "backups_unreadable_from": None
            if erasure.backups_unreadable_from is None
            else erasure.backups_unreadable_from.isoformat(),
        }
    )


def lines() -> list[dict[str, Any]]:
    """Every line, checked against its neighbours. Raises `LedgerBroken`."""
    if not path().exists():
        return []
    with path().open("rb") as file:
        return _checked(file)


def begun() -> list[Begun]:
    """Every erasure, in the order in which they began."""
    found = {line["erasure"]: _begun(line) for line in lines() if line["kind"] == "begun"}
    return list(found.values())


def promised() -> dict[UUID, datetime]:
    """By erasure: since when no copy of the database opens the person."""
    found = (line for line in lines() if line["kind"] == "done" and line["backups_unreadable_from"])
    return {UUID(line["erasure"]): datetime.fromisoformat(line["backups_unreadable_from"]) for line in found}


def _append(line: dict[str, Any]) -> None:
    with _locked() as file:
        found = _checked(file)
        same = [one for one in found if _stands_for(one) == _stands_for(line)]
        if same and (line["kind"] != "begun" or _moment(line) <= _moment(same[-1])):
            return
        data = canonical.dumps({"v": VERSION, "prev": _last(file), **line}) + b"\n"
        file.seek(0, os.SEEK_END)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
        if not found:
            sync_folder(path().parent)


def _stands_for(line: dict[str, Any]) -> tuple[str, str]:
    return line["kind"], line["erasure"]


def _moment(line: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(line["moment"])


@contextmanager
def _locked() -> Iterator[IO[bytes]]:
    descriptor = os.open(path(), os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _checked(file: IO[bytes]) -> list[dict[str, Any]]:
    """The lines so far. A last line without its end was cut off by a crash before it counted: it goes."""
    file.seek(0)
    found: list[dict[str, Any]] = []
    before, place = FIRST, 0
    for number, data in enumerate(file, start=1):
        if not data.endswith(b"\n"):
            if file.writable():
                file.truncate(place)
            break
        line = _parsed(data, number)
        if line.get("prev") != before:
            raise LedgerBroken(f"line {number} does not follow the line before it")
        found.append(line)
        before = hashlib.sha256(data).hexdigest()
        place += len(data)
    return found


def _parsed(data: bytes, number: int) -> dict[str, Any]:
    try:
        line = canonical.loads(data)
    except Invalid as fault:
        raise LedgerBroken(f"line {number} is not readable") from fault
    if not isinstance(line, dict) or line.get("v") != VERSION:
        raise LedgerBroken(f"line {number} is of an unknown kind")
    return line


def _last(file: IO[bytes]) -> str:
    file.seek(0)
    last = FIRST
    for data in file:
        last = hashlib.sha256(data).hexdigest()
    return last


def _begun(line: dict[str, Any]) -> Begun:
    return Begun(
        erasure=UUID(line["erasure"]),
        request=UUID(line["request"]),
        number=line["number"],
        subject=UUID(line["subject"]),
        scope=line["scope"],
        sessions=tuple(line["sessions"]),
        law=line["law"],
        received_at=datetime.fromisoformat(line["received_at"]),
        due_at=datetime.fromisoformat(line["due_at"]),
        moment=datetime.fromisoformat(line["moment"]),
    )
