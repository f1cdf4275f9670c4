"""Makes a text that an expression matches, for expressions without look-around or references."""

from __future__ import annotations

import random
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_CLASSES = {"category_digit": "0123456789", "category_word": "abcXYZ019", "category_space": " "}
_PRINTED = "".join(chr(code) for code in range(33, 127))


def sample(expression: str, seed: int = 1) -> str:
    """One text, always the same for the same seed; repeats take the fewest rounds, at most three more."""
    return _all(parser.parse(expression), random.Random(seed))


def _all(parts: Any, rnd: random.Random) -> str:
    return "".join(_one(str(kind).lower(), value, rnd) for kind, value in parts)


def _one(kind: str, value: Any, rnd: random.Random) -> str:
    if kind == "literal":
        return chr(value)
    if kind == "not_literal":
        return rnd.choice([char for char in _PRINTED if ord(char) != value])
    if kind == "in":
        return rnd.choice(_set(value))
    if kind in ("max_repeat", "min_repeat"):
        least, most, inner = value
        rounds = least + rnd.randrange(min(3, most - least) + 1)
        return "".join(_all(inner, rnd) for _ in range(rounds))
    if kind == "branch":
        return _all(rnd.choice(value[1]), rnd)
    if kind == "subpattern":
        return _all(value[-1], rnd)
    assert kind == "at", kind
    return ""


def _set(items: Any) -> str:
    negated = bool(items) and items[0][0] is kinds.NEGATE
    chars = ""
    for kind, value in items[1:] if negated else items:
        if kind is kinds.LITERAL:
            chars += chr(value)
        elif kind is kinds.RANGE:
            chars += "".join(chr(code) for code in range(value[0], value[1] + 1))
        else:
            chars += _CLASSES[str(value).lower()]
    return "".join(char for char in _PRINTED if char not in chars) if negated else chars
