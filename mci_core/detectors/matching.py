"""How detectors look at a text: as bytes of equal length, in linear time.

A text is folded so that every code point becomes one byte: digits of any script become ASCII digits, any
kind of space a space, any kind of dash a hyphen, any other letter 0xE9 and any other sign 0xB7. A position
in the folded bytes is therefore a position in the text, and full-width digits or non-breaking spaces hide
nothing. Expressions are run by RE2, whose time grows linearly with the text, whatever the expression and
the text are.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import re2

LETTER = 0xE9
SIGN = 0xB7
# Signs that only look unlike the ASCII sign that a pattern waits for.
_LOOKALIKES = {
    "\uff20": "@",
    "\ufe6b": "@",
    "\uff0e": ".",
    "\u3002": ".",
    "\uff1a": ":",
    "\uff0f": "/",
    "\uff0b": "+",
}
_QUOTES = {
    "\u2018": "'",
    "\u2019": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u201e": '"',
    "\u00ab": '"',
    "\u00bb": '"',
}

_options = re2.Options()
_options.encoding = re2.Options.Encoding.LATIN1
# Room for the automaton of the longest expression; with too little RE2 falls back to a slower way.
_options.max_mem = 64 * 1024 * 1024
_options.log_errors = False
_no_groups = re2.Options()
_no_groups.encoding = re2.Options.Encoding.LATIN1
_no_groups.max_mem = 64 * 1024 * 1024
_no_groups.log_errors = False
_no_groups.never_capture = True
_ANYWHERE = re2._re2.RE2.Anchor.UNANCHORED
_HERE = re2._re2.RE2.Anchor.ANCHOR_START


def _fold_one(char: str) -> int:
    known = _LOOKALIKES.get(char) or _QUOTES.get(char)
    if known:
        return ord(known)
    category = unicodedata.category(char)
    if category == "Nd":
        return 48 + unicodedata.digit(char)
    if category[0] in "LM":
        wide = unicodedata.normalize("NFKC", char)
        return ord(wide) if len(wide) == 1 and wide.isascii() else LETTER
    if category == "Pd" or char == "\u2212":
        return 45
    if category[0] == "Z":
        return 32
    return SIGN


class _FoldTable(dict[int, int]):
    """Filled on demand; a text uses few different code points."""

    def __missing__(self, code: int) -> int:
        folded = code if code < 128 else _fold_one(chr(code))
        self[code] = folded
        return folded


_table = _FoldTable()
# What masking writes, and what that is folded to: masked texts are searched often.
_MASK = "\u2588"
_FOLDED_MASK = chr(SIGN)


def fold(text: str) -> bytes:
    """The text as bytes of the same length."""
    if text.isascii():
        return text.encode("ascii")
    if _MASK in text:
        plain = text.replace(_MASK, _FOLDED_MASK)
        if plain.replace(_FOLDED_MASK, "").isascii():
            return plain.encode("latin-1")
    return text.translate(_table).encode("latin-1")


class Hit(NamedTuple):
    """A place that a detector names: [start, end) in code points, how sure it is (0 to 1), and which check
    of the value (a check digit, an issuer's list) has confirmed it, if any.
    """

    start: int
    end: int
    label: str
    confidence: float
    validator: str = ""


_patterns: list[Pattern] = []
# The number of a pattern that no scan tells about; it counts as matching.
UNTOLD = -1
# Longer ones (lists of words) are left to RE2 alone.
MAX_SCANNED = 6_000


class Scanned(bytes):
    """Folded bytes of a whole text, and the numbers of all patterns that may match somewhere in it."""

    matching: frozenset[int] | set[int]


class Pattern:
    """A compiled RE2 expression over folded bytes."""

    # RE2 without its Python shell, which costs several times the search on a short text.
    __slots__ = ("_groups", "_whole", "expression", "number")

    def __init__(self, expression: str, *, scanned: bool = True) -> None:
        """`scanned` False: not part of the one scan over all patterns.

        So where only parts of texts are searched, where a gate says as much, or where it costs too much.
        """
        written = expression.encode("latin-1")
        self._groups = re2.compile(written, _options)._regexp.Match
        self._whole = re2.compile(written, _no_groups)._regexp.Match
        self.expression = expression
        self.number = UNTOLD
        if scanned:
            _patterns.append(self)

    def spans(self, data: bytes, group: int = 0) -> Iterator[tuple[int, int]]:
        """Where the expression (or one group of it) matches; groups that took no part are left out."""
        if type(data) is Scanned and self.number not in data.matching:
            return
        search = self._groups if group else self._whole
        at, size = 0, len(data)
        while at <= size:
            found = search(_ANYWHERE, data, at, size)
            begin, stop = found[0]
            if begin < 0:
                return
            start, end = found[group]
            if end > start:
                yield start, end
            at = stop if stop > at else at + 1

    def groups(self, data: bytes) -> Iterator[list[tuple[int, int]]]:
        """Every match with all its groups, the whole first; a group that took no part is (-1, -1)."""
        if type(data) is Scanned and self.number not in data.matching:
            return
        search = self._groups
        at, size = 0, len(data)
        while at <= size:
            found = search(_ANYWHERE, data, at, size)
            begin, stop = found[0]
            if begin < 0:
                return
            yield found
            at = stop if stop > at else at + 1

    def found_in(self, data: bytes) -> bool:
        """Whether there is any match."""
        if type(data) is Scanned and self.number not in data.matching:
            return False
        return bool(self._whole(_ANYWHERE, data, 0, len(data))[0][0] >= 0)

    def first(self, data: bytes, at: int) -> tuple[int, int] | None:
        """The first match from a place on."""
        found: tuple[int, int] = self._whole(_ANYWHERE, data, at, len(data))[0]
        return found if found[0] >= 0 else None

    def begins_at(self, data: bytes, place: int) -> bool:
        """Whether there is a match that begins here."""
        return bool(self._whole(_HERE, data, place, len(data))[0][0] >= 0)


class AnyOf:
    """Many expressions of which few match: only those are searched of which a scan says so."""

    def __init__(self, expressions: Iterable[str]) -> None:
        self._patterns = [Pattern(expression) for expression in expressions]
        self._numbers: frozenset[int] = frozenset()

    def spans(self, data: bytes, group: int = 0) -> Iterator[tuple[int, int]]:
        """Where any of the expressions matches, one expression after the other."""
        for pattern in self._candidates(data):
            yield from pattern.spans(data, group)

    def _candidates(self, data: bytes) -> list[Pattern]:
        if type(data) is not Scanned:
            return self._patterns
        if not self._numbers:
            # They have theirs since the scan was made.
            self._numbers = frozenset(pattern.number for pattern in self._patterns)
        if self._numbers.isdisjoint(data.matching):
            return []
        return [pattern for pattern in self._patterns if pattern.number in data.matching]


def number_patterns() -> list[Pattern]:
    """Give each pattern made so far its number, except those for the part before or after a place."""
    wanted = [one for one in _patterns if len(one.expression) <= MAX_SCANNED and not _bound(one.expression)]
    for number, pattern in enumerate(wanted):
        pattern.number = number
    return wanted


def _bound(expression: str) -> bool:
    plain = expression.removeprefix("(?i)")
    return plain.startswith(("^", "(?i:^")) or (plain.endswith("$") and not plain.endswith("\\$"))


@dataclass(frozen=True, slots=True)
class Detector:
    """A named finder.

    `gates`: expressions for folded bytes, written so that RE2 and Hyperscan both read them; where none of
    them matches anywhere in a text, `find` would find nothing there. `find` is given the folded bytes and the
    text itself. `labels`: all that its hits may be called (its own name where none is given). `structured`:
    what it finds has a form of its own, unlike names and addresses. `on_request`: not part of the default
    pack; it runs only where a rule of a policy asks for it.
    """

    name: str
    gates: tuple[str, ...]
    find: Callable[[bytes, str], Iterator[Hit]]
    labels: tuple[str, ...] = ()
    structured: bool = True
    on_request: bool = False

    def may_say(self, label: str) -> bool:
        """Whether a hit of this detector can have this label."""
        return label in (self.labels or (self.name,))


_WORD = tuple(code == LETTER or code == 95 or bytes((code,)).isalnum() for code in range(256))


def is_word(data: bytes, index: int) -> bool:
    """Whether there is a letter, digit or underscore at this position (False outside the text)."""
    return 0 <= index < len(data) and _WORD[data[index]]


def is_digit(data: bytes, index: int) -> bool:
    """Whether there is a digit at this position (False outside the text)."""
    return 0 <= index < len(data) and 48 <= data[index] <= 57


_NOT_DIGITS = bytes(code for code in range(256) if not 48 <= code <= 57)


def digits_of(data: bytes) -> str:
    """Only the digits."""
    return data.translate(None, _NOT_DIGITS).decode("ascii")
