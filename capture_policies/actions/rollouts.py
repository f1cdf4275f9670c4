"""A release on its way: started by a person, held, resumed, halted, rolled back. Steps in between are in
waves.py.

At most one rollout runs. Agents accept only growing release numbers, so everything that goes back, goes
back as a new
release with old content. Starting something wider than the live policy needs bytes that two roles have
approved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Max
from django.utils import timezone

from accounts import permissions
from agents.models import Delivery, DeliveryState, Device
from audits import actions as log
from audits.actor import Actor
from audits.queue import enqueue_on_commit
from audits.registry import audited
from capture_policies import approvals, queries
from capture_policies.actions.releases import sign_next, withdraw
from capture_policies.locks import lock
from capture_policies.models import Release, Rollout, RolloutState, Wave
from mci_core.errors import Conflict, Invalid

ADVANCE = "capture_policies.tasks.advance_rollout"
MAX_SOAK = 7 * 86_400


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


@audited("capture_policies.start_rollout")
def start_rollout(
    *, release: Release, waves: Sequence[WavePlan] = DEFAULT_WAVES, reason: str, actor: Actor
) -> Rollout:
    """Send a release to the fleet in waves. A held rollout is superseded; a running one is held or halted
    first.
    """
    permissions.require(actor, "capture_policies.start_rollout")
    lock("capture_policies.rollouts")
    release = Release.objects.select_related("version").select_for_update(of=("self",)).get(pk=release.pk)
    _check_reason(reason)
    _check_waves(waves)
    _check_startable(release)
    if Rollout.objects.running().exists():
        raise Conflict("Another rollout is running. Hold or halt it first.", code="rollout_running")
    return _begin(release, waves, reason, actor, "capture_policies.start_rollout")


@audited("capture_policies.hold_rollout")
def hold_rollout(*, rollout: Rollout, reason: str, actor: Actor) -> Rollout:
    """Reach no further device for now. Devices that were reached keep the release."""
    permissions.require(actor, "capture_policies.hold_rollout")
    rollout = _locked(rollout, RolloutState.RUNNING, "Only a running rollout can be held.")
    _check_reason(reason)
    rollout.state = RolloutState.HELD
    rollout.save(update_fields=["state"])
    _log(rollout, actor, "capture_policies.hold_rollout", reason)
    return rollout


@audited("capture_policies.resume_rollout")
def resume_rollout(*, rollout: Rollout, reason: str, actor: Actor) -> Rollout:
    """Go on with a held rollout, where nothing newer has begun."""
    permissions.require(actor, "capture_policies.resume_rollout")
    lock("capture_policies.rollouts")
    rollout = _locked(rollout, RolloutState.HELD, "Only a held rollout can go on.")
    _check_reason(reason)
    if Rollout.objects.running().exists():
        raise Conflict("Another rollout is running.", code="rollout_running")
    _check_not_wider_now(rollout.release)
    rollout.state = RolloutState.RUNNING
    rollout.save(update_fields=["state"])
    _log(rollout, actor, "capture_policies.resume_rollout", reason)
    enqueue_on_commit(ADVANCE, str(rollout.pk))
    return rollout


@audited("capture_policies.halt_rollout")
def halt_rollout(*, rollout: Rollout, reason: str, actor: Actor) -> Rollout:
    """End a rollout for good and take its devices back: they get the content they had, as a new release."""
    permissions.require(actor, "capture_policies.halt_rollout")
    lock("capture_policies.rollouts")
    rollout = Rollout.objects.select_for_update().get(pk=rollout.pk)
    if rollout.state not in (RolloutState.RUNNING, RolloutState.HELD):
        raise Conflict("This rollout is over already.", code="rollout_state")
    _check_reason(reason)
    return halt(rollout, reason, actor)


@audited("capture_policies.rollback_to")
def rollback_to(*, release: Release, reason: str, actor: Actor) -> Rollout:
    """Bring back the content of an earlier release, for the whole fleet at once, under a new number."""
    permissions.require(actor, "capture_policies.rollback_to")
    lock("capture_policies.rollouts")
    _check_reason(reason)
    release = Release.objects.select_related("version").get(pk=release.pk)
    live = queries.live_release()
    if live is not None and live.version_id == release.version_id and not Rollout.objects.open().exists():
        raise Conflict("This content is live already.", code="already_live")
    _check_not_wider_now(release)
    fresh = sign_next(
        release.version, actor=actor, audit_name="capture_policies.rollback_to", restores=release
    )
    return _begin(fresh, EVERYBODY, reason, actor, "capture_policies.rollback_to")


@audited("capture_policies.change_wave")
def change_wave(*, wave: Wave, plan: WavePlan, reason: str, actor: Actor) -> Wave:
    """Change share, rest or gates of a wave that has not started."""
    permissions.require(actor, "capture_policies.change_wave")
    rollout = Rollout.objects.select_for_update().get(pk=wave.rollout_id)
    wave = Wave.objects.get(pk=wave.pk)
    _check_reason(reason)
    if wave.started_at is not None or rollout.state not in (RolloutState.RUNNING, RolloutState.HELD):
        raise Conflict("This wave has started already.", code="wave_started")
    planned = [plan if other.pk == wave.pk else plan_of(other) for other in rollout.waves.all()]
    _check_waves(planned)
    before = plan_of(wave)
    for name in ("percent", "soak_seconds", "max_error_share", "min_applied_share"):
        setattr(wave, name, getattr(plan, name))
    wave.save()
    log.append(
        action="capture_policies.change_wave",
        actor=actor,
        obj=rollout,
        reason=reason,
        facts={"wave": wave.number, "before": vars(before), "after": vars(plan)},
    )
    return wave


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
    _log(rollout, actor, "capture_policies.halt_rollout", reason, reached=count)
    previous = rollout.previous
    if count and previous is not None and rollout.only_release is None:
        back = sign_next(
            previous.version, actor=actor, audit_name="capture_policies.halt_rollout", restores=previous
        )
        words = f"Release {number} was halted: {rollout.halt_reason}"
        _begin(back, EVERYBODY, words[:500], actor, "capture_policies.halt_rollout", only_release=number)
    withdraw([number])
    return rollout


def plan_of(wave: Wave) -> WavePlan:
    """The plan that a wave was made from."""
    return WavePlan(wave.percent, wave.soak_seconds, wave.max_error_share, wave.min_applied_share)


def _begin(
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
    _log(rollout, actor, audit_name, reason, waves=[plan.percent for plan in waves])
    enqueue_on_commit(ADVANCE, str(rollout.pk))
    return rollout


def _log(rollout: Rollout, actor: Actor, action: str, reason: str, **facts: object) -> None:
    number = rollout.release.number
    log.append(action=action, actor=actor, obj=rollout, reason=reason, facts={"release": number, **facts})


def _locked(rollout: Rollout, state: RolloutState, otherwise: str) -> Rollout:
    rollout = Rollout.objects.select_for_update().get(pk=rollout.pk)
    if rollout.state != state:
        raise Conflict(otherwise, code="rollout_state")
    return rollout


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid("Say why.", code="required", field="reason")
    if len(reason.strip()) > 500:
        raise Invalid("At most 500 characters.", code="too_long", field="reason")


def _check_waves(waves: Sequence[WavePlan]) -> None:
    if not 1 <= len(waves) <= 10:
        raise Invalid("A rollout has 1 to 10 waves.", field="waves")
    percents = [plan.percent for plan in waves]
    if percents != sorted(set(percents)) or percents[0] < 1 or percents[-1] != 100:
        raise Invalid("Each wave is larger than the one before it, and the last one is 100 %.", field="waves")
    for plan in waves:
        if not 0 <= plan.soak_seconds <= MAX_SOAK:
            raise Invalid("A wave rests for 0 seconds to 7 days.", field="waves")
        if not (0 <= plan.max_error_share <= 1 and 0 <= plan.min_applied_share <= 1):
            raise Invalid("A share is between 0 and 1.", field="waves")


def _check_startable(release: Release) -> None:
    if not Release.objects.usable().filter(pk=release.pk).exists():
        raise Conflict("This release was withdrawn or has expired.", code="release_unusable")
    if release.rollouts.exclude(state=RolloutState.SUPERSEDED).exists():
        raise Conflict("This release was rolled out already.", code="release_rolled_out")
    newest = Device.objects.active().aggregate(newest=Max("desired_release"))["newest"] or 0
    if release.number <= newest:
        raise Conflict(
            f"Devices were given release {newest} already, and agents never go back to a lower number."
            " Roll back instead: the same content gets a new number.",
            code="release_too_old",
        )
    _check_not_wider_now(release)


def _check_not_wider_now(release: Release) -> None:
    """Approved as a narrowing, but wider than what is live by now: needs the approvals of a widening."""
    if approvals.by_two_roles(release.version):
        return
    live = queries.live_version()
    if live is not None and live.pk == release.version_id:
        return
    if queries.direction_to(release.version, live) == "wider":
        raise Conflict(
            "Compared with the live policy this captures more, and only one person has approved it."
            " Start a draft from it and have it approved.",
            code="needs_two_roles",
        )


def rollout_by_id(rollout_id: UUID | str) -> Rollout | None:
    """For tasks, which are handed an id."""
    return Rollout.objects.filter(pk=rollout_id).first()
