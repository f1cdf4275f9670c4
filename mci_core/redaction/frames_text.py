"""Finds and reads the text on a frame with an engine, and works only on what changed since an earlier frame.

An engine is two things: a detector that says where text stands, and a recogniser that reads one line. The
frame is compared with the last few in tiles. Where nothing changed, lines stay as they were read; in changed
regions text is looked for again, and a line whose pixels were read before is not read again. What an engine
cannot do in time refuses the frame; what it did is remembered, so that the next frame of the same screen goes
through.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from mci_core.redaction.frames_picture import (
    FrameRefused,
    Rect,
    around,
    changed_tiles,
    regions,
    touch,
)

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

# Around a changed region: room for the detector to see a line as one.
ROOM = 40
SCREENS = 3
TEXTS = 8_192
# Of the height of the letters of a line: a wider gap is a space, a narrower one is none. Between them it
# depends on the other gaps of the line.
SPACE, NO_SPACE, LEAST_RATIO = 0.22, 0.15, 2.2
# Of a frame: beyond this share looking at it whole is not slower.
MOST = 0.7


@dataclass(frozen=True, slots=True)
class Reading:
    """What a recogniser made of one line, how sure it is, and in which other ways it may be read."""

    text: str
    confidence: float
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text on a frame; `reading` is None as long as nobody has read it."""

    rect: Rect
    reading: Reading | None = None


class TextReader(Protocol):
    """An engine. Both methods may raise anything: the frame is refused then."""

    name: str

    def find(self, picture: Picture) -> list[Rect]:
        """Where lines of text stand."""
        ...

    def read(self, line: Picture) -> Reading:
        """What a picture of one line says."""
        ...


@dataclass(slots=True)
class Work:
    """What reading cost so far: frames, their pixels and those looked at, lines and how they were known."""

    frames: int = 0
    pixels: int = 0
    searched: int = 0
    lines: int = 0
    by_place: int = 0
    by_pixels: int = 0
    read: int = 0


@dataclass(slots=True)
class _Screen:
    """A frame that was looked at. `picture` holds the pixels by which its lines were found."""

    picture: Picture
    lines: list[Line] = field(default_factory=list)


class ScreenReader:
    """Reads the frames of one session. `seconds`: what one frame may take."""

    def __init__(
        self,
        reader: TextReader,
        *,
        seconds: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reader = reader
        self._seconds = seconds
        self._clock = clock
        self._screens: list[_Screen] = []
        self._texts: OrderedDict[bytes, Reading] = OrderedDict()
        self.work = Work()

    def lines(self, picture: Picture, *, read: bool = True) -> list[Line]:
        """The lines on a frame, read unless that is not wanted; raises `FrameRefused`."""
        until = self._clock() + self._seconds
        self.work.frames += 1
        self.work.pixels += picture.width * picture.height
        try:
            screen = self._look(picture, until)
            if read:
                self._read_all(screen, until)
        except FrameRefused:
            raise
        except Exception:
            raise FrameRefused("frame_unreadable", "The text on the screen could not be read.") from None
        return list(screen.lines)

    # --- where text stands

    def _look(self, picture: Picture, until: float) -> _Screen:
        old, places = self._changes(picture)
        screen = _Screen(picture.copy()) if old is None else _Screen(old.picture.copy(), old.lines)
        kept = [line for line in screen.lines if not any(touch(line.rect, one) for one in places)]
        self.work.by_place += len(kept)
        fresh: list[Rect] = []
        for place in places:
            screen.picture.paste(picture.crop(place), place[:2])
        for place in _with_room(places, picture.size):
            self.work.searched += (place[2] - place[0]) * (place[3] - place[1])
            fresh += [_moved(rect, place) for rect in self._reader.find(picture.crop(place))]
            self._in_time(until)
        # Around a change everything is as it was: what is found there is known, and whole.
        fresh = [rect for rect in fresh if any(touch(rect, place) for place in places)]
        screen.lines = [*kept, *(Line(rect) for rect in joined(fresh))]
        self._screens = [screen, *self._screens][:SCREENS]
        return screen

    def _changes(self, picture: Picture) -> tuple[_Screen | None, list[Rect]]:
        """The remembered screen that is most like this frame, and where they differ."""
        whole = (0, 0, picture.width, picture.height)
        best: tuple[int, _Screen | None, list[Rect]] = (picture.width * picture.height, None, [whole])
        for screen in self._screens:
            if screen.picture.size != picture.size:
                continue
            places = _widened(regions(changed_tiles(screen.picture, picture), picture.size), screen.lines)
            searched = _with_room(places, picture.size)
            area = sum((right - left) * (bottom - top) for left, top, right, bottom in searched)
            if area < best[0] * (MOST if best[1] is None else 1):
                best = (area, screen, places)
            if not places:
                break
        return best[1], best[2]

    # --- what it says

    def _read_all(self, screen: _Screen, until: float) -> None:
        for at, line in enumerate(screen.lines):
            self.work.lines += 1
            if line.reading is None:
                screen.lines[at] = replace(line, reading=self._read(screen.picture.crop(line.rect), until))

    def _read(self, part: Picture, until: float) -> Reading:
        shown = trimmed(part)
        digest = hashlib.sha256(f"{shown.size}".encode() + shown.tobytes()).digest()
        known = self._texts.get(digest)
        if known is not None:
            self._texts.move_to_end(digest)
            self.work.by_pixels += 1
            return known
        self._in_time(until)
        self.work.read += 1
        reading = self._reader.read(part)
        self._texts[digest] = reading
        if len(self._texts) > TEXTS:
            self._texts.popitem(last=False)
        return reading

    def _in_time(self, until: float) -> None:
        if self._clock() > until:
            raise FrameRefused("frame_time", "Reading the screen took too long.")


def _moved(rect: Rect, by: Rect) -> Rect:
    return (rect[0] + by[0], rect[1] + by[1], rect[2] + by[0], rect[3] + by[1])


def _widened(places: list[Rect], lines: Sequence[Line]) -> list[Rect]:
    """Regions that hold every line that they touch, and do not touch each other."""
    todo = list(places)
    done: list[Rect] = []
    while todo:
        place = todo.pop()
        grown = place
        for line in lines:
            if touch(grown, line.rect):
                grown = around(grown, line.rect)
        others = [one for one in (*todo, *done) if touch(grown, one)]
        for one in others:
            grown = around(grown, one)
        todo = [one for one in todo if one not in others]
        done = [one for one in done if one not in others]
        (done if grown == place else todo).append(grown)
    return sorted(done)


def _with_room(places: Iterable[Rect], size: tuple[int, int]) -> list[Rect]:
    wide = [
        (
            max(0, left - ROOM),
            max(0, top - ROOM),
            min(size[0], right + ROOM),
            min(size[1], bottom + ROOM),
        )
        for left, top, right, bottom in places
    ]
    return _widened(wide, ())


def joined(rects: Iterable[Rect]) -> list[Rect]:
    """Boxes without those that are parts of one line: found twice, or in two pieces that overlap."""
    found: list[Rect] = []
    for rect in sorted(rects):
        for at, other in enumerate(found):
            if touch(rect, other) and _on_one_line(rect, other):
                found[at] = around(rect, other)
                break
        else:
            found.append(rect)
    return sorted(found, key=lambda one: (one[1], one[0]))


def _on_one_line(one: Rect, other: Rect) -> bool:
    shared = min(one[3], other[3]) - max(one[1], other[1])
    return shared * 10 >= 6 * min(one[3] - one[1], other[3] - other[1])


def ink(line: Picture) -> Picture:
    """Where a picture of a line differs from its most frequent shade: 255 there, 0 elsewhere."""
    from PIL import Image, ImageChops

    grey = line.convert("L")
    shades = grey.histogram()
    ground = shades.index(max(shades))
    flat = Image.new("L", grey.size, ground)
    return ImageChops.difference(grey, flat).point(_INK)


_INK = [255 if level > 40 else 0 for level in range(256)]


def trimmed(line: Picture) -> Picture:
    """The line without the empty margin around it, by which the same text is known in another place."""
    box = ink(line).getbbox()
    return line.crop(box) if box else line


def gaps(line: Picture) -> list[tuple[float, float]]:
    """The gaps between letters: the middle, and the width in parts of the height of the letters."""
    from PIL.Image import Resampling

    marks = ink(line)
    box = marks.getbbox()
    if box is None:
        return []
    left, top, right, bottom = box
    columns: Any = marks.crop(box).resize((right - left, 1), Resampling.BOX).tobytes()
    found, begin = [], 0
    for at, value in enumerate(columns):
        if value:
            if at > begin:
                found.append((left + (begin + at) / 2, (at - begin) / (bottom - top)))
            begin = at + 1
    return found


def read_apart(text: str, places: Sequence[float], line: Picture, confidence: float) -> Reading:
    """A reading with the spaces that recognisers leave out. `places`: the middle of each letter, roughly."""
    found = gaps(line)
    limits = (least_space([width for _, width in found]), SPACE)
    ways = [spaced(text, places, [middle for middle, width in found if width >= least]) for least in limits]
    first, *others = dict.fromkeys((*ways, text))
    return Reading(first, confidence, tuple(others))


def least_space(widths: Sequence[float]) -> float:
    """The width that parts the gaps of a line into letters' and words', where there are two kinds."""
    ordered = sorted(widths)
    best, limit = 0.0, SPACE
    for at in range(1, len(ordered)):
        below, above = ordered[:at], ordered[at:]
        low, high = sum(below) / len(below), sum(above) / len(above)
        weight = len(below) * len(above) * (high - low) ** 2
        if above[0] >= NO_SPACE and high >= LEAST_RATIO * low and weight > best:
            best, limit = weight, above[0]
    return limit


def spaced(text: str, places: Sequence[float], breaks: Sequence[float]) -> str:
    """The text with a space at each break, between the two letters that are nearest to it."""
    between = [(places[at - 1] + places[at]) / 2 for at in range(1, len(text))]
    if not between:
        return text
    wanted = {1 + min(range(len(between)), key=lambda at: abs(between[at] - one)) for one in breaks}
    parts = list(text[:1])
    for at in range(1, len(text)):
        if at in wanted and not text[at].isspace() and not text[at - 1].isspace():
            parts.append(" ")
        parts.append(text[at])
    return "".join(parts)
