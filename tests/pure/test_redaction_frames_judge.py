"""Judging what was read from pixels: shapes, other readings, and what could not be read."""

from __future__ import annotations

from typing import Any

import pytest

from mci_core.redaction.frames_judge import UNREAD, as_digits, judge_read, shapes


def box(text: str, top: int = 0, confidence: float = 0.95, also: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"rect": (0, top, 200, top + 20), "text": text, "also": also, "confidence": confidence}


def test_a_value_that_is_read_with_a_fault_is_found_by_its_shape() -> None:
    for text in (
        "4111 1111 1111 1112",
        "DE12 3456 7890 1234 5678 00",
        "call 0049-30-23125-123",
        "ann.lee@ examplecom",
        "ann.lee©example.com",
        "10.20.3O.1 10.20.30.1",
        "toAKIATSVGBYVCLYTPGDGE",
        "k9f8s7d6f5g4h3j2k1",
        "-BEGIN PRlVATE KEY-",
    ):
        assert shapes(text), text
    for text in ("Settings", "2026-11-21 18:56", "1680x1050", "OBS 30.1.2", "Room 12, 14:30 to 15:00"):
        assert not shapes(text), text


def test_letters_that_look_like_digits() -> None:
    assert as_digits("card 4l11 llO1 OOPS Sold 12") == "card 4111 llO1 OOPS Sold 12"
    assert as_digits("l0O.2l") == "100.21"


@pytest.mark.parametrize(
    "bad",
    [
        box("ann.lee@example.com"),
        box("mail toann", also=("mail to ann.lee@example.com",)),
        box("4lll 1111 1111 llll", also=("4l11 1111 1111 1l11",)),
    ],
)
def test_each_reading_of_a_line_can_mask_it(bad: dict[str, Any]) -> None:
    marked, spans = judge_read([box("hello", 100), bad], [], (400, 400), confidence=0.7)
    assert marked == [1]
    assert spans


def test_what_is_not_read_well_is_marked_and_noted_once() -> None:
    boxes = [
        box("hello"),
        box("he1", 100, confidence=0.4),
        box(" ", 200),
        box("a@b.example", 300, confidence=0.1),
    ]
    marked, spans = judge_read(boxes, [], (400, 400), confidence=0.7)
    assert marked == [1, 2, 3]
    assert [span.label for span in spans].count(UNREAD) == 1
