"""Decides what the next lease of a device says: capture on, paused or stopped, and why.

Every doubt ends in "stopped". The order of the reasons is the order in which a person could change
something: the account, a stop, the law, the release, the person's own pause.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agents.models import CaptureStop, Device
from jurisdictions.rulings import Captured, SubjectRuling, ruling_for

#: reason -> what staff and the employee read; the law's own reasons are in ``mci_core.jurisdiction.REASONS``.
REASONS: dict[str, str] = {
    "allowed": "Capture is on.",
    "account_closed": "The account of this person is closed.",
    "subject_erased": "The data of this person was erased.",
    "capture_stopped": "Capture was stopped by the kill switch.",
    "no_release": "No release has been rolled out to this device yet.",
    "paused_by_person": "The person has paused capture.",
    "device_revoked": "This device was revoked.",
}


@dataclass(frozen=True)
class Decision:
    state: str
    reason: str
    ruling: SubjectRuling
    release_number: int | None
    policy_digest: str


def captured_by(device: Device) -> Captured:
    """The policy of a device and the facts that decide which of its entries count."""
    return Captured(
        policy_digest=device.desired_digest,
        platform=device.os,
        tags=tuple(sorted(device.tags)),
        groups=(str(device.subject.department_id),),
    )


def decide(device: Device, *, reported_state: str, now: datetime) -> Decision:
    """The decision for a device whose row is locked. Reads the law, the stops and the account; changes
    nothing.
    """
    ruling = ruling_for(
        device.subject, at=now, personal_device=device.personal_device, captured=captured_by(device)
    )
    reason = _refusal(device, ruling)
    if reason is not None:
        state = "stopped"
    elif reported_state == "paused":
        state, reason = "paused", "paused_by_person"
    else:
        state, reason = "on", "allowed"
    return Decision(
        state=state,
        reason=reason,
        ruling=ruling,
        release_number=device.desired_release,
        policy_digest=device.desired_digest,
    )


def _refusal(device: Device, ruling: SubjectRuling) -> str | None:
    subject = device.subject
    if device.revoked_at is not None:
        return "device_revoked"
    if subject.erased_at is not None:
        return "subject_erased"
    if subject.user is None or not subject.user.is_active:
        return "account_closed"
    if CaptureStop.objects.covering(device=device, place=ruling.place).exists():
        return "capture_stopped"
    if not ruling.capture:
        return ruling.reason
    return None if device.desired_release is not None else "no_release"
