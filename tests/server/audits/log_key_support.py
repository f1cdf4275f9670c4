"""A log that changes its key, for the tests of it."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from audits import checkpoints
from audits.actions import keys
from audits.actor import Actor
from audits.models import AuditEntry, SignedCheckpoint
from tests.server.audits.support import advance_all, write
from tests.server.cast import REASON

OPERATOR = Actor.system("operator")


def signed_now(more: int = 1) -> SignedCheckpoint:
    """Some entries, taken in and signed."""
    write(more)
    advance_all(AuditEntry.objects.count())
    signed = checkpoints.sign()
    assert signed is not None
    return signed


def key_files() -> list[Path]:
    return sorted(settings.KEYS_DIR.glob("audit*.key"))


def signed_by(signed: SignedCheckpoint) -> list[bytes]:
    return [line.key_id for line in signed.signed.signatures]


def changed() -> tuple[SignedCheckpoint, SignedCheckpoint]:
    """The last checkpoint of the first key alone, and the first one of both."""
    before = signed_now(3)
    keys.prepare_log_key(actor=OPERATOR)
    keys.replace_log_key(actor=OPERATOR, reason=REASON)
    return before, signed_now()


def ended() -> tuple[SignedCheckpoint, SignedCheckpoint, SignedCheckpoint]:
    before, both = changed()
    keys.end_log_key(actor=OPERATOR, reason=REASON)
    return before, both, signed_now()
