"""Logging what somebody tried at the agents' door. Nothing else changes."""

from __future__ import annotations

from accounts import permissions
from agents.models import Device
from audits import actions as log
from audits.actor import Actor
from audits.registry import audited


@audited("agents.record_security_event")
def record_security_event(*, code: str, device: Device | None, actor: Actor) -> int:
    """One entry with the machine-readable code of the refusal; no content, no address."""
    permissions.require(actor, "agents.record_security_event")
    return log.append(
        action="agents.record_security_event",
        actor=actor,
        obj=device,
        subject=None if device is None else device.subject_id,
        facts={"code": code},
    )
