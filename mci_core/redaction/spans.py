"""Which parts of a text are masked: hits put in order, overlaps joined, placeholders left alone.

Masking is a fixed point. A text that was masked may hold something new (two halves that now stand
together, a word that now announces the rest), so hits are looked for until none is left; positions are
always those of the original text. Anything that cannot be searched is masked as a whole and labelled
BLANKED.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import NamedTuple

FILLER = "\u2588"
BLANKED = "BLANKED"
MAX_ROUNDS = 8


class Span(NamedTuple):
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
Settled = tuple[str, list["Span"]]
# Yields what has to be searched, is sent what was found there.
Settling = Generator[str, "Iterable[Span] | None", Settled]


class Unsettled(Exception):
    """Masking has brought forth something new too often."""


def join(spans: Iterable[Span], rank: Callable[[Span], int]) -> list[Span]:
    """Sorted spans without overlap: those that overlap become one, named by the one of the lowest rank."""
    joined: list[Span] = []
    ordered = list(spans)
    if len(ordered) < 2:
        return ordered
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        last = joined[-1] if joined else None
        if last is None or span.start >= last.end:
            joined.append(span)
            continue
        stronger = min(last, span, key=rank)
        joined[-1] = stronger._replace(start=last.start, end=max(last.end, span.end))
    return joined


def _says_something(text: str) -> bool:
    return any(char.isalnum() or ord(char) > 127 for char in text if char != FILLER)


def outside(span: Span, text: str, covered: Sequence[tuple[int, int]]) -> list[Span]:
    """The parts of a span that are not masked already; parts of spaces and signs only do not count."""
    if all(end <= span.start or start >= span.end for start, end in covered):
        return [span]
    pieces: list[Span] = []
    at = span.start
    for start, end in covered:
        if end <= at:
            continue
        if start >= span.end:
            break
        pieces.append(span._replace(start=at, end=max(at, start)))
        at = max(at, end)
    pieces.append(span._replace(start=min(at, span.end)))
    return [piece for piece in pieces if _says_something(text[piece.start : piece.end])]


def placeholder_pattern(labels: Iterable[str], stand_ins: str = "") -> re.Pattern[str]:
    """Finds what masking itself writes: only labels that are in use, so that nobody hides behind brackets.

    `stand_ins`: an expression with one group for invented values, where a rule writes such.
    """
    names = "|".join(sorted({re.escape(label) for label in labels}))
    invented = f"|{stand_ins}" if stand_ins else ""
    return re.compile(rf"\[(?:{names})(?::[0-9a-f]{{8}})?\]|{FILLER}+{invented}")


def _pieces(text: str, spans: Sequence[Span]) -> Iterator[tuple[int, int, bool]]:
    """The text cut at the spans; True for what is a span."""
    at = 0
    for span in spans:
        yield at, span.start, False
        yield span.start, span.end, True
        at = span.end
    yield at, len(text), False


class _Written:
    """A masked text and where each of its parts came from."""

    def __init__(self, text: str, spans: Sequence[Span], name: Namer) -> None:
        parts: list[str] = []
        # starts in the masked text; for each the place in the original and whether it is a mask
        self.starts: list[int] = []
        self.origins: list[tuple[int, int, bool]] = []
        at = size = 0
        for start, end, masked in _pieces(text, spans):
            part = name(spans[at], text[start:end]) if masked else text[start:end]
            at += masked
            if part:
                self.starts.append(size)
                self.origins.append((start, end, masked))
                parts.append(part)
                size += len(part)
        self.text = "".join(parts)

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
        return piece._replace(start=start, end=end)


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


def settling(text: str, rank: Callable[[Span], int], name: Namer, placeholders: re.Pattern[str]) -> Settling:
    """Asks for what is found in one text after the other, until there is nothing more.

    The result is the masked text and the spans of the original that were masked.
    """
    view, covered = neutral(text, placeholders)
    fresh = _fresh((yield view) or (), view, covered)
    if not fresh:
        return text, []
    spans = join(fresh, rank)
    for _ in range(MAX_ROUNDS - 1):
        written = _Written(text, spans, name)
        view, covered = neutral(written.text, placeholders)
        fresh = _fresh((yield view) or (), view, covered)
        if not fresh:
            return written.text, spans
        spans = join([*spans, *(written.moved(piece) for piece in fresh)], rank)
    raise Unsettled


def settle(steps: Settling, find: Finder) -> Settled:
    """The masked text, in which `find` finds nothing more, and the spans of the original that were masked."""
    found: Iterable[Span] | None = None
    while True:
        try:
            view = steps.send(found)
        except StopIteration as end:
            settled: Settled = end.value
            return settled
        found = find(view)


def blank(text: str) -> list[Span]:
    """The whole text as one span: what happens to a text that could not be searched."""
    return [Span(0, len(text), BLANKED, "engine")] if text else []
