"""Reads what was uploaded and decides whether it is what its manifest and its policy say.

Pure of writes: it opens the stored parts, parses every event, judges each against the policy, checks each
frame and
counts totals. The first fault ends it, named by line.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from capture_sessions import store
from capture_sessions.models import CaptureSession
from mci_core import captured, envelope, session, webp
from mci_core.errors import Invalid
from mci_core.policy_model import Policy

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
    raw = b"".join(
        envelope.unpack(store.read_blob(b), session.MAX_BYTES) for b in stored.blobs.filter(kind="events")
    )
    if len(raw) > session.MAX_BYTES:
        raise Invalid("The events are larger than the limit.", code="session_too_large")
    return session.parse_lines(raw.splitlines(keepends=True))


def examine(stored: CaptureSession, policy: Policy, denied_signals: Sequence[str]) -> Totals:
    """Judge a complete upload. Returns its totals; Invalid names the first thing that is not allowed."""
    document = json.loads(bytes(stored.manifest))
    _, events = read_events(stored)
    if len(events) != document["event_count"]:
        raise Invalid(
            "The number of events differs from the manifest.", code="event_count", field="event_count"
        )
    for line, event in enumerate(events, start=2):
        reason = captured.judge(event, policy, denied_signals)
        if reason is not None:
            raise Invalid(
                f"Line {line}: this event was not allowed ({reason}).",
                code=reason,
                field="events",
                extra={"line": line},
            )
    _examine_frames(stored, events)
    return _count(events, stored.captured_from)


def _examine_frames(stored: CaptureSession, events: Sequence[Line]) -> None:
    """Every screenshot has its frame and every frame its screenshot; they are matched by digest."""
    shots = {event["sha256"]: event for event in events if event["type"] == "screenshot"}
    frames = {blob.sha256: blob for blob in stored.blobs.filter(kind="frame")}
    if set(shots) != set(frames):
        raise Invalid(
            "Frames and screenshot events do not belong together.", code="frame_missing", field="frames"
        )
    for digest, blob in frames.items():
        shot = shots[digest]
        webp.check(store.read_blob(blob), width=shot["width"], height=shot["height"])


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
