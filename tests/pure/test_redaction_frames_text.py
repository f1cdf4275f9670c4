"""Reading the text of frames: what is looked at again, what is known, and what refuses a frame.

The engine is a stand-in that takes dark bars on white ground for lines of text: the shade is the text.
"""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image, ImageDraw

from mci_core.redaction.frames import FrameRefused
from mci_core.redaction.frames_picture import Rect, changed_tiles, regions
from mci_core.redaction.frames_text import (
    Line,
    Reading,
    ScreenReader,
    gaps,
    joined,
    least_space,
    read_apart,
    trimmed,
)

SIZE = (640, 480)
TEXTS = {10: "hello", 20: "ann.lee@example.com", 30: "total"}


class Bars:
    """The stand-in. `bars`: places by shade."""

    name = "bars"

    def __init__(self) -> None:
        self.found: list[tuple[int, int]] = []
        self.read_shades: list[int] = []
        self.confidence = 0.99

    def find(self, picture: Image.Image) -> list[Rect]:
        self.found.append(picture.size)
        places = []
        for shade in TEXTS:
            box = picture.convert("L").point([255 if one == shade else 0 for one in range(256)]).getbbox()
            if box:
                places.append(box)
        return places

    def read(self, line: Image.Image) -> Reading:
        shade: Any = line.convert("L").getpixel((line.width // 2, line.height // 2))
        self.read_shades.append(shade)
        return Reading(TEXTS[shade], self.confidence)


def screen(**bars: tuple[int, int, int]) -> Image.Image:
    """Bars by name: left, top, shade."""
    picture = Image.new("RGB", SIZE, "white")
    for left, top, shade in bars.values():
        ImageDraw.Draw(picture).rectangle((left, top, left + 99, top + 15), fill=(shade, shade, shade))
    return picture


def texts(lines: list[Line]) -> list[str]:
    return sorted(line.reading.text for line in lines if line.reading)


def test_an_equal_frame_is_neither_searched_nor_read() -> None:
    bars = Bars()
    reader = ScreenReader(bars)
    first = reader.lines(screen(a=(40, 40, 10), b=(40, 300, 30)))
    assert texts(first) == ["hello", "total"]
    assert reader.lines(screen(a=(40, 40, 10), b=(40, 300, 30))) == first
    assert (len(bars.found), len(bars.read_shades)) == (1, 2)
    assert (reader.work.by_place, reader.work.lines, reader.work.frames) == (2, 4, 2)


def test_only_changed_regions_are_searched() -> None:
    bars = Bars()
    reader = ScreenReader(bars)
    reader.lines(screen(a=(40, 40, 10)))
    lines = reader.lines(screen(a=(40, 40, 10), c=(300, 300, 20)))
    assert texts(lines) == ["ann.lee@example.com", "hello"]
    assert bars.found[1][0] < 250
    assert bars.found[1][1] < 150
    assert reader.work.searched < 1.2 * SIZE[0] * SIZE[1]
    # A line that went is gone.
    assert texts(reader.lines(screen(a=(40, 40, 10)))) == ["hello"]


def test_a_line_elsewhere_is_known_by_its_pixels() -> None:
    bars = Bars()
    reader = ScreenReader(bars)
    reader.lines(screen(a=(40, 40, 10)))
    assert texts(reader.lines(screen(a=(333, 401, 10)))) == ["hello"]
    assert bars.read_shades == [10]
    assert reader.work.by_pixels == 1


def test_going_back_to_an_earlier_screen_costs_nothing() -> None:
    bars = Bars()
    reader = ScreenReader(bars)
    one, two = screen(a=(40, 40, 10)), screen()
    ImageDraw.Draw(two).rectangle((0, 0, 600, 400), fill=(30, 30, 30))
    for picture in (one, two, one, two):
        reader.lines(picture)
    assert len(bars.found) == 2
    # Another size is another screen.
    reader.lines(one.crop((0, 0, 300, 300)))
    assert bars.found[-1] == (300, 300)


def test_what_was_not_read_yet_is_read_when_it_is_wanted() -> None:
    bars = Bars()
    reader = ScreenReader(bars)
    picture = screen(a=(40, 40, 10))
    assert reader.lines(picture, read=False) == [Line((40, 40, 140, 56))]
    assert texts(reader.lines(picture)) == ["hello"]
    assert len(bars.found) == 1


def test_a_frame_that_takes_too_long_is_refused_and_the_next_goes_on() -> None:
    now = [0.0]

    class Slow(Bars):
        def read(self, line: Image.Image) -> Reading:
            now[0] += 3
            return super().read(line)

    reader = ScreenReader(Slow(), seconds=4, clock=lambda: now[0])
    picture = screen(a=(40, 40, 10), b=(40, 200, 20), c=(300, 300, 30))
    with pytest.raises(FrameRefused) as caught:
        reader.lines(picture)
    assert caught.value.code == "frame_time"
    assert len(reader.lines(picture)) == 3


def test_an_engine_that_breaks_refuses_the_frame() -> None:
    class Broken(Bars):
        def find(self, picture: Image.Image) -> list[Rect]:
            raise MemoryError

    with pytest.raises(FrameRefused) as caught:
        ScreenReader(Broken()).lines(screen())
    assert caught.value.code == "frame_unreadable"


def test_few_texts_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mci_core.redaction.frames_text.TEXTS", 1)
    bars = Bars()
    reader = ScreenReader(bars)
    for _ in range(2):
        reader.lines(screen(a=(40, 40, 10)))
        reader.lines(screen(a=(40, 300, 20)))
        reader.lines(screen(a=(240, 300, 30)))
        reader.lines(screen(a=(440, 300, 30)))
    assert bars.read_shades == [10, 20, 30, 10, 20, 30]


def test_a_region_takes_in_the_lines_that_it_touches() -> None:
    bars = Bars()
    reader = ScreenReader(bars)
    reader.lines(screen(a=(40, 40, 10), b=(40, 64, 30)))
    picture = screen(a=(40, 40, 10), b=(40, 64, 30))
    ImageDraw.Draw(picture).rectangle((150, 40, 160, 50), fill="red")
    ImageDraw.Draw(picture).rectangle((230, 40, 240, 50), fill="red")
    assert texts(reader.lines(picture)) == ["hello", "total"]
    assert len(bars.found) == 2


def test_tiles_that_differ_and_regions_around_them() -> None:
    old, new = screen(), screen()
    assert changed_tiles(old, new) == set()
    new.putpixel((100, 100), (0, 0, 0))
    new.putpixel((639, 479), (255, 255, 200))
    new.putpixel((10, 10), (250, 250, 250))
    assert changed_tiles(old, new) == {(6, 6), (39, 29)}
    assert regions({(6, 6), (8, 7), (39, 29)}, SIZE) == [(96, 96, 144, 128), (624, 464, 640, 480)]


def test_pieces_of_one_line_are_joined() -> None:
    assert joined([(0, 0, 50, 20), (40, 2, 90, 21), (0, 18, 50, 40), (200, 0, 220, 20)]) == [
        (0, 0, 90, 21),
        (200, 0, 220, 20),
        (0, 18, 50, 40),
    ]


def strokes(*columns: int, wide: int = 4) -> Image.Image:
    picture = Image.new("RGB", (120, 30), "black")
    for left in columns:
        ImageDraw.Draw(picture).rectangle((left, 5, left + wide - 1, 24), fill="white")
    return picture


def test_spaces_are_put_where_wide_gaps_are() -> None:
    picture = strokes(10, 16, 22, 36, 42)
    assert [round(width, 2) for _, width in gaps(picture)] == [0.1, 0.1, 0.5, 0.1]
    reading = read_apart("ofmai", [12, 18, 24, 38, 44], picture, 0.9)
    assert reading == Reading("ofm ai", 0.9, ("ofmai",))
    assert read_apart("ofm ai", [12, 18, 24, 31, 38, 44], picture, 0.9).text == "ofm ai"
    assert read_apart("", [], picture, 0.0) == Reading("", 0.0)
    assert gaps(Image.new("RGB", (9, 9), "white")) == []
    # Nothing but ground: there is nothing to trim by.
    assert trimmed(Image.new("RGB", (9, 9), "white")).size == (9, 9)
    assert trimmed(picture).size == (36, 20)


def test_the_least_space_depends_on_the_other_gaps() -> None:
    assert least_space([0.05, 0.06, 0.05, 0.18, 0.05]) == 0.18
    assert least_space([0.3, 0.3, 0.6, 0.3]) == 0.22
    assert least_space([]) == 0.22
