"""How many entries there are a day, by the part of the product they are about.

Days that are over do not change, so their counts are kept; only today is counted anew.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import UTC as UTC_ZONE
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from audits.models import AuditEntry

DAYS = 30
KEPT_SECONDS = 24 * 3600
#: How wide a bar is on an axis of time, in milliseconds.
BAR = 16 * 3600 * 1000


def counts(rows: QuerySet[AuditEntry], search: str) -> Counter[tuple[date, str]]:
    """(day, app) -> entries of the last days; days are UTC."""
    today = timezone.now().astimezone(UTC_ZONE).date()
    days = [today - timedelta(days=back) for back in range(DAYS)]
    key = hashlib.sha256(search.encode()).hexdigest()[:32]
    names = {day: f"audit-timeline:{key}:{day}" for day in days[1:]}
    kept: dict[str, dict[str, int]] = cache.get_many(list(names.values()))
    missing = [day for day in days if day == today or names[day] not in kept]
    fresh = _counted(rows, min(missing))
    cache.set_many({names[day]: fresh.get(day, {}) for day in missing if day != today}, KEPT_SECONDS)
    found: Counter[tuple[date, str]] = Counter()
    for day in days:
        by_app = fresh.get(day, {}) if day in missing else kept[names[day]]
        found.update({(day, app): number for app, number in by_app.items()})
    return found


def _counted(rows: QuerySet[AuditEntry], since: date) -> dict[date, dict[str, int]]:
    begin = datetime.combine(since, time(), UTC_ZONE)
    grouped = (
        rows.filter(at__gte=begin)
        .order_by()
        .annotate(day=TruncDate("at", tzinfo=UTC_ZONE))
        .values_list("day", "action")
        .annotate(number=Count("pk"))
    )
    found: dict[date, dict[str, int]] = {}
    for day, action, number in grouped:
        by_app = found.setdefault(day, {})
        app = action.partition(".")[0]
        by_app[app] = by_app.get(app, 0) + number
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
