"""Apps and sites that a person switched off for all of their own devices. It only tightens, and it is
nobody else's business: no page, list, export or log shows these rows to staff.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone


class SubjectExclusion(models.Model):
    """One entry of the policy that a person keeps out of capture, on every device of theirs."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.ForeignKey("accounts.Subject", on_delete=models.CASCADE, related_name="exclusions")
    entry = models.CharField(max_length=40, help_text="the id of the entry in the policy")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("subject", "entry"), name="one_exclusion_per_entry"),)

    def __str__(self) -> str:
        return f"exclusion {self.pk}"
