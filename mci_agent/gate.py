"""Whether anything may be captured at this moment, and why not. One pure function of all the facts.

The first reason that speaks against capture is the one that is shown. What the lease says is judged by the
core's evaluator, which also decides about each event; this gate only ever closes earlier, for what the core
cannot know: the state of this computer and the decisions of the person at it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from mci_agent.local import Choices
from mci_core.evaluator import EXPLAIN, Reason, lease_reason
from mci_core.lease import Lease
from mci_core.policy_model import Limits, Policy

WORDS = {
    "on": "Capture is on: only what the policy allows, redacted on this computer before it is stored.",
    "revoked": "This device was taken out of the programme. Nothing is captured.",
    "paused_here": "You paused capture on this computer.",
    "clock_back": "The clock of this computer was set back. Nothing is captured until it is right.",
    "metadata_expired": "The signed policy files have expired. Nothing is captured.",
    "spool_full": "The storage for waiting sessions is full. Nothing is captured until they are sent.",
    "not_running": "The agent is not running. Nothing is captured.",
    **{reason.value: f"{sentence} Nothing is captured." for reason, sentence in EXPLAIN.items()},
}
#: What counts until a release is applied: it allows nothing, and its digest fits no lease.
EMPTY_POLICY = Policy("", "", (), (), Limits(), 0, 0.0, 0, "", "", {})


@dataclass(frozen=True)
class Applied:
    """A policy that is in force here, under the number of its release."""

    number: int = 0
    policy: Policy = EMPTY_POLICY


@dataclass(frozen=True)
class Facts:
    """Everything the gate looks at; times in unix seconds."""

    now: int
    lease: Lease | None = None
    applied: Applied = field(default_factory=Applied)
    choices: Choices = field(default_factory=Choices)
    revoked: bool = False
    clock_back: bool = False
    metadata_expired: bool = False
    spool_full: bool = False


@dataclass(frozen=True)
class Verdict:
    """State (on, paused, stopped) with its reason; `lease` as the evaluator must see it, None unless on."""

    state: str
    reason: str
    lease: Lease | None = None

    @property
    def on(self) -> bool:
        return self.lease is not None

    @property
    def words(self) -> str:
        return WORDS[self.reason]


def judge(facts: Facts) -> Verdict:
    """The first closed door, or on with the lease narrowed by the person's own exclusions."""
    reason, lease = _reason(facts), facts.lease
    if reason or lease is None:
        state = "paused" if reason in {"paused", "paused_here"} else "stopped"
        return Verdict(state, reason or Reason.NO_LEASE.value)
    excluded = tuple(sorted({*lease.excluded_entries, *facts.choices.exclusions}))
    return Verdict("on", "on", replace(lease, excluded_entries=excluded))


def _reason(facts: Facts) -> str | None:
    checks = (
        ("revoked", facts.revoked),
        ("paused_here", facts.choices.paused(facts.now)),
        ("clock_back", facts.clock_back),
        ("metadata_expired", facts.metadata_expired),
        ("spool_full", facts.spool_full),
    )
    here = next((reason for reason, closed in checks if closed), None)
    return here or _lease(facts)


def _lease(facts: Facts) -> str | None:
    reason = lease_reason(facts.lease, facts.applied.policy, facts.now)
    if reason is not None:
        return reason.value
    assert facts.lease is not None
    # A rollback carries an old digest under a new number, so the number counts as well.
    if facts.lease.release_number != facts.applied.number:
        return Reason.WRONG_RELEASE.value
    # The policy may want shorter leases than the server gives.
    if facts.now >= facts.lease.issued_at + facts.applied.policy.lease_seconds:
        return Reason.LEASE_EXPIRED.value
    return None
