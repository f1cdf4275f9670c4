"""When something was typed, told so coarsely that nobody is known by it.

How long keys are held and how fast they follow one another identifies a person like a signature does. So
times of keys and of typed text are rounded down to a grid; the order of all events stays, and an event of
another kind between two keys keeps its own time. Rounding what was rounded changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# Far longer than a stroke and than the pause between two, so that neither can be told.
GRID_MS = 1_000
_TYPED = ("key", "text")


def on_grid(millis: int) -> int:
    """The last point of the grid that is not after this time."""
    return millis // GRID_MS * GRID_MS


def coarsened(events: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The events with the times of what was typed on the grid, never before the event ahead of them."""
    told: list[dict[str, Any]] = []
    last = 0
    for event in events:
        at = event["t"]
        if event["type"] in _TYPED:
            at = max(on_grid(at), last)
        last = at
        told.append({**event, "t": at} if at != event["t"] else dict(event))
    return told
