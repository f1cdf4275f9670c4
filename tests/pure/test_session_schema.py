"""The published schema and the reader agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import mci_core
from mci_core.samples import generate
from mci_core.session import EVENT_TYPES, HEADER_FIELDS, SessionError, parse_lines
from tests.pure.recordings import focus, header, insert, raw, session, shared_sessions

PATH = Path(mci_core.__file__).parent / "session_schema.json"
SCHEMA: dict[str, Any] = json.loads(PATH.read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_it_names_the_same_types_and_header_fields() -> None:
    assert tuple(SCHEMA["$defs"]["event"]["properties"]["type"]["enum"]) == EVENT_TYPES
    assert tuple(SCHEMA["$defs"]["session"]["required"]) == HEADER_FIELDS


def test_samples_fit_it() -> None:
    for line in generate("schema", frames=False, minutes=0.2).lines:
        VALIDATOR.validate(line)


@pytest.mark.parametrize("path", shared_sessions(), ids=lambda path: path.stem)
def test_shared_recordings_fit_it(path: Path) -> None:
    if path.stem == "made-broken-1":
        pytest.skip("broken on purpose")
    lines = path.read_bytes().splitlines()
    for line in lines[:: max(1, len(lines) // 100)]:
        VALIDATOR.validate(json.loads(line))


@pytest.mark.parametrize(
    "event",
    [
        {"type": "mouse_move", "x": 1},
        {"type": "mouse_move", "x": 1e9, "y": 1},
        {"type": "key", "state": "held", "key": "a"},
        {"type": "text", "op": "insert"},
        {"type": "text", "op": "edit", "text": "a"},
        {"type": "focus", "app": {}},
        {"type": "url"},
        {"type": "marker", "name": 4},
        {"type": "screenshot", "file": "../x", "sha256": "0" * 64, "width": 1, "height": 1},
        {"type": "mouse_down", "x": 1, "y": 1, "button": "thumb"},
    ],
)
def test_both_refuse_the_same(event: dict[str, Any]) -> None:
    lines = session(focus(), insert("x"), event)
    assert not VALIDATOR.is_valid(lines[-1])
    with pytest.raises(SessionError):
        parse_lines(raw(lines))


def test_both_refuse_a_wrong_header() -> None:
    wrong = header(0, subject="Ann Lee")
    assert not VALIDATOR.is_valid(wrong)
    with pytest.raises(SessionError):
        parse_lines(raw([wrong]))
