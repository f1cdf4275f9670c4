"""What a change of the redaction rules does to texts: asked for before approval, and measured every day."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone


class EffectState(models.TextChoices):
    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class RuleEffectQuerySet(models.QuerySet["RuleEffect"]):
    """Reads of effects."""

    def visible_to(self, user: Any) -> RuleEffectQuerySet:
        from accounts.permissions import has  # models load before the permissions of all apps are gathered

        return self.defer("body", "base") if has(user, "capture_policies.view") else self.none()

    def waiting(self, now: datetime) -> RuleEffectQuerySet:
        """Asked for and not begun, or begun by a worker that was lost."""
        lost = Q(state=EffectState.RUNNING, claimed_until__lt=now)
        return self.filter(Q(state=EffectState.QUEUED) | lost)

    def measured(self) -> RuleEffectQuerySet:
        """The daily measurements of the live rules, the oldest first."""
        return self.filter(state=EffectState.DONE, digest=models.F("against")).order_by("day")


class RuleEffect(models.Model):
    """The rules of one policy held against those of another on one day. Both are kept as bytes: a draft may
    change meanwhile. Equal digests: the live rules, measured.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    digest = models.CharField(max_length=64, help_text="of the rules that are asked about")
    against = models.CharField(max_length=64, blank=True, help_text="of the live rules; may be empty")
    day = models.DateField()
    body = models.BinaryField()
    base = models.BinaryField(null=True)
    title = models.CharField(max_length=160)
    state = models.CharField(max_length=8, choices=EffectState.choices, default=EffectState.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    result = models.JSONField(default=dict, help_text="corpus -> see mci_core.redaction.quality.Effect")
    error = models.CharField(max_length=40, blank=True)
    requested_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    claimed_until = models.DateTimeField(null=True, help_text="a worker's claim; ends by itself")
    finished_at = models.DateTimeField(null=True)

    objects = RuleEffectQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("digest", "against", "day"), name="one_effect_per_rules_and_day"),
        )

    def __str__(self) -> str:
        return f"effect of rules {self.digest[:12]}"
