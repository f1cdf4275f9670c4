"""What people ask of us, the clock on it, and the erasure that follows."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts import permissions
from capture_sessions.models import CaptureSession, SessionState


class Kind(models.TextChoices):
    DELETE = "delete", "Delete my data"
    ACCESS = "access", "Give me my data"
    OBJECT = "object", "Object to capture"
    RESTRICT = "restrict", "Restrict use"


class RequestState(models.TextChoices):
    RECEIVED = "received", "Received"
    APPROVED = "approved", "Approved"
    REFUSED = "refused", "Refused"
    WITHDRAWN = "withdrawn", "Withdrawn"
    EXECUTING = "executing", "Being carried out"
    DONE = "done", "Done"


class PrivacyRequestQuerySet(models.QuerySet["PrivacyRequest"]):
    """Reads of requests: officers see all of them, a person the own ones."""

    def visible_to(self, user: Any) -> PrivacyRequestQuerySet:
        """What the staff list may show."""
        return self.all() if permissions.has(user, "privacy_requests.view") else self.none()

    def of_person(self, user: Any) -> PrivacyRequestQuerySet:
        """The requests of the person who is signed in."""
        return self.filter(subject__user=user.pk)

    def to_carry_out(self) -> PrivacyRequestQuerySet:
        """Granted ones that people carry out, most urgent first."""
        return self.filter(state=RequestState.APPROVED).exclude(kind=Kind.DELETE).order_by("due_at")

    def waiting(self) -> PrivacyRequestQuerySet:
        """Those that an officer has to decide, most urgent first."""
        return self.filter(state=RequestState.RECEIVED).order_by("due_at")


class PrivacyRequest(models.Model):
    """One request of one subject, signed in as that person."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.BigIntegerField(unique=True)
    subject = models.ForeignKey("accounts.Subject", on_delete=models.PROTECT, related_name="privacy_requests")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    scope = models.CharField(
        max_length=8, choices=[("all", "Everything"), ("sessions", "Some sessions")], default="all"
    )
    sessions = models.JSONField(default=list, help_text="session ids when the scope is sessions")
    message = models.CharField(max_length=1000, blank=True)
    law = models.CharField(max_length=60, help_text="which clock applies, for example GDPR 12(3)")
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.RECEIVED)
    received_at = models.DateTimeField(default=timezone.now)
    confirm_by = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    decided_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=1000, blank=True)
    outcome = models.CharField(
        max_length=1000, blank=True, help_text="what was done, for the person; a deletion has a receipt"
    )
    duplicate_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="duplicates")
    finished_at = models.DateTimeField(null=True)

    objects = PrivacyRequestQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("subject", "kind", "scope"),
                condition=Q(state__in=["received", "approved", "executing"], scope="all"),
                name="one_open_request_per_kind",
            ),
        )

    def __str__(self) -> str:
        return f"request {self.number}"


class Erasure(models.Model):
    """The work of one approved deletion: resumable steps, a manifest of what went, a receipt."""

    STEPS = ("freeze", "manifest", "objects", "derived", "agents", "keys", "entry", "receipt")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.OneToOneField(PrivacyRequest, on_delete=models.PROTECT, related_name="erasure")
    step = models.CharField(
        max_length=10, default="freeze", help_text="the next step to run; done at the end"
    )
    claimed_until = models.DateTimeField(null=True)
    manifest = models.JSONField(
        default=list, help_text="[{session, index, sha256, bytes}]; ids and digests only"
    )
    manifest_root = models.CharField(max_length=64, blank=True)
    sessions_erased = models.PositiveIntegerField(default=0)
    objects_erased = models.PositiveIntegerField(default=0)
    key_epoch = models.PositiveIntegerField(null=True)
    frozen_at = models.DateTimeField(null=True, help_text="what was captured until then goes")
    derived = models.JSONField(default=dict, help_text="{what: how many rows} that were made from the data")
    devices = models.PositiveIntegerField(default=0)
    key_epochs = models.JSONField(
        default=list,
        help_text="epochs whose key could open a copy of the person keys when they were destroyed",
    )
    backups_unreadable_from = models.DateTimeField(
        null=True, help_text="when the last of these epochs is destroyed at the latest"
    )
    uncovered_before = models.DateTimeField(
        null=True, help_text="copies from before then hold keys that no epoch wraps"
    )
    certificate = models.JSONField(null=True, help_text="what the entry in the log commits to")
    entry_id = models.BigIntegerField(null=True, help_text="the entry in the log")
    receipt = models.JSONField(null=True)
    proof = models.TextField(
        blank=True, help_text="C2SP tlog-proof of the entry, once a checkpoint covers it"
    )
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=80, blank=True)

    class Meta:
        indexes = (
            # What beat asks for every few seconds; the finished ones stay for good.
            models.Index(fields=("created_at",), name="erasure_open", condition=~Q(step="done")),
            models.Index(
                fields=("finished_at",), name="erasure_unproved", condition=Q(step="done", proof="")
            ),
        )

    def __str__(self) -> str:
        return f"erasure for {self.request_id}"


class LegalHoldQuerySet(models.QuerySet["LegalHold"]):
    """Reads of holds."""

    def open_for(self, subject_id: uuid.UUID, now: datetime) -> LegalHoldQuerySet:
        """Those of one person that run now."""
        return self.filter(subject_id=subject_id, lifted_at__isnull=True, expires_at__gt=now)

    def missing_sessions(self, now: datetime) -> LegalHoldQuerySet:
        """Those that run now while a living session of the person is not kept as long."""
        uncovered = (
            CaptureSession.objects.filter(subject=OuterRef("subject"))
            .exclude(state=SessionState.ERASED)
            .filter(Q(held_until__isnull=True) | Q(held_until__lt=OuterRef("expires_at")))
        )
        return self.filter(Exists(uncovered), lifted_at__isnull=True, expires_at__gt=now)


class LegalHold(models.Model):
    """A scoped, expiring hold, visible to the person; while it runs, nothing in scope is erased."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.ForeignKey("accounts.Subject", on_delete=models.PROTECT, related_name="holds")
    reason = models.CharField(max_length=500)
    placed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")

    objects = LegalHoldQuerySet.as_manager()

    def __str__(self) -> str:
        return f"hold {self.pk}"
