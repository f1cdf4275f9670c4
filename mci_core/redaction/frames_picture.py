"""The pixels of a frame: opened with care, painted over, written anew, compared with an earlier frame.

Fails closed: what is no still WebP of usual size is refused. What is written is a new image: nothing of the
old file (thumbnail, metadata) is carried over. Fill is solid; a blur could be undone.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from mci_core.errors import Invalid
from mci_core.session import MAX_FRAME_BYTES

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

FILL = (38, 43, 51)
PADDING = 2
MAX_SIDE = 8_192
QUALITY = 80
# Of the encoder: 4 is 4 times slower than 0 for a quarter of the bytes.
EFFORT = 1
TILE = 16
# Recordings are compressed with losses: two pictures of one screen differ a little around letters.
NOISE = 24
_LOUD = [255 if level > NOISE else 0 for level in range(256)]
Rect = tuple[int, int, int, int]


class FrameRefused(Invalid):
    """A frame that must not be kept; `code` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, code=code, field="frame")


def opened(webp: bytes) -> Picture:
    """The picture in plain colours, without anything else that the file has."""
    # Imported here: the server and other programs use this package without images.
    from PIL import Image

    if len(webp) > MAX_FRAME_BYTES:
        raise FrameRefused("frame_too_large", f"A frame has at most {MAX_FRAME_BYTES} bytes.")
    try:
        with Image.open(io.BytesIO(webp), formats=["WEBP"]) as file:
            width, height = file.size
            if width > MAX_SIDE or height > MAX_SIDE or getattr(file, "n_frames", 1) != 1:
                raise FrameRefused("frame_format", "A frame is one still picture of usual size.")
            picture = file.convert("RGB")
    except FrameRefused:
        raise
    except Exception:
        raise FrameRefused("frame_format", "The frame cannot be read as WebP.") from None
    canvas = Image.new("RGB", (width, height))
    canvas.paste(picture)
    return canvas


def clipped(rect: Sequence[float], size: tuple[int, int], padding: int = PADDING) -> list[int] | None:
    """Whole pixels of the picture that a place covers, a little more than less; None when it lies outside."""
    left, top, right, bottom = rect
    found = [
        max(0, int(min(left, right)) - padding),
        max(0, int(min(top, bottom)) - padding),
        min(size[0], int(max(left, right) + 0.999) + padding),
        min(size[1], int(max(top, bottom) + 0.999) + padding),
    ]
    return found if found[0] < found[2] and found[1] < found[3] else None


def paint(picture: Picture, rects: Iterable[Sequence[float]]) -> list[list[int]]:
    """Paint places over; which pixels that were."""
    from PIL import ImageDraw

    draw = ImageDraw.Draw(picture)
    masked = [rect for rect in (clipped(one, picture.size) for one in rects) if rect is not None]
    for left, top, right, bottom in masked:
        draw.rectangle([left, top, right - 1, bottom - 1], fill=FILL)
    return masked


def encoded(picture: Picture) -> bytes:
    """The picture as a new WebP."""
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=QUALITY, method=EFFORT)
    return out.getvalue()


def changed_tiles(old: Picture, new: Picture) -> set[tuple[int, int]]:
    """Columns and rows of the tiles in which two pictures of one size differ by more than noise."""
    from PIL import ImageChops

    red, green, blue = ImageChops.difference(old, new).split()
    loud = ImageChops.lighter(ImageChops.lighter(red, green), blue).point(_LOUD)
    if loud.getbbox() is None:
        return set()
    small = loud.reduce(TILE)
    return {(at % small.width, at // small.width) for at, value in enumerate(small.tobytes()) if value}


def regions(tiles: set[tuple[int, int]], size: tuple[int, int]) -> list[Rect]:
    """Rectangles around groups of tiles that touch or lie one apart."""
    left, found = set(tiles), []
    while left:
        group, open_ends = [], [left.pop()]
        while open_ends:
            column, row = open_ends.pop()
            group.append((column, row))
            near = {(column + x, row + y) for x in (-2, -1, 0, 1, 2) for y in (-1, 0, 1)} & left
            left -= near
            open_ends.extend(near)
        columns, rows = [one[0] for one in group], [one[1] for one in group]
        found.append(
            (
                min(columns) * TILE,
                min(rows) * TILE,
                min(size[0], (max(columns) + 1) * TILE),
                min(size[1], (max(rows) + 1) * TILE),
            )
        )
    return sorted(found)


def touch(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two rectangles share a pixel."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def around(one: Rect, other: Rect) -> Rect:
    """The smallest rectangle that holds both."""
    return (
        min(one[0], other[0]),
        min(one[1], other[1]),
        max(one[2], other[2]),
        max(one[3], other[3]),
    )


def inside(one: Sequence[float], other: Sequence[float], slack: float = 0) -> bool:
    """Whether the first lies in the second, but for some pixels."""
    return (
        one[0] >= other[0] - slack
        and one[1] >= other[1] - slack
        and one[2] <= other[2] + slack
        and one[3] <= other[3] + slack
    )
