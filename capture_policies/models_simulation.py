"""Recent decisions as counts that single nobody out, and what another policy would have made of them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone


class PastWeeks(models.Model):
    """What was captured in some whole weeks, counted once and never again, so that two answers about the same
    weeks differ by nobody's events. ``cells``: see ``capture_policies.past_cells``.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    since = models.DateField()
    until = models.DateField(help_text="the first day that does not count")
    cells = models.JSONField(default=list)
    counted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("since", "until"), name="weeks_counted_once"),)

    def __str__(self) -> str:
        return f"weeks from {self.since}"


class SimulationState(models.TextChoices):
    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class SimulationQuerySet(models.QuerySet["Simulation"]):
    """Reads of simulations."""

    def visible_to(self, user: Any) -> SimulationQuerySet:
        from accounts.permissions import has  # models load before the permissions of all apps are gathered

        return self if has(user, "capture_policies.view") else self.none()

    def waiting(self, now: datetime) -> SimulationQuerySet:
        """Asked for and not begun, or begun by a worker that was lost."""
        lost = Q(state=SimulationState.RUNNING, claimed_until__lt=now)
        return self.filter(Q(state=SimulationState.QUEUED) | lost)


class Simulation(models.Model):
    """One policy asked about some whole weeks. The policy is kept as bytes: a draft may change meanwhile."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    digest = models.CharField(max_length=64)
    body = models.BinaryField()
    title = models.CharField(max_length=160)
    since = models.DateField()
    until = models.DateField()
    state = models.CharField(max_length=8, choices=SimulationState.choices, default=SimulationState.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    result = models.JSONField(default=list, help_text="see capture_policies.simulating.Row")
    error = models.CharField(max_length=40, blank=True)
    requested_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    claimed_until = models.DateTimeField(null=True, help_text="a worker's claim; ends by itself")
    finished_at = models.DateTimeField(null=True)

    objects = SimulationQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("digest", "since", "until"), name="one_simulation_per_policy"),
        )

    def __str__(self) -> str:
        return f"simulation of {self.digest[:12]}"
