"""What may be counted about the programme. No report has a parameter, so none can be pointed at somebody.

Leak rates are about sessions drawn at random, volumes are weekly sums by app. A row or cell that rests on
fewer people than ``MIN_GROUP_SIZE`` is not shown and not contained in any total, so that no difference of two
cells brings it back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import TruncWeek
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import staff_page
from capture_sessions.models import SessionTotal
from mci_core.intervals import clopper_pearson
from reviews.models import SampleItem

WEEKS = 12


@dataclass(frozen=True)
class LeakRate:
    """One release: how many sessions were judged, how many leaked, the 95 % interval of the share."""

    release: int
    reviewed: int
    leaks: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.leaks / self.reviewed


def leak_rates() -> list[LeakRate]:
    """By release, newest first, only releases that rest on enough people.

    A session judged by two reviewers counts once and leaks when one of them says so.
    """
    judged = (
        SampleItem.objects.filter(reviews__verdict__in=("clean", "leak"))
        .order_by()
        .values(release=F("session__release_number"))
        .annotate(
            reviewed=Count("session", distinct=True),
            leaks=Count("session", distinct=True, filter=Q(reviews__verdict="leak")),
            people=Count("session__subject", distinct=True),
        )
        .filter(people__gte=settings.MIN_GROUP_SIZE)
        .order_by("-release")
    )
    return [
        LeakRate(
            row["release"], row["reviewed"], row["leaks"], *clopper_pearson(row["leaks"], row["reviewed"])
        )
        for row in judged
    ]


def weekly_volume() -> list[tuple[date, str, int, int]]:
    """(Monday, app, events, people) of the last full weeks, only cells that rest on enough people."""
    today = timezone.now().date()
    this_monday = today - timedelta(days=today.weekday())
    cells = (
        SessionTotal.objects.filter(day__gte=this_monday - timedelta(weeks=WEEKS), day__lt=this_monday)
        .annotate(week=TruncWeek("day"))
        .values("week", "entry_label")
        .annotate(sum=Sum("events"), people=Count("session__subject", distinct=True))
        .filter(people__gte=settings.MIN_GROUP_SIZE)
        .order_by("week", "entry_label")
    )
    return [(c["week"], c["entry_label"], c["sum"], c["people"]) for c in cells]


def leak_figure(rates: list[LeakRate]) -> dict[str, Any]:
    """Points with their interval, by release."""
    ordered = list(reversed(rates))
    return {
        "id": "leak-rate",
        "title": "Leak rate by release",
        "definition": "Share of randomly drawn sessions in which a reviewer found what should have been "
        "masked. The bar is the exact 95 % interval (Clopper-Pearson): with few reviews it is wide. "
        f"Releases with reviews of fewer than {settings.MIN_GROUP_SIZE} people are not shown.",
        "data": [
            {
                "type": "scatter",
                "mode": "markers",
                "name": "Leak rate",
                "x": [f"release {rate.release}" for rate in ordered],
                "y": [100 * rate.share for rate in ordered],
                "error_y": {
                    "type": "data",
                    "symmetric": False,
                    "array": [100 * (rate.high - rate.share) for rate in ordered],
                    "arrayminus": [100 * (rate.share - rate.low) for rate in ordered],
                },
            }
        ],
        "layout": {"yaxis": {"title": {"text": "% of reviewed sessions"}, "range": [0, 105]}},
        "columns": ["Release", "Reviewed", "Leaks", "Rate", "95 % interval"],
        "rows": [
            [
                rate.release,
                rate.reviewed,
                rate.leaks,
                f"{rate.share:.1%}",
                f"{rate.low:.1%} to {rate.high:.1%}",
            ]
            for rate in rates
        ],
    }


def volume_figure(cells: list[tuple[date, str, int, int]]) -> dict[str, Any]:
    """Stacked bars: events a week by app."""
    weeks = sorted({week for week, *_ in cells})
    apps = sorted({app for _, app, _, _ in cells})
    sums = {(week, app): events for week, app, events, _ in cells}
    return {
        "id": "weekly-volume",
        "title": "Events kept, by week and app",
        "definition": f"Full weeks only. Cells below {settings.MIN_GROUP_SIZE} people are not shown and"
        " left out of everything, so nothing about fewer people can be worked out.",
        "data": [
            {
                "type": "bar",
                "name": app,
                "x": [week.isoformat() for week in weeks],
                "y": [sums.get((week, app), 0) for week in weeks],
            }
            for app in apps
        ],
        "layout": {"barmode": "stack", "yaxis": {"title": {"text": "events"}}},
        "columns": ["Week of", "App or site", "Events"],
        "rows": [[week.isoformat(), app, events] for week, app, events, _ in cells],
    }


@require_GET
@staff_page("reviews.view_reports")
def report(request: HttpRequest) -> HttpResponse:
    """The programme in numbers, never a person."""
    rates, cells = leak_rates(), weekly_volume()
    context = {
        "leak_figure": leak_figure(rates) if rates else None,
        "volume_figure": volume_figure(cells) if cells else None,
        "least": settings.MIN_GROUP_SIZE,
    }
    return render(request, "reviews/report.html", context)
