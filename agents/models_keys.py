"""The keys that sign leases: one signs, replaced ones are trusted until their last lease ends.

A key whose row is missing is the first one of this server, which nobody has replaced yet.
"""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone


class LeaseKeyQuerySet(models.QuerySet["LeaseKey"]):
    """Reads of lease keys."""

    def signing(self) -> LeaseKey | None:
        return self.filter(retired_at__isnull=True).first()

    def trusted(self) -> LeaseKeyQuerySet:
        """Those that agents are told to trust."""
        return self.filter(dropped_at__isnull=True)

    def over(self, now: datetime) -> LeaseKeyQuerySet:
        """Replaced, and no lease that they signed is alive."""
        return self.trusted().filter(trusted_until__lte=now)


class LeaseKey(models.Model):
    """One key that signs or signed leases. The private half is a sealed file of this name."""

    kid = models.CharField(max_length=16, primary_key=True)
    public_key = models.CharField(max_length=64, help_text="base64url of the raw key")
    created_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, help_text="another key signs since then")
    trusted_until = models.DateTimeField(null=True, help_text="the end of the last lease it signed")
    dropped_at = models.DateTimeField(null=True, help_text="agents no longer trust it")
    revoked_at = models.DateTimeField(null=True, help_text="never to be trusted again")

    objects = LeaseKeyQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                models.Value(1), condition=Q(retired_at__isnull=True), name="one_lease_key_signs"
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True) | Q(dropped_at__isnull=False), name="revoked_is_dropped"
            ),
        )

    def __str__(self) -> str:
        return f"lease key {self.kid}"
