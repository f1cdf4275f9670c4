"""Texts as they grow: a document with a caret that is searched before anything in it goes, and at the end.

A secret can be typed in pieces, in any order, and be gone again before the field is left. So a document is
searched around the place of a change each time something typed is about to be deleted, moved away from or
left.
"""

from __future__ import annotations

from collections.abc import Callable

from mci_core.redaction.marks import UNKNOWN, Strip
from mci_core.redaction.spans import FILLER

MARGIN = 256
# Longer documents are searched in pieces that overlap.
PIECE = 8_192
MAX_LENGTH = 1_000_000
Judge = Callable[[Strip], None]


class Document:
    """One field's text. `judge` is asked about the parts that changed."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self.strip = Strip()
        self.caret = 0
        # the part that changed since it was last searched
        self._low: int | None = None
        self._high = 0

    def reaches(self, pos: int) -> bool:
        """Whether a position can be used; the text before it may be unknown."""
        return pos <= MAX_LENGTH

    def insert(self, pos: int, text: str, origins: list[int]) -> None:
        """Put text at a position; what lies before and was never seen is filled up."""
        missing = pos - len(self.strip.chars)
        if missing > 0:
            self.strip.chars.extend(FILLER * missing)
            self.strip.origins.extend([UNKNOWN] * missing)
        self.strip.chars[pos:pos] = text
        self.strip.origins[pos:pos] = origins
        self.caret = pos + len(text)
        self._high = max(self._high + len(text), self.caret) if self._low is not None else self.caret
        self._low = pos if self._low is None else min(self._low, pos)

    def delete(self, pos: int, count: int) -> None:
        """Take text away; it is searched before, and what then stands together will be."""
        self.look()
        del self.strip.chars[pos : pos + count]
        del self.strip.origins[pos : pos + count]
        self.caret = self._low = self._high = pos

    def look(self) -> None:
        """Search around what changed since the last look."""
        if self._low is None:
            return
        self._pieces(self._low - MARGIN, self._high + MARGIN)
        self._low = None

    def look_at_all(self) -> None:
        """Search all of it."""
        self._pieces(0, len(self.strip.chars))
        self._low = None

    def _pieces(self, start: int, end: int) -> None:
        start, end = max(0, start), min(end, len(self.strip.chars))
        while start < end:
            self._judge(self.strip.cut(start, min(end, start + PIECE)))
            if start + PIECE >= end:
                return
            start += PIECE - 2 * MARGIN


class Run:
    """What was typed one after the other, whatever was deleted of it."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._strip = Strip()

    def add(self, text: str, origins: list[int]) -> None:
        """More of it."""
        self._strip.chars.extend(text)
        self._strip.origins.extend(origins)
        if len(self._strip.chars) >= PIECE:
            self._judge(self._strip)
            self._strip = self._strip.cut(len(self._strip.chars) - 2 * MARGIN, len(self._strip.chars))

    def separate(self, sign: str = "\n") -> None:
        """What follows stands elsewhere."""
        if self._strip.chars and self._strip.chars[-1] != sign:
            self._strip.add(sign, UNKNOWN)

    def end(self) -> None:
        """Search what is there and begin anew."""
        if len(self._strip.events()) > 0:
            self._judge(self._strip)
        self._strip = Strip()
