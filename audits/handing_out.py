"""Where checkpoints go by themselves: a folder, the object storage, mail. No copy can be taken back here."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.mail import send_mail

from audits import checkpoints, folder
from audits.models import SignedCheckpoint

_MAIL = """The audit log of {origin} had {size} entries when this was signed. Keep this mail: with it
anybody can prove later whether the log has lost or changed anything since.

{note}
Verifier key: {vkey}
"""


def name_of(signed: SignedCheckpoint) -> str:
    """A file for each size and log; sorted by name they are in order."""
    log = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in signed.origin)
    return f"{log}-{signed.size:012d}.txt"


def to_places(signed: SignedCheckpoint) -> None:
    """A copy that is there already stays as it is."""
    data = checkpoints.note_of(signed).dumps().encode()
    if settings.AUDIT_CHECKPOINT_DIR:
        path = Path(settings.AUDIT_CHECKPOINT_DIR) / name_of(signed)
        if not path.exists():
            folder.put(path, data)
    if settings.AUDIT_CHECKPOINT_BLOBS:
        name = f"checkpoints/{name_of(signed)}"
        if not storages["blobs"].exists(name):
            storages["blobs"].save(name, ContentFile(data))


def by_mail(signed: SignedCheckpoint) -> None:
    if not settings.AUDIT_CHECKPOINT_MAIL:
        return
    text = _MAIL.format(
        origin=signed.origin,
        size=signed.size,
        note=checkpoints.note_of(signed).dumps(),
        vkey=signed.vkey,
    )
    subject = f"Checkpoint of the audit log: {signed.size} entries"
    send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, settings.AUDIT_CHECKPOINT_MAIL)
