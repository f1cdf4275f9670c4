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
# How many states an undo can go back to, and up to which length of the document they are kept.
MAX_STATES = 20
MAX_STATE_LENGTH = 4_000
Judge = Callable[[Strip], None]


class Document:
    """One field's text. `judge` is asked about the parts that changed."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self.strip = Strip()
        self.caret = 0
        # the other end of what is selected
        self.anchor: int | None = None
        # the part that changed since it was last searched
        self._low: int | None = None
        self._high = 0
        self._states: list[tuple[Strip, int]] = []

    def __len__(self) -> int:
        return len(self.strip.chars)

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

    def delete(self, pos: int, count: int) -> Strip:
        """Take text away and return it; it is searched before, and what then stands together will be."""
        self.look()
        gone = self.strip.cut(pos, pos + count)
        del self.strip.chars[pos : pos + count]
        del self.strip.origins[pos : pos + count]
        self.caret = self._low = self._high = pos
        self.anchor = None
        return gone

    def selection(self) -> tuple[int, int] | None:
        """Where the selected text begins and ends."""
        if self.anchor is None or self.anchor == self.caret:
            return None
        return min(self.anchor, self.caret), max(self.anchor, self.caret)

    def selected(self) -> Strip | None:
        """The selected text."""
        place = self.selection()
        return None if place is None else self.strip.cut(*place)

    def drop_selected(self) -> bool:
        """Take the selected text away; whether there was any."""
        place = self.selection()
        if place is not None:
            self.delete(place[0], place[1] - place[0])
        return place is not None

    def move(self, pos: int, *, selecting: bool) -> None:
        """Put the caret elsewhere. What is typed next may stand right beside what was typed before."""
        self.look()
        if not selecting:
            self.anchor = None
        elif self.anchor is None:
            self.anchor = self.caret
        self.caret = max(0, min(pos, len(self)))

    def remember(self) -> None:
        """Keep this state for an undo."""
        if len(self) <= MAX_STATE_LENGTH:
            self._states = [*self._states[1 - MAX_STATES :], (self.strip.cut(0, len(self)), self.caret)]

    def undo(self) -> None:
        """Go back to the last state that was kept."""
        self.look()
        if self._states:
            self.strip, self.caret = self._states.pop()
            self.anchor, self._low, self._high = None, 0, len(self)

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
        # where a new field begins
        self._fields: list[int] = []

    def add(self, text: str, origins: list[int]) -> None:
        """More of it."""
        self._strip.chars.extend(text)
        self._strip.origins.extend(origins)
        if len(self._strip.chars) >= PIECE:
            self._judge_all()
            cut = len(self._strip.chars) - 2 * MARGIN
            self._strip = self._strip.cut(cut, len(self._strip.chars))
            self._fields = [at - cut for at in self._fields if at > cut]

    def separate(self, sign: str = "\n", *, field: bool = False) -> None:
        """What follows stands elsewhere; `field`: in another field, perhaps of the same form."""
        if self._strip.chars and self._strip.chars[-1] != sign:
            self._strip.add(sign, UNKNOWN)
        if field:
            self._fields.append(len(self._strip.chars))

    def end(self) -> None:
        """Search what is there and begin anew."""
        if len(self._strip.events()) > 0:
            self._judge_all()
        self._strip, self._fields = Strip(), []

    def _judge_all(self) -> None:
        self._judge(self._strip)
        for reading in across_fields(self._strip, self._fields):
            self._judge(reading)


# A field that holds part of a number or one name of a person is short.
SHORT = 40
BOX = 8
# Forms that write the parts of a number with hyphens: social security and telephone numbers.
_HYPHENATED = {(3, 2, 4), (3, 3, 4)}


def across_fields(strip: Strip, fields: list[int]) -> list[Strip]:
    """What short fields that were filled one after the other say when they are read as one: a name with a
    space between its parts, a number without anything, and with hyphens where its form has them.
    """
    readings: list[Strip] = []
    for group in _groups(strip, fields):
        readings.append(_joined(group, " "))
        boxes = [part for part in group if _is_box(part)]
        if len(boxes) > 1:
            readings.append(_joined(boxes, ""))
        threes = (boxes[at : at + 3] for at in range(len(boxes) - 2))
        readings.extend(
            _joined(three, "-") for three in threes if tuple(len(one.chars) for one in three) in _HYPHENATED
        )
    return readings


def _groups(strip: Strip, fields: list[int]) -> list[list[Strip]]:
    """Short fields in a row."""
    groups: list[list[Strip]] = [[]]
    for start, end in zip([0, *fields], [*fields, len(strip.chars)], strict=True):
        part = _stripped(strip.cut(start, end))
        if not part.chars:
            continue
        if len(part.chars) <= SHORT:
            groups[-1].append(part)
        else:
            groups.append([])
    return [group for group in groups if len(group) > 1]


def _stripped(part: Strip) -> Strip:
    kept = [at for at, char in enumerate(part.chars) if not char.isspace()]
    return part.cut(kept[0], kept[-1] + 1) if kept else Strip()


def _is_box(part: Strip) -> bool:
    return (
        len(part.chars) <= BOX
        and all(char.isalnum() for char in part.chars)
        and any(char.isdigit() for char in part.chars)
    )


def _joined(parts: list[Strip], sign: str) -> Strip:
    whole = Strip()
    for part in parts:
        if whole.chars and sign:
            whole.add(sign, UNKNOWN)
        whole.chars.extend(part.chars)
        whole.origins.extend(part.origins)
    return whole
