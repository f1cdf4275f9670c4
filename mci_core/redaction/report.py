"""What redaction did: to a place in a text by rule, method, check and certainty; to a session by counts of
these. Never a value, never a place on a screen.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from mci_core.redaction.spans import BLANKED, Span


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


def explained(field: str, span: Span) -> dict[str, Any]:
    """A mask as its event tells it. What goes without saying (masked, no check, certain) is left out."""
    told: dict[str, Any] = {"field": field, "label": span.label, "rule": span.rule_id}
    if span.method != "mask":
        told["method"] = span.method
    if span.validator:
        told["validator"] = span.validator
    if percent(span.confidence) < 100:
        told["confidence"] = percent(span.confidence)
    return told


def percent(share: float) -> int:
    """In whole percent: reports hold no fractions."""
    return max(0, min(100, round(share * 100)))


@dataclass(slots=True)
class Row:
    """What one rule did under one label; `confidence` in percent, that of its least certain hit."""

    count: int = 0
    methods: set[str] = field(default_factory=set)
    validators: set[str] = field(default_factory=set)
    confidence: int = 100

    def add(self, span: Span) -> None:
        """One more hit."""
        self.count += 1
        self.methods.add(span.method)
        self.validators.update({span.validator} - {""})
        self.confidence = min(self.confidence, percent(span.confidence))

    def as_dict(self) -> dict[str, Any]:
        """As codes and counts."""
        told: dict[str, Any] = {"method": ".".join(sorted(self.methods)), "confidence": self.confidence}
        return {**told, **({"validator": ".".join(sorted(self.validators))[:80]} if self.validators else {})}


@dataclass(slots=True)
class Report:
    """Counts of one redaction."""

    rows: dict[tuple[str, str], Row] = field(default_factory=dict)
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

    @property
    def masked(self) -> Counter[tuple[str, str]]:
        """How often each rule masked something under each label."""
        return Counter({key: row.count for key, row in self.rows.items()})

    def count(self, span: Span) -> None:
        """One more hit."""
        self.rows.setdefault((span.rule_id, span.label), Row()).add(span)
        self.blanked += span.label == BLANKED

    def as_dict(self) -> dict[str, Any]:
        """For the manifest of an upload."""
        by_label: Counter[str] = Counter()
        for (_, label), row in self.rows.items():
            by_label[label] += row.count
        return {
            "labels": dict(sorted(by_label.items())),
            "rules": [
                {"rule": rule, "label": label, "count": row.count, **row.as_dict()}
                for (rule, label), row in sorted(self.rows.items())
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
