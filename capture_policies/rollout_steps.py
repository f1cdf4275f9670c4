"""Steps that several actions share: beginning a rollout and halting one, for a person and for a gate.

They are part of the caller's transaction. The caller has asked for permission.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import partial

from django.db import transaction
from django.utils import timezone

from agents import hints
from agents.models import Delivery, DeliveryState, Device
from audits import actions as log
from audits.actor import Actor
from audits.queue import enqueue_on_commit
from capture_policies import queries, signing
from capture_policies.models import Release, Rollout, RolloutState, Wave
from capture_policies.release_steps import sign_next, withdraw

ADVANCE = "capture_policies.tasks.advance_rollout"


@dataclass(frozen=True)
class WavePlan:
    """Who is in a wave and what opens the next one: a share of the fleet (cumulative percent), or everybody
    of a group (``audience_value``: id of the department) or with a tag.
    """

    percent: int = 0
    soak_seconds: int = 0
    max_error_share: float = 0.02
    min_applied_share: float = 0.9
    max_crash_share: float = 0.1
    max_pause_rise: float = 0.25
    audience: str = "percent"
    audience_value: str = ""

    @property
    def who(self) -> int | str:
        """For the log: 25, "tag:pilot", "group:<id>"."""
        return self.percent if self.audience == "percent" else f"{self.audience}:{self.audience_value}"


DEFAULT_WAVES = (WavePlan(5, 600), WavePlan(25, 1800), WavePlan(100, 0))
#: A rollback reaches everybody at once and does not stop itself.
EVERYBODY = (WavePlan(100, 0, max_error_share=1.0, max_crash_share=1.0, max_pause_rise=1.0),)


def halt(rollout: Rollout, reason: str, actor: Actor) -> Rollout:
    """The steps of a halt, for a person and for a gate. Part of the transaction of the caller."""
    rollout.state = RolloutState.HALTED
    rollout.halt_reason = reason.strip()[:200]
    rollout.finished_at = timezone.now()
    rollout.save(update_fields=["state", "halt_reason", "finished_at"])
    number = rollout.release.number
    reached = Device.objects.filter(desired_release=number)
    count = reached.count()
    withdraw([number])
    if rollout.previous is None or signing.by_approvers():
        # Nothing to go back to, or the way back waits for signatures: without a release there is no capture.
        devices = [str(pk) for pk in reached.values_list("pk", flat=True)]
        reached.update(desired_release=None, desired_digest="")
        transaction.on_commit(partial(hints.publish, "stop", devices=devices))
    Delivery.objects.of_rollout(rollout.pk).open().update(state=DeliveryState.SUPERSEDED)
    log_step(rollout, actor, "capture_policies.halt_rollout", reason, reached=count)
    previous = rollout.previous
    if count and previous is not None and rollout.only_release is None:
        back = sign_next(
            previous.version, actor=actor, audit_name="capture_policies.halt_rollout", restores=previous
        )
        words = f"Release {number} was halted: {rollout.halt_reason}"
        begin(back, EVERYBODY, words[:500], actor, "capture_policies.halt_rollout", only_release=number)
    return rollout


def plan_of(wave: Wave) -> WavePlan:
    """The plan that a wave was made from."""
    return WavePlan(**{field.name: getattr(wave, field.name) for field in fields(WavePlan)})


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
    log_step(rollout, actor, audit_name, reason, waves=[plan.who for plan in waves])
    enqueue_on_commit(ADVANCE, str(rollout.pk))
    return rollout


def log_step(rollout: Rollout, actor: Actor, action: str, reason: str, **facts: object) -> None:
    number = rollout.release.number
    log.append(action=action, actor=actor, obj=rollout, reason=reason, facts={"release": number, **facts})
