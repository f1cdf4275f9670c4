"""Steps that several actions share: beginning a rollout and halting one, for a person and for a gate.

They are part of the caller's transaction. The caller has asked for permission.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from agents.models import Delivery, DeliveryState, Device
from audits import actions as log
from audits.actor import Actor
from audits.queue import enqueue_on_commit
from capture_policies import queries
from capture_policies.models import Release, Rollout, RolloutState, Wave
from capture_policies.release_steps import sign_next, withdraw

ADVANCE = "capture_policies.tasks.advance_rollout"


@dataclass(frozen=True)
class WavePlan:
    """A share of the fleet (cumulative percent) and what opens the next one."""

    percent: int
    soak_seconds: int = 0
    max_error_share: float = 0.02
    min_applied_share: float = 0.9


DEFAULT_WAVES = (WavePlan(5, 600), WavePlan(25, 1800), WavePlan(100, 0))
#: A rollback reaches everybody at once and does not stop itself.
EVERYBODY = (WavePlan(100, 0, max_error_share=1.0),)


def halt(rollout: Rollout, reason: str, actor: Actor) -> Rollout:
    """The steps of a halt, for a person and for a gate. Part of the transaction of the caller."""
    rollout.state = RolloutState.HALTED
    rollout.halt_reason = reason.strip()[:200]
    rollout.finished_at = timezone.now()
    rollout.save(update_fields=["state", "halt_reason", "finished_at"])
    number = rollout.release.number
    reached = Device.objects.filter(desired_release=number)
    count = reached.count()
    if rollout.previous is None:  # nothing to go back to: without a release there is no capture
        reached.update(desired_release=None, desired_digest="")
    Delivery.objects.of_rollout(rollout.pk).open().update(state=DeliveryState.SUPERSEDED)
    log_step(rollout, actor, "capture_policies.halt_rollout", reason, reached=count)
    previous = rollout.previous
    if count and previous is not None and rollout.only_release is None:
        back = sign_next(
            previous.version, actor=actor, audit_name="capture_policies.halt_rollout", restores=previous
        )
        words = f"Release {number} was halted: {rollout.halt_reason}"
        begin(back, EVERYBODY, words[:500], actor, "capture_policies.halt_rollout", only_release=number)
    withdraw([number])
    return rollout


def plan_of(wave: Wave) -> WavePlan:
    """The plan that a wave was made from."""
    return WavePlan(wave.percent, wave.soak_seconds, wave.max_error_share, wave.min_applied_share)


def begin(
    release: Release,
    waves: Sequence[WavePlan],
    reason: str,
    actor: Actor,
    audit_name: str,
    *,
    only_release: int | None = None,
) -> Rollout:
    Rollout.objects.open().update(state=RolloutState.SUPERSEDED, finished_at=timezone.now())
    rollout = Rollout.objects.create(
        release=release,
        previous=queries.live_release(),
        reason=reason.strip(),
        started_by=actor.user,
        only_release=only_release,
    )
    Wave.objects.bulk_create(
        Wave(rollout=rollout, number=number, **vars(plan)) for number, plan in enumerate(waves, start=1)
    )
    log_step(rollout, actor, audit_name, reason, waves=[plan.percent for plan in waves])
    enqueue_on_commit(ADVANCE, str(rollout.pk))
    return rollout


def log_step(rollout: Rollout, actor: Actor, action: str, reason: str, **facts: object) -> None:
    number = rollout.release.number
    log.append(action=action, actor=actor, obj=rollout, reason=reason, facts={"release": number, **facts})
