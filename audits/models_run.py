"""What a row is that a worker works on in the background: asked for, claimed, under way, done or failed.

A claim ends by itself: a row whose worker was lost waits again.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self, TypeVar

from django.db import models
from django.db.models import Q


class RunState(models.TextChoices):
    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Ready"
    FAILED = "failed", "Failed"


AnyRun = TypeVar("AnyRun", bound="Run")


class RunQuerySet(models.QuerySet[AnyRun]):
    """Reads of what is worked on."""

    def waiting(self, now: datetime) -> Self:
        """Asked for and not begun, or begun by a worker that was lost."""
        lost = Q(state=RunState.RUNNING, claimed_until__lt=now)
        return self.filter(Q(state=RunState.QUEUED) | lost)


class Run(models.Model):
    """``done`` of ``total`` is how far it is; see ``audits.background`` for who writes these."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=8, choices=RunState.choices, default=RunState.QUEUED)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    error = models.CharField(max_length=40, blank=True)
    claimed_until = models.DateTimeField(null=True, help_text="a worker's claim; ends by itself")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @property
    def working(self) -> bool:
        """Whether something is still to come of it."""
        return self.state in (RunState.QUEUED, RunState.RUNNING)
