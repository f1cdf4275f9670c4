"""Keys: which are shortcuts, and what of a key is left at each granularity.

Whatever may be text counts as text: AltGr is reported as Control and Alt by Windows, Option types
characters on macOS, Alt with digits types by code. A modifier that was pressed long ago and never released
no longer counts.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

MODIFIERS = frozenset({"Control", "Alt", "Meta", "OS", "Super"})
HELD_AT_MOST_MS = 10_000
CLASSES = frozenset({"letter", "digit", "space", "punctuation"})
COUNTED = "*"
_FUNCTION_KEYS = frozenset({f"F{n}" for n in range(1, 25)} | {"Escape", "ContextMenu", "PrintScreen", "Help"})
# A closed list: a recorder that reports a typed word as a "key" must not slip through as a named key.
NAMED_KEYS = (
    MODIFIERS
    | _FUNCTION_KEYS
    | frozenset(
        [
            "AltGraph",
            "ArrowDown",
            "ArrowLeft",
            "ArrowRight",
            "ArrowUp",
            "Backspace",
            "CapsLock",
            "Clear",
            "Compose",
            "Convert",
            "Dead",
            "Delete",
            "End",
            "Enter",
            "Fn",
            "HangulMode",
            "HanjaMode",
            "Home",
            "Insert",
            "KanaMode",
            "NonConvert",
            "NumLock",
            "PageDown",
            "PageUp",
            "Pause",
            "Process",
            "ScrollLock",
            "Shift",
            "Tab",
            "Unidentified",
        ]
    )
)


def is_shortcut(key: str, held: frozenset[str], platform: str | None) -> bool:
    """Whether a key is a command and not text, given the modifiers that are held."""
    if key in MODIFIERS or key in _FUNCTION_KEYS:
        return True
    if not held:
        return False
    if key in NAMED_KEYS:
        return True
    if {"Control", "Alt"} <= held:
        return False
    if held == {"Alt"}:
        return platform in ("windows", "linux") and key.isascii() and not key.isdigit()
    return True


def class_of(key: str) -> str:
    """A named key, or the kind of character that a key types."""
    if key in NAMED_KEYS or key in CLASSES:
        return key
    if len(key) != 1:
        return COUNTED
    if key.isspace():
        return "space"
    kind = unicodedata.category(key)[0]
    return {"L": "letter", "M": "letter", "N": "digit"}.get(kind, "punctuation")


def reduced(key: str, granularity: str, shortcut: bool) -> str:
    """The key as it may be kept."""
    if granularity == "text":
        return key
    if granularity == "count":
        return COUNTED
    if shortcut and (len(key) == 1 or key in NAMED_KEYS):
        return key
    return class_of(key)


def is_secure(target: Any) -> bool:
    """Whether a target is a field for passwords."""
    if not isinstance(target, Mapping):
        return False
    return bool(target.get("secure")) or "password" in str(target.get("role") or "").casefold()
