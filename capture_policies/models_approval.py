"""What people say about a version: decisions that count for a while, what took one back, and comments.

None of these rows ever changes. A decision ends with its last day or with the row of its withdrawal.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone


def approval_end() -> datetime:
    """Until when an approval that is given now counts."""
    return timezone.now() + timedelta(days=settings.APPROVAL_DAYS)


class ApprovalQuerySet(models.QuerySet["Approval"]):
    """Reads of decisions."""

    def counting(self, at: datetime | None = None) -> ApprovalQuerySet:
        """Approvals that have not ended: neither taken back nor too old."""
        return self.filter(decision="approve", valid_until__gt=at or timezone.now(), withdrawal__isnull=True)


class Approval(models.Model):
    """One person's decision on exactly these bytes. Never the author (constraint; a trigger compares author
    and digest, and refuses a second approval by one person or in one role while the first counts).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.ForeignKey("PolicyVersion", on_delete=models.PROTECT, related_name="approvals")
    digest = models.CharField(max_length=64)
    version_author = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    approver = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="approvals")
    role = models.CharField(max_length=20)
    decision = models.CharField(
        max_length=8,
        choices=[("approve", "Approve"), ("reject", "Reject"), ("changes", "Request changes")],
    )
    reason = models.CharField(max_length=500)
    at = models.DateTimeField(default=timezone.now)
    valid_until = models.DateTimeField(
        default=approval_end, help_text="an approval that led to no release by then is given again"
    )

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=~Q(approver=F("version_author")), name="author_never_approves"),
        )

    def __str__(self) -> str:
        return f"{self.decision} of {self.version_id}"


class ApprovalWithdrawal(models.Model):
    """The person who approved has taken it back, before anything was signed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    approval = models.OneToOneField(Approval, on_delete=models.PROTECT, related_name="withdrawal")
    reason = models.CharField(max_length=500)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"withdrawal of {self.approval_id}"


class VersionComment(models.Model):
    """A remark in the thread of a version; whoever sees drafts reads it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.ForeignKey("PolicyVersion", on_delete=models.PROTECT, related_name="comments")
    author = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    text = models.TextField(max_length=2000)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("at", "id")

    def __str__(self) -> str:
        return f"comment on {self.version_id}"
