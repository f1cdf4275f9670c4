"""Which devices a rollout is about: who is in a wave, who has answered, who should have a release and has
none.
"""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from uuid import UUID

from django.db.models import Count, Q
from django.utils import timezone

from agents.models import Delivery, DeliveryState, Device
from capture_policies import queries
from capture_policies.gates import Reach
from capture_policies.models import Release, Rollout, Wave

CHUNK = 500
#: A device that was heard of within this time is expected to answer; others get the release when they return.
ONLINE = timedelta(minutes=30)


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
            members=Count("pk", filter=Q(wave=wave.number)),
            expected=Count("pk", filter=there),
            applied=Count("pk", filter=Q(wave=wave.number, state=DeliveryState.APPLIED)),
            waiting=Count("pk", filter=Q(wave=wave.number, state=DeliveryState.PENDING)),
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
