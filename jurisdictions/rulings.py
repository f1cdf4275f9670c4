"""What the law says about one subject now: place, packs, live notice, acknowledgement and agreement brought
together.

The decision itself is ``mci_core.jurisdiction.decide``; here only the facts are fetched.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from accounts.models import Subject, WorkLocation
from jurisdictions.models import Acknowledgement, Agreement, LawPack, Notice
from mci_core import jurisdiction
from mci_core.jurisdiction import Pack, Ruling


@dataclass(frozen=True)
class SubjectRuling:
    """A ruling with what it rests on. ``notice_digest`` names the acknowledged text, as leases do."""

    ruling: Ruling
    place: str | None
    notice: Notice | None
    notice_digest: str | None

    @property
    def capture(self) -> bool:
        return self.ruling.capture

    @property
    def reason(self) -> str:
        return self.ruling.reason

    @property
    def denied_signals(self) -> tuple[str, ...]:
        return self.ruling.denied_signals

    @property
    def pack_id(self) -> str | None:
        return self.ruling.pack_id

    @property
    def source(self) -> str | None:
        return self.ruling.source

    @property
    def retention_ceiling_days(self) -> int | None:
        return self.ruling.retention_ceiling_days


def ruling_for(subject: Subject, *, at: datetime, personal_device: bool) -> SubjectRuling:
    """The ruling at a moment. Days are those of UTC: a notice of each day is asked for at midnight UTC."""
    on = at.date()
    place = place_of(subject, at)
    notice = Notice.objects.live()
    acknowledged = (
        None if notice is None else Acknowledgement.objects.newest(subject=subject.pk, notice=notice)
    )
    ruling = jurisdiction.decide(
        packs_on(on),
        place,
        on,
        acknowledged_on=None if acknowledged is None else acknowledged.at.date(),
        agreement=None if place is None else agreement_for(place, on),
        personal_device=personal_device,
    )
    digest = acknowledged.text_sha256 if acknowledged is not None else None
    return SubjectRuling(ruling=ruling, place=place, notice=notice, notice_digest=digest)


def place_of(subject: Subject, at: datetime) -> str | None:
    found = WorkLocation.objects.filter(subject=subject, period__contains=at)
    return found.values_list("place", flat=True).first()


def packs_on(on: date) -> list[Pack]:
    """Every law in force on a day; a few dozen rows."""
    bodies = LawPack.objects.in_force(on).values_list("body", flat=True)
    return [jurisdiction.parse_pack(body) for body in bodies]


def agreement_for(place: str, on: date) -> jurisdiction.Agreement | None:
    """The agreement for the smallest area around the place; of several the one that was recorded last."""
    rows = list(Agreement.objects.in_force(on).for_place(place))
    if not rows:
        return None
    row = max(rows, key=lambda found: (len(found.place), found.recorded_at))
    return jurisdiction.Agreement(
        number=row.number,
        place=row.place,
        signals=tuple(row.signals),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        retention_ceiling_days=row.retention_ceiling_days,
    )
