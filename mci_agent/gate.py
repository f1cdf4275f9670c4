"""Whether anything may be captured at this moment, and why not. One pure function of all the facts.

The first reason that speaks against capture is the one that is shown. The evaluator of the core decides
about each event besides; this gate only ever closes earlier (for the state of this computer, which the core
cannot know).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from mci_agent.local import Choices
from mci_core.lease import LAW_ALLOWS, Lease

WORDS = {
    "on": "Capture is on: only what the policy allows, redacted on this computer before it is stored.",
    "revoked": "This device was taken out of the programme. Nothing is captured.",
    "paused_here": "You paused capture on this computer.",
    "clock_back": "The clock of this computer was set back. Nothing is captured until it is right.",
    "metadata_expired": "The signed policy files have expired. Nothing is captured.",
    "no_lease": "The server has not confirmed that capture is allowed. Nothing is captured.",
    "lease_expired": "The last confirmation by the server has expired. Nothing is captured.",
    "paused": "Capture is paused by your choice in the portal.",
    "stopped": "Capture is stopped by the organisation.",
    "unknown_place": "It is not known where you work, so no law can be applied. Nothing is captured.",
    "law": "The law at your place of work does not allow capture now.",
    "notice_missing": "The notice about capture is not acknowledged. Nothing is captured.",
    "wrong_release": "The policy that the server named is not applied yet. Nothing is captured.",
    "spool_full": "The storage for waiting sessions is full. Nothing is captured until they are sent.",
    "not_running": "The agent is not running. Nothing is captured.",
}


@dataclass(frozen=True)
class Facts:
    """Everything the gate looks at; times in unix seconds."""

    now: int
    lease: Lease | None = None
    had_lease: bool = False
    applied: tuple[int, str] | None = None
    choices: Choices = field(default_factory=Choices)
    revoked: bool = False
    clock_back: bool = False
    metadata_expired: bool = False
    spool_full: bool = False


@dataclass(frozen=True)
class Verdict:
    """State (on, paused, stopped) with its reason; `lease` as the evaluator must see it."""

    state: str
    reason: str
    lease: Lease | None = None

    @property
    def on(self) -> bool:
        return self.state == "on"

    @property
    def words(self) -> str:
        return WORDS[self.reason]


def judge(facts: Facts) -> Verdict:
    """The first closed door, or on with the lease narrowed by the person's own exclusions."""
    reason = _here(facts) or _lease(facts)
    if reason:
        state = "paused" if reason in {"paused", "paused_here"} else "stopped"
        return Verdict(state, reason)
    assert facts.lease is not None
    excluded = tuple(sorted({*facts.lease.excluded_entries, *facts.choices.exclusions}))
    return Verdict("on", "on", replace(facts.lease, excluded_entries=excluded))


def _here(facts: Facts) -> str | None:
    checks = (
        ("revoked", facts.revoked),
        ("paused_here", facts.choices.paused(facts.now)),
        ("clock_back", facts.clock_back),
        ("metadata_expired", facts.metadata_expired),
        ("spool_full", facts.spool_full),
    )
    return next((reason for reason, closed in checks if closed), None)


def _lease(facts: Facts) -> str | None:
    lease = facts.lease
    if lease is None or facts.now >= lease.expires_at:
        return "lease_expired" if facts.had_lease else "no_lease"
    checks = (
        ("paused", lease.state == "paused"),
        ("unknown_place", lease.state == "stopped" and lease.place is None),
        ("stopped", lease.state != "on" and lease.jurisdiction_reason == LAW_ALLOWS),
        ("law", lease.jurisdiction_reason != LAW_ALLOWS),
        ("unknown_place", lease.place is None),
        ("notice_missing", lease.notice is None),
        ("wrong_release", facts.applied != (lease.release_number, lease.policy_digest)),
    )
    return next((reason for reason, closed in checks if closed), None)
