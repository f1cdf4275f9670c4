"""Orders that wait for a device: erase what it still holds."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Literal

from django.db import transaction
from django.utils import timezone

from accounts import permissions
from agents import hints
from agents.models import Device, DeviceCommand
from agents.wire import CommandResult
from audits import actions as log
from audits.actor import Actor
from audits.registry import audited, nothing_to_do
from mci_core.errors import NotFound


@audited("agents.order_purge")
def order_purge(
    *, device: Device, sessions: Sequence[object] | Literal["all"], actor: Actor
) -> DeviceCommand:
    """Tell the agent to erase these sessions (or all) from its spool. The same open order is not given
    twice.
    """
    permissions.require(actor, "agents.order_purge")
    device = Device.objects.select_for_update().get(pk=device.pk)
    payload = {"sessions": sessions if sessions == "all" else sorted(str(item) for item in sessions)}
    waiting = device.commands.filter(kind="purge", payload=payload, done_at__isnull=True).first()
    if waiting is not None:
        with nothing_to_do():
            return waiting
    command = DeviceCommand.objects.create(device=device, kind="purge", payload=payload)
    log.append(
        action="agents.order_purge",
        actor=actor,
        obj=command,
        subject=device.subject_id,
        facts={
            "device": str(device.pk),
            "sessions": "all" if sessions == "all" else len(payload["sessions"]),
        },
    )
    pk = device.pk
    transaction.on_commit(lambda: hints.publish("command", devices=[pk]))
    return command


@audited("agents.finish_command")
def finish_command(
    *, device: Device, command_id: uuid.UUID, result: CommandResult, actor: Actor
) -> DeviceCommand:
    """The agent's word on an order. Saying it again changes nothing; a failed one may still become done."""
    permissions.require(actor, "agents.finish_command")
    command = DeviceCommand.objects.select_for_update().filter(pk=command_id, device=device).first()
    if command is None:
        raise NotFound("This device has no such command.", code="command_unknown")
    if command.result in ("done", "expired", result.result):
        with nothing_to_do():
            return command
    # In a drill every answer counts: an older agent knows no drills and says so, with its key.
    final = result.result == "done" or command.kind == "drill"
    command.done_at = timezone.now() if final else None
    command.result = result.result
    command.counts = dict(result.counts)
    command.save(update_fields=["done_at", "result", "counts"])
    log.append(
        action="agents.finish_command",
        actor=actor,
        obj=command,
        subject=device.subject_id,
        facts={"result": result.result, "code": result.detail_code, "counts": dict(result.counts)},
    )
    return command
