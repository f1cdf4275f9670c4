"""Turns a stored session into what the inspector shows: steps in words, a thinned cursor path, frames, masks.

Only redacted events come in, so nothing here can show what the device took out. The page is bounded: one part
of at most `PART` events, a path of at most `PATH_POINTS` points.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from mci_core.policy import METHOD_WORDS

PART = 5000
PATH_POINTS = 1500
_PLACEHOLDER = re.compile(r"\[([A-Z][A-Z_]{1,30})(?::[0-9a-f]{8})?\]|(\u2588+)")

Event = Mapping[str, Any]
Step = dict[str, Any]
#: Event types that stand together in one step while they follow each other.
_RUNS = {"mouse_move": "move", "scroll": "scroll", "key": "keys", "mouse_down": "click", "mouse_up": "click"}


def inspect(
    header: Event, events: Sequence[Event], labels: Mapping[str, str], part: int = 0
) -> dict[str, Any]:
    """The data of one page of the inspector; `labels` are entry id -> label, `part` counts from 0."""
    start = part * PART
    shown = events[start : start + PART]
    screen = header.get("screen") or {}
    return {
        "part": part,
        "parts": max(1, -(-len(events) // PART)),
        "last": start + PART >= len(events),
        "width": screen.get("width") or _extent(shown, "x", 1280),
        "height": screen.get("height") or _extent(shown, "y", 720),
        "from": shown[0]["t"] if shown else 0,
        "to": shown[-1]["t"] if shown else 0,
        "steps": list(steps(shown, labels)),
        "path": path(shown),
        "clicks": [[e["t"], e["x"], e["y"]] for e in shown if e["type"] == "mouse_down"],
        "frames": [
            {"t": e["t"], "sha256": e["sha256"], "region": e.get("region")}
            for e in shown
            if e["type"] == "screenshot"
        ],
    }


def _extent(events: Sequence[Event], axis: str, least: int) -> int:
    return max([least, *(round(float(e[axis])) for e in events if axis in e)])


def path(events: Sequence[Event]) -> list[list[float]]:
    """[[t, x, y], ...] of the cursor, evenly thinned to at most `PATH_POINTS` points."""
    points = [[e["t"], e["x"], e["y"]] for e in events if e["type"] == "mouse_move"]
    stride = max(1, -(-len(points) // PATH_POINTS))
    return points[::stride]


def steps(events: Sequence[Event], labels: Mapping[str, str]) -> Iterator[Step]:
    """Consecutive events of one kind become one step with its time, its app and what it shows."""
    run: list[Event] = []
    for event in events:
        if run and not _continues(run[-1], event):
            yield _step(run, labels)
            run = []
        run.append(event)
    if run:
        yield _step(run, labels)


def _continues(last: Event, event: Event) -> bool:
    """Whether both belong to one step: the same kind in the same app, an edit where the last one ended."""
    if last.get("entry") != event.get("entry"):
        return False
    if last["type"] == event["type"] == "text":
        return last["op"] == event["op"] == "edit" and event.get("pos") == _end_of(last)
    kind = _RUNS.get(last["type"])
    return kind is not None and kind == _RUNS.get(event["type"])


def _end_of(edit: Event) -> int:
    return int(edit.get("pos", 0)) + len(edit.get("text", ""))


def _step(run: Sequence[Event], labels: Mapping[str, str]) -> Step:
    first, last = run[0], run[-1]
    kind = _RUNS.get(first["type"]) or str(first["type"])
    title, texts = _SHOWN[kind](run)
    return {
        "seq": first["seq"],
        "t": first["t"],
        "until": last["t"],
        "kind": kind,
        "app": labels.get(str(first.get("entry")), ""),
        "title": title,
        "parts": marked(texts, [mask for event in run for mask in event.get("masks", ())]),
    }


def marked(texts: Sequence[str], masks: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, str]]:
    """Masked texts in parts: ``{"text"}`` for what is left, with ``"mask"`` for what redaction wrote: the
    class that was found and, where the event tells, the rule.
    """
    left = list(masks)
    return [part for number, text in enumerate(texts) for part in _marked(text, left, gap=number > 0)]


def _marked(text: str, left: list[Mapping[str, Any]], *, gap: bool) -> list[dict[str, str]]:
    parts: list[dict[str, str]] = [{"text": " "}] if gap else []
    at = 0
    for found in _PLACEHOLDER.finditer(text):
        if found.start() > at:
            parts.append({"text": text[at : found.start()]})
        label, mask = found.group(1), _named(found.group(1), left)
        # A painted-over part of an edit keeps its length in the session; here its class says more.
        parts.append({"text": found.group(0) if label else f"[{mask.split(' ')[0]}]", "mask": mask})
        at = found.end()
    if at < len(text):
        parts.append({"text": text[at:]})
    return parts


def _named(label: str | None, left: list[Mapping[str, Any]]) -> str:
    """The class and the rule of the next mask that fits; it is used up."""
    for mask in left:
        if label in (None, mask["label"]):
            left.remove(mask)
            return _explained(mask)
    return label or "MASKED"


def _explained(mask: Mapping[str, Any]) -> str:
    """What was found, by which rule, how it was checked and how certain that is. Never what it was."""
    parts = [f"{mask['label']} by {mask['rule']}"]
    if mask.get("method"):
        parts.append(METHOD_WORDS[mask["method"]])
    if mask.get("validator"):
        parts.append(f"checked by {mask['validator']}")
    if mask.get("confidence"):
        parts.append(f"{mask['confidence']} % certain")
    return ", ".join(parts)


Shown = tuple[str, list[str]]


def _keys(run: Sequence[Event]) -> Shown:
    """Keys in a row; those that redaction starred, from the one that names its class, as one placeholder."""
    pressed = [e for e in run if e.get("state") in ("down", "press")]
    words: list[str] = []
    starred = False
    for event in pressed:
        key = str(event["key"])
        named = [mask["label"] for mask in event.get("masks", ()) if key == "*"]
        if named:
            words.append(f"[{named[0]}]")
        elif not (starred and key == "*"):
            words.append(key if len(key) == 1 else f" {key} ")
        starred = key == "*" and (bool(named) or starred)
    return f"{len(pressed)} keys" if len(pressed) != 1 else "1 key", ["".join(words).strip()]


def _text(run: Sequence[Event]) -> Shown:
    event = run[0]
    verb = {"insert": "Text entered", "edit": "Text edited", "caret": "Caret moved"}.get(event["op"], "Text")
    return verb, ["".join(str(e.get("text", "")) for e in run)]


def _focus(run: Sequence[Event]) -> Shown:
    window = run[0].get("window") or {}
    return "Window in front", [text for text in (window.get("title"), run[0].get("url")) if text]


def _click(run: Sequence[Event]) -> Shown:
    targets = [e["target"] for e in run if e.get("target")]
    downs = sum(e["type"] == "mouse_down" for e in run)
    names = [f"{t.get('role') or ''} {t.get('name') or ''}".strip() for t in targets[:1]]
    return ("1 click" if downs == 1 else f"{downs} clicks"), names


_SHOWN: dict[str, Callable[[Sequence[Event]], Shown]] = {
    "move": lambda run: (f"Pointer moved, {len(run)} positions", []),
    "scroll": lambda run: ("Scrolled", []),
    "keys": _keys,
    "click": _click,
    "text": _text,
    "focus": _focus,
    "url": lambda run: ("Page changed", [str(run[0].get("url", ""))]),
    "screenshot": lambda run: ("Screenshot", []),
    "marker": lambda run: (f"Mark: {run[0]['name']}", []),
}
