"""A person's places over time, put together from base places, trips and the gaps between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from accounts.models import Subject, WorkLocation

_EARLIEST = datetime.min.replace(tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC)
SOURCE_WORDS: dict[str, str] = {
    "hr": "Personnel record",
    "employee": "Stated by the employee",
    "trip": "Trip",
}


@dataclass(frozen=True)
class Stay:
    """Half open. ``place`` None: unknown, so nothing was captured. ``end`` None: until further notice."""

    place: str | None
    start: datetime | None
    end: datetime | None
    source: str = ""

    @property
    def source_words(self) -> str:
        return SOURCE_WORDS.get(self.source, "")

    def holds(self, moment: datetime) -> bool:
        return (self.start or _EARLIEST) <= moment < (self.end or _LATEST)


def stays(subject: Subject) -> list[Stay]:
    """From the first statement on, without a hole: what is not stated is a stay at an unknown place."""
    rows = list(WorkLocation.objects.filter(subject=subject).order_by("period"))
    bounds = sorted({bound for row in rows for bound in _bounds(row)})
    found: list[tuple[WorkLocation | None, datetime, datetime]] = []
    for lower, upper in pairwise(bounds):
        row = _holding(rows, lower)
        if found and found[-1][0] is row:
            found[-1] = (row, found[-1][1], upper)
        else:
            found.append((row, lower, upper))
    if bounds and bounds[-1] < _LATEST:
        found.append((None, bounds[-1], _LATEST))
    return [_stay(row, lower, upper) for row, lower, upper in found]


def _bounds(row: WorkLocation) -> tuple[datetime, datetime]:
    return row.period.lower or _EARLIEST, row.period.upper or _LATEST


def _holding(rows: Iterable[WorkLocation], moment: datetime) -> WorkLocation | None:
    here = [row for row in rows if _bounds(row)[0] <= moment < _bounds(row)[1]]
    return next((row for row in here if row.source == "trip"), here[0] if here else None)


def _stay(row: WorkLocation | None, lower: datetime, upper: datetime) -> Stay:
    start, end = (None if lower == _EARLIEST else lower), (None if upper == _LATEST else upper)
    return Stay(None, start, end) if row is None else Stay(row.place, start, end, row.source)
