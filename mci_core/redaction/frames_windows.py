"""Which parts of a frame certainly belong to allowed windows, and where password fields are.

The recorder names the windows that a frame shows. When all of them are allowed, the frame is kept whole. When
one is not, only what certainly belongs to an allowed window is kept and everything else is painted over, the
desktop included. Where that cannot be told (a place is not known, nothing is left) the frame is refused.

A window hides what lies behind it only when the recorder says so: `z` of both (a whole number, higher is
nearer to the front) and `opacity` 1. Whatever is not said counts against keeping.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from mci_core.evaluator_keys import is_secure
from mci_core.redaction.frames_picture import FrameRefused, Rect

Window = Mapping[str, Any]
# Shadows and thin borders reach beyond a window's rectangle, round corners show what is behind it.
MARGIN = 8
MAX_WINDOWS = 64
# Of the frame's area: less is no picture of work any more.
LEAST_KEPT = 0.02


def mapped(rect: Any, event: Mapping[str, Any]) -> tuple[float, float, float, float] | None:
    """A place on the screen in pixels of the frame; None where the recording does not allow to tell."""
    region = event.get("region")
    if rect is None or region is None or region[0] >= region[2] or region[1] >= region[3]:
        return None
    across = event["width"] / (region[2] - region[0])
    down = event["height"] / (region[3] - region[1])
    return (
        (rect[0] - region[0]) * across,
        (rect[1] - region[1]) * down,
        (rect[2] - region[0]) * across,
        (rect[3] - region[1]) * down,
    )


def cuts(event: Mapping[str, Any]) -> list[Rect]:
    """What has to be painted over in a frame because of its windows; raises `FrameRefused` when unsure."""
    windows = [one for one in event.get("windows") or () if one.get("minimized") is not True]
    foreign = [one for one in windows if not one.get("allowed")]
    if not foreign:
        return []
    if len(windows) > MAX_WINDOWS:
        raise FrameRefused("window_not_allowed", "The frame shows too many windows.")
    size = event["width"], event["height"]
    walls = [(one, _grown(_place(one, event))) for one in foreign]
    kept: list[tuple[Rect, list[Rect]]] = []
    for window in windows:
        place = mapped(window.get("rect"), event)
        if window.get("allowed") and place is not None and _is_solid(window):
            holes = [wall for other, wall in walls if not _hides(window, other)]
            kept.append((_shrunk(place, size), holes))
    return _rest(kept, size)


def _place(window: Window, event: Mapping[str, Any]) -> tuple[float, float, float, float]:
    place = mapped(window.get("rect"), event)
    if place is None or place[0] >= place[2] or place[1] >= place[3]:
        raise FrameRefused("window_not_allowed", "It is not known where a window is that is not allowed.")
    return place


def _is_solid(window: Window) -> bool:
    """Whether a window shows only itself. A recorder that knows of no transparency says nothing."""
    return window.get("opacity") in (None, 1)


def _hides(front: Window, behind: Window) -> bool:
    both = type(front.get("z")) is int and type(behind.get("z")) is int
    return both and front["z"] > behind["z"] and front.get("opacity") == 1


def _grown(rect: Sequence[float]) -> Rect:
    left, top, right, bottom = rect
    return (int(left) - MARGIN, int(top) - MARGIN, int(right) + MARGIN + 1, int(bottom) + MARGIN + 1)


def _shrunk(rect: Sequence[float], size: tuple[int, int]) -> Rect:
    """Smaller by the margin where it does not end with the screen."""
    left, top, right, bottom = rect
    return (
        0 if left <= 0 else int(left) + 1 + MARGIN,
        0 if top <= 0 else int(top) + 1 + MARGIN,
        size[0] if right >= size[0] else int(right) - MARGIN,
        size[1] if bottom >= size[1] else int(bottom) - MARGIN,
    )


def _rest(kept: Sequence[tuple[Rect, list[Rect]]], size: tuple[int, int]) -> list[Rect]:
    """The frame without what is kept, as rectangles: judged on the grid of all edges."""
    edges = [(0, 0, *size), *(one for rect, holes in kept for one in (rect, *holes))]
    columns = sorted({min(max(side, 0), size[0]) for one in edges for side in (one[0], one[2])})
    rows = sorted({min(max(side, 0), size[1]) for one in edges for side in (one[1], one[3])})
    painted: list[Rect] = []
    left_over = 0
    for top, bottom in pairwise(rows):
        for left, right in pairwise(columns):
            if _is_kept((left + right) / 2, (top + bottom) / 2, kept):
                left_over += (right - left) * (bottom - top)
            elif painted and painted[-1][1:] == (top, left, bottom):
                painted[-1] = (painted[-1][0], top, right, bottom)
            else:
                painted.append((left, top, right, bottom))
    if left_over < LEAST_KEPT * size[0] * size[1]:
        raise FrameRefused("window_not_allowed", "Hardly anything but windows that are not allowed shows.")
    return painted


def _is_kept(x: float, y: float, kept: Iterable[tuple[Rect, list[Rect]]]) -> bool:
    return any(_holds(rect, x, y) and not any(_holds(hole, x, y) for hole in holes) for rect, holes in kept)


def _holds(rect: Rect, x: float, y: float) -> bool:
    return rect[0] < x < rect[2] and rect[1] < y < rect[3]


def secret_fields(event: Mapping[str, Any], known: Iterable[Any]) -> list[tuple[float, float, float, float]]:
    """Password fields on a frame: those that its text layer names, and `known` places on the screen.

    Refuses the frame when a field is known to be there and its place is not.
    """
    fields = [tuple(box["rect"]) for box in event.get("boxes") or () if is_secure(box)]
    for rect in known:
        place = mapped(rect, event)
        if place is None:
            raise FrameRefused("field_place_unknown", "It is not known where a password field is.")
        fields.append(place)
    return fields


def secret_places(events: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """For each frame's file: places of password fields used in the window that has the focus."""
    found: dict[str, list[Any]] = {}
    now: list[Any] = []
    for event in events:
        if event["type"] in ("focus", "url"):
            now = []
        elif event["type"] == "screenshot":
            if now:
                found[str(event["file"])] = list(now)
        else:
            target = event.get("target")
            if target is not None and is_secure(target) and target.get("rect") not in now:
                now.append(target.get("rect"))
    return found
