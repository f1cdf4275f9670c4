"""Frames: which boxes are painted over, when a frame is refused, and that nothing of the old file remains."""

from __future__ import annotations

import hashlib
import io
from typing import Any, cast

import pytest
from PIL import Image, ImageDraw

from mci_core import policy as policies
from mci_core.redaction import FrameRedactor, FrameRefused, redact_frame, redact_session, scan_session
from mci_core.redaction import frames_picture as module
from mci_core.redaction.frames import FILL, FrameSettings
from mci_core.redaction.frames_text import Reading
from mci_core.redaction.report import SessionBlocked
from mci_core.samples import generate, policy_document
from mci_core.session import encode_lines, parse_lines
from tests.pure.recordings import CARD, EMAIL, focus, policy_with, rule, session

SIZE = (400, 200)


def webp(size: tuple[int, int] = SIZE, **options: Any) -> bytes:
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).text((20, 20), EMAIL, fill="black")
    out = io.BytesIO()
    image.save(out, "WEBP", **options)
    return out.getvalue()


def box(text: str, left: int = 20, top: int = 20, width: int = 120) -> dict[str, Any]:
    return {"rect": [left, top, left + width, top + 15], "text": text}


def is_filled(frame: bytes, rect: list[int]) -> bool:
    with Image.open(io.BytesIO(frame)) as image:
        pixels = image.convert("RGB").crop((rect[0] + 2, rect[1] + 2, rect[2] - 2, rect[3] - 2))
    extremes = cast("tuple[tuple[int, int], ...]", pixels.getextrema())
    return all(abs(side - wanted) < 14 for pair, wanted in zip(extremes, FILL, strict=True) for side in pair)


def test_a_box_with_a_hit_is_painted_over_and_others_stay() -> None:
    frame, masked = redact_frame(webp(), [box(EMAIL), box("hello", top=80)], [])
    assert masked == [[18, 18, 142, 37]]
    assert is_filled(frame, masked[0])
    assert not is_filled(frame, [20, 80, 140, 95])


def test_values_over_several_boxes_are_painted_over() -> None:
    row = [box("4111 1111", 20, 20, 80), box("1111 1111", 110, 21, 80), box("total", 20, 60)]
    assert len(redact_frame(webp(), row, [])[1]) == 2
    column = [box("4111 1111", 20, 20), box("1111 1111", 20, 60)]
    assert len(redact_frame(webp(), column, [])[1]) == 2
    table = [box("Password", 20, 20, 80), box("Geheim77", 120, 20, 80)]
    assert redact_frame(webp(), table, [])[1] == [[118, 18, 202, 37]]


def test_a_rule_with_a_region_looks_at_the_boxes_that_touch_it() -> None:
    words = [rule("words", what=["Zebra"], region=[0, 0, 100, 50])]
    boxes = [box("the Zebra plan", top=20), box("Zebra again", top=90), box("Zebra below", top=150)]
    frame, masked = redact_frame(webp(), boxes, words, size=SIZE)
    assert masked == [[18, 18, 142, 37], [18, 88, 142, 107]]
    assert not is_filled(frame, [20, 150, 140, 165])
    # Without the size of the screen it is not known what lies outside.
    assert len(redact_frame(webp(), boxes, words)[1]) == 3
    # Others and the default pack look everywhere as before, and nothing is counted twice.
    assert len(redact_frame(webp(), [box(EMAIL, top=150)], words, size=SIZE)[1]) == 1


def test_regions_are_painted_too_and_kept_inside() -> None:
    frame, masked = redact_frame(
        webp(), [box("hello")], [], regions=[(300, 100, 900, 900), (500, 0, 600, 10)]
    )
    assert masked == [[298, 98, 400, 200]]
    assert is_filled(frame, masked[0])


def test_metadata_is_not_carried_over() -> None:
    exif = Image.Exif()
    exif[0x010E] = "Ann Lee's desk"
    old = webp(exif=exif.tobytes(), xmp=b"<x>Ann Lee</x>")
    assert b"Ann Lee" in old
    new, _ = redact_frame(old, [box("hello")], [])
    assert b"Ann Lee" not in new


@pytest.mark.parametrize("boxes", [None, []])
def test_without_the_text_a_frame_is_refused(boxes: list[Any] | None) -> None:
    with pytest.raises(FrameRefused) as caught:
        redact_frame(webp(), boxes, [])
    assert caught.value.code == "frame_text_unknown"


def test_what_is_no_still_webp_of_usual_size_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    png = io.BytesIO()
    Image.new("RGB", SIZE).save(png, "PNG")
    moving = io.BytesIO()
    pictures = [Image.new("RGB", SIZE, colour) for colour in ("red", "blue")]
    pictures[0].save(moving, "WEBP", save_all=True, append_images=pictures[1:])
    for data in (b"", b"RIFF", png.getvalue(), moving.getvalue(), webp()[:60]):
        with pytest.raises(FrameRefused) as caught:
            redact_frame(data, [box("x")], [])
        assert caught.value.code == "frame_format"
    monkeypatch.setattr(module, "MAX_SIDE", 100)
    with pytest.raises(FrameRefused):
        redact_frame(webp(), [box("x")], [])
    monkeypatch.setattr(module, "MAX_FRAME_BYTES", 10)
    with pytest.raises(FrameRefused) as caught:
        redact_frame(webp(), [box("x")], [])
    assert caught.value.code == "frame_too_large"


def test_rules_can_drop_a_frame_or_block_the_session() -> None:
    for method, error in (
        ("drop_frame", FrameRefused),
        ("drop_event", FrameRefused),
        ("block_session", SessionBlocked),
    ):
        with pytest.raises(error):
            redact_frame(webp(), [box("the Zebra plan")], [rule("words", what=["Zebra"], method=method)])


def shot(data: bytes, **fields: Any) -> dict[str, Any]:
    return {
        "type": "screenshot",
        "file": "a/1.webp",
        "sha256": hashlib.sha256(data).hexdigest(),
        "width": SIZE[0],
        "height": SIZE[1],
        "boxes": [box(f"to {EMAIL}")],
        **fields,
    }


def test_frames_of_a_session_are_redacted_with_it() -> None:
    policy = policy_with()
    data = webp()
    windows = [{"app": "EXCEL.EXE", "title": EMAIL, "rect": [0, 0, 1, 1], "allowed": True}]
    redactor = FrameRedactor({"a/1.webp": data}.get, policy)
    lines, report = redact_session(session(focus(), shot(data, windows=windows)), policy, frames=redactor)
    event = lines[2]
    assert "boxes" not in event
    assert event["masked"] == [[18, 18, 142, 37]]
    assert event["windows"][0]["title"] == "[EMAIL]"
    assert event["sha256"] == hashlib.sha256(redactor.frames["a/1.webp"]).hexdigest()
    assert {mask["field"] for mask in event["masks"]} == {"window.title", "frame"}
    assert report.frames_masked == 1
    assert scan_session(lines, policy) == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"windows": [{"app": "Signal.exe", "allowed": False}]}, "window_not_allowed"),
        ({"boxes": None}, "frame_text_unknown"),
        ({"file": "b.webp"}, "frame_missing"),
        ({"sha256": "0" * 64}, "frame_digest"),
        ({"width": 800}, "frame_size"),
    ],
)
def test_frames_that_cannot_be_judged_are_dropped(changes: dict[str, Any], reason: str) -> None:
    policy = policy_with()
    data = webp()
    redactor = FrameRedactor({"a/1.webp": data}.get, policy)
    lines, report = redact_session(session(focus(), {**shot(data), **changes}), policy, frames=redactor)
    assert (len(lines), redactor.frames) == (2, {})
    assert report.dropped == {reason: 1}


def test_a_frame_can_block_its_session() -> None:
    policy = policy_with(rule("words", what=["Zebra"], method="block_session"))
    data = webp()
    event = shot(data, boxes=[box("Zebra")])
    redactor = FrameRedactor({"a/1.webp": data}.get, policy)
    lines, report = redact_session(session(focus(), event), policy, frames=redactor)
    assert (len(lines), report.blocked_by) == (1, "r1")


def test_planted_values_on_sample_frames_are_painted_over() -> None:
    policy = policies.parse(policy_document())
    sample = generate("frames", kind="allowed", minutes=1)
    redactor = FrameRedactor(sample.frames.get, policy)
    lines, _ = redact_session(sample.lines, policy, frames=redactor)
    parse_lines(encode_lines(lines).splitlines())
    assert len(redactor.frames) == len(sample.frames)
    boxes = [one for one in sample.truth if "box" in one]
    assert len(boxes) > 3
    for one in boxes:
        assert is_filled(redactor.frames[one["file"]], one["box"])


def test_cards_in_boxes_keep_nothing_readable() -> None:
    frame, masked = redact_frame(webp(), [box(CARD)], [])
    assert masked
    assert is_filled(frame, masked[0])


class Pages:
    """A stand-in for an engine: it finds the given lines on every picture."""

    name = "pages"

    def __init__(self, *lines: tuple[tuple[int, int, int, int], str]) -> None:
        self._lines = lines
        self._next: list[str] = []

    def find(self, picture: Image.Image) -> list[tuple[int, int, int, int]]:
        self._next = [text for _, text in self._lines]
        return [rect for rect, _ in self._lines]

    def read(self, line: Image.Image) -> Reading:
        return Reading(self._next.pop(0), 0.95)


def lined(**options: Any) -> FrameSettings:
    lines = [((20, 20, 140, 36), EMAIL), ((20, 100, 200, 116), "hello")]
    return FrameSettings(reader=Pages(*lines), **options)


def painted_lines() -> bytes:
    image = Image.new("RGB", SIZE, "white")
    ImageDraw.Draw(image).text((22, 22), EMAIL, fill="black")
    ImageDraw.Draw(image).text((22, 102), "hello", fill="black")
    out = io.BytesIO()
    image.save(out, "WEBP")
    return out.getvalue()


def test_an_engine_stands_in_for_the_text_layer() -> None:
    frame, masked = redact_frame(painted_lines(), None, [], settings=lined())
    assert masked == [[13, 15, 147, 41]]
    assert is_filled(frame, masked[0])


def test_an_engine_is_asked_beside_the_text_layer_too() -> None:
    told = [box("the Zebra plan", top=160)]
    words = [rule("words", what=["Zebra"])]
    assert len(redact_frame(painted_lines(), told, words, settings=lined())[1]) == 2


def test_all_text_or_everything_can_be_painted_over() -> None:
    masked = redact_frame(painted_lines(), [box("plan", top=160)], [], settings=lined(mode="all"))[1]
    assert len(masked) == 3
    only_layer = redact_frame(painted_lines(), [box("plan")], [], settings=FrameSettings(mode="all"))[1]
    assert only_layer == [[18, 18, 142, 37]]
    frame, masked = redact_frame(painted_lines(), None, [], settings=FrameSettings(mode="blank"))
    assert masked == [[0, 0, *SIZE]]
    assert is_filled(frame, masked[0])


def test_a_rule_that_drops_obeys_what_was_read() -> None:
    drops = [rule("words", what=["hello"], method="drop_frame")]
    with pytest.raises(FrameRefused):
        redact_frame(painted_lines(), None, drops, settings=lined())


def test_windows_that_are_cut_out_are_not_named_either() -> None:
    policy = policy_with()
    data = webp()
    windows = [
        {"app": "EXCEL.EXE", "rect": [0, 0, 400, 200], "allowed": True},
        {"app": "Signal.exe", "rect": [200, 0, 400, 200], "allowed": False},
    ]
    event = shot(data, windows=windows, region=[0, 0, *SIZE], boxes=[box(EMAIL, left=250), box("hello")])
    redactor = FrameRedactor({"a/1.webp": data}.get, policy)
    lines, report = redact_session(session(focus(), event), policy, frames=redactor)
    assert [one["app"] for one in lines[2]["windows"]] == ["EXCEL.EXE"]
    assert is_filled(redactor.frames["a/1.webp"], [200, 2, 400, 198])
    # What stands in it is not judged: nobody learns what was there.
    assert not report.masked
    assert scan_session(lines, policy) == []


def test_password_fields_are_painted_over() -> None:
    policy = policy_with()
    data = webp()
    event = shot(data, region=[0, 0, 800, 400])
    used = {"type": "mouse_down", "target": {"role": "password", "rect": [400, 200, 600, 240]}}
    redactor = FrameRedactor({"a/1.webp": data}.get, policy, events=[used, event])
    assert redactor.screen is None
    assert [198, 98, 302, 122] in redactor(event).masked


def test_blank_frames_need_no_text_and_no_windows() -> None:
    data = webp()
    windows = [{"app": "Signal.exe", "allowed": False}]
    redactor = FrameRedactor({"a/1.webp": data}.get, policy_with(), FrameSettings(mode="blank"))
    outcome = redactor(shot(data, windows=windows, boxes=None))
    assert (outcome.masked, outcome.shown) == ([[0, 0, *SIZE]], ())
    assert FrameRedactor({"a/1.webp": data}.get, policy_with(), lined()).screen is not None


def test_a_label_above_or_beside_says_what_a_value_is() -> None:
    side = box("team left", 0, 10, 60)
    beside = [side, box("Password", 100, 21, 80), box("Geheim77", 220, 20, 80)]
    assert redact_frame(webp(), beside, [])[1] == [[218, 18, 302, 37]]
    above = [side, box("Password", 100, 20, 80), box("Geheim77", 102, 44, 80), box("hello", 300, 60, 40)]
    assert redact_frame(webp(), above, [])[1] == [[100, 42, 184, 61]]
