"""Charts of rollouts: how many devices were in which state at which time, counted in the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, F, FloatField, Func, QuerySet, Value
from django.db.models.functions import Cast, Floor
from django.utils import timezone

from agents.models import Delivery
from capture_policies.models import Rollout

POINTS = 60


#: (field, label): each device is counted in every state that it has reached.
STATES = (
    ("notified_at", "Told"),
    ("leased_at", "Holds a lease on it"),
    ("applied_at", "Applied"),
    ("failed_at", "Failed"),
)


def states_over_time(rollout: Rollout) -> dict[str, Any]:
    """Cumulative counts in at most 60 steps between the start and now (or the end)."""
    start = rollout.started_at.timestamp()
    end = max((rollout.finished_at or timezone.now()).timestamp(), start + POINTS)
    step = max((end - start) / POINTS, 1.0)
    rows = Delivery.objects.of_rollout(rollout.pk)
    counted = [_per_step(rows, name, start, step) for name, _label in STATES]
    marks = range(int((end - start) // step) + 2)  # one beyond now, so that the newest step counts
    times = [datetime.fromtimestamp(start + mark * step, UTC) for mark in marks]
    totals = [tuple(_sum(found, mark) for found in counted) for mark in marks]
    return {
        "id": "states",
        "title": "Devices by state over time",
        "definition": "Cumulative count of deliveries by the time at which each state was reached. What"
        " applied the release was told and held a lease on it before.",
        "data": [
            _line(label, times, [row[index] for row in totals]) for index, (_name, label) in enumerate(STATES)
        ],
        "layout": {"xaxis": {"type": "date"}, "yaxis": {"title": {"text": "devices"}}},
        "columns": ["Time (UTC)", *(label for _name, label in STATES)],
        "rows": _changes(times, totals),
    }


@dataclass(frozen=True)
class Speed:
    """Seconds from the start of a rollout until half of the devices that applied it had, and the last."""

    devices: int
    half: float
    last: float


def speed_of(rollout: Rollout) -> Speed | None:
    """None while nobody has applied it."""
    rows = Delivery.objects.of_rollout(rollout.pk).filter(applied_at__isnull=False)
    times = rows.order_by("applied_at").values_list("applied_at", flat=True)
    count = times.count()
    if not count:
        return None
    half, last = times[(count - 1) // 2], times[count - 1]
    return Speed(count, *((at - rollout.started_at).total_seconds() for at in (half, last) if at is not None))


def _per_step(rows: QuerySet[Delivery], name: str, start: float, step: float) -> dict[int, int]:
    epoch = Func(F(name), function="EXTRACT", template="%(function)s(EPOCH FROM %(expressions)s)")
    at = Floor((Cast(epoch, FloatField()) - Value(start)) / Value(step))
    counted = rows.filter(**{f"{name}__isnull": False}).annotate(at=at).order_by().values_list("at")
    return {max(int(mark), 0): number for mark, number in counted.annotate(number=Count("pk"))}


def _sum(per_step: dict[int, int], until: int) -> int:
    return sum(number for mark, number in per_step.items() if mark < until)


def _line(name: str, times: list[Any], values: list[int]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": [at.isoformat(timespec="seconds") for at in times],
        "y": values,
        "line": {"shape": "hv"},
    }


def _changes(times: list[Any], totals: list[tuple[int, ...]]) -> list[list[Any]]:
    """The table shows the moments at which a number changed, and the last one."""
    rows: list[list[Any]] = []
    for index, (at, counts) in enumerate(zip(times, totals, strict=True)):
        if index in (0, len(times) - 1) or counts != totals[index - 1]:
            rows.append([at.strftime("%Y-%m-%d %H:%M:%S"), *counts])
    return rows
