"""What redaction did to a session: counts by rule, label and reason. Never a value, never a place on a
screen.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


class SessionBlocked(Exception):
    """A rule of method "block_session" applied: nothing of the session may be kept."""

    def __init__(self, rule_id: str) -> None:
        super().__init__(rule_id)
        self.rule_id = rule_id


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that redaction would still change; `label` is a kind, never a value."""

    seq: int
    field: str
    label: str


@dataclass(slots=True)
class Report:
    """Counts of one redaction."""

    masked: Counter[tuple[str, str]] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    events_in: int = 0
    events_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    frames_masked: int = 0
    blanked: int = 0
    millis: int = 0
    blocked_by: str | None = None
    # for each event that is left, its place among those that were given; stays here
    places: list[int] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """For the manifest of an upload."""
        by_label: Counter[str] = Counter()
        for (_, label), count in self.masked.items():
            by_label[label] += count
        return {
            "labels": dict(sorted(by_label.items())),
            "rules": [
                {"rule": rule, "label": label, "count": count}
                for (rule, label), count in sorted(self.masked.items())
            ],
            "dropped": dict(sorted(self.dropped.items())),
            "events_in": self.events_in,
            "events_out": self.events_out,
            "bytes_in": self.bytes_in,
            "bytes_out": self.bytes_out,
            "frames_masked": self.frames_masked,
            "blanked": self.blanked,
            "millis": self.millis,
            "blocked_by": self.blocked_by,
        }
