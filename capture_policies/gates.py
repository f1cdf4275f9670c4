"""What decides whether a wave goes on: the share that failed, fell silent, paused or applied, and the time it
has rested.

Decisions take counts and a clock and do no I/O. Other apps add gates of their own (leak findings) with
:func:`register`; they may only stop a rollout, never push it on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from audits.formats import percent, span

Verdict = Literal["wait", "pass", "halt"]
#: Given a rollout's id, words for why it must stop, or None.
ExtraGate = Callable[[UUID], str | None]
_extra: dict[str, ExtraGate] = {}


@dataclass(frozen=True)
class Pauses:
    """How many of the people online whose devices hold the release have paused, and the share before.

    An aggregate or nothing: it is None as a whole where fewer people than ``least`` are online.
    """

    people: int
    paused: int
    before: float
    least: int

    @property
    def rise(self) -> float:
        return self.paused / self.people - self.before

    @property
    def words(self) -> str:
        """Fewer than ``least`` people are never told apart from none."""
        if self.paused < self.least:
            return f"fewer than {self.least} people paused"
        return f"{percent(self.paused / self.people)} paused, before {percent(self.before)}"


@dataclass(frozen=True)
class Reach:
    """What is known of the devices of a rollout so far. ``members``: those of its newest wave; ``expected``:
    those of them that are there to answer; ``applied``: those of them that have applied the release;
    ``holding``: those of all waves that were given a lease on it; ``crashed``: those of them that fell silent
    or report faults of their own since.
    """

    total: int
    failed: int
    members: int
    expected: int
    applied: int
    waiting: int = 0
    holding: int = 0
    crashed: int = 0
    pauses: Pauses | None = None


@dataclass(frozen=True)
class Gate:
    """The conditions of a wave."""

    max_error_share: float
    min_applied_share: float
    soak: timedelta
    max_crash_share: float = 1.0
    max_pause_rise: float = 1.0


@dataclass(frozen=True)
class Decision:
    """What happens next, and why in words for the page and the log."""

    verdict: Verdict
    reason: str


@dataclass(frozen=True)
class Reading:
    """One gate at this moment: its value and its limit in words, what it says, and why."""

    name: str
    value: str
    limit: str
    verdict: Verdict
    reason: str = ""


def readings(reach: Reach, gate: Gate, *, started_at: datetime, now: datetime) -> list[Reading]:
    """Every gate, in the order in which they decide."""
    return [
        _errors(reach, gate),
        _crashes(reach, gate),
        _pauses(reach, gate),
        _applied(reach, gate),
        _rest(gate, started_at, now),
    ]


def judge(reach: Reach, gate: Gate, *, started_at: datetime, now: datetime) -> Decision:
    """Whether the wave passes, waits, or the rollout halts. What halts does so at once, before any soak is
    over.
    """
    found = readings(reach, gate, started_at=started_at, now=now)
    for verdict in ("halt", "wait"):
        first = next((reading for reading in found if reading.verdict == verdict), None)
        if first is not None:
            return Decision(first.verdict, first.reason)
    return Decision("pass", f"{_of_online(reach)} have applied it.")


def _errors(reach: Reach, gate: Gate) -> Reading:
    value = f"{reach.failed} of {reach.total} devices failed"
    bad = reach.total > 0 and reach.failed > gate.max_error_share * reach.total
    reason = f"{value}; at most {gate.max_error_share:.1%} may."
    limit = f"at most {percent(gate.max_error_share)}"
    return Reading("Apply errors", value, limit, "halt" if bad else "pass", reason if bad else "")


def _crashes(reach: Reach, gate: Gate) -> Reading:
    value = f"{reach.crashed} of {reach.holding} devices fell silent or report faults"
    bad = reach.holding > 0 and reach.crashed > gate.max_crash_share * reach.holding
    limit = f"at most {percent(gate.max_crash_share)}"
    reason = f"{value} since they got it; at most {gate.max_crash_share:.1%} may."
    return Reading("Agents down", value, limit, "halt" if bad else "pass", reason if bad else "")


def _pauses(reach: Reach, gate: Gate) -> Reading:
    limit = f"at most {percent(gate.max_pause_rise)} more than before"
    if reach.pauses is None:
        return Reading("Pauses", "too few people online to say", limit, "pass")
    bad = reach.pauses.rise > gate.max_pause_rise
    reason = f"Many more people paused than before; at most {gate.max_pause_rise:.1%} more may."
    return Reading("Pauses", reach.pauses.words, limit, "halt" if bad else "pass", reason if bad else "")


def _applied(reach: Reach, gate: Gate) -> Reading:
    value = f"{_of_online(reach)} applied it"
    limit = f"at least {percent(gate.min_applied_share)}"
    reason = ""
    if reach.waiting:  # a worker may have died between two chunks: whoever was not told is not passed over
        reason = f"{reach.waiting} of {reach.members} devices have not been told yet."
    elif reach.applied < gate.min_applied_share * reach.expected:
        reason = f"{_of_online(reach)} have applied it."
    elif not reach.expected and reach.members:  # a wave that adds nobody has nobody to wait for
        reason = "None of its devices is online."
    return Reading("Confirmed", value, limit, "wait" if reason else "pass", reason)


def _rest(gate: Gate, started_at: datetime, now: datetime) -> Reading:
    rested = min(max(now - started_at, timedelta()), gate.soak)
    bad = rested < gate.soak
    reason = "It rests before the next wave." if bad else ""
    return Reading(
        "Rest",
        span(rested.total_seconds()),
        span(gate.soak.total_seconds()),
        "wait" if bad else "pass",
        reason,
    )


def _of_online(reach: Reach) -> str:
    return f"{reach.applied} of {reach.expected} devices that are online"


def register(name: str, gate: ExtraGate) -> None:
    """Add a gate of another app, once, when the apps are ready."""
    _extra[name] = gate


def extra_readings(rollout_id: UUID) -> list[Reading]:
    """The gates of other apps at this moment."""
    found = []
    for name, gate in _extra.items():
        reason = gate(rollout_id)
        found.append(Reading(name, reason or "none", "none", "halt" if reason else "pass", reason or ""))
    return found


def extra_refusal(rollout_id: UUID) -> str | None:
    """Why a registered gate wants this rollout to stop; None when none does."""
    return next((found.reason for found in extra_readings(rollout_id) if found.verdict == "halt"), None)
