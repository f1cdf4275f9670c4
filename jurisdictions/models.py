"""Which law applies where, and what has to exist before capture: notices, acknowledgements, agreements.

Law packs are data with dates and a source; the ruling itself is ``mci_core.jurisdiction``.
"""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts import permissions


def areas(place: str) -> list[str]:
    """The place and what lies above it: ``US-NY`` -> ``US``, ``US-NY``."""
    parts = place.split("-")
    return ["-".join(parts[: count + 1]) for count in range(len(parts))]


class LawPackQuerySet(models.QuerySet["LawPack"]):
    def visible_to(self, user: Any) -> LawPackQuerySet:
        return self if permissions.has(user, "jurisdictions.view") else self.none()

    def in_force(self, on: date) -> LawPackQuerySet:
        """``effective_to`` is the last day."""
        ends = Q(effective_to__isnull=True) | Q(effective_to__gte=on)
        return self.filter(ends, effective_from__lte=on)


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


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, user: Any) -> NoticeQuerySet:
        """A notice is addressed to every employee."""
        return self if getattr(user, "is_active", False) else self.none()

    def live(self) -> Notice | None:
        """The newest one that was not withdrawn: the one that has to be acknowledged."""
        return self.filter(withdrawn_at__isnull=True).order_by("-number").first()


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


class AcknowledgementQuerySet(models.QuerySet["Acknowledgement"]):
    def visible_to(self, user: Any) -> AcknowledgementQuerySet:
        """One's own. Staff see counts, not who read what."""
        if not getattr(user, "is_active", False):
            return self.none()
        return self.filter(subject__user_id=user.pk)

    def newest(self, *, subject: uuid.UUID, notice: Notice) -> Acknowledgement | None:
        """The newest for this text; an acknowledgement of other words does not count."""
        found = self.filter(subject_id=subject, notice=notice, text_sha256=notice.text_sha256)
        return found.order_by("-at").first()


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


class AgreementQuerySet(models.QuerySet["Agreement"]):
    def visible_to(self, user: Any) -> AgreementQuerySet:
        return self if permissions.has(user, "jurisdictions.view") else self.none()

    def in_force(self, on: date) -> AgreementQuerySet:
        return self.filter(ended_at__isnull=True, valid_from__lte=on, valid_to__gte=on)

    def for_place(self, place: str) -> AgreementQuerySet:
        return self.filter(place__in=areas(place))


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
                condition=Q(valid_to__gte=models.F("valid_from")), name="agreement_ends_after_start"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"
