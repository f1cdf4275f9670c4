"""Drills of the kill switch: the hint, the renewal and the answer of a stop, and no lease changes.

A drill is no row of :class:`agents.models.CaptureStop`: nothing that decides about capture can take it for
one.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts import permissions


class StopDrillQuerySet(models.QuerySet["StopDrill"]):
    def visible_to(self, user: Any) -> StopDrillQuerySet:
        return self if permissions.has(user, "agents.view_stops") else self.none()

    def running(self) -> StopDrillQuerySet:
        return self.filter(ended_at__isnull=True)


class StopDrill(models.Model):
    """How fast the devices of a scope would confirm a stop. Counts and times only; the result stays."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scope = models.CharField(max_length=12)
    scope_value = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=500)
    started_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(default=timezone.now)
    worst_case = models.DateTimeField(
        null=True, help_text="when the last device would have stopped by itself, as of the start"
    )
    ended_at = models.DateTimeField(null=True)
    #: the result, written when it ends
    devices = models.PositiveIntegerField(default=0)
    connected = models.PositiveIntegerField(default=0, help_text="of them: held a lease when it started")
    answered = models.PositiveIntegerField(default=0)
    median_ms = models.PositiveIntegerField(null=True)
    slowest_ms = models.PositiveIntegerField(null=True)

    objects = StopDrillQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                models.Value(1), condition=Q(ended_at__isnull=True), name="one_drill_at_a_time"
            ),
        )

    def __str__(self) -> str:
        return f"drill {self.scope}"


class DrillAnswer(models.Model):
    """One device in a drill. ``command.done_at`` is when it answered, signed with its key."""

    id = models.BigAutoField(primary_key=True)
    drill = models.ForeignKey(StopDrill, on_delete=models.CASCADE, related_name="answers")
    device = models.ForeignKey("agents.Device", on_delete=models.PROTECT, related_name="+")
    bound = models.DateTimeField(null=True, help_text="when it would have stopped by itself")
    command = models.ForeignKey("agents.DeviceCommand", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("drill", "device"), name="one_answer_per_device_and_drill"),
        )

    def __str__(self) -> str:
        return f"{self.device_id} in {self.drill_id}"
