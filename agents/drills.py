"""How a drill goes: who has answered and how fast, who is only bounded by a lease. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import Case, CharField, QuerySet, Value, When

from agents.models import DrillAnswer, StopDrill

#: A drill ends by itself after this, or as soon as everybody who was connected has answered.
LONGEST = timedelta(minutes=15)


@dataclass(frozen=True)
class DrillResult:
    """Milliseconds from the start to the answers."""

    devices: int
    answered: int
    median_ms: int | None
    slowest_ms: int | None

    @property
    def silent(self) -> int:
        return self.devices - self.answered


def answers(drill: StopDrill) -> QuerySet[Any]:
    """One row per device, each with ``proof``: ``answered`` or ``silent``."""
    rows = drill.answers.select_related("device__subject", "command")
    proof = Case(
        When(command__result__in=("done", "failed"), then=Value("answered")),
        default=Value("silent"),
        output_field=CharField(),
    )
    return rows.annotate(proof=proof).order_by("proof", "device__name", "pk")


def result_of(drill: StopDrill) -> DrillResult:
    """What is known so far; of one that has ended, what was kept of it."""
    if drill.ended_at is not None:
        return DrillResult(drill.devices, drill.answered, drill.median_ms, drill.slowest_ms)
    done = DrillAnswer.objects.filter(drill=drill, command__result__in=("done", "failed"))
    times = sorted(
        max(0, round((at - drill.started_at).total_seconds() * 1000))
        for at in done.values_list("command__done_at", flat=True)
        if at is not None
    )
    return DrillResult(
        devices=drill.devices,
        answered=len(times),
        median_ms=round(median(times)) if times else None,
        slowest_ms=times[-1] if times else None,
    )


def is_over(drill: StopDrill, now: datetime) -> bool:
    """Whether nobody is left to answer, or it has taken long enough."""
    return now >= drill.started_at + LONGEST or result_of(drill).silent == 0
