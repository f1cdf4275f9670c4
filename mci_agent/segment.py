"""A session being captured: allowed events in memory, not redacted yet, never on disk.

A session is one stretch of time under the same release, place, notice and law; whatever changes one of them
ends it and the next event begins another. It is bounded in events, bytes, frames and time, because
everything in it is lost when the process dies, on purpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mci_agent.gate import Applied
from mci_core.lease import Lease

MAX_EVENTS = 60_000
MAX_EVENT_BYTES = 16 * 1024 * 1024
MAX_FRAMES = 400
MAX_FRAME_BYTES = 48 * 1024 * 1024
MAX_SECONDS = 15 * 60
# Beyond this share of a bound the next change of window ends the session, so that hardly a field is cut.
SOFT_SHARE = 0.7
EVENT_OVERHEAD = 120

Event = dict[str, Any]


@dataclass
class Segment:
    """What belongs to one session; `times` holds the unix second at which each event was captured."""

    applied: Applied
    lease: Lease
    header: Mapping[str, Any]
    begun: int
    events: list[Event] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    frames: dict[str, bytes] = field(default_factory=dict)
    event_bytes: int = 0
    frame_bytes: int = 0
    ended: int = 0

    @property
    def size(self) -> int:
        """Bytes in memory, roughly; what was forgotten still counts."""
        return self.event_bytes + self.frame_bytes

    def add(self, event: Event, now: int, frame: bytes | None = None) -> None:
        """Keep an event that the evaluator allowed and reduced."""
        self.events.append(event)
        self.times.append(now)
        self.ended = max(self.ended, now)
        self.event_bytes += EVENT_OVERHEAD + len(str(event.get("text") or ""))
        if frame is not None:
            self.frames[str(event["file"])] = frame
            self.frame_bytes += len(frame)

    def same_terms(self, applied: Applied, lease: Lease) -> bool:
        """Whether a lease continues this session: then only the manifest's lease changes."""
        return terms(self.applied, self.lease) == terms(applied, lease)

    def fill(self, now: int) -> float:
        """How much of the tightest bound is used; 1 or more: the session must end."""
        return max(
            len(self.events) / MAX_EVENTS,
            self.event_bytes / MAX_EVENT_BYTES,
            len(self.frames) / MAX_FRAMES,
            self.frame_bytes / MAX_FRAME_BYTES,
            (now - self.begun) / MAX_SECONDS,
        )

    def forget_since(self, seconds: int) -> None:
        """Drop everything captured at or after a time."""
        count = sum(1 for at in self.times if at < seconds)
        self._cut(count)

    def drop_open_field(self) -> int:
        """Drop keys and text since the last click or change of window; how many.

        What was typed there goes on in the next session, and of a secret cut in two neither half is found.
        """
        last = next((i for i in range(len(self.events) - 1, -1, -1) if begins_field(self.events[i])), -1)
        tail = self.events[last + 1 :]
        kept = [
            (event, at) for event, at in zip(tail, self.times[last + 1 :], strict=True) if not is_typed(event)
        ]
        dropped = len(tail) - len(kept)
        self.events[last + 1 :] = [event for event, _ in kept]
        self.times[last + 1 :] = [at for _, at in kept]
        return dropped

    def _cut(self, count: int) -> None:
        for event in self.events[count:]:
            if event["type"] == "screenshot":
                self.frames.pop(str(event["file"]), None)
        del self.events[count:], self.times[count:]
        self.ended = max(self.times, default=self.begun)


def terms(applied: Applied, lease: Lease) -> tuple[object, ...]:
    """What must be equal throughout a session."""
    return (
        applied.number,
        applied.policy.digest,
        lease.release_number,
        lease.policy_digest,
        lease.place,
        lease.notice,
        lease.jurisdiction_reason,
        lease.denied_signals,
        lease.groups,
        lease.tags,
    )


def begins_field(event: Mapping[str, Any]) -> bool:
    """Whether typing after this event goes into another field than typing before it."""
    return event["type"] in {"focus", "mouse_down"}


def is_typed(event: Mapping[str, Any]) -> bool:
    return event["type"] in {"key", "text"}
