"""Which engines read screens, and how frames are treated: the choices of whoever redacts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from typing import Literal

from mci_core.redaction import frames_rapidocr, frames_tesseract
from mci_core.redaction.frames_text import TextReader

# From the widest: what has a hit is painted over, all text is, everything is.
MODES = ("hits", "all", "blank")
Mode = Literal["hits", "all", "blank"]
ENGINES: dict[str, tuple[str, type[TextReader]]] = {
    "rapidocr": (frames_rapidocr.PACKAGE, frames_rapidocr.RapidReader),
    "tesseract": (frames_tesseract.PACKAGE, frames_tesseract.TesseractReader),
}
CHOICES = ("off", "auto", *ENGINES)


class EngineMissing(Exception):
    """An engine that is wanted is not installed, or does not start."""


@dataclass(frozen=True, slots=True)
class FrameSettings:
    """`confidence`: a line read with less is painted over. `seconds`: what one frame may take."""

    mode: Mode = "hits"
    reader: TextReader | None = None
    seconds: float = 10.0
    confidence: float = 0.7


@lru_cache(maxsize=4)
def open_reader(choice: str, threads: int = 1) -> TextReader | None:
    """The engine of that name; with "auto" the first that is installed, or none."""
    if choice == "off":
        return None
    wanted = list(ENGINES) if choice == "auto" else [choice]
    for name in wanted:
        package, make = ENGINES[name]
        if find_spec(package) is not None:
            try:
                return make(threads)  # type: ignore[call-arg]
            except Exception as error:
                raise EngineMissing(f"The engine {name} does not start: {type(error).__name__}.") from error
    if choice == "auto":
        return None
    raise EngineMissing(f"The engine {choice} is not installed.")
