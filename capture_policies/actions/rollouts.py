"""A release on its way: started by a person, held, resumed, halted, rolled back. Steps in between are in
waves.py.

At most one rollout runs. Agents accept only growing release numbers, so everything that goes back, goes back
as a new release with old content. Starting something wider than the live policy needs bytes that two roles
have approved.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from django.core.exceptions import ValidationError
from django.db.models import Max

from accounts import permissions
from accounts.models import Department
from agents.actions.tags import TAG
from agents.models import Device
from audits import actions as log
from audits import reasons
from audits.actor import Actor
from audits.locks import lock
from audits.queue import enqueue_on_commit
from audits.registry import audited
from capture_policies import approvals, narrowings, queries
from capture_policies.models import Release, Rollout, RolloutState, Wave
from capture_policies.release_steps import sign_next
from capture_policies.rollout_steps import (
    ADVANCE,
    DEFAULT_WAVES,
    EVERYBODY,
    WavePlan,
    begin,
    halt,
    log_step,
    plan_of,
)
from mci_core.errors import Conflict, Invalid

__all__ = [
    "DEFAULT_WAVES",
    "WavePlan",
    "change_wave",
    "halt_rollout",
    "hold_rollout",
    "resume_rollout",
    "rollback_to",
    "start_rollout",
]

MAX_SOAK = 7 * 86_400


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
    reason = reasons.given(reason)
    _check_waves(waves)
    _check_startable(release)
    if Rollout.objects.running().exists():
        raise Conflict("Another rollout is running. Hold or halt it first.", code="rollout_running")
    return begin(release, waves, reason, actor, "capture_policies.start_rollout")


@audited("capture_policies.hold_rollout")
def hold_rollout(*, rollout: Rollout, reason: str, actor: Actor) -> Rollout:
    """Reach no further device for now. Devices that were reached keep the release."""
    permissions.require(actor, "capture_policies.hold_rollout")
    rollout = _locked(rollout, RolloutState.RUNNING, "Only a running rollout can be held.")
    reason = reasons.given(reason)
    rollout.state = RolloutState.HELD
    rollout.save(update_fields=["state"])
    log_step(rollout, actor, "capture_policies.hold_rollout", reason)
    return rollout


@audited("capture_policies.resume_rollout")
def resume_rollout(*, rollout: Rollout, reason: str, actor: Actor) -> Rollout:
    """Go on with a held rollout, where nothing newer has begun."""
    permissions.require(actor, "capture_policies.resume_rollout")
    lock("capture_policies.rollouts")
    rollout = _locked(rollout, RolloutState.HELD, "Only a held rollout can go on.")
    reason = reasons.given(reason)
    if Rollout.objects.running().exists():
        raise Conflict("Another rollout is running.", code="rollout_running")
    _check_not_wider_now(rollout.release)
    rollout.state = RolloutState.RUNNING
    rollout.save(update_fields=["state"])
    log_step(rollout, actor, "capture_policies.resume_rollout", reason)
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
    reason = reasons.given(reason)
    if narrowings.goes_on(rollout.release):
        raise Conflict(
            "This takes something away that only a new approval brings back. Hold it, or stop capture.",
            code="narrowing_goes_on",
        )
    return halt(rollout, reason, actor)


@audited("capture_policies.rollback_to")
def rollback_to(*, release: Release, reason: str, actor: Actor) -> Rollout:
    """Bring back the content of an earlier release, for the whole fleet at once, under a new number."""
    permissions.require(actor, "capture_policies.rollback_to")
    lock("capture_policies.rollouts")
    reason = reasons.given(reason)
    release = Release.objects.select_related("version").get(pk=release.pk)
    live = queries.live_release()
    if live is not None and live.version_id == release.version_id and not Rollout.objects.open().exists():
        raise Conflict("This content is live already.", code="already_live")
    _check_not_wider_now(release)
    narrowings.refuse_undoing(release.version)
    fresh = sign_next(
        release.version, actor=actor, audit_name="capture_policies.rollback_to", restores=release
    )
    return begin(fresh, EVERYBODY, reason, actor, "capture_policies.rollback_to")


@audited("capture_policies.change_wave")
def change_wave(*, wave: Wave, plan: WavePlan, reason: str, actor: Actor) -> Wave:
    """Change share, rest or gates of a wave that has not started."""
    permissions.require(actor, "capture_policies.change_wave")
    rollout = Rollout.objects.select_for_update().get(pk=wave.rollout_id)
    wave = Wave.objects.get(pk=wave.pk)
    reason = reasons.given(reason)
    if wave.started_at is not None or rollout.state not in (RolloutState.RUNNING, RolloutState.HELD):
        raise Conflict("This wave has started already.", code="wave_started")
    planned = [plan if other.pk == wave.pk else plan_of(other) for other in rollout.waves.all()]
    _check_waves(planned)
    before = plan_of(wave)
    for name, value in vars(plan).items():
        setattr(wave, name, value)
    wave.save()
    log.append(
        action="capture_policies.change_wave",
        actor=actor,
        obj=rollout,
        reason=reason,
        facts={"wave": wave.number, "before": vars(before), "after": vars(plan)},
    )
    return wave


def _locked(rollout: Rollout, state: RolloutState, otherwise: str) -> Rollout:
    rollout = Rollout.objects.select_for_update().get(pk=rollout.pk)
    if rollout.state != state:
        raise Conflict(otherwise, code="rollout_state")
    return rollout


def _check_waves(waves: Sequence[WavePlan]) -> None:
    if not 1 <= len(waves) <= 10:
        raise Invalid("A rollout has 1 to 10 waves.", field="waves")
    percents = [plan.percent for plan in waves if plan.audience == "percent"]
    if percents != sorted(set(percents)) or percents[:1] < [1] or waves[-1].percent != 100:
        raise Invalid("Each wave is larger than the one before it, and the last one is 100 %.", field="waves")
    for plan in waves:
        _check_audience(plan)
        if not 0 <= plan.soak_seconds <= MAX_SOAK:
            raise Invalid("A wave rests for 0 seconds to 7 days.", field="waves")
        shares = (plan.max_error_share, plan.min_applied_share, plan.max_crash_share, plan.max_pause_rise)
        if not all(0 <= share <= 1 for share in shares):
            raise Invalid("A share is between 0 and 1.", field="waves")


def _check_audience(plan: WavePlan) -> None:
    if plan.audience == "percent":
        return
    known = plan.audience == "tag" and TAG.fullmatch(plan.audience_value) is not None
    if plan.audience == "group":
        with suppress(ValidationError):
            known = Department.objects.filter(pk=plan.audience_value).exists()
    if not known or plan.percent:
        raise Invalid(
            "A wave is for a share of the fleet, for a group that exists, or for a tag.", field="waves"
        )


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
    narrowings.refuse_undoing(release.version)


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
