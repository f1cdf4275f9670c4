"""What the law says about one subject at a moment: place, packs, notice, acknowledgement and agreement
brought together, as they were known at that moment.

The decision itself is ``mci_core.jurisdiction.decide``; here only the facts are fetched. Laws count by the
day at the place; agreements, notices and acknowledgements also by when they were recorded: something that was
written down later allows nothing earlier. Where somebody was is what is on record today, because a place that
was stated late was still the place.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Subquery, Value
from django.db.models.functions import Coalesce

from accounts.models import Subject, WorkLocation
from jurisdictions import coverage
from jurisdictions.coverage import Captured
from jurisdictions.models import Acknowledgement, Agreement, LawPack, Notice, PlaceMode, areas
from jurisdictions.zones import local_day, midnight_after
from mci_core import jurisdiction
from mci_core.jurisdiction import Notified, Pack, Ruling

__all__ = ["Captured", "SubjectRuling", "agreement_for", "packs_on", "place_of", "ruling_for"]

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class SubjectRuling:
    """A ruling with what it rests on.

    ``notice`` is the one that somebody here has to have read; ``notice_digest`` names the acknowledged text,
    as leases do. ``until`` is the moment at which the same facts may give another ruling, within a day.
    """

    ruling: Ruling
    place: str | None
    notice: Notice | None
    notice_digest: str | None
    laws: tuple[Pack, ...] = ()
    agreement: jurisdiction.Agreement | None = None
    until: datetime | None = None

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

    @property
    def family(self) -> str | None:
        """The place of the law that is closest: notices are written for it."""
        return self.laws[-1].place if self.laws else None


@dataclass(frozen=True)
class _Facts:
    """What one ruling and that of the next day rest on."""

    place: str | None
    packs: Sequence[Pack]
    agreements: Sequence[Agreement]
    captured: Captured | None
    personal_device: bool
    _covers: dict[tuple[uuid.UUID, tuple[str, ...]], bool] = field(default_factory=dict)

    def covers(self, notice: Notice, denied: tuple[str, ...]) -> bool:
        """Whether a notice tells all that is captured; asked once for both days."""
        key = (notice.pk, denied)
        if key not in self._covers:
            self._covers[key] = coverage.covers(notice, self.captured, self.place, denied)
        return self._covers[key]


def ruling_for(
    subject: Subject, *, at: datetime, personal_device: bool, captured: Captured | None = None
) -> SubjectRuling:
    """The ruling at a moment, also a past one.

    ``captured`` is what a device is to capture with; then the acknowledged notice has to say all of it.
    Without it only the law is asked, as for the retention of what was captured before.
    """
    place, place_until = _place_at(subject, at)
    on = local_day(place, at)
    facts = _Facts(
        place=place,
        packs=[] if place is None else packs_on(on, until=on + _DAY, at=at),
        agreements=[] if place is None else _agreements(place, at, subject.department_id),
        captured=captured,
        personal_device=personal_device,
    )
    laws = jurisdiction.applicable(facts.packs, place, on) if place else []
    notices = _addressed(laws, at)
    read = _acknowledged(subject, notices, at)
    ruling, accepted = _rule(facts, on, notices, read)
    until = place_until
    if ruling.capture and _differs(ruling, _rule(facts, on + _DAY, notices, read)[0]):
        midnight = midnight_after(place, on)
        until = midnight if until is None else min(until, midnight)
    return SubjectRuling(
        ruling=ruling,
        place=place,
        notice=_to_read(laws, notices),
        notice_digest=None if accepted is None else accepted.text_sha256,
        laws=tuple(laws),
        agreement=_agreement_on(facts, on),
        until=until,
    )


def _differs(one: Ruling, other: Ruling) -> bool:
    """Whether the second one allows less."""
    return not other.capture or not set(other.denied_signals) <= set(one.denied_signals)


def _rule(
    facts: _Facts, on: date, notices: Sequence[Notice], read: dict[uuid.UUID, Acknowledgement]
) -> tuple[Ruling, Acknowledgement | None]:
    def decided(notified: Notified | None) -> Ruling:
        return jurisdiction.decide(
            facts.packs,
            facts.place,
            on,
            acknowledged_on=notified,
            agreement=_agreement_on(facts, on),
            personal_device=facts.personal_device,
        )

    if not notices or not read:
        return decided(None), None
    denied = decided(Notified(on)).denied_signals
    laws = jurisdiction.applicable(facts.packs, facts.place or "", on)
    found = [
        (_notified(notice, read[notice.pk], facts, laws, denied), read[notice.pk])
        for notice in notices
        if notice.pk in read
    ]
    wants_specific = _wants_specific(laws)
    notified, accepted = next(
        ((said, ack) for said, ack in found if said.covers and (said.specific or not wants_specific)),
        next(((said, ack) for said, ack in found if said.specific), found[0]),
    )
    return decided(notified), accepted


def _notified(
    notice: Notice, ack: Acknowledgement, facts: _Facts, laws: Sequence[Pack], denied: tuple[str, ...]
) -> Notified:
    return Notified(
        on=local_day(facts.place, ack.at),
        specific=notice.generated and bool(laws) and notice.place == laws[-1].place,
        covers=facts.covers(notice, denied),
    )


def _wants_specific(laws: Iterable[Pack]) -> bool:
    return any(pack.notice_form == "specific" for pack in laws)


def _to_read(laws: Sequence[Pack], notices: Sequence[Notice]) -> Notice | None:
    """The newest one of the kind that the law asks for; where there is none, the newest."""
    if _wants_specific(laws):
        own = [notice for notice in notices if notice.generated and notice.place == laws[-1].place]
        notices = own or notices
    return notices[0] if notices else None


def _addressed(laws: Sequence[Pack], at: datetime) -> list[Notice]:
    """The notices that may count, newest first: back to the last one that everybody had to read."""
    known = Notice.objects.known_at(at).addressed_to(laws[-1].place if laws else None)
    last = known.filter(for_everybody=True).order_by("-number").values("number")[:1]
    if _wants_specific(laws):  # a text for everywhere never replaces one that the law asks for
        last = known.filter(for_everybody=True, generated=True).order_by("-number").values("number")[:1]
    rows = known.filter(number__gte=Coalesce(Subquery(last), Value(0)))
    return list(rows.defer("text").order_by("-number"))


def _acknowledged(
    subject: Subject, notices: Sequence[Notice], at: datetime
) -> dict[uuid.UUID, Acknowledgement]:
    """The newest acknowledgement of each of these texts; one of other words does not count."""
    if not notices:
        return {}
    texts = {notice.pk: notice.text_sha256 for notice in notices}
    rows = Acknowledgement.objects.filter(subject=subject, notice__in=list(texts), at__lte=at).order_by("at")
    return {row.notice_id: row for row in rows if row.text_sha256 == texts[row.notice_id]}


def place_of(subject: Subject, at: datetime) -> str | None:
    found = WorkLocation.objects.holding(at).filter(subject=subject)
    return found.values_list("place", flat=True).first()


def _place_at(subject: Subject, at: datetime) -> tuple[str | None, datetime | None]:
    """The place, and when it ends if that is within a day: with its row, or with the begin of a trip."""
    near = DateTimeTZRange(at, at + _DAY)
    rows = list(WorkLocation.objects.filter(subject=subject, period__overlap=near).order_by("period"))
    here = [row for row in rows if at in row.period]
    row = next((row for row in here if row.source == "trip"), here[0] if here else None)
    if row is None:
        return None, None
    starts = [
        other.period.lower for other in rows if other.source == "trip" and (other.period.lower or at) > at
    ]
    ends = [*starts, *([] if row.period.upper is None else [row.period.upper])]
    return row.place, min((end for end in ends if end < at + _DAY), default=None)


def packs_on(on: date, *, until: date | None = None, at: datetime | None = None) -> list[Pack]:
    """Every law in force on a day, or on some day of a period; a few dozen rows.

    With ``at`` the choices of the organisation count as they were at that moment, otherwise those of now.
    """
    rows = LawPack.objects.in_force(on, until)
    return [with_choice(row, choices) for choices in [choices_at(at)] for row in rows]


def choices_at(at: datetime | None) -> dict[str, str]:
    """Place -> the chosen way to notify."""
    rows = PlaceMode.objects.all() if at is None else PlaceMode.objects.filter(at__lte=at)
    return dict(rows.order_by("at").values_list("place", "mode"))


def with_choice(row: LawPack, choices: dict[str, str]) -> Pack:
    """The pack of a row, with the last review and the way to notify that was chosen for its place."""
    pack = replace(jurisdiction.parse_pack(row.body), review_by=row.review_by)
    chosen = row.modes.get(choices.get(row.place, ""))
    return pack if chosen is None else replace(pack, requires_notice=chosen)


def _agreements(place: str, at: datetime, department: uuid.UUID | None) -> list[Agreement]:
    rows = Agreement.objects.known_at(at).for_place(place).for_department(department)
    return list(rows.filter(valid_to__gte=at.date() - _DAY))


def _agreement_on(facts: _Facts, on: date) -> jurisdiction.Agreement | None:
    rows = [row for row in facts.agreements if row.valid_from <= on <= row.valid_to]
    return _closest(rows, facts.place or "")


def agreement_for(
    place: str, on: date, *, at: datetime | None = None, department: uuid.UUID | None = None
) -> jurisdiction.Agreement | None:
    """The agreement that counts at a place on a day. See :func:`_closest`."""
    rows = Agreement.objects.in_force(on) if at is None else Agreement.objects.known_at(at)
    rows = rows.for_place(place).for_department(department).filter(valid_from__lte=on, valid_to__gte=on)
    return _closest(list(rows), place)


def _closest(rows: Sequence[Agreement], place: str) -> jurisdiction.Agreement | None:
    """That of the person's own unit, then that for the smallest area; of several the one recorded last."""
    if not rows:
        return None
    around = set(areas(place))

    def site(row: Agreement) -> str:
        return max((one for one in row.sites if one in around), key=len, default=row.place)

    row = max(rows, key=lambda found: (bool(found.departments), len(site(found)), found.recorded_at))
    return jurisdiction.Agreement(
        number=row.number,
        place=site(row),
        signals=tuple(row.signals),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        retention_ceiling_days=row.retention_ceiling_days,
    )
