"""Reads screens with Tesseract through `tesserocr`, for machines where that is what is installed."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from mci_core.redaction.frames_picture import Rect
from mci_core.redaction.frames_text import Reading

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

PACKAGE = "tesserocr"
# Tesseract was trained on print: text of a screen is read better when it is larger.
ENLARGE = 2


class TesseractReader:
    """The engine. Not thread-safe: one for each thread."""

    name = "tesseract"

    def __init__(self, threads: int = 1) -> None:
        del threads  # Tesseract takes it from OMP_THREAD_LIMIT
        library: Any = importlib.import_module(PACKAGE)
        self._level = library.RIL.TEXTLINE
        self._finder: Any = library.PyTessBaseAPI(psm=library.PSM.SPARSE_TEXT)
        self._reader: Any = library.PyTessBaseAPI(psm=library.PSM.SINGLE_LINE)

    def find(self, picture: Picture) -> list[Rect]:
        """Where lines of text stand."""
        self._finder.SetImage(_larger(picture))
        found = []
        for _, box, _, _ in self._finder.GetComponentImages(self._level, True):
            left, top = box["x"] // ENLARGE, box["y"] // ENLARGE
            right = (box["x"] + box["w"]) // ENLARGE + 1
            bottom = (box["y"] + box["h"]) // ENLARGE + 1
            found.append((left, top, min(right, picture.width), min(bottom, picture.height)))
        return found

    def read(self, line: Picture) -> Reading:
        """What a picture of one line says."""
        self._reader.SetImage(_larger(line))
        text = str(self._reader.GetUTF8Text()).strip()
        return Reading(text, self._reader.MeanTextConf() / 100, ("".join(text.split()),))


def _larger(picture: Picture) -> Picture:
    from PIL.Image import Resampling

    return picture.resize((picture.width * ENLARGE, picture.height * ENLARGE), Resampling.BICUBIC)
