"""The steps of a rollout that nobody clicks: open a wave, hand out its deliveries, judge it, open the next
one.

Every step is one short transaction under the lock of the rollout's row, and reads what to do next from the
rows. A worker that is killed leaves either the state before its step or the state after it; another one goes
on from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.utils import timezone

from accounts import permissions
from agents.actions import assign_release, create_deliveries
from agents.models import Delivery, DeliveryState, Device
from audits import actions as log
from audits.actor import Actor
from audits.queue import enqueue_on_commit
from audits.registry import audited, nothing_to_do
from capture_policies import gates, narrowings
from capture_policies.fleet import CHUNK, gate_of, members, paused_share, reach_of, release_for_newcomers
from capture_policies.gates import Decision
from capture_policies.models import Rollout, RolloutState, Wave
from capture_policies.rollout_steps import ADVANCE, halt


@audited("capture_policies.advance_rollout")
def advance_rollout(*, rollout_id: UUID | str, actor: Actor) -> bool:
    """Make one step if there is one to make; True when something changed, so that the caller may come
    again.
    """
    permissions.require(actor, "capture_policies.advance_rollout")
    rollout = _claimed(rollout_id)
    wave = None if rollout is None else rollout.waves.filter(passed_at__isnull=True).first()
    if rollout is None or wave is None:
        return _nothing()
    if wave.started_at is None:
        _open_wave(rollout, wave, actor)
        return True
    decision = _judged(rollout, wave)
    if decision.verdict == "wait":
        return _nothing()
    if decision.verdict == "halt":
        halt(rollout, decision.reason, actor)
        return True
    _pass_wave(rollout, wave, decision, actor)
    return True


@audited("capture_policies.claim_deliveries")
def claim_deliveries(*, rollout_id: UUID | str, actor: Actor) -> int:
    """Assign the release to the next chunk of waiting devices. 0 when none waits or the rollout does
    not run.
    """
    permissions.require(actor, "capture_policies.claim_deliveries")
    rollout = _claimed(rollout_id)
    if rollout is None:
        with nothing_to_do():
            return 0
    # Only devices are locked, by assign_release: an agent's acknowledgement locks its device first, too.
    waiting = Delivery.objects.of_rollout(rollout.pk).filter(state=DeliveryState.PENDING)
    devices = list(waiting.order_by("wave", "pk").values_list("device_id", flat=True)[:CHUNK])
    if not devices:
        with nothing_to_do():
            return 0
    release = rollout.release
    assign_release(device_ids=devices, number=release.number, digest=release.digest, actor=actor)
    _supersede_revoked(rollout, devices)
    log.append(
        action="capture_policies.claim_deliveries",
        actor=actor,
        obj=rollout,
        facts={"release": release.number, "devices": len(devices)},
    )
    return len(devices)


@audited("capture_policies.assign_device")
def assign_device(*, device_id: UUID | str, actor: Actor) -> int | None:
    """Give a device without a release, or with an older one, that of the fleet. Gives its number."""
    permissions.require(actor, "capture_policies.assign_device")
    release = release_for_newcomers()
    device = Device.objects.active().filter(pk=device_id).first()
    if release is None or device is None or (device.desired_release or 0) >= release.number:
        with nothing_to_do():
            return None
    given = assign_release(device_ids=[device.pk], number=release.number, digest=release.digest, actor=actor)
    if not given:  # a wave was quicker
        with nothing_to_do():
            return None
    log.append(
        action="capture_policies.assign_device",
        actor=actor,
        obj=device,
        subject=device.subject_id,
        facts={"release": release.number},
    )
    return release.number


def _claimed(rollout_id: UUID | str) -> Rollout | None:
    """The running rollout, locked; None when it does not run, waits for signatures, or another worker is at
    it just now.
    """
    rows = Rollout.objects.select_for_update(skip_locked=True, of=("self",)).running().filter(pk=rollout_id)
    rows = rows.filter(release__signed_at__isnull=False)
    return rows.select_related("release").first()


def _open_wave(rollout: Rollout, wave: Wave, actor: Actor) -> None:
    release = rollout.release
    added = 0
    for chunk in _chunks(members(rollout, wave)):
        added += create_deliveries(
            rollout_id=rollout.pk,
            wave=wave.number,
            release_number=release.number,
            digest=release.digest,
            device_ids=chunk,
            actor=actor,
        )
    wave.started_at = timezone.now()
    wave.paused_before = paused_share()
    wave.save(update_fields=["started_at", "paused_before"])
    _log(rollout, actor, step="wave_opened", wave=wave.number, devices=added)
    enqueue_on_commit(ADVANCE, str(rollout.pk))


def _judged(rollout: Rollout, wave: Wave) -> Decision:
    refusal = gates.extra_refusal(rollout.pk)
    if refusal is not None and not narrowings.goes_on(rollout.release):
        return Decision("halt", refusal)
    assert wave.started_at is not None
    reach = reach_of(rollout, wave)
    return gates.judge(reach, gate_of(wave), started_at=wave.started_at, now=timezone.now())


def _pass_wave(rollout: Rollout, wave: Wave, decision: Decision, actor: Actor) -> None:
    wave.passed_at = timezone.now()
    wave.save(update_fields=["passed_at"])
    if rollout.waves.filter(passed_at__isnull=True).exists():
        _log(rollout, actor, step="wave_passed", wave=wave.number)
        enqueue_on_commit(ADVANCE, str(rollout.pk))
        return
    rollout.state = RolloutState.DONE
    rollout.finished_at = wave.passed_at
    rollout.save(update_fields=["state", "finished_at"])
    _log(rollout, actor, step="done", wave=wave.number)


def _supersede_revoked(rollout: Rollout, devices: Iterable[UUID]) -> None:
    """A device that was revoked meanwhile is not told; its delivery must not wait for ever."""
    left = Delivery.objects.of_rollout(rollout.pk).filter(device_id__in=devices, state=DeliveryState.PENDING)
    left.update(state=DeliveryState.SUPERSEDED)


def _chunks(items: list[UUID]) -> Iterable[list[UUID]]:
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))


def _log(rollout: Rollout, actor: Actor, **facts: object) -> None:
    log.append(
        action="capture_policies.advance_rollout",
        actor=actor,
        obj=rollout,
        facts={"release": rollout.release.number, **facts},
    )


def _nothing() -> bool:
    with nothing_to_do():
        return False
