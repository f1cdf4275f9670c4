"""Which bytes count as a session recording: `interaction-events/1`, one JSON object a line.

Line 1 is the header, every further line one event. Parsing stops at the first fault and names its line;
nothing is repaired, because a repaired recording can no longer prove what was captured.
`session_schema.json` states the same format for other programs; this module is the one that decides, and
also bounds size and order, which a schema cannot.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from mci_core.errors import Invalid
from mci_core.session_fields import (
    COMMON_FIELDS,
    EVENT_FIELDS,
    HEADER_CHECKS,
    MAX_EVENTS,
    MAX_MILLISECONDS,
    Check,
)
from mci_core.session_fields import SCHEMA as SCHEMA

MAX_LINE = 65_536
MAX_BYTES = 64 * 1024 * 1024
MAX_FRAME_BYTES = 4 * 1024 * 1024
MAX_FRAMES = 2_000
# Lists and objects of a whole recording. An empty one costs three bytes in a file and sixty in memory, so
# without this a few kilobytes, compressed, would unfold to gigabytes.
MAX_CONTAINERS = 8 * MAX_EVENTS
EVENT_TYPES = (
    "mouse_move",
    "mouse_down",
    "mouse_up",
    "scroll",
    "key",
    "text",
    "focus",
    "url",
    "screenshot",
    "marker",
)
HEADER_FIELDS = (
    "type",
    "schema",
    "session_id",
    "subject",
    "origin",
    "actor",
    "source",
    "licence",
    "platform",
    "screen",
    "time_resolution_ms",
    "duration_ms",
    "event_count",
    "channels",
)

Header = dict[str, Any]
Event = dict[str, Any]


class SessionError(Invalid):
    """A recording that cannot be taken; `line` is 1 for the header."""

    def __init__(self, line: int, code: str, message: str) -> None:
        super().__init__(f"Line {line}: {message}", code=code, field=f"line {line}", extra={"line": line})
        self.line = line


class _LineError(Exception):
    """A fault inside one line, before the line number is known."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


_decode = json.JSONDecoder(parse_constant=_refuse_constant).decode


def _read(raw: bytes) -> dict[str, Any]:
    """One line as an object."""
    if len(raw) > MAX_LINE:
        raise _LineError("line_too_long", f"more than {MAX_LINE} bytes in one line")
    try:
        value = _decode(raw.decode("utf-8"))
        if b"\\u" in raw:
            # A lone surrogate is valid JSON but no text: it cannot be stored, searched or shown.
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeError:
        raise _LineError("not_text", "not valid UTF-8") from None
    except (ValueError, RecursionError):
        cut = raw.startswith(b"{") and not raw.rstrip().endswith(b"}")
        if cut:
            raise _LineError("half_line", "the line is cut off") from None
        raise _LineError("not_json", "not a JSON object") from None
    if not isinstance(value, dict):
        raise _LineError("not_json", "not a JSON object")
    return value


def _check_header(header: Header) -> None:
    for name in HEADER_FIELDS:
        if name not in header:
            raise _LineError("missing_field", f"the header lacks {name}")
    for name, check in HEADER_CHECKS.items():
        if name in header:
            wanted = check(header[name])
            if wanted:
                code = "unknown_schema" if name == "schema" else "wrong_field"
                raise _LineError(code, f"{name} of the header must be {wanted}")


def _check_order(event: Event, seq: int, last: int, seen: int) -> None:
    number, at = event.get("seq"), event.get("t")
    if type(number) is not int or type(at) is not int:
        raise _LineError("wrong_field", "seq and t must be whole numbers")
    if number != seq:
        if 0 <= number < seen:
            raise _LineError("duplicate_seq", f"seq {number} was already used, wanted {seq}")
        raise _LineError("wrong_seq", f"seq must be {seq}")
    if at < last:
        raise _LineError("clock_back", "t goes back")
    if at > MAX_MILLISECONDS:
        raise _LineError("out_of_range", f"t is beyond {MAX_MILLISECONDS} ms")


def _check_event(event: Event) -> None:
    kind = event.get("type")
    fields = EVENT_FIELDS.get(kind) if isinstance(kind, str) else None
    if fields is None:
        raise _LineError("unknown_type", "type must be one of " + ", ".join(EVENT_TYPES))
    required, optional = fields
    for name, check in required.items():
        if name not in event:
            raise _LineError("missing_field", f"{kind} lacks {name}")
        wanted = check(event[name])
        if wanted:
            raise _LineError("wrong_field", f"{name} of {kind} must be {wanted}")
    if len(event) > len(required) + 3:
        _check_optional(event, optional)
    if kind == "text":
        _check_text(event)


def _check_optional(event: Event, optional: Mapping[str, Check]) -> None:
    for name, value in event.items():
        check = optional.get(name) or COMMON_FIELDS.get(name)
        wanted = check(value) if check else None
        if wanted:
            raise _LineError("wrong_field", f"{name} of {event['type']} must be {wanted}")


def _check_text(event: Event) -> None:
    op = event["op"]
    if op == "insert" and not isinstance(event.get("text"), str):
        raise _LineError("missing_field", "text with op insert lacks text")
    if op in ("edit", "caret") and event.get("pos") is None:
        raise _LineError("missing_field", f"text with op {op} lacks pos")


def parse_lines(lines: Iterable[bytes]) -> tuple[Header, list[Event]]:
    """Header and events of a recording; raises `SessionError` at the first fault.

    `lines` are the lines of the file, with or without line ends; one empty line at the end is let through.
    """
    reader = _Reader()
    number = 0
    for number, raw in enumerate(lines, 1):
        try:
            reader.take(raw)
        except _LineError as fault:
            raise SessionError(number, fault.code, fault.message) from None
    if reader.header is None:
        raise SessionError(1, "empty", "the file holds nothing")
    wanted, found = reader.header["event_count"], len(reader.events)
    if wanted != found:
        raise SessionError(
            1, "wrong_count", f"the header says {wanted} events, the file holds {found} (last line {number})"
        )
    return reader.header, reader.events


class _Reader:
    """What has been read so far."""

    def __init__(self) -> None:
        self.header: Header | None = None
        self.events: list[Event] = []
        self.size = 0
        self.containers = 0
        self.last = 0
        self.frames = 0
        self.ended = False

    def take(self, raw: bytes) -> None:
        """Read one line."""
        self.size += len(raw)
        if self.size > MAX_BYTES:
            raise _LineError("too_large", f"more than {MAX_BYTES} bytes")
        self.containers += raw.count(b"{") + raw.count(b"[")
        if self.containers > MAX_CONTAINERS:
            raise _LineError("too_large", f"more than {MAX_CONTAINERS} lists and objects")
        if self.ended:
            raise _LineError("not_json", "an empty line in the middle")
        if not raw.strip() and self.header is not None:
            self.ended = True
            return
        value = _read(raw)
        if self.header is None:
            _check_header(value)
            self.header = value
            return
        self._event(value)

    def _event(self, event: Event) -> None:
        seq = len(self.events)
        if seq >= MAX_EVENTS:
            raise _LineError("too_many_events", f"more than {MAX_EVENTS} events")
        _check_order(event, seq, self.last, seq)
        _check_event(event)
        if event["type"] == "screenshot":
            self.frames += 1
            if self.frames > MAX_FRAMES:
                raise _LineError("too_many_frames", f"more than {MAX_FRAMES} frames")
        self.last = event["t"]
        self.events.append(event)


def encode_lines(lines: Iterable[Mapping[str, Any]]) -> bytes:
    """Header and events as the bytes of a file."""
    return b"".join(
        json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode("utf-8") + b"\n" for line in lines
    )
