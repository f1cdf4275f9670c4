"""Decisions of one person that take something out of the live policy at once.

A narrowing is no approval: its author and the person who decides are the same, and the database accepts that
for a version that is narrower than the one it was made from, and for no other.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone


class NarrowingCause(models.TextChoices):
    REMOVED = "removed", "Removed by a person"
    EXPIRED = "expired", "Past the last day of its entries"
    OTHER = "other", "Narrowed by a person"


class Narrowing(models.Model):
    """Why a version went live without approvals. Kept for ever (trigger), like an approval."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.OneToOneField(
        "capture_policies.PolicyVersion", on_delete=models.PROTECT, related_name="narrowing"
    )
    base = models.ForeignKey("capture_policies.PolicyVersion", on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, help_text="of exactly the bytes that were decided on")
    cause = models.CharField(max_length=8, choices=NarrowingCause.choices, default=NarrowingCause.OTHER)
    entries = models.JSONField(default=list, help_text="ids of the entries that were taken out or closed")
    decided_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, related_name="+", help_text="null: their expiry"
    )
    reason = models.CharField(max_length=500)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(decided_by__isnull=False) | Q(cause="expired"), name="narrowing_has_a_person"
            ),
        )

    def __str__(self) -> str:
        return f"narrowing to {self.version_id}"
