"""Reading session recordings: what is taken, and which fault of which line is named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mci_core import session as module
from mci_core.errors import Invalid
from mci_core.session import SessionError, encode_lines, parse_lines
from tests.pure.recordings import Line, focus, header, insert, raw, session, shared_session, shared_sessions

MOVE = {"type": "mouse_move", "x": 1.5, "y": -20}
SHOT = {"type": "screenshot", "file": "a/0001.webp", "sha256": "0" * 64, "width": 10, "height": 10}


def refused(lines: list[bytes]) -> SessionError:
    with pytest.raises(SessionError) as caught:
        parse_lines(lines)
    return caught.value


def fault_of(event: Line) -> str:
    return refused(raw(session(event))).code


def test_header_and_events_are_read() -> None:
    lines = session(focus(), MOVE, insert("héllo"))
    assert parse_lines(raw(lines)) == (lines[0], lines[1:])


def test_lines_need_no_ends_and_one_empty_line_may_end_the_file() -> None:
    lines = raw(session(MOVE))
    assert parse_lines([line.rstrip() for line in lines] + [b""])[1][0]["x"] == 1.5


def test_encoded_lines_are_read_again() -> None:
    lines = session(focus(), insert("日本 👩"))
    assert parse_lines(encode_lines(lines).splitlines(keepends=True)) == (lines[0], lines[1:])


def test_unknown_fields_are_let_through() -> None:
    assert parse_lines(raw(session({**MOVE, "pressure": 3})))[1][0]["pressure"] == 3


def test_errors_are_refusals_that_name_the_line() -> None:
    error = refused([*raw(session(MOVE, MOVE))[:2], b"not json\n"])
    assert isinstance(error, Invalid)
    assert (error.line, error.code, error.status) == (3, "not_json", 422)
    assert error.message.startswith("Line 3: ")
    assert error.extra == {"line": 3}


def test_nothing_is_not_a_session() -> None:
    assert refused([]).code == "empty"


NO_OBJECTS = [b"[]", b"3", b"nope", b"\xff{}", b'{"a": NaN}', b"[" * 5000, b"{" + b'"a":{' * 4000]


@pytest.mark.parametrize("line", NO_OBJECTS)
def test_lines_that_are_no_objects_are_refused(line: bytes) -> None:
    assert refused([raw([header()])[0], line]).code in ("not_json", "not_text", "half_line")


def test_a_cut_line_is_called_so() -> None:
    lines = raw(session(MOVE))
    assert refused([lines[0], lines[1][:20]]).code == "half_line"


def test_text_that_cannot_be_stored_is_refused() -> None:
    line = json.dumps({"seq": 0, "t": 0, **insert("x")}).replace('"x"', '"\\ud800"').encode()
    assert refused([raw([header(1)])[0], line]).code == "not_text"


def test_escaped_pairs_are_text() -> None:
    line = json.dumps({"seq": 0, "t": 0, **insert("👩")}).encode()
    assert parse_lines([raw([header(1)])[0], line])[1][0]["text"] == "👩"


def test_too_long_lines_are_refused() -> None:
    assert fault_of(insert("x" * module.MAX_LINE)) == "line_too_long"


def test_too_many_bytes_events_and_frames_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = raw(session(SHOT, {**SHOT, "file": "b.webp"}, MOVE))
    for name, value, code in (
        ("MAX_FRAMES", 1, "too_many_frames"),
        ("MAX_EVENTS", 2, "too_many_events"),
        ("MAX_BYTES", 300, "too_large"),
        ("MAX_CONTAINERS", 5, "too_large"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, value)
            assert refused(lines).code == code


def test_an_empty_line_in_the_middle_is_refused() -> None:
    lines = raw(session(MOVE, MOVE))
    assert refused([lines[0], lines[1], b"\n", lines[2]]).line == 4


def test_count_of_the_header_must_be_right() -> None:
    assert refused(raw([header(2), {"seq": 0, "t": 0, **MOVE}])).code == "wrong_count"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"schema": "other/1"}, "unknown_schema"),
        ({"session_id": "../x"}, "wrong_field"),
        ({"subject": "Ann"}, "wrong_field"),
        ({"source": []}, "wrong_field"),
        ({"event_count": True}, "wrong_field"),
        ({"event_count": -1}, "wrong_field"),
        ({"platform": 3}, "wrong_field"),
        ({"platform": {"os": "beos"}}, "wrong_field"),
        ({"screen": {"monitors": 3}}, "wrong_field"),
        ({"screen": {"monitors": [3]}}, "wrong_field"),
        ({"channels": "key"}, "wrong_field"),
        ({"started_at": "yesterday"}, "wrong_field"),
        ({"task": 4}, "wrong_field"),
    ],
)
def test_faults_of_the_header(changes: dict[str, Any], code: str) -> None:
    error = refused(raw([header(0, **changes)]))
    assert (error.line, error.code) == (1, code)


def test_header_must_have_its_fields() -> None:
    line = header()
    del line["actor"]
    assert refused(raw([line])).code == "missing_field"


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"type": "dance"}, "unknown_type"),
        ({"type": ["key"]}, "unknown_type"),
        ({}, "unknown_type"),
        ({"type": "mouse_move", "x": 1}, "missing_field"),
        ({"type": "mouse_move", "x": "1", "y": 2}, "wrong_field"),
        ({"type": "mouse_move", "x": True, "y": 2}, "wrong_field"),
        ({"type": "mouse_move", "x": 1e9, "y": 2}, "wrong_field"),
        ({"type": "mouse_down", "x": 1, "y": 2, "button": "thumb"}, "wrong_field"),
        ({"type": "mouse_down", "x": 1, "y": 2, "button": "left", "target": 3}, "wrong_field"),
        ({"type": "mouse_down", "x": 1, "y": 2, "button": "left", "target": {"rect": [1]}}, "wrong_field"),
        ({"type": "mouse_down", "x": 1, "y": 2, "button": "left", "target": {"secure": 1}}, "wrong_field"),
        ({"type": "key", "state": "held", "key": "a"}, "wrong_field"),
        ({"type": "focus", "app": {}}, "wrong_field"),
        ({"type": "focus", "app": {"name": 3}}, "wrong_field"),
        ({"type": "text", "op": "insert"}, "missing_field"),
        ({"type": "text", "op": "edit", "text": "x"}, "missing_field"),
        ({"type": "text", "op": "edit", "text": "x", "pos": -1}, "wrong_field"),
        ({**SHOT, "file": "../../etc/passwd"}, "wrong_field"),
        ({**SHOT, "boxes": [{"rect": [0, 0, 1, 1]}]}, "wrong_field"),
        ({**SHOT, "boxes": {}}, "wrong_field"),
        ({**MOVE, "masks": [{"field": "text"}]}, "wrong_field"),
        ({**MOVE, "seq": 5}, "wrong_seq"),
        ({**MOVE, "seq": "0"}, "wrong_field"),
        ({**MOVE, "t": 1.5}, "wrong_field"),
        ({**MOVE, "t": 10**12}, "out_of_range"),
    ],
)
def test_faults_of_events(event: Line, code: str) -> None:
    assert fault_of(event) == code


def test_a_number_used_twice_and_a_clock_gone_back_are_named() -> None:
    assert refused(raw(session(MOVE, {**MOVE, "seq": 0}))).code == "duplicate_seq"
    assert refused(raw(session({**MOVE, "t": 5}, {**MOVE, "t": 4}))).code == "clock_back"


@pytest.mark.parametrize("path", shared_sessions(), ids=lambda path: path.stem)
def test_shared_recordings_are_read_or_refused_by_line(path: Any) -> None:
    with path.open("rb") as file:
        if path.stem == "made-broken-1":
            assert refused(list(file)).line == 22
        else:
            head, events = parse_lines(file)
            assert len(events) == head["event_count"]


def test_broken_recording_is_refused_with_its_line() -> None:
    with shared_session("made-broken-1").open("rb") as file, pytest.raises(SessionError, match="Line 22"):
        parse_lines(file)
