"""Figures on sessions, as JSON for the one chart module; each has a definition and the same numbers as a
table.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from capture_sessions.summaries import Summary

#: How wide a bar is on an axis of time, in milliseconds; a single day would get the width of a moment.
BAR = 16 * 3600 * 1000


def events_by_day(summary: Summary) -> dict[str, Any]:
    """Stacked bars: events a day, one colour per app."""
    days = sorted({day for day, _, _ in summary.by_day})
    apps = [row.label for row in summary.by_app]
    counts = {(day, app): events for day, app, events in summary.by_day}
    return {
        "id": "events-by-day",
        "title": "Recorded events a day",
        "definition": "One event is a click, a key, a scroll step, a mouse position or a frame that was kept."
        " Days are UTC. What was dropped on your computer is not counted, because it never reached us.",
        "data": [
            {
                "type": "bar",
                "name": app,
                "width": BAR,
                "x": [day.isoformat() for day in days],
                "y": [counts.get((day, app), 0) for day in days],
            }
            for app in apps
        ],
        "layout": {
            "barmode": "stack",
            "xaxis": {"range": _span(summary)},
            "yaxis": {"title": {"text": "events"}},
        },
        "columns": ["Day", "App or site", "Events"],
        "rows": [[day.isoformat(), app, events] for day, app, events in summary.by_day],
    }


def _span(summary: Summary) -> list[str]:
    """The days of the summary, half a day wider at both ends, so that each bar is as wide as a day."""
    noon = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)
    first = noon - timedelta(days=summary.days)
    return [first.strftime("%Y-%m-%d %H:%M"), noon.strftime("%Y-%m-%d %H:%M")]
