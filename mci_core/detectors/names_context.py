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
# A key with its sign of assignment, read backwards from the value, where the sign is to stand.
_KEY = re.compile(r"(?::|>=|=:?)[ \t]{0,8}[\"'\])]{0,2}([\w-]*[^\W\d])")
_WORD = re.compile(r"[^\W\d_][\w'\u2019]*")
_CODE_BEFORE = frozenset("_/\\$%&.-#~`")
_CODE_AFTER = frozenset("_=(\\/`{<")
_EDGE_BEFORE = frozenset("\n\t]|>;")
_EDGE_AFTER = frozenset("\n\t[|<;")
_STATE = re.compile(r", [A-Z]{2}\b")
_REGION = re.compile(r", [A-Z]")
_INSIDE = 0.45
_ORDERS = -1.1
_PLACED = 2.4
# So many characters are looked at behind a name.
_AHEAD = 18
# By the second of two words, and then by the first.
_TWO: dict[str, dict[str, float]] = {}
for _pair, _says in BEFORE_TWO.items():
    _first, _, _second = _pair.partition(" ")
    _TWO.setdefault(_second, {})[_first] = _says
# Words whose full stop does not end a sentence.
_ABBREVIATED = frozenset(("mr", "mrs", "ms", "dr", "prof", "sr", "st", "sra", "dott", "capt"))
_OPENERS = " \"'(\u2018\u201c<[*\u201e"


def _key(stripped: str) -> float:
    match = _KEY.match(stripped[::-1])
    if match is None:
        return 0.0
    key = plain(match[1][::-1]).replace("-", "_")
    if key in NOT_NAMES or key.rpartition("_")[2] in THINGS:
        return -1.2
    if key in KEYS or key.endswith(("_name", "name", "_by")) or key.rpartition("_")[2] in KEYS:
        return 2.2
    return 0.0


def _last_words(stripped: str) -> list[str]:
    """The last two words, perhaps with others before them."""
    found = stripped.rsplit(" ", 2)
    if found[-1].isalpha() and (len(found) == 1 or found[-2].isalpha()):
        return found
    return _WORD.findall(stripped)


def _before_comma(stripped: str) -> bool:
    """Whether surely no greeting stands before the comma: so it is in most lists."""
    word = stripped[:-1].rpartition(" ")[2].rpartition(",")[2]
    return word.isalpha() and plain(word) not in GREETINGS


def _before_words(stripped: str) -> float:
    if stripped[-1] in ",;" and _before_comma(stripped):
        return 0.0
    found = _last_words(stripped)
    if not found:
        return 0.0
    last = plain(found[-1])
    if stripped[-1] in ",;" and last not in GREETINGS:
        return 0.0
    if last == "name" and stripped[-1] in "?!.":
        return 2.0
    if stripped[-1] in ".!?" and last not in _ABBREVIATED:
        return 0.0
    firsts = _TWO.get(last)
    if firsts and len(found) > 1:
        two = firsts.get(plain(found[-2]))
        if two is not None:
            return two
    # In the middle of a sentence a capital letter says more.
    return BEFORE.get(last, 0.0) + (_INSIDE if found[-1].islower() and stripped[-1].isalpha() else 0.0)


def _signs_off(left: str) -> bool:
    """Whether the line above ends a letter."""
    lines = left.replace("[Enter]", "\n").rstrip(" \n\t").rsplit("\n", 1)
    return plain(lines[-1].strip(" ,.!-").rpartition(" ")[2]) in SIGN_OFFS


def _left(text: str, start: int) -> float:
    if not start:
        return 0.0
    left = text[start - _WINDOW if start > _WINDOW else 0 : start]
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


def _after_space(text: str, start: int, end: int, single: bool) -> float:
    """What the next word says."""
    match = _WORD.match(text, end + 1, end + _AHEAD)
    if match is None:
        return 0.4 if text.startswith(" ' s ", end) else 0.0
    word = match[0]
    score = AFTER.get(plain(word), 0.0)
    return score + _ORDERS if single and word in OBJECTS and _opens(text, start) else score


def _right(text: str, end: int) -> float:
    right = text[end : end + _AHEAD]
    if not right:
        return 0.0
    sign = right[0]
    if sign == ":":
        return 0.0 if right[1:2] in ("", " ", "\n", '"') else -1.4
    if sign in _CODE_AFTER:
        return -1.4
    if sign.isdigit() or (sign == "." and right[1:2].isalnum()) or (sign == "-" and right[1:2].isdigit()):
        return -1.4
    return 0.4 if right.startswith(("'s ", "\u2019s ")) else 0.0


def _opens(text: str, start: int) -> bool:
    """Whether a sentence begins here: one of which the second word is "the" or "up" asks for something
    ("Mark the row")."""
    return (
        not start
        or text[start - 2 : start - 1] in ("", ".", "!", "?", "\n", "]", ":")
        or text[start - 1] in "]\n"
    )


def _closed(text: str, end: int) -> bool:
    right = text[end : end + 3]
    return not right or right[0] in _EDGE_AFTER or right in (" - ", " | ", " \u2013 ", " \u2014 ")


def _opened(text: str, start: int) -> bool:
    return not start or text[start - 1] in _EDGE_BEFORE or text[max(0, start - 2) : start] in ("| ", "- ")


def _single(text: str, start: int, end: int, known: Known, sign: str) -> float:
    """How much it says that one word fills a line, a cell or the part of a title."""
    if not start and sign == ",":
        return 0.9
    if sign == ":" and (not start or text[start - 1] == "\n"):
        return 0.0 if known is UNKNOWN else 0.8
    if known is UNKNOWN or known.place:
        return 0.0
    return 0.5 if _closed(text, end) and _opened(text, start) else 0.0


def _several(text: str, start: int, end: int, group: Sequence[Known]) -> float:
    """The same of several words."""
    if len(group) > 4 or not _opened(text, start):
        return 0.0
    if not _closed(text, end) and text[end : end + 2] not in (" (", ", ", " <"):
        return 0.0
    return 0.8 if all(known is UNKNOWN for known in group) else 1.1


def _elsewhere(text: str, end: int, sign: str, known: Known) -> bool:
    """Whether a region follows, as it does after the name of a place: "Austin, TX"."""
    if sign != ",":
        return False
    return bool((known.place and _REGION.match(text, end)) or _STATE.match(text, end))


def around_one(text: str, start: int, end: int, known: Known) -> float:
    """The sum of what stands before and after a word that is a run by itself, as most are."""
    sign = text[end : end + 1]
    right = _after_space(text, start, end, True) if sign == " " else _right(text, end)
    score = _left(text, start) + right
    if _elsewhere(text, end, sign, known):
        score -= _PLACED
    return score + _single(text, start, end, known, sign)


def around(
    text: str, start: int, end: int, before: str | None, after: str | None, group: Sequence[Known]
) -> float:
    """The same of words of a run; `before`, `after`: neighbours within it."""
    if before is None and after is None and len(group) == 1:
        return around_one(text, start, end, group[0])
    score = _left(text, start) if before is None else BEFORE.get(before, 0.0)
    sign = text[end : end + 1]
    if after is not None:
        score += AFTER.get(after, 0.0)
    elif sign == " ":
        score += _after_space(text, start, end, len(group) == 1)
    else:
        score += _right(text, end)
    if _elsewhere(text, end, sign, group[-1]):
        score -= _PLACED
    return score + _several(text, start, end, group) if before is None and after is None else score
