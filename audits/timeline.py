"""How many entries there are a day, by the part of the product they are about.

Entries are counted in blocks of ids. A block that is complete does not change, so its counts are kept; only
the newest is counted anew. One request counts for a moment only, however long the log is, and the page asks
again for the rest.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC as UTC_ZONE
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any

from django.core.cache import cache
from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from audits.models import AuditEntry

DAYS = 30
#: How long the counts of a block are kept: of a complete one, and of one to which somebody may still add.
KEPT_SECONDS, YOUNG_SECONDS = 24 * 3600, 20
#: Ids in a block, and for how many seconds one request goes on to the next.
BLOCK, SECONDS = 1 << 14, 0.04
#: No transaction that writes an entry is open for longer: entries from before are all there.
SETTLED = timedelta(minutes=2)
#: How wide a bar is on an axis of time, in milliseconds.
BAR = 16 * 3600 * 1000

Day = dict[tuple[date, str], int]


@dataclass
class Counted:
    """(day, app) -> entries; days are UTC. ``done`` of ``blocks`` are counted."""

    blocks: int
    done: int = 0
    found: Counter[tuple[date, str]] = field(default_factory=Counter)

    @property
    def complete(self) -> bool:
        return self.done == self.blocks

    def add(self, day: Day) -> None:
        self.done += 1
        self.found.update(day)


def counts(rows: QuerySet[AuditEntry], search: str) -> Counted:
    """Entries of the last days, the newest blocks first, as far as one request gets."""
    today = timezone.now().astimezone(UTC_ZONE).date()
    begin = datetime.combine(today - timedelta(days=DAYS - 1), time_of_day(), UTC_ZONE)
    first, last = _edges(begin)
    if first is None or last is None:
        return Counted(0)
    blocks = range(last // BLOCK, first // BLOCK - 1, -1)
    key = hashlib.sha256(search.encode()).hexdigest()[:32]
    names = {block: f"audit-timeline:{key}:{BLOCK}:{block}" for block in blocks}
    kept: dict[str, Day] = cache.get_many(list(names.values()))
    counted = Counted(len(blocks))
    ends = time.monotonic() + SECONDS
    fresh: dict[str, Day] = {}
    for block in _in_order(names, kept):
        if names[block] in kept:
            counted.add(kept[names[block]])
        elif len(fresh) < 2 or time.monotonic() < ends:
            fresh[names[block]] = _counted(rows, block, begin)
            counted.add(fresh[names[block]])
    settled = _settled() // BLOCK
    over = {names[block] for block in blocks if block < settled}
    cache.set_many({name: day for name, day in fresh.items() if name in over}, KEPT_SECONDS)
    young = {name: day for name, day in fresh.items() if name not in over and name != names[blocks[0]]}
    cache.set_many(young, YOUNG_SECONDS)
    counted.found = Counter({place: n for place, n in counted.found.items() if place[0] >= begin.date()})
    return counted


def _in_order(names: dict[int, str], kept: dict[str, Day]) -> Iterator[int]:
    """The newest block, which is never kept, then the others."""
    yield from sorted(names, key=lambda block: (block != max(names), names[block] not in kept, -block))


def _edges(begin: datetime) -> tuple[int | None, int | None]:
    """The lowest id of the last days, as far as ids follow time, and the highest."""
    ids = AuditEntry.objects.values_list("pk", flat=True)
    near = list(ids.filter(at__gte=begin).order_by("at")[:100])
    return min(near, default=None), ids.order_by("-pk").first()


def _settled() -> int:
    ids = AuditEntry.objects.values_list("pk", flat=True)
    return ids.filter(at__lt=timezone.now() - SETTLED).order_by("-at").first() or 0


def _counted(rows: QuerySet[AuditEntry], block: int, begin: datetime) -> Day:
    grouped = (
        rows.filter(pk__gte=block * BLOCK, pk__lt=(block + 1) * BLOCK, at__gte=begin)
        .order_by()
        .annotate(day=TruncDate("at", tzinfo=UTC_ZONE))
        .values_list("day", "action")
        .annotate(number=Count("pk"))
    )
    found: Day = {}
    for day, action, number in grouped:
        place = (day, action.partition(".")[0])
        found[place] = found.get(place, 0) + number
    return found


def chart(found: Counter[tuple[date, str]]) -> dict[str, Any]:
    """Stacked bars: entries a day, one colour per part of the product."""
    apps = sorted({app for _day, app in found})
    days = sorted({day for day, _app in found})
    today = timezone.now().astimezone(UTC_ZONE).date()
    return {
        "id": "entries-by-day",
        "title": "Entries a day",
        "definition": "Entries of this search in the last 30 days, by the part that wrote them."
        " Days are UTC.",
        "data": [
            {
                "type": "bar",
                "name": app.replace("_", " "),
                "width": BAR,
                "x": [day.isoformat() for day in days],
                "y": [found.get((day, app), 0) for day in days],
            }
            for app in apps
        ],
        "layout": {
            "barmode": "stack",
            "xaxis": {"range": [f"{today - timedelta(days=DAYS)} 12:00", f"{today} 12:00"]},
            "yaxis": {"title": {"text": "entries"}},
        },
        "columns": ["Day", "Part", "Entries"],
        "rows": [[day.isoformat(), app, found[day, app]] for day, app in sorted(found)],
    }
