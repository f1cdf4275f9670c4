"""How a release reaches devices: assigned, hinted, leased, applied; and what agents say about it.

States only move forward: a late "fetched" never undoes an "applied". The rows are the truth; a hint that
was lost is repeated by a sweep until the device has asked for its lease.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from django.db import connection, transaction
from django.utils import timezone

from accounts import permissions
from agents import hints
from agents.models import Delivery, DeliveryState, Device
from agents.wire import Ack
from audits import actions as log
from audits.actor import Actor
from audits.registry import audited, nothing_to_do
from mci_core.errors import Invalid

BATCH = 500
_OPEN = (DeliveryState.PENDING, DeliveryState.NOTIFIED, DeliveryState.LEASED)


@audited("agents.create_deliveries")
def create_deliveries(
    *,
    rollout_id: uuid.UUID,
    wave: int,
    release_number: int,
    digest: str,
    device_ids: Iterable[uuid.UUID],
    actor: Actor,
) -> int:
    """One pending delivery per active device of a wave; those that exist stay as they are."""
    permissions.require(actor, "agents.create_deliveries")
    chosen = list(Device.objects.active().filter(pk__in=list(device_ids)).values_list("pk", flat=True))
    before = Delivery.objects.filter(rollout=rollout_id).count()
    Delivery.objects.bulk_create(
        [
            Delivery(
                device_id=pk,
                rollout=rollout_id,
                wave=wave,
                release_number=release_number,
                policy_digest=digest,
            )
            for pk in chosen
        ],
        ignore_conflicts=True,
        batch_size=BATCH,
    )
    created = Delivery.objects.filter(rollout=rollout_id).count() - before
    if not created:
        with nothing_to_do():
            return 0
    log.append(
        action="agents.create_deliveries",
        actor=actor,
        obj=None,
        facts={"rollout": str(rollout_id), "wave": wave, "release": release_number, "devices": created},
    )
    return created


@audited("agents.assign_release")
def assign_release(*, device_ids: Iterable[uuid.UUID], number: int, digest: str, actor: Actor) -> int:
    """From now on the leases of these devices name this release. Returns how many devices changed.

    Numbers only rise: a device that was given a newer release meanwhile, or is about to be, keeps it. Two
    workers may come with two releases, and the one with the older may come last. Call it in chunks of at
    most 500. Open deliveries of older releases are superseded; those of this one become ``notified``, and
    the devices get a hint after the commit.
    """
    permissions.require(actor, "agents.assign_release")
    ids = list(device_ids)
    if len(ids) > BATCH:
        raise Invalid(f"At most {BATCH} devices at a time.", field="device_ids")
    locked = Device.objects.active().filter(pk__in=ids).order_by("pk").select_for_update()
    rows = locked.values_list("pk", "desired_release", "desired_digest")
    chosen = [row for row in rows if (row[1] or 0) <= number]
    changed = [pk for pk, had, had_digest in chosen if (had, had_digest) != (number, digest)]
    Device.objects.filter(pk__in=changed).update(desired_release=number, desired_digest=digest)
    everyone = [pk for pk, _, _ in chosen]
    told = _move_deliveries(everyone, number)
    if not changed and not told:
        with nothing_to_do():
            return 0
    log.append(
        action="agents.assign_release",
        actor=actor,
        obj=None,
        facts={"release": number, "digest": digest, "devices": len(changed), "deliveries": told},
    )
    transaction.on_commit(lambda: hints.publish("release", release=number, devices=everyone))
    return len(changed)


def _move_deliveries(devices: Sequence[uuid.UUID], number: int) -> int:
    of_these = Delivery.objects.filter(device_id__in=devices)
    of_these.filter(state__in=_OPEN, release_number__lt=number).update(state=DeliveryState.SUPERSEDED)
    return of_these.filter(state=DeliveryState.PENDING, release_number=number).update(
        state=DeliveryState.NOTIFIED, notified_at=timezone.now()
    )


_APPLY_ACKS = """
UPDATE agents_delivery AS d
SET state = CASE WHEN a.state = 'fetched' THEN 'leased' ELSE a.state END,
    error = CASE WHEN a.state = 'failed' THEN a.error ELSE '' END,
    leased_at = COALESCE(d.leased_at, a.at),
    applied_at = CASE WHEN a.state = 'applied' THEN GREATEST(a.at, d.leased_at) ELSE d.applied_at END,
    failed_at = CASE WHEN a.state = 'failed' THEN GREATEST(a.at, d.leased_at) ELSE d.failed_at END
FROM (SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::timestamptz[])
      AS t(release, digest, state, error, at)) AS a
WHERE d.device_id = %s AND d.release_number = a.release AND d.policy_digest = a.digest
  AND ((a.state = 'applied' AND d.state IN ('pending', 'notified', 'leased', 'failed'))
    OR (a.state = 'failed' AND d.state IN ('pending', 'notified', 'leased'))
    OR (a.state = 'fetched' AND d.state IN ('pending', 'notified')))
"""


@audited("agents.record_acks")
def record_acks(*, device: Device, items: Sequence[Ack], actor: Actor) -> int:
    """What the agent fetched, applied or failed to apply. Returns how many items were about something it
    was given.
    """
    permissions.require(actor, "agents.record_acks")
    now = timezone.now()
    device = Device.objects.select_for_update().get(pk=device.pk)
    known = _known(device, items)
    strongest = _strongest(known, now)
    changed = _update_deliveries(device, strongest)
    newest = max(
        (item for item, _ in strongest if item.state == "applied"), key=lambda a: a.release, default=None
    )
    if newest is not None and newest.release > (device.applied_release or -1):
        device.applied_release, device.applied_at = newest.release, now
        device.save(update_fields=["applied_release", "applied_at"])
        changed += 1
    if not changed:
        with nothing_to_do():
            return len(known)
    log.append(
        action="agents.record_acks",
        actor=actor,
        obj=device,
        subject=device.subject_id,
        facts={"items": [[item.release, item.state, item.error or ""] for item, _ in strongest]},
    )
    return len(known)


def _known(device: Device, items: Sequence[Ack]) -> list[Ack]:
    """Only releases that this device was given, under the digest that it was given."""
    offered: set[tuple[int | None, str]] = set(
        device.deliveries.values_list("release_number", "policy_digest")
    )
    offered |= set(
        device.leases.filter(release_number__in={item.release for item in items})
        .values_list("release_number", "policy_digest")
        .distinct()
    )
    return [item for item in items if (item.release, item.digest) in offered]


_RANK = {"fetched": 0, "failed": 1, "applied": 2}


def _strongest(items: Sequence[Ack], now: datetime) -> list[tuple[Ack, datetime]]:
    """One word per release (an UPDATE joins each row once), with a time that is not in the future."""
    best: dict[int, Ack] = {}
    for item in items:
        had = best.get(item.release)
        if had is None or _RANK[item.state] > _RANK[had.state]:
            best[item.release] = item
    return [(item, min(now, datetime.fromtimestamp(item.at, UTC))) for item in best.values()]


def _update_deliveries(device: Device, items: Sequence[tuple[Ack, datetime]]) -> int:
    if not items:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            _APPLY_ACKS,
            [
                [item.release for item, _ in items],
                [item.digest for item, _ in items],
                [item.state for item, _ in items],
                [item.error or "" for item, _ in items],
                [at for _, at in items],
                device.pk,
            ],
        )
        return int(cursor.rowcount)
