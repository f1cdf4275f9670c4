"""Which law applies where, and what has to exist before capture: notices, acknowledgements, agreements.

Law packs are data with dates and a source; the ruling itself is ``mci_core.jurisdiction``.
"""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from jurisdictions.querysets import (
    AcknowledgementQuerySet,
    AgreementQuerySet,
    LawPackQuerySet,
    NoticeQuerySet,
)


class LawPack(models.Model):
    """One effective-dated rule set for a place prefix (``US``, ``US-NY``, ``DE``), loaded from
    jurisdictions/packs.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=40)
    place = models.CharField(max_length=8)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True)
    title = models.CharField(max_length=120)
    words = models.TextField(help_text="the rule in plain words")
    clocks = models.JSONField(default=dict, help_text="deadlines for requests of persons")
    body = models.JSONField(help_text="see mci_core.jurisdiction.Pack")
    source = models.CharField(max_length=300)
    review_by = models.DateField()
    digest = models.CharField(max_length=64)

    objects = LawPackQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("key", "effective_from"), name="one_pack_per_start"),)

    def __str__(self) -> str:
        return f"{self.key} from {self.effective_from}"


class Notice(models.Model):
    """The text an employee reads: generated from a policy, immutable, identified by its hash."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.PositiveIntegerField(unique=True)
    policy_digest = models.CharField(max_length=64, blank=True)
    title = models.CharField(max_length=160)
    text = models.TextField()
    text_sha256 = models.CharField(max_length=64)
    published_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)

    objects = NoticeQuerySet.as_manager()

    def __str__(self) -> str:
        return f"notice {self.number}"


class Acknowledgement(models.Model):
    """That one subject read one notice: hash of the text, time, channel."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.ForeignKey("accounts.Subject", on_delete=models.PROTECT, related_name="acknowledgements")
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="acknowledgements")
    text_sha256 = models.CharField(max_length=64)
    channel = models.CharField(
        max_length=12, choices=[("portal", "Employee portal"), ("paper", "On paper"), ("agent", "Agent")]
    )
    at = models.DateTimeField(default=timezone.now)

    objects = AcknowledgementQuerySet.as_manager()

    class Meta:
        indexes = (models.Index(fields=("subject", "-at"), name="ack_subject_at"),)

    def __str__(self) -> str:
        return f"{self.subject_id} read {self.notice_id}"


class Agreement(models.Model):
    """A works council, union or inspectorate agreement that a place may require."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    place = models.CharField(max_length=8)
    kind = models.CharField(
        max_length=16,
        choices=[("works_council", "Works council"), ("union", "Union"), ("inspectorate", "Inspectorate")],
    )
    number = models.CharField(max_length=80)
    signals = ArrayField(models.CharField(max_length=16), default=list)
    retention_ceiling_days = models.PositiveIntegerField(null=True)
    valid_from = models.DateField()
    valid_to = models.DateField()
    recorded_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(valid_to__gte=models.F("valid_from")), name="agreement_ends_after_start"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"
