"""Devices and what is known of each: key, lease, desired and applied release, deliveries, commands, stops.

A row here is the truth; a hint on the stream may be lost without harm.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts import permissions


class EnrolmentTokenQuerySet(models.QuerySet["EnrolmentToken"]):
    def visible_to(self, user: Any) -> EnrolmentTokenQuerySet:
        return self if permissions.has(user, "agents.view_tokens") else self.none()

    def usable(self, now: datetime) -> EnrolmentTokenQuerySet:
        return self.filter(revoked_at__isnull=True, expires_at__gt=now, used__lt=models.F("quota"))


class EnrolmentToken(models.Model):
    """A one-time (or quota) token; only its SHA-256 is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.ForeignKey("accounts.Subject", on_delete=models.PROTECT, related_name="enrolment_tokens")
    label = models.CharField(max_length=80)
    secret_sha256 = models.CharField(max_length=64, unique=True)
    quota = models.PositiveIntegerField(default=1)
    used = models.PositiveIntegerField(default=0)
    personal_device = models.BooleanField(default=False)
    created_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    objects = EnrolmentTokenQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(used__lte=models.F("quota")), name="token_within_quota"),
        )

    def __str__(self) -> str:
        return self.label

    @property
    def state(self) -> str:
        if self.revoked_at is not None:
            return "revoked"
        if self.used >= self.quota:
            return "used_up"
        return "expired" if self.expires_at <= timezone.now() else "active"


class DeviceQuerySet(models.QuerySet["Device"]):
    """A device's situation: ``revoked``, ``offline`` (its lease ran out), else what its agent does."""

    def visible_to(self, user: Any) -> DeviceQuerySet:
        """Staff who look after devices see all of them, with pseudonyms; everybody sees their own."""
        if permissions.has(user, "agents.view"):
            return self
        if not getattr(user, "is_active", False):
            return self.none()
        return self.filter(subject__user_id=user.pk)

    def active(self) -> DeviceQuerySet:
        return self.filter(revoked_at__isnull=True)

    def revoked(self) -> DeviceQuerySet:
        return self.filter(revoked_at__isnull=False)

    def online(self, now: datetime) -> DeviceQuerySet:
        """Holds a lease that has not run out: it has talked to us within a lease's life."""
        return self.active().filter(lease_expires_at__gt=now)

    def offline(self, now: datetime) -> DeviceQuerySet:
        return self.active().filter(Q(lease_expires_at__isnull=True) | Q(lease_expires_at__lte=now))

    def in_situation(self, situation: str, now: datetime) -> DeviceQuerySet:
        """The same four that :attr:`Device.situation` tells apart."""
        if situation == "revoked":
            return self.revoked()
        if situation == "offline":
            return self.offline(now)
        capturing = Q(lease_state="on", capture_state="on")
        return self.online(now).filter(capturing if situation == "capturing" else ~capturing)

    def in_scope(self, stop: CaptureStop) -> DeviceQuerySet:
        """The devices that a stop is about."""
        return self.in_scope_of(stop.scope, stop.scope_value)

    def in_scope_of(self, scope: str, value: str) -> DeviceQuerySet:
        """Where its subject works now decides for a place; an app or a site is everybody's."""
        if scope == "device":
            return self.active().filter(pk=value)
        if scope == "person":
            return self.active().filter(subject_id=value)
        if scope == "department":
            return self.active().filter(subject__department_id=value)
        if scope == "place":
            from accounts.models import WorkLocation

            here = WorkLocation.objects.holding(timezone.now()).filter(
                Q(place=value) | Q(place__startswith=f"{value}-")
            )
            return self.active().filter(subject_id__in=here.values("subject_id"))
        return self.active()


class Device(models.Model):
    """A work computer with an agent and its own Ed25519 key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.ForeignKey("accounts.Subject", on_delete=models.PROTECT, related_name="devices")
    token = models.ForeignKey(EnrolmentToken, on_delete=models.PROTECT, related_name="devices")
    name = models.CharField(max_length=80)
    public_key = models.BinaryField(unique=True, max_length=32)
    os = models.CharField(max_length=16)
    os_version = models.CharField(max_length=40, blank=True)
    agent_version = models.CharField(max_length=40, blank=True)
    personal_device = models.BooleanField(default=False)
    shard = models.PositiveSmallIntegerField(default=0)
    enrolled_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)
    #: set by agents.actions.assign_release (called by capture_policies); what the next lease names
    desired_release = models.PositiveIntegerField(null=True)
    desired_digest = models.CharField(max_length=64, blank=True)
    #: what the agent confirmed
    applied_release = models.PositiveIntegerField(null=True)
    applied_at = models.DateTimeField(null=True)
    capture_state = models.CharField(max_length=8, default="stopped")
    reported_at = models.DateTimeField(null=True, help_text="when the agent last said its capture state")
    #: the latest lease signed for it
    lease_state = models.CharField(max_length=8, blank=True)
    lease_reason = models.CharField(max_length=40, blank=True)
    lease_issued_at = models.DateTimeField(null=True)
    lease_expires_at = models.DateTimeField(null=True)
    capture_until = models.DateTimeField(null=True, help_text="no lease allows capture after this time")
    health = models.JSONField(default=dict, help_text="spool bytes and error counts; nothing about a person")
    exclusions = models.JSONField(
        default=list, help_text="entry ids the employee switched off; may only tighten"
    )
    tags = models.JSONField(default=list, help_text='plain labels of the computer, like "pilot"; sorted')
    held_lease = models.UUIDField(
        null=True, help_text="the newest lease that the agent, with its key, said it holds"
    )

    objects = DeviceQuerySet.as_manager()

    class Meta:
        indexes = (models.Index(fields=("desired_release",), name="device_desired"),)

    def __str__(self) -> str:
        return self.name

    @property
    def situation(self) -> str:
        """What staff are shown. A pause is nobody's business: it looks like every other reason not to
        capture.
        """
        if self.revoked_at is not None:
            return "revoked"
        if self.lease_expires_at is None or self.lease_expires_at <= timezone.now():
            return "offline"
        return "capturing" if self.lease_state == "on" and self.capture_state == "on" else "not_capturing"

    @property
    def shown_reason(self) -> str:
        """The reason of the last lease as staff may read it; empty where it is the person's own pause."""
        return "" if self.lease_reason in ("", "allowed", "paused_by_person") else self.lease_reason

    @property
    def is_current(self) -> bool:
        """Applied what it was told to apply."""
        return self.desired_release is not None and self.applied_release == self.desired_release


class Lease(models.Model):
    """What was signed for a device; an upload names the lease it was captured under."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="leases")
    release_number = models.PositiveIntegerField(null=True)
    policy_digest = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=8)
    reason = models.CharField(max_length=40, blank=True)
    place = models.CharField(max_length=8, blank=True)
    notice = models.CharField(max_length=64, blank=True, help_text="digest of the acknowledged notice text")
    denied_signals = models.JSONField(default=list)
    excluded_entries = models.JSONField(default=list)
    groups = models.JSONField(default=list, help_text="ids of the departments it was signed for")
    tags = models.JSONField(default=list, help_text="tags of the device it was signed for")
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=("device", "-issued_at"), name="lease_device_issued"),
            models.Index(fields=("expires_at",), name="lease_idle", condition=~Q(state="on")),
            models.Index(fields=("expires_at",), name="lease_expires"),
        )

    def __str__(self) -> str:
        return f"lease {self.pk}"


class DeliveryState(models.TextChoices):
    PENDING = "pending", "Pending"
    NOTIFIED = "notified", "Notified"
    LEASED = "leased", "Leased"
    APPLIED = "applied", "Applied"
    FAILED = "failed", "Failed"
    SUPERSEDED = "superseded", "Superseded"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def visible_to(self, user: Any) -> DeliveryQuerySet:
        return self if permissions.has(user, "agents.view") else self.none()

    def open(self) -> DeliveryQuerySet:
        return self.filter(state__in=("pending", "notified", "leased"))

    def of_rollout(self, rollout: uuid.UUID, wave: int | None = None) -> DeliveryQuerySet:
        found = self.filter(rollout=rollout)
        return found if wave is None else found.filter(wave=wave)

    def funnel(self) -> dict[str, int]:
        """State -> how many, with zeros."""
        counts: dict[str, int] = dict.fromkeys(DeliveryState.values, 0)
        rows: Iterable[tuple[str, int]] = self.order_by().values_list("state").annotate(models.Count("pk"))
        counts.update(rows)
        return counts

    def unheard(self, before: datetime) -> DeliveryQuerySet:
        """Told about a release a while ago and not asked for a lease since: the hint may have been lost."""
        return self.filter(state="notified", notified_at__lt=before, device__revoked_at__isnull=True)


class Delivery(models.Model):
    """One release on its way to one device; each state with its time, for the live funnel."""

    id = models.BigAutoField(primary_key=True)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="deliveries")
    rollout = models.UUIDField()
    wave = models.PositiveSmallIntegerField()
    release_number = models.PositiveIntegerField()
    policy_digest = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    error = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    claimed_until = models.DateTimeField(
        null=True, help_text="a worker's claim; expires by itself when the worker dies"
    )
    notified_at = models.DateTimeField(null=True)
    leased_at = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("device", "release_number", "rollout"), name="one_delivery_per_device_and_rollout"
            ),
        )
        indexes = (
            models.Index(fields=("rollout", "wave", "state"), name="delivery_rollout_state"),
            models.Index(fields=("notified_at",), name="delivery_notified", condition=Q(state="notified")),
        )

    def __str__(self) -> str:
        return f"release {self.release_number} to {self.device_id}"


class DeviceCommand(models.Model):
    """An order that waits for the agent's next renewal: purge a session, purge everything."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="commands")
    kind = models.CharField(max_length=12, choices=[("purge", "Purge"), ("drill", "Drill")])
    payload = models.JSONField(default=dict, help_text='{"sessions": [uuid, ...] | "all"}')
    created_at = models.DateTimeField(default=timezone.now)
    delivered_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=12, blank=True)
    counts = models.JSONField(default=dict)

    class Meta:
        indexes = (
            models.Index(
                fields=("device", "created_at"), condition=Q(done_at__isnull=True), name="command_open"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} for {self.device_id}"


class CaptureStopQuerySet(models.QuerySet["CaptureStop"]):
    def visible_to(self, user: Any) -> CaptureStopQuerySet:
        return self if permissions.has(user, "agents.view_stops") else self.none()

    def open(self) -> CaptureStopQuerySet:
        return self.filter(restarted_at__isnull=True)

    def entries(self) -> tuple[str, ...]:
        """The apps and sites in which nobody's device captures."""
        return tuple(self.open().filter(scope="entry").values_list("scope_value", flat=True))

    def covering(self, *, device: Device, place: str | None) -> CaptureStopQuerySet:
        """Open stops that keep this device from capturing at all."""
        subject = device.subject
        about = Q(scope="programme") | Q(scope="device", scope_value=str(device.pk))
        about |= Q(scope="person", scope_value=str(subject.pk))
        about |= Q(scope="department", scope_value=str(subject.department_id))
        if place:
            parts = place.split("-")
            places = ["-".join(parts[: i + 1]) for i in range(len(parts))]
            about |= Q(scope="place", scope_value__in=places)
        return self.open().filter(about)


class CaptureStop(models.Model):
    """The kill switch: one person stops, two restart. While a row is open its scope gets no capturing
    lease.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scope = models.CharField(
        max_length=12,
        choices=[
            ("programme", "Whole programme"),
            ("place", "Place"),
            ("department", "Department"),
            ("device", "Device"),
            ("person", "Person"),
            ("entry", "App or site"),
        ],
    )
    scope_value = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=500)
    stopped_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    stopped_at = models.DateTimeField(default=timezone.now)
    worst_case = models.DateTimeField(
        null=True, help_text="at the moment of the stop: when its last device stops by itself"
    )
    restart_requested_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, related_name="+", null=True
    )
    restart_requested_at = models.DateTimeField(null=True)
    restarted_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", null=True)
    restarted_at = models.DateTimeField(null=True)

    objects = CaptureStopQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(restarted_by__isnull=True) | ~Q(restarted_by=models.F("restart_requested_by")),
                name="restart_needs_two_people",
            ),
        )

    def __str__(self) -> str:
        return f"stop {self.scope}"


# Django finds models here only.
from agents.models_drills import DrillAnswer, StopDrill  # noqa: E402
from agents.models_keys import LeaseKey  # noqa: E402
from agents.models_overlay import SubjectExclusion  # noqa: E402

__all__ = [
    "CaptureStop",
    "Delivery",
    "DeliveryState",
    "Device",
    "DeviceCommand",
    "DrillAnswer",
    "EnrolmentToken",
    "Lease",
    "LeaseKey",
    "StopDrill",
    "SubjectExclusion",
]
