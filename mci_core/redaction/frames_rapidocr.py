"""Reads screens with RapidOCR: the PP-OCR detector and recogniser on onnxruntime, models inside the wheel.

Needs the extra `ocr`. The packages are imported by name when an engine is made, so that everything else works
without them.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mci_core.redaction.frames_picture import Rect
from mci_core.redaction.frames_text import Reading, read_apart

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

PACKAGE = "rapidocr_onnxruntime"
DETECTOR = "ch_PP-OCRv4_det_infer.onnx"
RECOGNISER = "ch_PP-OCRv4_rec_infer.onnx"
HEIGHT = 48
NARROWEST = 320 / 48
# Larger pictures are looked at in parts that overlap: memory of the network grows with its input.
PART, OVERLAP = 1_984, 128
# Columns of the picture (at HEIGHT) for each step of the recogniser.
STEP = 8
DETECTOR_SETTINGS = {
    "limit_side_len": 32,
    "limit_type": "min",
    "mean": [0.5, 0.5, 0.5],
    "std": [0.5, 0.5, 0.5],
    "thresh": 0.2,
    "box_thresh": 0.35,
    "max_candidates": 3_000,
    "unclip_ratio": 1.6,
    "use_dilation": True,
    "score_mode": "fast",
}


class RapidReader:
    """The engine. `threads`: how many cores it may use at once."""

    name = "rapidocr"

    def __init__(self, threads: int = 1) -> None:
        self._numpy: Any = importlib.import_module("numpy")
        detecting: Any = importlib.import_module(f"{PACKAGE}.ch_ppocr_det")
        recognising: Any = importlib.import_module(f"{PACKAGE}.ch_ppocr_rec")
        models = Path(str(importlib.import_module(PACKAGE).__file__)).parent / "models"
        cores = {"intra_op_num_threads": threads, "inter_op_num_threads": 1}
        self._detector: Any = detecting.TextDetector(
            {**DETECTOR_SETTINGS, **cores, "model_path": str(models / DETECTOR)}
        )
        self._recogniser: Any = recognising.TextRecognizer(
            {
                **cores,
                "model_path": str(models / RECOGNISER),
                "rec_batch_num": 1,
                "rec_img_shape": [3, HEIGHT, 320],
            }
        )

    def _pixels(self, picture: Picture) -> Any:
        """Blue, green, red, as the models were trained."""
        return self._numpy.ascontiguousarray(self._numpy.asarray(picture.convert("RGB"))[:, :, ::-1])

    def find(self, picture: Picture) -> list[Rect]:
        """Where lines of text stand."""
        found: list[Rect] = []
        for top in _starts(picture.height):
            for left in _starts(picture.width):
                part = picture.crop(
                    (left, top, min(left + PART, picture.width), min(top + PART, picture.height))
                )
                found += [
                    (rect[0] + left, rect[1] + top, rect[2] + left, rect[3] + top)
                    for rect in self._find(part)
                ]
        return found

    def _find(self, part: Picture) -> list[Rect]:
        width, height = part.size
        quads, _ = self._detector(self._pixels(_at_least(part)))
        found = []
        for quad in () if quads is None else quads:
            across, down = [float(one[0]) for one in quad], [float(one[1]) for one in quad]
            rect = (int(min(across)), int(min(down)), int(max(across)) + 1, int(max(down)) + 1)
            rect = (rect[0], rect[1], min(rect[2], width), min(rect[3], height))
            if rect[0] < rect[2] and rect[1] < rect[3]:
                found.append(rect)
        return found

    def read(self, line: Picture) -> Reading:
        """What a picture of one line says. A line that stands upright is not read."""
        width, height = line.size
        if height > 1.5 * width and height > HEIGHT:
            return Reading("", 0.0)
        ratio = max(NARROWEST, width / height)
        given = self._recogniser.resize_norm_img(self._pixels(line), ratio)
        steps = self._recogniser.session(given[self._numpy.newaxis, :].astype("float32"))[0][0]
        text, places, sure = self._decoded(steps)
        scale = height / HEIGHT * STEP
        return read_apart(text, [(place + 0.5) * scale for place in places], line, sure)

    def _decoded(self, steps: Any) -> tuple[str, list[int], float]:
        """Letters, the step of each, and how sure: the mean of the letters."""
        letters = self._recogniser.postprocess_op.character
        best, chances = steps.argmax(axis=1).tolist(), steps.max(axis=1).tolist()
        at = [step for step, one in enumerate(best) if one != 0 and (step == 0 or best[step - 1] != one)]
        sure = sum(chances[step] for step in at) / len(at) if at else 0.0
        # A character of the list may have several code points.
        return "".join(letters[best[step]][:1] for step in at), at, sure


def _starts(length: int) -> list[int]:
    """Where parts begin."""
    if length <= PART:
        return [0]
    return [*range(0, length - PART, PART - OVERLAP), length - PART]


def _at_least(part: Picture) -> Picture:
    """The network needs 32 pixels on each side; a smaller part gets a border of its mean colour."""
    width, height = part.size
    if width >= 32 and height >= 32:
        return part
    from PIL import Image

    ground = part.resize((1, 1)).resize((max(32, width), max(32, height)))
    whole: Image.Image = ground.convert("RGB")
    whole.paste(part)
    return whole
