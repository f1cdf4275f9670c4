"""Drills of the kill switch: every agent of a scope gets an order, and answers it with its key.

The order goes the way of a stop (hint, renewal, confirmation); no lease says anything else than before.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts import permissions
from agents import drills, hints
from agents.models import Device, DeviceCommand, DrillAnswer, StopDrill
from agents.stop_scopes import check_scope, one_at_a_time
from audits import actions as log
from audits import reasons
from audits.actor import Actor
from audits.registry import audited
from mci_core.errors import Conflict

BATCH = 1000


@audited("agents.start_drill")
def start_drill(*, scope: str, value: str = "", reason: str, actor: Actor) -> StopDrill:
    """Ask every device of the scope to answer, as a stop would. Nothing is stopped."""
    permissions.require(actor, "agents.start_drill")
    value = check_scope(scope, value)
    reason = reasons.given(reason)
    one_at_a_time()
    if StopDrill.objects.running().exists():
        raise Conflict("Another drill is running. End it first.", code="drill_running")
    now = timezone.now()
    devices = list(Device.objects.in_scope_of(scope, value))
    ends = [device.capture_until for device in devices if device.capture_until]
    drill = StopDrill.objects.create(
        scope=scope,
        scope_value=value,
        reason=reason,
        started_by=actor.user,
        started_at=now,
        worst_case=max((end for end in ends if end > now), default=None),
        devices=len(devices),
        connected=sum(
            device.lease_expires_at is not None and device.lease_expires_at > now for device in devices
        ),
    )
    _order(drill, devices)
    log.append(
        action="agents.start_drill",
        actor=actor,
        obj=drill,
        reason=reason,
        facts={"scope": scope, "devices": drill.devices},
    )
    named = [device.pk for device in devices]
    transaction.on_commit(lambda: hints.publish("command", devices=named))
    return drill


def _order(drill: StopDrill, devices: list[Device]) -> None:
    commands = [
        DeviceCommand(
            device=device, kind="drill", payload={"drill": str(drill.pk)}, created_at=drill.started_at
        )
        for device in devices
    ]
    DeviceCommand.objects.bulk_create(commands, batch_size=BATCH)
    DrillAnswer.objects.bulk_create(
        [
            DrillAnswer(drill=drill, device=device, bound=device.capture_until, command=command)
            for device, command in zip(devices, commands, strict=True)
        ],
        batch_size=BATCH,
    )


@audited("agents.end_drill")
def end_drill(*, drill: StopDrill, actor: Actor) -> StopDrill:
    """Take back the orders that nobody answered, and keep the result."""
    permissions.require(actor, "agents.end_drill")
    drill = StopDrill.objects.select_for_update().get(pk=drill.pk)
    if drill.ended_at is not None:
        raise Conflict("This drill has ended already.", code="drill_ended")
    now = timezone.now()
    result = drills.result_of(drill)
    waiting = DeviceCommand.objects.filter(
        pk__in=drill.answers.values("command"), done_at__isnull=True, kind="drill"
    )
    waiting.update(done_at=now, result="expired")
    drill.ended_at = now
    drill.answered, drill.median_ms, drill.slowest_ms = result.answered, result.median_ms, result.slowest_ms
    drill.save(update_fields=["ended_at", "answered", "median_ms", "slowest_ms"])
    log.append(
        action="agents.end_drill",
        actor=actor,
        obj=drill,
        facts={
            "scope": drill.scope,
            "devices": drill.devices,
            "answered": drill.answered,
            "median_ms": drill.median_ms,
            "slowest_ms": drill.slowest_ms,
        },
    )
    return drill
