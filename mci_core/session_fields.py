"""Which fields an event and the header of a session recording have, and what each may hold.

A check gets a value and says in words what it should have been, or None when it is right. Fields that are
not named here are let through by the reader and removed by redaction: a recorder may be newer than this
program.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

SCHEMA = "interaction-events/1"
MAX_EVENTS = 500_000
# Far beyond any desk: values outside come from a broken recorder.
MAX_COORDINATE = 1_000_000
MAX_MILLISECONDS = 31 * 24 * 3600 * 1000
MAX_POSITION = 10_000_000
MAX_PIXELS = 32_768

Check = Callable[[Any], str | None]


def _integer(low: int, high: int) -> Check:
    def check(value: Any) -> str | None:
        if type(value) is not int:
            return "a whole number"
        return None if low <= value <= high else f"a whole number from {low} to {high}"

    return check


def _number(low: float, high: float) -> Check:
    def check(value: Any) -> str | None:
        if type(value) is not int and type(value) is not float:
            return "a number"
        return None if low <= value <= high else f"a number from {low} to {high}"

    return check


def _string(value: Any) -> str | None:
    return None if isinstance(value, str) else "a text"


def _boolean(value: Any) -> str | None:
    return None if isinstance(value, bool) else "true or false"


def _object(value: Any) -> str | None:
    return None if isinstance(value, dict) else "an object"


def _list_of_strings(value: Any) -> str | None:
    ok = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return None if ok else "a list of texts"


def _one_of(*allowed: str) -> Check:
    words = "one of " + ", ".join(allowed)

    def check(value: Any) -> str | None:
        return None if value in allowed and isinstance(value, str) else words

    return check


def _pattern(expression: str, words: str) -> Check:
    compiled = re.compile(expression)

    def check(value: Any) -> str | None:
        return None if isinstance(value, str) and compiled.fullmatch(value) else words

    return check


def _nullable(inner: Check) -> Check:
    def check(value: Any) -> str | None:
        return None if value is None else inner(value)

    return check


_coordinate = _number(-MAX_COORDINATE, MAX_COORDINATE)
_pixels = _integer(0, MAX_PIXELS)


def _rect(value: Any) -> str | None:
    ok = isinstance(value, list) and len(value) == 4 and not any(_coordinate(side) for side in value)
    return None if ok else "a rectangle [left, top, right, bottom]"


def _shape(fields: Mapping[str, Check], required: tuple[str, ...] = ()) -> Check:
    """An object; fields not named here are let through, redaction removes them."""

    def check(value: Any) -> str | None:
        if not isinstance(value, dict):
            return "an object"
        for name in required:
            if name not in value:
                return f"an object with {name}"
        for name, inner in fields.items():
            if name in value:
                wanted = inner(value[name])
                if wanted:
                    return f"an object whose {name} is {wanted}"
        return None

    return check


def _list_of(inner: Check) -> Check:
    def check(value: Any) -> str | None:
        if not isinstance(value, list):
            return "a list"
        for item in value:
            wanted = inner(item)
            if wanted:
                return f"a list; each is {wanted}"
        return None

    return check


_nullable_string = _nullable(_string)
_app = _shape({"name": _string, "exe": _nullable_string, "bundle": _nullable_string}, ("name",))
_window = _shape({"title": _nullable_string, "rect": _nullable(_rect), "private": _nullable(_boolean)})
_target = _shape(
    {
        "role": _nullable_string,
        "name": _nullable_string,
        "id": _nullable_string,
        "rect": _nullable(_rect),
        "secure": _nullable(_boolean),
    }
)
_box = _shape({"rect": _rect, "text": _string}, ("rect", "text"))
_seen_window = _shape(
    {
        "app": _string,
        "title": _nullable_string,
        "url": _nullable_string,
        "rect": _nullable(_rect),
        "allowed": _boolean,
    }
)
_mask = _shape({"field": _string, "label": _string, "rule": _string}, ("field", "label", "rule"))
_file = _pattern(
    r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?",
    "a relative file name of plain letters",
)
_sha256 = _pattern(r"[0-9a-f]{64}", "64 hexadecimal digits")

# type of event -> (fields that must be there, fields that may be)
EVENT_FIELDS: dict[str, tuple[dict[str, Check], dict[str, Check]]] = {
    "mouse_move": ({"x": _coordinate, "y": _coordinate}, {"node": _integer(0, 2**53)}),
    "mouse_down": (
        {"x": _coordinate, "y": _coordinate, "button": _one_of("left", "right", "middle", "back", "forward")},
        {"node": _integer(0, 2**53), "target": _nullable(_target)},
    ),
    "scroll": (
        {},
        {
            **dict.fromkeys(("x", "y", "dx", "dy"), _coordinate),
            **dict.fromkeys(("left", "top"), _number(-MAX_POSITION, MAX_POSITION)),
            "node": _integer(0, 2**53),
            "target": _nullable(_target),
        },
    ),
    "key": (
        {"state": _one_of("down", "up", "press"), "key": _string},
        {
            "code": _nullable_string,
            "repeat": _nullable(_boolean),
            "secure": _nullable(_boolean),
            "text": _nullable_string,
            "pos": _nullable(_integer(0, MAX_POSITION)),
            "length": _nullable(_integer(0, MAX_POSITION)),
            "target": _nullable(_target),
        },
    ),
    "text": (
        {"op": _one_of("insert", "edit", "caret", "unknown")},
        {
            "text": _nullable_string,
            "pos": _nullable(_integer(0, MAX_POSITION)),
            "delete": _nullable(_integer(0, MAX_POSITION)),
            "length": _nullable(_integer(0, MAX_POSITION)),
            "note": _nullable_string,
            "target": _nullable(_target),
        },
    ),
    "focus": ({"app": _app}, {"window": _nullable(_window), "url": _nullable_string}),
    "url": ({"url": _string}, {}),
    "screenshot": (
        {"file": _file, "sha256": _sha256, "width": _pixels, "height": _pixels},
        {
            "region": _nullable(_rect),
            "reason": _one_of("periodic", "before_click", "before_action", "after_action"),
            "boxes": _nullable(_list_of(_box)),
            "masked": _nullable(_list_of(_rect)),
            "windows": _nullable(_list_of(_seen_window)),
        },
    ),
    "marker": ({"name": _string}, {}),
}
EVENT_FIELDS["mouse_up"] = EVENT_FIELDS["mouse_down"]
COMMON_FIELDS: dict[str, Check] = {"masks": _nullable(_list_of(_mask))}

HEADER_CHECKS: dict[str, Check] = {
    "type": _one_of("session"),
    "schema": _one_of(SCHEMA),
    "session_id": _pattern(r"[a-z0-9][a-z0-9-]{0,99}", "small letters, digits and hyphens"),
    "subject": _pattern(r"sub-[0-9a-f]{8}", "sub- and 8 hexadecimal digits"),
    "origin": _one_of("recorded", "constructed"),
    "actor": _one_of("human", "agent", "script"),
    "source": _object,
    "licence": _string,
    "platform": _shape(
        {
            "os": _nullable(_one_of("windows", "macos", "linux", "web")),
            "version": _nullable_string,
        }
    ),
    "screen": _shape(
        {
            "width": _nullable(_pixels),
            "height": _nullable(_pixels),
            "space": _nullable(_one_of("screen", "viewport", "window")),
            "monitors": _nullable(_list_of(_object)),
        }
    ),
    "time_resolution_ms": _nullable(_integer(0, 3_600_000)),
    "duration_ms": _integer(0, MAX_MILLISECONDS),
    "event_count": _integer(0, MAX_EVENTS),
    "channels": _list_of_strings,
    "task": _nullable_string,
    "notes": _nullable(_list_of_strings),
    "started_at": _nullable(
        _pattern(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", "a date and time")
    ),
    "mci": _nullable(_object),
}
