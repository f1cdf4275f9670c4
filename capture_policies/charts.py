"""Charts of rollouts: how many devices had applied the release at which time, counted in the database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, F, FloatField, Func, QuerySet, Value
from django.db.models.functions import Cast, Floor
from django.utils import timezone

from agents.models import Delivery
from capture_policies.models import Rollout

POINTS = 60


def applied_over_time(rollout: Rollout) -> dict[str, Any]:
    """Cumulative counts in at most 60 steps between the start and now (or the end)."""
    start = rollout.started_at.timestamp()
    end = max((rollout.finished_at or timezone.now()).timestamp(), start + POINTS)
    step = max((end - start) / POINTS, 1.0)
    rows = Delivery.objects.of_rollout(rollout.pk)
    applied, failed = (_per_step(rows, name, start, step) for name in ("applied_at", "failed_at"))
    marks = range(int((end - start) // step) + 2)  # one beyond now, so that the newest step counts
    times = [datetime.fromtimestamp(start + mark * step, UTC) for mark in marks]
    totals = [(_sum(applied, mark), _sum(failed, mark)) for mark in marks]
    return {
        "id": "applied",
        "title": "Devices that applied the release",
        "definition": "Cumulative count of deliveries, by the time at which the device said that it applied"
        " the release or failed to.",
        "data": [
            _line("Applied", times, [done for done, _ in totals]),
            _line("Failed", times, [wrong for _, wrong in totals]),
        ],
        "layout": {"xaxis": {"type": "date"}, "yaxis": {"title": {"text": "devices"}}},
        "columns": ["Time (UTC)", "Applied", "Failed"],
        "rows": _changes(times, totals),
    }


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


def _changes(times: list[Any], totals: list[tuple[int, int]]) -> list[list[Any]]:
    """The table shows the moments at which a number changed, and the last one."""
    rows: list[list[Any]] = []
    for index, (at, pair) in enumerate(zip(times, totals, strict=True)):
        if index in (0, len(times) - 1) or pair != totals[index - 1]:
            rows.append([at.strftime("%Y-%m-%d %H:%M:%S"), *pair])
    return rows
