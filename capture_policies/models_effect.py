"""What a change of the redaction rules does to texts: asked for before approval, and measured every day."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone

from audits.models_run import Run, RunQuerySet, RunState


class RuleEffectQuerySet(RunQuerySet["RuleEffect"]):
    """Reads of effects."""

    def visible_to(self, user: Any) -> RuleEffectQuerySet:
        from accounts.permissions import has  # models load before the permissions of all apps are gathered

        return self.defer("body", "base") if has(user, "capture_policies.view") else self.none()

    def measured(self) -> RuleEffectQuerySet:
        """The daily measurements of the live rules, the oldest first."""
        return self.filter(state=RunState.DONE, digest=models.F("against")).order_by("day")


class RuleEffect(Run):
    """The rules of one policy held against those of another on one day. Both are kept as bytes: a draft may
    change meanwhile. Equal digests: the live rules, measured.
    """

    digest = models.CharField(max_length=64, help_text="of the rules that are asked about")
    against = models.CharField(max_length=64, blank=True, help_text="of the live rules; may be empty")
    day = models.DateField()
    body = models.BinaryField()
    base = models.BinaryField(null=True)
    title = models.CharField(max_length=160)
    result = models.JSONField(default=dict, help_text="corpus -> see mci_core.redaction.quality.Effect")
    requested_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)

    objects = RuleEffectQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("digest", "against", "day"), name="one_effect_per_rules_and_day"),
        )

    def __str__(self) -> str:
        return f"effect of rules {self.digest[:12]}"
