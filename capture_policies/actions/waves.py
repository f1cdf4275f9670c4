"""The steps of a rollout that nobody clicks: open a wave, hand out its deliveries, judge it, open the next
one.

Every step is one short transaction under the lock of the rollout's row, and reads what to do next from the
rows. A
worker that is killed leaves either the state before its step or the state after it; another one goes on
from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from math import ceil
from uuid import UUID

from django.db.models import Count, Q
from django.utils import timezone

from accounts import permissions
from agents.actions import assign_release, create_deliveries
from agents.models import Delivery, DeliveryState, Device
from audits import actions as log
from audits.actor import Actor
from audits.queue import enqueue_on_commit
from audits.registry import audited, nothing_to_do
from capture_policies import gates, queries
from capture_policies.actions.rollouts import ADVANCE, halt
from capture_policies.gates import Decision, Gate, Reach
from capture_policies.models import Release, Rollout, RolloutState, Wave

CHUNK = 500
#: A device that was heard of within this time is expected to answer; others get the release when they return.
ONLINE = timedelta(minutes=30)


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
    """Assign the release to the next chunk of waiting devices. 0 when none waits or the rollout does not
    run.
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
    assign_release(device_ids=[device.pk], number=release.number, digest=release.digest, actor=actor)
    log.append(
        action="capture_policies.assign_device",
        actor=actor,
        obj=device,
        subject=device.subject_id,
        facts={"release": release.number},
    )
    return release.number


def release_for_newcomers() -> Release | None:
    """The live release, or the one whose last wave (the whole fleet) is on its way already."""
    rollout = Rollout.objects.running().filter(only_release__isnull=True).select_related("release").first()
    if rollout is not None:
        last = rollout.waves.last()
        if last is not None and last.started_at is not None:
            return rollout.release
    return queries.live_release()


def unassigned_devices() -> list[UUID]:
    """Devices that should have a release and were not given it. At most 500 at a time."""
    release = release_for_newcomers()
    if release is None:
        return []
    behind = Q(desired_release__isnull=True)
    if not Rollout.objects.open().exists():
        behind |= Q(desired_release__lt=release.number)
    return list(Device.objects.active().filter(behind).order_by("pk").values_list("pk", flat=True)[:CHUNK])


def reach_of(rollout: Rollout, wave: Wave) -> Reach:
    """What is known of a rollout's devices; those of waves up to this one."""
    lately = timezone.now() - ONLINE
    answered = Q(state__in=(DeliveryState.LEASED, DeliveryState.APPLIED, DeliveryState.FAILED))
    there = Q(wave=wave.number) & (answered | Q(device__last_seen_at__gte=lately))
    counts = (
        Delivery.objects.of_rollout(rollout.pk)
        .exclude(state=DeliveryState.SUPERSEDED)
        .aggregate(
            total=Count("pk"),
            failed=Count("pk", filter=Q(state=DeliveryState.FAILED)),
            expected=Count("pk", filter=there),
            applied=Count("pk", filter=Q(wave=wave.number, state=DeliveryState.APPLIED)),
        )
    )
    return Reach(**counts)


def members(rollout: Rollout, wave: Wave) -> list[UUID]:
    """The devices that a wave adds: the first in the rollout's own order that have not been reached yet."""
    fleet = Device.objects.active()
    if rollout.only_release is not None:
        fleet = fleet.filter(desired_release=rollout.only_release)
    order = sorted(fleet.values_list("pk", flat=True), key=rollout.place_of)
    reached = set(Delivery.objects.of_rollout(rollout.pk).values_list("device_id", flat=True))
    return [pk for pk in order[: ceil(len(order) * wave.percent / 100)] if pk not in reached]


def _claimed(rollout_id: UUID | str) -> Rollout | None:
    """The running rollout, locked; None when it does not run or another worker is at it just now."""
    rows = Rollout.objects.select_for_update(skip_locked=True, of=("self",)).running().filter(pk=rollout_id)
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
    wave.save(update_fields=["started_at"])
    _log(rollout, actor, step="wave_opened", wave=wave.number, devices=added)
    enqueue_on_commit(ADVANCE, str(rollout.pk))


def _judged(rollout: Rollout, wave: Wave) -> Decision:
    refusal = gates.extra_refusal(rollout.pk)
    if refusal is not None:
        return Decision("halt", refusal)
    assert wave.started_at is not None
    gate = Gate(wave.max_error_share, wave.min_applied_share, timedelta(seconds=wave.soak_seconds))
    return gates.judge(reach_of(rollout, wave), gate, started_at=wave.started_at, now=timezone.now())


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
