"""Which notice waits for a person, asked for each of their devices in the same way as a lease asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Subject
from jurisdictions import coverage
from jurisdictions.coverage import Captured
from jurisdictions.models import Notice
from jurisdictions.rulings import SubjectRuling, ruling_for


@dataclass(frozen=True)
class Due:
    """``ruling`` is the strictest of the person's devices; ``notice`` the one that they have to have read."""

    ruling: SubjectRuling
    waits: bool

    @property
    def notice(self) -> Notice | None:
        return self.ruling.notice


def due(subject: Subject, at: datetime) -> Due:
    """The notice waits while it was not read at all, or while it keeps a device from capturing."""
    held: Sequence[tuple[Captured | None, bool]] = coverage.held_by(subject) or [(None, False)]
    found = [
        ruling_for(subject, at=at, personal_device=personal, captured=captured) for captured, personal in held
    ]
    ruling = next((one for one in found if one.reason.startswith("notice_")), found[0])
    unread = ruling.reason.startswith("notice_") or ruling.notice_digest is None
    return Due(ruling, ruling.notice is not None and unread)
