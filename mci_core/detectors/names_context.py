"""What stands around a possible name, as one number: above 0 it speaks for a name, below against."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mci_core.detectors.gazetteer import UNKNOWN, Known, plain
from mci_core.detectors.names_words import (
    AFTER,
    BEFORE,
    BEFORE_TWO,
    GREETINGS,
    KEYS,
    NOT_NAMES,
    OBJECTS,
    SIGN_OFFS,
    THINGS,
)

_WINDOW = 36
_KEY = re.compile(r"([^\W\d][\w-]*)[\"'\])]{0,2}[ \t]{0,8}(?::|=>?|:=)$")
_WORD = re.compile(r"[^\W\d_][\w'\u2019]*")
_CODE_BEFORE = frozenset("_/\\$%&.-#~`")
_CODE_AFTER = frozenset("_=(\\/`{<")
_EDGE_BEFORE = frozenset("\n\t]|>;")
_EDGE_AFTER = frozenset("\n\t[|<;")
_STATE = re.compile(r", [A-Z]{2}\b")
_REGION = re.compile(r", [A-Z]")
_INSIDE = 0.45
# Words whose full stop does not end a sentence.
_ABBREVIATED = frozenset(("mr", "mrs", "ms", "dr", "prof", "sr", "st", "sra", "dott", "capt"))
_OPENERS = " \"'(\u2018\u201c<[*\u201e"


def _key(stripped: str) -> float:
    match = _KEY.search(stripped)
    if match is None:
        return 0.0
    key = plain(match[1]).replace("-", "_")
    if key in NOT_NAMES or key.rpartition("_")[2] in THINGS:
        return -1.2
    if key in KEYS or key.endswith(("_name", "name", "_by")) or key.rpartition("_")[2] in KEYS:
        return 2.2
    return 0.0


def _before_words(stripped: str) -> float:
    found = _WORD.findall(stripped)
    if not found:
        return 0.0
    last = plain(found[-1])
    if stripped[-1] in ",;" and last not in GREETINGS:
        return 0.0
    if last == "name" and stripped[-1] in "?!.":
        return 2.0
    if stripped[-1] in ".!?" and last not in _ABBREVIATED:
        return 0.0
    two = BEFORE_TWO.get(f"{plain(found[-2])} {last}") if len(found) > 1 else None
    if two is not None:
        return two
    # In the middle of a sentence a capital letter says more.
    return BEFORE.get(last, 0.0) + (_INSIDE if found[-1].islower() and stripped[-1].isalpha() else 0.0)


def _signs_off(left: str) -> bool:
    """Whether the line above ends a letter."""
    lines = left.replace("[Enter]", "\n").rstrip(" \n\t").rsplit("\n", 1)
    return plain(lines[-1].strip(" ,.!-").rpartition(" ")[2]) in SIGN_OFFS


def _left(text: str, start: int) -> float:
    left = text[max(0, start - _WINDOW) : start]
    if not left:
        return 0.0
    sign = left[-1]
    if sign == "@":
        return 1.9
    stripped = left.rstrip(_OPENERS)
    if not stripped:
        return 0.0
    if stripped[-1] in ":=>":
        return _key(stripped)
    if sign in "\n]" or stripped[-1] == "\n":
        return 2.0 if _signs_off(stripped) else 0.0
    if sign in _CODE_BEFORE:
        return -1.4
    return _before_words(stripped)


def _right(text: str, end: int) -> float:
    right = text[end : end + 18]
    if not right:
        return 0.0
    sign = right[0]
    if sign == ":":
        return 0.0 if right[1:2] in ("", " ", "\n", '"') else -1.4
    if sign in _CODE_AFTER:
        return -1.4
    if sign.isdigit() or (sign == "." and right[1:2].isalnum()) or (sign == "-" and right[1:2].isdigit()):
        return -1.4
    if right.startswith(("'s ", "\u2019s ", " ' s ")):
        return 0.4
    if sign == " ":
        match = _WORD.match(right, 1)
        return AFTER.get(plain(match[0]), 0.0) if match else 0.0
    return 0.0


def _orders(text: str, start: int, end: int) -> float:
    """A sentence of which the second word is "the" or "up" asks for something: "Mark the row"."""
    match = _WORD.match(text, end + 1)
    if match is None or match[0] not in OBJECTS:
        return 0.0
    return (
        -1.1
        if not start
        or text[start - 2 : start - 1] in ("", ".", "!", "?", "\n", "]", ":")
        or text[start - 1] in "]\n"
        else 0.0
    )


def _alone(text: str, start: int, end: int, group: Sequence[Known]) -> float:
    """How much it says that the words fill a line, a cell or the part of a title."""
    right = text[end : end + 3]
    closed = not right or right[0] in _EDGE_AFTER or right in (" - ", " | ", " \u2013 ", " \u2014 ")
    opened = not start or text[start - 1] in _EDGE_BEFORE or text[max(0, start - 2) : start] in ("| ", "- ")
    if len(group) == 1:
        if not start and right[:1] == ",":
            return 0.9
        if right[:1] == ":" and (not start or text[start - 1] == "\n"):
            return 0.0 if group[0] is UNKNOWN else 0.8
        return 0.5 if closed and opened and group[0] is not UNKNOWN and not group[0].place else 0.0
    if opened and (closed or right[:2] in (" (", ", ", " <")) and len(group) <= 4:
        unheard = sum(known is UNKNOWN for known in group)
        return 1.1 if unheard < len(group) else 0.8
    return 0.0


def around(
    text: str, start: int, end: int, before: str | None, after: str | None, group: Sequence[Known]
) -> float:
    """The sum of what stands before and after; `before`, `after`: neighbours within the same run of words."""
    score = _left(text, start) if before is None else BEFORE.get(before, 0.0)
    score += _right(text, end) if after is None else AFTER.get(after, 0.0)
    if len(group) == 1 and after is None and text[end : end + 1] == " ":
        score += _orders(text, start, end)
    if (group[-1].place and _REGION.match(text, end)) or _STATE.match(text, end):
        score -= 2.4
    if before is None and after is None:
        score += _alone(text, start, end, group)
    return score
