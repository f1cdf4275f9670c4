"""Pointing at a keyboard on the screen: clicks that type.

A click on a button whose name is one sign types that sign (pads for PINs, keyboards of the platform). What
such clicks typed together is searched like keys; where something is found, the clicks go and with them the
path of the pointer around them, because a place on a keyboard is a key. In windows of the platform's own
keyboard the pointer is never kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_KEYBOARDS = re.compile(
    r"(?i)^(?:osk|tabtip|textinputhost|onboard|florence|matchbox-keyboard|caribou|squeekboard|maliit[\w-]*|"
    r"keyboardviewer|keyboard viewer|accessibility keyboard|assistive control|on-screen keyboard|"
    r"virtual keyboard|touch keyboard|bildschirmtastatur|clavier visuel|"
    r"com\.apple\.keyboardviewer)(?:\.exe)?$"
)
_KEY_ROLES = frozenset({"key", "keyboard key", "virtual key"})
# Where typing goes to; whatever its name is, a click there types nothing.
_WRITTEN_IN = re.compile(r"(?i)text|edit|input|password|field|combo|document|search|spin|canvas|pane|window")
_NAMED = {"backspace": "Backspace", "delete": "Delete", "enter": "Enter", "space": " ", "tab": "Tab"}
POINTER = frozenset({"mouse_move", "mouse_down", "mouse_up", "scroll"})


def is_keyboard(app: Mapping[str, Any]) -> bool:
    """Whether a window is a keyboard on the screen."""
    names = (str(app.get(name) or "") for name in ("name", "exe", "bundle"))
    return any(_KEYBOARDS.match(re.split(r"[\\/]", name)[-1]) for name in names)


def is_key_of_keyboard(target: Any) -> bool:
    """Whether a target says of itself that it is a key."""
    return isinstance(target, Mapping) and str(target.get("role") or "").strip().casefold() in _KEY_ROLES


def clicked_key(target: Any) -> str | None:
    """The key that a click on this target types; None where it types nothing."""
    if not isinstance(target, Mapping):
        return None
    name = str(target.get("name") or "").strip()
    if len(name) == 1 and not _WRITTEN_IN.search(str(target.get("role") or "")):
        return name
    return _NAMED.get(name.casefold()) if is_key_of_keyboard(target) else None


def around(events: Sequence[Mapping[str, Any]], clicks: Sequence[int]) -> set[int]:
    """The pointer's events between these clicks, on the way to the first and away from the last."""
    if not clicks:
        return set()
    first, last = min(clicks), max(clicks)
    while first > 0 and events[first - 1]["type"] == "mouse_move":
        first -= 1
    while last + 1 < len(events) and events[last + 1]["type"] in ("mouse_move", "mouse_up"):
        last += 1
    return {index for index in range(first, last + 1) if events[index]["type"] in POINTER}


def over_masked(event: Mapping[str, Any], left: dict[str, Any]) -> None:
    """Move a click on something whose name was masked to the middle of it: the exact place says what part of
    the text was meant.
    """
    rect = (left.get("target") or {}).get("rect")
    if rect is not None:
        left["x"], left["y"] = round((rect[0] + rect[2]) / 2), round((rect[1] + rect[3]) / 2)
    else:
        left["x"], left["y"] = round(event["x"] / 100) * 100, round(event["y"] / 100) * 100
