"""Leases: the short-lived signed word without which a device captures nothing.

A renewal that repeats the last decision is not logged; every change of state, reason, release or place is.
What an agent says of itself (heartbeat) is telemetry and no entry: pauses are neutral and nobody's
business.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts import permissions
from agents import lease_keys, overlay, stops, tickets, trust
from agents.decisions import Decision, decide
from agents.models import CaptureStop, DeliveryState, Device, DeviceCommand, Lease
from agents.wire import Heartbeat, LeaseReport
from audits import actions as log
from audits.actor import Actor
from audits.registry import audited, nothing_to_do
from mci_core import lease as leases
from mci_core.errors import Forbidden

#: Leases that allowed nothing are proof of nothing after this.
KEEP_IDLE_LEASES = timedelta(days=7)
FORGET_AT_ONCE = 5_000
STREAM_PATH = "/stream/"


@dataclass(frozen=True)
class Answer:
    """What an agent is told; ``as_json`` is the body of ``POST /agent/v1/lease``."""

    token: str
    row: Lease
    decision: Decision
    commands: list[DeviceCommand]
    ticket: str
    renew_after: int

    def as_json(self) -> dict[str, Any]:
        number = self.decision.release_number
        return {
            "lease": self.token,
            "state": self.decision.state,
            "reason": self.decision.reason,
            "release": None if number is None else {"number": number, "digest": self.decision.policy_digest},
            "stream": {"url": settings.STREAM_URL + STREAM_PATH, "ticket": self.ticket},
            "commands": [{"id": str(c.pk), "kind": c.kind, "payload": c.payload} for c in self.commands],
            "renew_after": self.renew_after,
        }


@audited("agents.renew_lease")
def renew_lease(*, device: Device, report: LeaseReport, actor: Actor, now: datetime | None = None) -> Answer:
    """Sign the next lease of a device. There always is one; most of its forms allow nothing."""
    permissions.require(actor, "agents.renew_lease")
    now = now or timezone.now()
    device = (
        Device.objects.select_for_update(of=("self",))
        .select_related("subject", "subject__user")
        .get(pk=device.pk)
    )
    if device.revoked_at is not None:
        raise Forbidden("This device was revoked.", code="device_revoked")
    device.exclusions = sorted(set(report.exclusions))
    decision = decide(device, reported_state=report.capture_state, now=now)
    last = device.leases.order_by("-issued_at").first()
    row = _write(device, decision, now)
    _remember(device, report, row, now)
    if decision.release_number is not None:
        told = (DeliveryState.PENDING, DeliveryState.NOTIFIED)
        device.deliveries.filter(release_number=decision.release_number, state__in=told).update(
            state=DeliveryState.LEASED, leased_at=now
        )
    commands = _commands(device, now)
    _log(device, decision, last, row, actor)
    return Answer(
        token=_sign(device, row, decision),
        row=row,
        decision=decision,
        commands=commands,
        ticket=_ticket(device, now),
        renew_after=max(1, int((row.expires_at - now).total_seconds()) // 2),
    )


def _write(device: Device, decision: Decision, now: datetime) -> Lease:
    ruling = decision.ruling
    return Lease.objects.create(
        device=device,
        release_number=decision.release_number,
        policy_digest=decision.policy_digest,
        state=decision.state,
        reason=decision.reason,
        place=ruling.place or "",
        notice=ruling.notice_digest or "",
        denied_signals=list(ruling.denied_signals),
        # What is stopped. What the person keeps out is in the signed lease only: nobody else needs it.
        excluded_entries=sorted(set(CaptureStop.objects.entries())),
        # The facts that the scopes of entries are held against.
        groups=[str(device.subject.department_id)],
        tags=sorted(device.tags),
        issued_at=now,
        expires_at=_end(decision, now),
    )


def _end(decision: Decision, now: datetime) -> datetime:
    """Never past the moment at which the law may say less: an agreement or a trip that ends tonight."""
    end = now + timedelta(seconds=trust.lease_seconds(decision.policy_digest))
    until = decision.ruling.until
    return end if until is None or until <= now else min(end, until)


def _remember(device: Device, report: LeaseReport, row: Lease, now: datetime) -> None:
    device.last_seen_at = device.reported_at = now
    device.capture_state = report.capture_state
    device.held_lease = report.lease
    device.agent_version = report.agent_version or device.agent_version
    device.lease_state, device.lease_reason = row.state, row.reason
    device.lease_issued_at, device.lease_expires_at = row.issued_at, row.expires_at
    if row.state == "on":
        device.capture_until = row.expires_at
    device.save(
        update_fields=[
            "last_seen_at",
            "reported_at",
            "capture_state",
            "agent_version",
            "exclusions",
            "held_lease",
            "lease_state",
            "lease_reason",
            "lease_issued_at",
            "lease_expires_at",
            "capture_until",
        ]
    )


def _commands(device: Device, now: datetime) -> list[DeviceCommand]:
    waiting = list(device.commands.filter(done_at__isnull=True).order_by("created_at")[:50])
    fresh = [command.pk for command in waiting if command.delivered_at is None]
    if fresh:
        DeviceCommand.objects.filter(pk__in=fresh).update(delivered_at=now)
    return waiting


def _log(device: Device, decision: Decision, last: Lease | None, row: Lease, actor: Actor) -> None:
    if last is not None and _permitted(last) == _permitted(row):
        with nothing_to_do():
            return
    state, reason, release, place, notice = _permitted(row)
    log.append(
        action="agents.renew_lease",
        actor=actor,
        obj=device,
        subject=device.subject_id,
        facts={"state": state, "reason": reason, "release": release},
        details={"place": place, "pack": decision.ruling.pack_id, "notice": notice},
    )


def _permitted(lease: Lease) -> tuple[str, str, int | None, str, str]:
    """What the server permitted. A pause is the person's own and leaves no trace in the log."""
    own_pause = lease.state == "paused"
    state, reason = ("on", "allowed") if own_pause else (lease.state, lease.reason)
    return state, reason, lease.release_number, lease.place, lease.notice


def _sign(device: Device, row: Lease, decision: Decision) -> str:
    kid, key = lease_keys.signing_key()
    ruling = decision.ruling
    return leases.encode(
        leases.Lease(
            jti=str(row.pk),
            device=str(device.pk),
            issuer=lease_keys.server_id(),
            release_number=row.release_number,
            policy_digest=row.policy_digest,
            state=row.state,
            place=ruling.place,
            jurisdiction_reason=ruling.reason,
            denied_signals=ruling.denied_signals,
            notice=ruling.notice_digest,
            excluded_entries=overlay.excluded_entries(device, row.excluded_entries),
            issued_at=int(row.issued_at.timestamp()),
            expires_at=int(row.expires_at.timestamp()),
            groups=tuple(row.groups),
            tags=tuple(row.tags),
        ),
        key,
        kid,
    )


def _ticket(device: Device, now: datetime) -> str:
    ends = int(now.timestamp()) + tickets.TICKET_SECONDS
    return tickets.issue(
        tickets.Ticket(device=str(device.pk), shard=device.shard, expires_at=ends), settings.SECRET_KEY
    )


@audited("agents.record_heartbeat")
def record_heartbeat(*, device: Device, heartbeat: Heartbeat, actor: Actor) -> None:
    """Keep the capture state and the health of the agent.

    Logged only where it proves something: an agent that captured says that it obeys a lease that stops it.
    """
    permissions.require(actor, "agents.record_heartbeat")
    now = timezone.now()
    Device.objects.filter(pk=device.pk).update(
        last_seen_at=now,
        reported_at=now,
        capture_state=heartbeat.capture_state,
        held_lease=heartbeat.lease,
        health={"spool_bytes": heartbeat.spool_bytes, "errors": dict(heartbeat.errors)},
    )
    dropped = heartbeat.lease == stops.DROPPED
    told = device.lease_state == "stopped" or dropped
    if not (told and device.capture_state == "on" != heartbeat.capture_state):
        with nothing_to_do():
            return
    log.append(
        action="agents.record_heartbeat",
        actor=actor,
        obj=device,
        subject=device.subject_id,
        facts={"obeyed": "capture_stopped" if dropped else device.lease_reason},
    )


@audited("agents.forget_leases")
def forget_leases(*, actor: Actor) -> int:
    """Delete leases that allowed nothing and are long over, the oldest first, up to :data:`FORGET_AT_ONCE`.
    A lease that allowed capture proves sessions and stays.
    """
    permissions.require(actor, "agents.forget_leases")
    before = timezone.now() - KEEP_IDLE_LEASES
    over = Lease.objects.exclude(state="on").filter(expires_at__lt=before).order_by("expires_at")
    oldest = list(over.values_list("pk", flat=True)[:FORGET_AT_ONCE])
    count, _ = Lease.objects.filter(pk__in=oldest).delete()
    if not count:
        with nothing_to_do():
            return 0
    log.append(action="agents.forget_leases", actor=actor, obj=None, facts={"count": count})
    return count
