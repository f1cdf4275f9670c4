"""Figures on sessions, as JSON for the one chart module; each has a definition and the same numbers as a
table.
"""

from __future__ import annotations

from typing import Any

from capture_sessions.summaries import Summary


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
                "x": [day.isoformat() for day in days],
                "y": [counts.get((day, app), 0) for day in days],
            }
            for app in apps
        ],
        "layout": {"barmode": "stack", "yaxis": {"title": {"text": "events"}}},
        "columns": ["Day", "App or site", "Events"],
        "rows": [[day.isoformat(), app, events] for day, app, events in summary.by_day],
    }
