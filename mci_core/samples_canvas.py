"""A picture that knows its text: whatever is written on it is also noted as a box, as accessibility trees do.

Pillow is imported when a picture is made: the rest of the samples works without it.
"""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont, ImageFont

SIZE = (1280, 720)
Colour = tuple[int, int, int]

INK: Colour = (36, 41, 51)
SOFT: Colour = (108, 117, 132)
LINE: Colour = (221, 225, 231)
PAPER: Colour = (255, 255, 255)
GROUND: Colour = (244, 246, 249)
BLUE: Colour = (32, 107, 196)
GREEN: Colour = (47, 133, 90)
AMBER: Colour = (214, 137, 16)
DARK: Colour = (30, 33, 40)


@lru_cache(maxsize=32)
def _font(size: int) -> FreeTypeFont | ImageFont:
    import PIL.ImageFont

    return PIL.ImageFont.load_default(size)


class Canvas:
    """Draws shapes and text."""

    def __init__(self, ground: Colour = GROUND) -> None:
        from PIL import Image, ImageDraw

        self._image = Image.new("RGB", SIZE, ground)
        self._draw = ImageDraw.Draw(self._image)
        self.boxes: list[dict[str, Any]] = []

    def panel(
        self, rect: tuple[int, int, int, int], fill: Colour, *, line: Colour | None = None, radius: int = 0
    ) -> None:
        """A filled area, perhaps with a border and round corners."""
        self._draw.rounded_rectangle(rect, radius, fill=fill, outline=line)

    def rule(self, start: tuple[int, int], end: tuple[int, int], fill: Colour = LINE) -> None:
        """A thin line."""
        self._draw.line([start, end], fill=fill)

    def disc(self, x: int, y: int, radius: int, fill: Colour) -> None:
        """A filled circle."""
        self._draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=fill)

    def width(self, text: str, size: int = 15) -> int:
        """How wide a text is in pixels."""
        return round(self._draw.textlength(text, font=_font(size)))

    def text(
        self,
        x: int,
        y: int,
        text: str,
        *,
        size: int = 15,
        fill: Colour = INK,
        bold: bool = False,
        right: int = SIZE[0],
    ) -> int:
        """One line of text, cut off at `right`; returns where it ends. The box has the whole text."""
        font = _font(size)
        shown = text
        while shown and x + self._draw.textlength(shown, font=font) > right:
            shown = shown[:-1]
        self._draw.text(
            (x, y), shown, fill=fill, font=font, stroke_width=0.4 if bold else 0, stroke_fill=fill
        )
        end = x + round(self._draw.textlength(shown, font=font))
        self._note(x, y, end, y + round(size * 1.35), text)
        return end

    def mono(
        self, x: int, y: int, text: str, *, size: int = 15, fill: Colour = INK, right: int = SIZE[0]
    ) -> None:
        """One line with characters of equal width, as editors show it."""
        step = size * 0.6
        count = max(0, min(len(text), int((right - x) / step)))
        for index in range(count):
            # Each character in the middle of its cell.
            free = step - self._draw.textlength(text[index], font=_font(size))
            self._draw.text((x + index * step + free / 2, y), text[index], fill=fill, font=_font(size))
        if text.strip():
            self._note(x, y, round(x + count * step), y + round(size * 1.35), text)

    def wrapped(self, x: int, y: int, text: str, right: int, *, size: int = 15, fill: Colour = INK) -> int:
        """Text over several lines; returns the height below it. Each paragraph is one box."""
        top, widest, line = y, x, ""
        for word in text.split(" "):
            longer = f"{line} {word}".strip()
            if line and x + self.width(longer, size) > right:
                widest = max(widest, self._line(x, y, line, size, fill))
                y, line = y + round(size * 1.5), word
            else:
                line = longer
        widest = max(widest, self._line(x, y, line, size, fill))
        y += round(size * 1.5)
        self._note(x, top, min(widest, SIZE[0]), y, text)
        return y

    def _line(self, x: int, y: int, text: str, size: int, fill: Colour) -> int:
        self._draw.text((x, y), text, fill=fill, font=_font(size))
        return x + self.width(text, size)

    def _note(self, left: int, top: int, right: int, bottom: int, text: str) -> None:
        if text.strip():
            self.boxes.append({"rect": [left, top, max(right, left + 1), bottom], "text": text})

    def webp(self) -> bytes:
        """The picture as a file."""
        out = io.BytesIO()
        self._image.save(out, "WEBP", quality=82, method=4)
        return out.getvalue()
