"""Which devices a rollout is about: who is in a wave, who has answered, who should have a release and has
none.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from agents.models import Delivery, DeliveryState, Device
from capture_policies import queries
from capture_policies.gates import Gate, Pauses, Reach
from capture_policies.models import Release, Rollout, Wave

CHUNK = 500
#: A device that was heard of within this time is expected to answer; others get the release when they return.
ONLINE = timedelta(minutes=30)
#: An agent that lives says so each minute. Not heard of this long after it got the release, it is down.
SETTLED = timedelta(minutes=5)
SILENT = timedelta(minutes=10)
HOLDING = (DeliveryState.LEASED, DeliveryState.APPLIED)
#: Codes of errors in a heartbeat that speak of the agent and not of its network.
OWN_FAULTS = ("crash", "lease_", "memory_", "redaction_", "release_", "spool_", "state_", "target_")


def release_for_newcomers() -> Release | None:
    """The live release, or the one whose last wave (the whole fleet) is on its way already.

    None while the way back from a halted release waits for signatures: no device gets an older number.
    """
    if Rollout.objects.running().filter(release__signed_at=None, only_release__isnull=False).exists():
        return None
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


def gate_of(wave: Wave) -> Gate:
    """The limits of a wave."""
    return Gate(
        max_error_share=wave.max_error_share,
        min_applied_share=wave.min_applied_share,
        soak=timedelta(seconds=wave.soak_seconds),
        max_crash_share=wave.max_crash_share,
        max_pause_rise=wave.max_pause_rise,
    )


def reach_of(rollout: Rollout, wave: Wave) -> Reach:
    """What is known of a rollout's devices; those of waves up to this one."""
    now = timezone.now()
    answered = Q(state__in=(DeliveryState.LEASED, DeliveryState.APPLIED, DeliveryState.FAILED))
    there = Q(wave=wave.number) & (answered | Q(device__last_seen_at__gte=now - ONLINE))
    holding = Q(state__in=HOLDING)
    rows = Delivery.objects.of_rollout(rollout.pk).exclude(state=DeliveryState.SUPERSEDED)
    counts = rows.aggregate(
        total=Count("pk"),
        failed=Count("pk", filter=Q(state=DeliveryState.FAILED)),
        members=Count("pk", filter=Q(wave=wave.number)),
        expected=Count("pk", filter=there),
        applied=Count("pk", filter=Q(wave=wave.number, state=DeliveryState.APPLIED)),
        waiting=Count("pk", filter=Q(wave=wave.number, state=DeliveryState.PENDING)),
        holding=Count("pk", filter=holding),
        silent=Count("pk", filter=holding & _silent(now)),
    )
    silent = counts.pop("silent")
    faulty = _faulty(rows.filter(holding).exclude(_silent(now)))
    return Reach(crashed=silent + faulty, pauses=_pauses(rollout, now), **counts)


def _silent(now: datetime) -> Q:
    """Heard of when it asked for the lease on the release, hardly after, and not any more."""
    soon_after = Q(device__last_seen_at__lt=F("leased_at") + SETTLED)
    return soon_after & Q(device__last_seen_at__lt=now - SILENT, device__revoked_at__isnull=True)


def _faulty(rows: QuerySet[Delivery]) -> int:
    """Devices whose newest heartbeat since counts faults of the agent itself; a bad network is none."""
    told = rows.filter(device__reported_at__gt=F("leased_at")).exclude(device__health__errors={})
    found = told.exclude(device__health__errors__isnull=True).values_list("device__health__errors", flat=True)
    return sum(any(str(code).startswith(OWN_FAULTS) for code in errors) for errors in found)


def _pauses(rollout: Rollout, now: datetime) -> Pauses | None:
    """People, not devices, and only those who are online; nothing about anybody is kept."""
    first = rollout.waves.first()
    before = None if first is None else first.paused_before
    reached = Delivery.objects.of_rollout(rollout.pk).filter(state__in=HOLDING).values("device")
    found = _paused_among(Device.objects.active().filter(pk__in=reached), now)
    if before is None or found is None:
        return None
    people, paused = found
    return Pauses(people=people, paused=paused, before=before, least=settings.MIN_GROUP_SIZE)


def paused_share() -> float | None:
    """The share of the people online whose device is paused; None where they are too few to say."""
    found = _paused_among(Device.objects.active(), timezone.now())
    return None if found is None else found[1] / found[0]


def _paused_among(rows: QuerySet[Device], now: datetime) -> tuple[int, int] | None:
    online = rows.filter(last_seen_at__gte=now - ONLINE)
    counts = online.aggregate(
        people=Count("subject", distinct=True),
        paused=Count("subject", distinct=True, filter=Q(capture_state="paused")),
    )
    enough = counts["people"] >= settings.MIN_GROUP_SIZE
    return (counts["people"], counts["paused"]) if enough else None


def members(rollout: Rollout, wave: Wave) -> list[UUID]:
    """The devices that a wave adds: those of its group or with its tag, or the first in the rollout's own
    order; without those that have been reached.
    """
    fleet = Device.objects.active()
    if rollout.only_release is not None:
        fleet = fleet.filter(desired_release=rollout.only_release)
    if wave.audience == "group":
        fleet = fleet.filter(subject__department_id=wave.audience_value)
    elif wave.audience == "tag":
        fleet = fleet.filter(tags__contains=[wave.audience_value])
    order = sorted(fleet.values_list("pk", flat=True), key=rollout.place_of)
    share = ceil(len(order) * wave.percent / 100) if wave.audience == "percent" else len(order)
    reached = set(Delivery.objects.of_rollout(rollout.pk).values_list("device_id", flat=True))
    return [pk for pk in order[:share] if pk not in reached]
