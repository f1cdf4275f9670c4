"""The parts of an expression, and how one of RE2 is written so that Hyperscan finds at least the same.

Both read nearly one language. What they read differently (which signs are spaces) is written out; what only
one of them knows makes an expression unfit, and whoever asked has to do without Hyperscan for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

Kind = Literal["sign", "escape", "class", "open", "close", "repeat", "bar", "anchor", "dot"]
# The spaces of RE2; Hyperscan counts the vertical tab among them.
_SPACES = r"\t\n\f\r "
# Escapes that mean the same to both: kinds of signs, bounds, control characters.
_SAME = frozenset("dDwWbBtnfr")
_HEX = re.compile(r"\\x[0-9A-Fa-f]{2}")
_LONG = re.compile(
    r"\\(?:x[0-9A-Fa-f]{2}|x\{[0-9A-Fa-f]+\}|[pP]\{\^?\w+\}|[pP]\w|[0-7]{2,3}|Q.*?(?:\\E|$))", re.DOTALL
)
_GROUP = re.compile(r"\((?:\?(?:P[=>]|P?<[=!]?\w*>?|[=!>|]|[a-zA-Z^-]*[:)]|#[^)]*\)|\S))?")
_REPEAT = re.compile(r"(?:[*+?]|\{\d+(?:,\d*)?\})[?+]?")
_SAME_GROUP = re.compile(r"\((?:\?(?:P<\w+>|[ims]*(?:-[ims]+)?[:)]))?")
_SIMPLE: dict[str, Kind] = {")": "close", "|": "bar", "^": "anchor", "$": "anchor", ".": "dot"}


class Token(NamedTuple):
    """A part of an expression and where it begins."""

    kind: Kind
    start: int
    text: str


def tokens(expression: str) -> Iterator[Token]:
    """The parts of an expression from left to right. Says nothing about whether they fit together."""
    at = 0
    while at < len(expression):
        kind, end = _next(expression, at)
        yield Token(kind, at, expression[at:end])
        at = end


def _next(expression: str, at: int) -> tuple[Kind, int]:
    char = expression[at]
    if char == "\\":
        return "escape", _escape_end(expression, at)
    if char == "[":
        return "class", _class_end(expression, at)
    if char == "(":
        match = _GROUP.match(expression, at)
        return "open", match.end() if match else at + 1
    repeat = _REPEAT.match(expression, at)
    if repeat is not None:
        return "repeat", repeat.end()
    return _SIMPLE.get(char, "sign"), at + 1


def _escape_end(expression: str, at: int) -> int:
    match = _LONG.match(expression, at)
    return match.end() if match else min(at + 2, len(expression))


def _class_end(expression: str, at: int) -> int:
    """Behind the bracket that closes a class; the end of the expression where none does."""
    index = at + 2 if expression.startswith("[^", at) else at + 1
    if expression.startswith("]", index):
        index += 1
    while index < len(expression) and expression[index] != "]":
        if expression[index] == "\\":
            index = _escape_end(expression, index)
        elif expression.startswith("[:", index) and ":]" in expression[index:]:
            index = expression.index(":]", index) + 2
        else:
            index += 1
    return min(index + 1, len(expression))


def for_hyperscan(expression: str) -> str | None:
    """The expression for Hyperscan: it matches wherever RE2's does. None where that cannot be said."""
    parts: list[str] = []
    for kind, _, text in tokens(expression):
        written: str | None = text
        if kind == "escape":
            written = _escape(text)
        elif kind == "class":
            written = _class(text)
        elif kind == "open":
            written = text if _SAME_GROUP.fullmatch(text) else None
        elif kind == "repeat":
            # Whether a repeat is greedy does not change where there is a match; "possessive" is not RE2's.
            written = None if len(text) > 1 and text[-1] == "+" else text
        if written is None:
            return None
        parts.append(written)
    return "".join(parts)


def _escape(text: str) -> str | None:
    if text in (r"\s", r"\S"):
        return f"[{_SPACES}]" if text == r"\s" else f"[^{_SPACES}]"
    if _HEX.fullmatch(text):
        return text
    sign = text[1:]
    plain = len(sign) == 1 and sign.isascii() and not sign.isalnum()
    return text if plain or sign in _SAME else None


def _class(text: str) -> str | None:
    if not text.endswith("]") or len(text) < 3 or "[:" in text[1:]:
        return None
    head = "[^" if text.startswith("[^") else "["
    inside, at = text[len(head) : -1], 0
    parts: list[str] = []
    while at < len(inside):
        end = _escape_end(inside, at) if inside[at] == "\\" else at + 1
        written = _class_part(inside[at:end])
        if written is None:
            return None
        parts.append(written)
        at = end
    return head + "".join(parts) + "]"


def _class_part(part: str) -> str | None:
    if part == r"\s":
        return _SPACES
    if part in (r"\S", r"\b", r"\B"):
        return None
    if part in ("[", "]"):
        return "\\" + part
    return _escape(part) if part[0] == "\\" else part
