"""Which parts of a text are masked: hits put in order, overlaps joined, placeholders left alone.

Masking is a fixed point. A text that was masked may hold something new (two halves that now stand
together, a word that now announces the rest), so hits are looked for until none is left; positions are
always those of the original text. Anything that cannot be searched is masked as a whole and labelled
BLANKED.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

FILLER = "\u2588"
BLANKED = "BLANKED"
MAX_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Span:
    """[start, end) in code points of the original text, and why it is masked."""

    start: int
    end: int
    label: str
    rule_id: str
    method: str = "mask"
    confidence: float = 1.0
    validator: str = ""


Finder = Callable[[str], Iterable[Span]]
Namer = Callable[[Span, str], str]


class Unsettled(Exception):
    """Masking has brought forth something new too often."""


def join(spans: Iterable[Span], rank: Callable[[Span], int]) -> list[Span]:
    """Sorted spans without overlap: those that overlap become one, named by the one of the lowest rank."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        last = joined[-1] if joined else None
        if last is None or span.start >= last.end:
            joined.append(span)
            continue
        stronger = min(last, span, key=rank)
        joined[-1] = replace(stronger, start=last.start, end=max(last.end, span.end))
    return joined


def _says_something(text: str) -> bool:
    return any(char.isalnum() or ord(char) > 127 for char in text if char != FILLER)


def outside(span: Span, text: str, covered: Sequence[tuple[int, int]]) -> list[Span]:
    """The parts of a span that are not masked already; parts of spaces and signs only do not count."""
    pieces: list[Span] = []
    at = span.start
    for start, end in covered:
        if end <= at:
            continue
        if start >= span.end:
            break
        pieces.append(replace(span, start=at, end=max(at, start)))
        at = max(at, end)
    if not pieces and at == span.start:
        return [span]
    pieces.append(replace(span, start=min(at, span.end)))
    return [piece for piece in pieces if _says_something(text[piece.start : piece.end])]


def placeholder_pattern(labels: Iterable[str], stand_ins: str = "") -> re.Pattern[str]:
    """Finds what masking itself writes: only labels that are in use, so that nobody hides behind brackets.

    `stand_ins`: an expression with one group for invented values, where a rule writes such.
    """
    names = "|".join(sorted({re.escape(label) for label in labels}))
    invented = f"|{stand_ins}" if stand_ins else ""
    return re.compile(rf"\[(?:{names})(?::[0-9a-f]{{8}})?\]|{FILLER}+{invented}")


class _Written:
    """A masked text and where each of its parts came from."""

    def __init__(self, text: str, spans: Sequence[Span], name: Namer) -> None:
        parts: list[str] = []
        # starts in the masked text; for each the place in the original and whether it is a mask
        self.starts: list[int] = []
        self.origins: list[tuple[int, int, bool]] = []
        self._size = 0
        at = 0
        for span in spans:
            self._add(parts, text[at : span.start], at, span.start, False)
            self._add(parts, name(span, text[span.start : span.end]), span.start, span.end, True)
            at = span.end
        self._add(parts, text[at:], at, len(text), False)
        self.text = "".join(parts)

    def _add(self, parts: list[str], part: str, start: int, end: int, masked: bool) -> None:
        if not part:
            return
        self.starts.append(self._size)
        self.origins.append((start, end, masked))
        parts.append(part)
        self._size += len(part)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Where a part of the masked text came from; a mask counts as a whole."""
        first = bisect_right(self.starts, start) - 1
        last = bisect_right(self.starts, end - 1) - 1
        begin, _, masked = self.origins[first]
        if not masked:
            begin += start - self.starts[first]
        origin, stop, masked = self.origins[last]
        if not masked:
            stop = origin + end - self.starts[last]
        return begin, stop

    def moved(self, piece: Span) -> Span:
        """A span of the masked text at its place in the original."""
        start, end = self.original(piece.start, piece.end)
        return replace(piece, start=start, end=end)


def neutral(text: str, placeholders: re.Pattern[str]) -> tuple[str, list[tuple[int, int]]]:
    """The text as it is searched, and the places that masking itself has written.

    What masking has written is searched as signs of the same length: the words inside a placeholder announce
    nothing, so that a masked text is searched again only where something else in it asks for that.
    """
    if not placeholders.groups and "[" not in text and FILLER not in text:
        return text, []
    covered = [match.span() for match in placeholders.finditer(text)]
    for start, end in covered:
        text = text[:start] + FILLER * (end - start) + text[end:]
    return text, covered


def _fresh(found: Iterable[Span], text: str, covered: Sequence[tuple[int, int]]) -> list[Span]:
    if not covered:
        return [span for span in found if span.end > span.start]
    return [piece for span in found for piece in outside(span, text, covered) if piece.end > piece.start]


def settle(
    text: str,
    find: Finder,
    rank: Callable[[Span], int],
    name: Namer,
    placeholders: re.Pattern[str],
) -> tuple[str, list[Span]]:
    """The masked text, in which `find` finds nothing more, and the spans of the original that were masked."""
    view, covered = neutral(text, placeholders)
    fresh = _fresh(find(view), view, covered)
    if not fresh:
        return text, []
    spans = join(fresh, rank)
    for _ in range(MAX_ROUNDS - 1):
        written = _Written(text, spans, name)
        view, covered = neutral(written.text, placeholders)
        fresh = _fresh(find(view), view, covered)
        if not fresh:
            return written.text, spans
        spans = join([*spans, *(written.moved(piece) for piece in fresh)], rank)
    raise Unsettled


def blank(text: str) -> list[Span]:
    """The whole text as one span: what happens to a text that could not be searched."""
    return [Span(0, len(text), BLANKED, "engine")] if text else []
