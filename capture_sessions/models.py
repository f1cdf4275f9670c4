"""Uploaded sessions: verified, scanned again, stored encrypted, kept for a bounded time."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts import permissions
from accounts.keys import Place


class CaptureSessionQuerySet(models.QuerySet["CaptureSession"]):
    """Reads of sessions. Staff get no way to ask for one person; that person does."""

    def visible_to(self, user: Any) -> CaptureSessionQuerySet:
        """What a staff list may show: everything complete, without a link to a person; nothing for others."""
        if not permissions.has(user, "capture_sessions.view_list"):
            return self.none()
        return self.exclude(state=SessionState.UPLOADING)

    def of_person(self, user: Any) -> CaptureSessionQuerySet:
        """The sessions of the person who is signed in."""
        return self.filter(subject__user=user.pk).exclude(state=SessionState.UPLOADING)

    def readable(self) -> CaptureSessionQuerySet:
        """Complete, scanned and not erased."""
        return self.filter(state=SessionState.AVAILABLE)

    def before(self, moment: datetime) -> CaptureSessionQuerySet:
        """What an erasure of everything at this moment covers. A device whose clock is ahead states a later
        capture; its session was here all the same, and its key goes with the others.
        """
        return self.filter(Q(captured_from__lte=moment) | Q(created_at__lte=moment))

    def expired(self, now: datetime) -> CaptureSessionQuerySet:
        """Past their retention and not under a hold."""
        due = self.filter(delete_after__lt=now).exclude(state=SessionState.ERASED)
        return due.filter(Q(held_until__isnull=True) | Q(held_until__lt=now))


class SessionState(models.TextChoices):
    UPLOADING = "uploading", "Uploading"
    RECEIVED = "received", "Waiting for the second scan"
    AVAILABLE = "available", "Available"
    QUARANTINED = "quarantined", "Quarantined"
    ERASED = "erased", "Erased"


class CaptureSession(models.Model):
    """One recorded stretch of work, as proved by its manifest. Staff see the subject's pseudonym only."""

    id = models.UUIDField(primary_key=True, editable=False, help_text="chosen by the agent")
    device = models.ForeignKey("agents.Device", on_delete=models.PROTECT, related_name="sessions")
    subject = models.ForeignKey("accounts.Subject", on_delete=models.PROTECT, related_name="sessions")
    state = models.CharField(max_length=12, choices=SessionState.choices, default=SessionState.UPLOADING)
    manifest = models.BinaryField(help_text="canonical bytes, as signed by the device; holds no content")
    manifest_sha256 = models.CharField(max_length=64, unique=True)
    signature = models.CharField(max_length=100)
    release_number = models.PositiveIntegerField()
    policy_digest = models.CharField(max_length=64)
    ruleset_digest = models.CharField(max_length=64)
    lease = models.ForeignKey("agents.Lease", on_delete=models.PROTECT, related_name="+")
    place = models.CharField(max_length=8)
    os = models.CharField(max_length=16, blank=True)
    captured_from = models.DateTimeField()
    captured_to = models.DateTimeField()
    event_count = models.PositiveIntegerField(default=0)
    frame_count = models.PositiveIntegerField(default=0)
    byte_count = models.PositiveBigIntegerField(default=0)
    report = models.JSONField(
        default=dict, help_text="redaction report: counts by rule and reason, never values"
    )
    created_at = models.DateTimeField(default=timezone.now)
    received_at = models.DateTimeField(null=True)
    scan_hits = models.JSONField(
        default=list, help_text="[{seq, field, label}] of the second scan; never values"
    )
    scanned_at = models.DateTimeField(null=True)
    delete_after = models.DateTimeField()
    held_until = models.DateTimeField(null=True, help_text="legal hold")
    erased_at = models.DateTimeField(null=True)
    erased_because = models.CharField(max_length=16, blank=True)

    objects = CaptureSessionQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(captured_to__gte=models.F("captured_from")), name="session_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(state="erased", erased_at__isnull=False)
                | (~Q(state="erased") & Q(erased_at__isnull=True)),
                name="erased_has_time",
            ),
        )
        indexes = (
            models.Index(fields=("subject", "-captured_from"), name="session_subject_time"),
            models.Index(fields=("state", "-received_at"), name="session_state_time"),
            models.Index(fields=("delete_after",), name="session_delete_after", condition=~Q(state="erased")),
            # Each order and filter of the list, with the key that keeps its pages apart.
            models.Index(fields=("received_at", "id"), name="session_received"),
            models.Index(fields=("release_number", "id"), name="session_release"),
            models.Index(fields=("event_count", "id"), name="session_events"),
            models.Index(fields=("frame_count", "id"), name="session_frames"),
            models.Index(fields=("byte_count", "id"), name="session_size"),
            models.Index(fields=("os", "received_at", "id"), name="session_os"),
        )

    def __str__(self) -> str:
        return f"session {self.pk}"

    def announced_parts(self) -> list[dict[str, Any]]:
        """The parts that the device signed for: [{index, kind, name, sha256, bytes}]."""
        parts: list[dict[str, Any]] = json.loads(bytes(self.manifest))["parts"]
        return parts


class SessionBlob(models.Model):
    """One encrypted object of a session. Its data key is wrapped by the key of this session in the person's
    tree.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(CaptureSession, on_delete=models.PROTECT, related_name="blobs")
    index = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=[("events", "Events"), ("frame", "Frame")])
    name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64, help_text="of the bytes before encryption, as in the manifest")
    byte_count = models.PositiveIntegerField()
    storage_name = models.CharField(max_length=200)
    wrapped_key = models.BinaryField(null=True)
    person_key = models.ForeignKey("accounts.PersonKey", on_delete=models.PROTECT, related_name="+")
    key_number = models.PositiveBigIntegerField(
        null=True, help_text="of the session in the tree of keys; null from before there were trees"
    )
    stored_at = models.DateTimeField(default=timezone.now)
    erased_at = models.DateTimeField(null=True, help_text="the wrapped key is gone from this moment")
    file_removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("session", "index"), name="one_blob_per_part"),)
        indexes = (
            # What beat looks for again and again must not be looked for among everything ever stored.
            models.Index(
                fields=("erased_at",),
                name="blob_to_remove",
                condition=Q(erased_at__isnull=False, file_removed_at__isnull=True),
            ),
            models.Index(fields=("storage_name",), name="blob_storage_name"),
        )
        ordering = ("index",)

    def __str__(self) -> str:
        return f"part {self.index} of {self.session_id}"

    @property
    def key_place(self) -> Place:
        return Place(self.person_key, self.key_number)


class SessionTotal(models.Model):
    """Counts of one session by policy entry and signal; what summaries are made of. No content."""

    id = models.BigAutoField(primary_key=True)
    session = models.ForeignKey(CaptureSession, on_delete=models.CASCADE, related_name="totals")
    entry_id = models.CharField(max_length=40)
    entry_label = models.CharField(max_length=80)
    signal = models.CharField(max_length=16)
    day = models.DateField()
    events = models.PositiveIntegerField()
    seconds = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("session", "entry_id", "signal", "day"), name="one_total"),
        )
        indexes = (
            models.Index(fields=("day",), name="total_day"),
            models.Index(fields=("entry_id", "day"), name="total_entry_day"),
        )

    def __str__(self) -> str:
        return f"{self.entry_id}/{self.signal}"
