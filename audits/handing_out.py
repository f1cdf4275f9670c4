"""Where checkpoints go by themselves: a folder, the object storage, mail. No copy can be taken back here.

Each place is tried by itself: one that fails does not stop the others. That it fails, and that it works
again, is said in the log once each, where the page of the signatures finds it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.mail import send_mail

from audits import checkpoints, folder, log_keys
from audits.actions import record_event
from audits.actor import Actor
from audits.models import AuditEntry, SignedCheckpoint

log = structlog.get_logger(__name__)

FAILED, WORKS = "audits.hand_out_failed", "audits.hand_out_works"
FOLDER, STORAGE, MAIL = "folder", "storage", "mail"
_RECENT = 100

_MAIL = """The audit log of {origin} had {size} entries when this was signed. Keep this mail: with it
anybody can prove later whether the log has lost or changed anything since.

{note}
{keys}"""


@dataclass(frozen=True)
class Place:
    """Where checkpoints go, and since when that fails; ``fault`` is empty while it works."""

    name: str
    fault: str = ""
    since: datetime | None = None


def name_of(signed: SignedCheckpoint) -> str:
    """A file for each size and log; sorted by name they are in order."""
    origin = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in signed.origin)
    return f"{origin}-{signed.size:012d}.txt"


def to_places(signed: SignedCheckpoint) -> None:
    """A copy that is there already stays as it is."""
    data = checkpoints.note_of(signed).dumps().encode()
    if settings.AUDIT_CHECKPOINT_DIR:
        _try(FOLDER, lambda: _to_folder(name_of(signed), data))
    if settings.AUDIT_CHECKPOINT_BLOBS:
        _try(STORAGE, lambda: _to_storage(name_of(signed), data))


def by_mail(signed: SignedCheckpoint) -> None:
    if settings.AUDIT_CHECKPOINT_MAIL:
        _try(MAIL, lambda: _mail(signed))


def places() -> list[Place]:
    """The places that the settings name, as they stand."""
    wanted = {
        FOLDER: settings.AUDIT_CHECKPOINT_DIR,
        STORAGE: settings.AUDIT_CHECKPOINT_BLOBS,
        MAIL: settings.AUDIT_CHECKPOINT_MAIL,
    }
    told = _told()
    return [told.get(name, Place(name)) for name, asked in wanted.items() if asked]


def _told() -> dict[str, Place]:
    """What the log said last about each place."""
    found: dict[str, Place] = {}
    for entry in AuditEntry.objects.filter(action__in=(FAILED, WORKS)).order_by("-pk")[:_RECENT]:
        facts = json.loads(entry.leaf)["facts"]
        name = facts["place"]
        fault = facts["fault"] if entry.action == FAILED else ""
        found.setdefault(name, Place(name, fault, entry.at))
    return found


def _try(name: str, do: Callable[[], None]) -> None:
    before = _told().get(name, Place(name)).fault
    try:
        do()
    except Exception as fault:  # whatever a storage or a mail server throws: the next place is tried
        kind = type(fault).__name__
        log.error("audit_hand_out_failed", place=name, fault=kind)
        if before != kind:
            _tell(FAILED, place=name, fault=kind)
        return
    if before:
        _tell(WORKS, place=name)


def _tell(action: str, **facts: str) -> None:
    record_event(action=action, actor=Actor.system("beat"), facts=facts)


def _to_folder(name: str, data: bytes) -> None:
    path = Path(settings.AUDIT_CHECKPOINT_DIR) / name
    if not path.exists():
        folder.put(path, data)


def _to_storage(name: str, data: bytes) -> None:
    path = f"checkpoints/{name}"
    if not storages["blobs"].exists(path):
        storages["blobs"].save(path, ContentFile(data))


def _mail(signed: SignedCheckpoint) -> None:
    text = _MAIL.format(
        origin=signed.origin,
        size=signed.size,
        note=checkpoints.note_of(signed).dumps(),
        keys="".join(f"Verifier key: {key.text()}\n" for key in log_keys.in_note(signed)),
    )
    subject = f"Checkpoint of the audit log: {signed.size} entries"
    send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, settings.AUDIT_CHECKPOINT_MAIL)
