"""Reads what was uploaded and decides whether it is what its manifest and its policy say.

Pure of writes: it opens the stored parts, parses every event, judges each against the policy, checks each
frame and counts totals. The first fault ends it, named by line.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from agents.models import Lease
from capture_sessions import store
from capture_sessions.models import CaptureSession
from mci_core import captured, envelope, session, webp
from mci_core.errors import Invalid
from mci_core.evaluator_scope import Facts
from mci_core.policy_model import Policy
from mci_core.redaction.event_fields import reduced_header

#: A gap longer than this is not working time.
IDLE_MS = 30_000

Line = dict[str, Any]


@dataclass
class Totals:
    """Events and active seconds by (entry id, signal, day)."""

    events: Counter[tuple[str, str, date]] = field(default_factory=Counter)
    millis: Counter[tuple[str, str, date]] = field(default_factory=Counter)


def read_events(stored: CaptureSession) -> tuple[Line, list[Line]]:
    """Header and events of a stored session. Raises Invalid with the line of the first fault."""
    raw = bytearray()
    for blob in stored.blobs.filter(kind="events").order_by("index"):
        # Each part may only unpack into what is left, so that small parts cannot fill the memory.
        raw += envelope.unpack(store.read_blob(blob), session.MAX_BYTES - len(raw))
    return session.parse_lines(bytes(raw).splitlines(keepends=True))


def examine(stored: CaptureSession, policy: Policy, lease: Lease) -> Totals:
    """Judge a complete upload. Returns its totals; Invalid names the first thing that is not allowed."""
    header, events = read_events(stored)
    _examine_header(header, events)
    if len(events) != stored.event_count:
        raise Invalid(
            "The number of events differs from the manifest.", code="event_count", field="event_count"
        )
    facts = _facts(stored, header, lease)
    for line, event in enumerate(events, start=2):
        reason = captured.judge(event, policy, lease.denied_signals, facts)
        if reason is not None:
            raise Invalid(
                f"Line {line}: this event was not allowed ({reason}).",
                code=reason,
                field="events",
                extra={"line": line},
            )
    _examine_frames(stored, events)
    return _count(events, stored.captured_from)


def _facts(stored: CaptureSession, header: Line, lease: Lease) -> Facts:
    """What was known of the device when the session began: the agent's evaluator was told the same."""
    return Facts(
        platform=header["platform"]["os"],
        place=lease.place or None,
        groups=tuple(lease.groups),
        tags=tuple(lease.tags),
        now=int(stored.captured_from.timestamp()),
    )


def _examine_header(header: Line, events: Sequence[Line]) -> None:
    """The header is what redaction leaves of one: not even the name of another field may come in."""
    kept = reduced_header(header, lambda text, _name: text)
    kept |= {"event_count": len(events), "channels": sorted({event["type"] for event in events})}
    if header != kept:
        raise Invalid(
            "Line 1: the header holds more than redaction leaves of it.",
            code=captured.UNKNOWN_FIELD,
            field="events",
            extra={"line": 1},
        )


def _examine_frames(stored: CaptureSession, events: Sequence[Line]) -> None:
    """Every screenshot has its frame and every frame its screenshot; they are matched by digest."""
    shots: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for event in events:
        if event["type"] == "screenshot":
            shots[event["sha256"]].add((event["width"], event["height"]))
    frames = {blob.sha256: blob for blob in stored.blobs.filter(kind="frame")}
    if set(shots) != set(frames):
        raise Invalid(
            "Frames and screenshot events do not belong together.", code="frame_missing", field="frames"
        )
    for digest, blob in frames.items():
        data = store.read_blob(blob)
        for width, height in shots[digest]:
            webp.check(data, width=width, height=height)


def _count(events: Sequence[Line], start: datetime) -> Totals:
    totals = Totals()
    for event, following in _pairs(events):
        day = (start + timedelta(milliseconds=event["t"])).date()
        key = (event["entry"], event["signal"], day)
        totals.events[key] += 1
        gap = (following["t"] - event["t"]) if following else 0
        totals.millis[key] += gap if gap <= IDLE_MS else 0
    return totals


def _pairs(events: Sequence[Line]) -> Iterator[tuple[Line, Line | None]]:
    for position, event in enumerate(events):
        yield event, events[position + 1] if position + 1 < len(events) else None
