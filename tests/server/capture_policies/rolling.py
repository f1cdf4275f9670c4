"""Short ways of rollout tests: start one, be the worker, let devices answer."""

from __future__ import annotations

from collections.abc import Sequence

from agents.models import Delivery
from capture_policies import tasks
from capture_policies.actions import rollouts
from capture_policies.actions.rollouts import WavePlan
from capture_policies.models import Release, Rollout
from tests.server.capture_policies.support import Desk

FAST = (WavePlan(20), WavePlan(100))
ALL = (WavePlan(100),)


def start(desk: Desk, release: Release, plan: Sequence[WavePlan] = FAST) -> Rollout:
    return rollouts.start_rollout(release=release, waves=plan, reason="go", actor=desk.actor(desk.officer))


def run(rollout: Rollout) -> Rollout:
    """What a worker does when it is handed the rollout."""
    tasks.advance_rollout(str(rollout.pk))
    rollout.refresh_from_db()
    return rollout


def answer(rollout: Rollout, state: str = "applied", limit: int | None = None) -> int:
    """Devices that were told answer."""
    told = Delivery.objects.filter(rollout=rollout.pk, state="notified").order_by("pk")[:limit]
    return Delivery.objects.filter(pk__in=[row.pk for row in told]).update(state=state)


def roll_out(desk: Desk, release: Release, plan: Sequence[WavePlan] = ALL) -> Rollout:
    """To the end, with every device applying."""
    rollout = run(start(desk, release, plan))
    while answer(rollout):
        run(rollout)
    assert rollout.state == "done"
    return rollout
