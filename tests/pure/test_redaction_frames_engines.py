"""The engines that read frames: how they are chosen, and what is made of their answers.

Stand-ins take the place of the packages, so that this is tested where they are not installed. The engine
itself reads screens at the end; that test is skipped where the extra is missing.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image, ImageDraw

from mci_core.redaction import frames_engines, frames_rapidocr, frames_tesseract, redact_frame
from mci_core.redaction.frames import Desk
from mci_core.redaction.frames_engines import EngineMissing, FrameSettings, open_reader
from mci_core.redaction.frames_picture import inside
from mci_core.redaction.frames_rapidocr import RapidReader
from mci_core.redaction.frames_tesseract import TesseractReader
from mci_core.redaction.frames_text import Reading
from mci_core.samples_canvas import Canvas
from tests.pure.recordings import shared_session

WHITE = Image.new("RGB", (200, 40), "white")


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    open_reader.cache_clear()
    yield
    open_reader.cache_clear()


class Matrix(list[Any]):
    """So much of an array as is asked for."""

    def astype(self, kind: str) -> Matrix:
        assert kind == "float32"
        return self

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(key) if isinstance(key, int) else self

    def argmax(self, axis: int) -> Any:
        return SimpleNamespace(tolist=lambda: [row.index(max(row)) for row in self])

    def max(self, axis: int) -> Any:
        return SimpleNamespace(tolist=lambda: [max(row) for row in self])


class Detector:
    """Answers with the places that it was given, for every picture."""

    quads: list[list[tuple[float, float]]] | None = None
    sizes: list[tuple[int, int]] = []

    def __init__(self, config: dict[str, Any]) -> None:
        assert config["model_path"].endswith("models/ch_PP-OCRv4_det_infer.onnx")
        assert config["intra_op_num_threads"] == 2

    def __call__(self, picture: Any) -> tuple[Any, float]:
        self.sizes.append(picture.size)
        return self.quads, 0.0


class Recogniser:
    """Answers "a b" in four steps: a, a, nothing, b."""

    steps = [[0.0, 0.9, 0.1], [0.0, 0.8, 0.2], [0.9, 0.0, 0.1], [0.1, 0.2, 0.7]]

    def __init__(self, config: dict[str, Any]) -> None:
        self.postprocess_op = SimpleNamespace(character=["blank", "a", "b"])

    def resize_norm_img(self, picture: Any, ratio: float) -> Matrix:
        assert ratio >= 320 / 48
        return Matrix()

    def session(self, batch: Any) -> list[Any]:
        return [Matrix([Matrix(self.steps)])]


class Pixels:
    def __init__(self, picture: Image.Image) -> None:
        self.size = picture.size

    def __getitem__(self, key: Any) -> Pixels:
        return self


MODULES = {
    "numpy": SimpleNamespace(newaxis=None, asarray=Pixels, ascontiguousarray=lambda one: one),
    "rapidocr_onnxruntime": SimpleNamespace(__file__="/wheel/rapidocr_onnxruntime/__init__.py"),
    "rapidocr_onnxruntime.ch_ppocr_det": SimpleNamespace(TextDetector=Detector),
    "rapidocr_onnxruntime.ch_ppocr_rec": SimpleNamespace(TextRecognizer=Recogniser),
}


@pytest.fixture
def rapid(monkeypatch: pytest.MonkeyPatch) -> RapidReader:
    monkeypatch.setattr(frames_rapidocr, "importlib", SimpleNamespace(import_module=MODULES.__getitem__))
    monkeypatch.setattr(Detector, "quads", None)
    monkeypatch.setattr(Detector, "sizes", [])
    return RapidReader(threads=2)


def test_places_are_upright_rectangles_inside_the_picture(
    rapid: RapidReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rapid.find(WHITE) == []
    tilted = [(10.0, 12.0), (60.0, 10.0), (61.0, 30.0), (11.0, 32.0)]
    outside = [(300.0, 10.0), (320.0, 10.0), (320.0, 20.0), (300.0, 20.0)]
    monkeypatch.setattr(Detector, "quads", [tilted, outside])
    assert rapid.find(WHITE) == [(10, 10, 62, 33)]
    rapid.find(Image.new("RGB", (10, 5), "white"))
    assert Detector.sizes[-1] == (32, 32)


def test_large_pictures_are_looked_at_in_parts_that_overlap(
    rapid: RapidReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Detector, "quads", [[(0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0)]])
    found = rapid.find(Image.new("RGB", (3840, 100)))
    assert [rect[0] for rect in found] == [0, 1856]
    assert Detector.sizes == [(1984, 100), (1984, 100)]


def test_letters_are_taken_from_the_steps_of_the_network(rapid: RapidReader) -> None:
    reading = rapid.read(WHITE)
    assert reading.text == "ab"
    assert reading.confidence == pytest.approx(0.8)


def test_nothing_read_is_not_sure(rapid: RapidReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Recogniser, "steps", [[1.0, 0.0, 0.0]])
    assert rapid.read(WHITE) == Reading("", 0.0)


def test_upright_lines_are_not_read(rapid: RapidReader) -> None:
    assert rapid.read(Image.new("RGB", (20, 200))) == Reading("", 0.0)


class Tess:
    def __init__(self, psm: int) -> None:
        self.psm = psm

    def SetImage(self, picture: Image.Image) -> None:  # noqa: N802 - its name
        assert picture.size == (400, 80)

    def GetComponentImages(self, level: int, text_only: bool) -> list[Any]:  # noqa: N802 - its name
        return [(None, {"x": 20, "y": 10, "w": 100, "h": 30}, 0, None)]

    def GetUTF8Text(self) -> str:  # noqa: N802 - its name
        return " two words\n"

    def MeanTextConf(self) -> int:  # noqa: N802 - its name
        return 87


def tesseract(name: str) -> Any:
    assert name == "tesserocr"
    return SimpleNamespace(
        PyTessBaseAPI=Tess,
        RIL=SimpleNamespace(TEXTLINE=1),
        PSM=SimpleNamespace(SPARSE_TEXT=11, SINGLE_LINE=7),
    )


def test_tesseract_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames_tesseract, "importlib", SimpleNamespace(import_module=tesseract))
    reader = TesseractReader()
    assert reader.find(WHITE) == [(10, 5, 61, 21)]
    assert reader.read(WHITE) == Reading("two words", 0.87, ("twowords",))


def test_an_engine_is_chosen_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = {"tesserocr"}
    monkeypatch.setattr(frames_engines, "find_spec", lambda name: name if name in installed else None)
    monkeypatch.setitem(frames_engines.ENGINES, "tesseract", ("tesserocr", lambda threads: "tess"))
    monkeypatch.setitem(frames_engines.ENGINES, "rapidocr", ("rapidocr_onnxruntime", lambda threads: 1 / 0))
    assert open_reader("off") is None
    chosen: Any = open_reader("auto")
    assert chosen == "tess"
    with pytest.raises(EngineMissing, match="not installed"):
        open_reader("rapidocr")
    installed.clear()
    open_reader.cache_clear()
    assert open_reader("auto") is None
    installed.add("rapidocr_onnxruntime")
    open_reader.cache_clear()
    with pytest.raises(EngineMissing, match="ZeroDivisionError"):
        open_reader("auto")


needs_engine = pytest.mark.skipif(
    find_spec(frames_rapidocr.PACKAGE) is None, reason="the extra ocr is not installed"
)


@needs_engine
def test_the_engine_leaves_nothing_to_read_of_planted_values() -> None:
    values = ("anna.maier77@example.com", "4242 4242 4242 4242", "AKIAIOSFODNN7EXAMPLX", "+49 30 23125 123")
    reader = open_reader("rapidocr")
    assert reader is not None
    canvas = Canvas((255, 255, 255))
    canvas.panel((0, 360, 1280, 720), (30, 33, 40))
    for at, value in enumerate((*values, *values)):
        ink = (30, 33, 40) if at < len(values) else (235, 235, 235)
        canvas.text(60, 60 + at * 80, f"Please send it to {value} today", size=17, fill=ink)
        canvas.text(800, 60 + at * 80, "Nothing to hide", size=17, fill=ink)
    frame, masked = redact_frame(canvas.webp(), None, [], settings=FrameSettings(reader=reader, seconds=60))
    places = [box["rect"] for box in canvas.boxes if "Please" in box["text"]]
    assert len(masked) == len(places)
    for place in places:
        assert any(inside(place, rect, 3) for rect in masked)
    with Image.open(io.BytesIO(frame)) as opened:
        left_over = opened.convert("RGB")
    read = [reader.read(left_over.crop(rect)).text for rect in reader.find(left_over)]
    assert len([text for text in read if "hide" in text]) == len(places)
    assert not any(part in "".join(read) for part in ("example", "4242", "AKIA", "23125"))


@needs_engine
def test_the_engine_knows_an_empty_screen() -> None:
    reader = open_reader("rapidocr")
    assert reader is not None
    empty = Image.new("RGB", (640, 360), "white")
    assert reader.find(empty) == []
    ImageDraw.Draw(empty).rectangle((100, 100, 500, 300), fill="blue")
    assert redact_frame(_webp(empty), None, [], settings=FrameSettings(reader=reader, seconds=60))[1] == []


@needs_engine
@pytest.mark.parametrize("name", ["made-office-1", "made-secure-1"])
def test_the_engine_alone_covers_what_is_planted_on_recorded_frames(name: str) -> None:
    recording = shared_session(name)
    truth = [
        json.loads(line) for line in recording.with_suffix(".truth.jsonl").read_text("utf-8").splitlines()
    ]
    boxes = [one for one in truth if "box" in one]
    desk = Desk(FrameSettings(reader=open_reader("rapidocr"), seconds=60))
    for file in sorted({one["file"] for one in boxes}):
        masked = desk.redact((recording.parent / file).read_bytes(), None, [], (), None)[1]
        for one in boxes:
            if one["file"] == file:
                assert any(inside(one["box"], rect) for rect in masked), one["kind"]


def _webp(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP")
    return out.getvalue()
