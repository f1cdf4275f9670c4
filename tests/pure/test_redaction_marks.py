"""Marks: overlapping hits in one event, and hits whose letters lie far apart."""

from __future__ import annotations

from mci_core.redaction.marks import UNKNOWN, Marks, Strip, origin
from mci_core.redaction.spans import Span


def strip_of(text: str, event: int, start: int = 0) -> Strip:
    return Strip(list(text), [origin(event, start + at) for at in range(len(text))])


def test_overlapping_hits_of_one_text_become_one_placeholder() -> None:
    spans = [Span(0, 5, "A", "a"), Span(3, 8, "B", "b"), Span(4, 6, "C", "c")]
    marks = Marks(lambda *_: spans)
    marks.judge_text(strip_of("0123456789", 0))
    assert marks.render(0, "0123456789", keep_length=False, name=lambda span, _: f"[{span.label}]") == "[A]89"


def test_the_same_hit_twice_counts_once() -> None:
    marks = Marks(lambda *_: [Span(0, 2, "A", "a")])
    for _ in range(2):
        marks.judge_text(strip_of("ab", 0))
        marks.judge_text(Strip(["a", "b"], [origin(1), origin(2)]))
    assert [len(spans) for spans in marks.whole.values()] == [1]
    assert {event: len(spans) for event, spans in marks.begins.items()} == {1: 1}


def test_text_from_before_the_recording_is_nobodys() -> None:
    marks = Marks(lambda *_: [Span(0, 2, "A", "a")])
    marks.judge_text(Strip(["a", "b", "c"], [UNKNOWN] * 3))
    marks.judge_text(Strip(["a", "b", "c"], [UNKNOWN, UNKNOWN, origin(0)]))
    assert (marks.whole, marks.parts) == ({}, {})


def test_keys_far_apart_leave_those_between_alone() -> None:
    marks = Marks(lambda *_: [Span(0, 2, "A", "a")])
    marks.typed.extend(range(100))
    marks.judge_keys(Strip(["a", "b"], [origin(0), origin(99)]))
    assert sorted(marks.keys) == [0, 99]
