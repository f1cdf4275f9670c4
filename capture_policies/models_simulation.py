"""Recent decisions as counts that single nobody out, and what another policy would have made of them."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.utils import timezone

from audits.models_run import Run, RunQuerySet


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


class SimulationQuerySet(RunQuerySet["Simulation"]):
    """Reads of simulations."""

    def visible_to(self, user: Any) -> SimulationQuerySet:
        from accounts.permissions import has  # models load before the permissions of all apps are gathered

        return self if has(user, "capture_policies.view") else self.none()


class Simulation(Run):
    """One policy asked about some whole weeks. The policy is kept as bytes: a draft may change meanwhile."""

    digest = models.CharField(max_length=64)
    body = models.BinaryField()
    title = models.CharField(max_length=160)
    since = models.DateField()
    until = models.DateField()
    result = models.JSONField(default=list, help_text="see capture_policies.simulating.Row")
    requested_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)

    objects = SimulationQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("digest", "since", "until"), name="one_simulation_per_policy"),
        )

    def __str__(self) -> str:
        return f"simulation of {self.digest[:12]}"
