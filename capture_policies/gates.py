"""What decides whether a wave goes on: the share that failed, the share that applied, the time it has rested.

Decisions take counts and a clock and do no I/O. Other apps add gates of their own (leak findings, a surge of
pauses) with :func:`register`; they may only stop a rollout, never push it on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

Verdict = Literal["wait", "pass", "halt"]
#: Given a rollout's id, words for why it must stop, or None.
ExtraGate = Callable[[UUID], str | None]
_extra: dict[str, ExtraGate] = {}


@dataclass(frozen=True)
class Reach:
    """What is known of the devices of a rollout so far. ``members``: those of its newest wave; ``expected``:
    those of them that are there to answer; ``applied``: those of them that have applied the release.
    """

    total: int
    failed: int
    members: int
    expected: int
    applied: int
    waiting: int = 0


@dataclass(frozen=True)
class Gate:
    """The conditions of a wave."""

    max_error_share: float
    min_applied_share: float
    soak: timedelta


@dataclass(frozen=True)
class Decision:
    """What happens next, and why in words for the page and the log."""

    verdict: Verdict
    reason: str


def judge(reach: Reach, gate: Gate, *, started_at: datetime, now: datetime) -> Decision:
    """Whether the wave passes, waits, or the rollout halts. An error halts at once, before any soak is
    over.
    """
    if reach.total and reach.failed > gate.max_error_share * reach.total:
        share = f"{reach.failed} of {reach.total} devices failed"
        return Decision("halt", f"{share}; at most {gate.max_error_share:.1%} may.")
    if reach.waiting:  # a worker may have died between two chunks: whoever was not told is not passed over
        return Decision("wait", f"{reach.waiting} of {reach.members} devices have not been told yet.")
    if reach.applied < gate.min_applied_share * reach.expected:
        return Decision(
            "wait", f"{reach.applied} of {reach.expected} devices that are online have applied it."
        )
    if not reach.expected and reach.members:  # a wave that adds nobody has nobody to wait for
        return Decision("wait", "None of its devices is online.")
    if now < started_at + gate.soak:
        return Decision("wait", "It rests before the next wave.")
    return Decision("pass", f"{reach.applied} of {reach.expected} devices that are online have applied it.")


def register(name: str, gate: ExtraGate) -> None:
    """Add a gate of another app, once, when the apps are ready."""
    _extra[name] = gate


def extra_refusal(rollout_id: UUID, gates: Mapping[str, ExtraGate] | None = None) -> str | None:
    """Why a registered gate wants this rollout to stop; None when none does."""
    for gate in (_extra if gates is None else gates).values():
        reason = gate(rollout_id)
        if reason:
            return reason
    return None
