"""What has the focus, kept across sessions and policies: every event passes here, captured or not.

The evaluator of the core follows the focus itself, but it belongs to one policy. When another release is
applied in the middle of a recording, a new evaluator is told the last window and page, and inherits
everything else (a field for passwords stays one, withdrawn consent stays withdrawn).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mci_core.evaluator import Decision, Foreground, StreamEvaluator, apply, decide
from mci_core.lease import Lease
from mci_core.policy_model import Policy

Event = Mapping[str, Any]


class Follower:
    """The evaluator of one recording, whatever policy counts at the moment."""

    def __init__(self, platform: str | None) -> None:
        self._platform = platform
        self._evaluator: StreamEvaluator | None = None
        self._focus: Event | None = None
        self._page: Event | None = None

    @property
    def foreground(self) -> Foreground | None:
        """What has the focus now."""
        return self._evaluator.state.foreground if self._evaluator else None

    def step(self, event: Event, policy: Policy, lease: Lease | None, now: int) -> Decision:
        """Decide about the next event; without a lease it is only followed."""
        decision = self._under(policy).step(event, lease, now)
        if event["type"] == "focus":
            self._focus, self._page = event, None
        elif event["type"] == "url":
            self._page = event
        return decision

    def context(self, policy: Policy, lease: Lease, now: int) -> dict[str, Any] | None:
        """The window that has the focus as an event of its own, so that a session never starts in the void.

        None where it is not allowed; called once an event in this window was. After a change of page the
        title is left out: it is that of the page before, about which nobody decided.
        """
        state = self._under(policy).state
        assert self._focus is not None
        assert state.foreground is not None
        event = dict(self._focus)
        if self._page is not None:
            event["url"] = state.foreground.url
            event.pop("window", None)
        return apply(
            event, decide(event, state.foreground, policy, lease, now, consent=state.consent, state=state)
        )

    def _under(self, policy: Policy) -> StreamEvaluator:
        old = self._evaluator
        if old is not None and old.policy is policy:
            return old
        fresh = StreamEvaluator(policy, self._platform)
        for event in (self._focus, self._page):
            if event is not None:
                fresh.step(event, None, 0)
        if old is not None:
            fresh.state = old.state
        self._evaluator = fresh
        return fresh
