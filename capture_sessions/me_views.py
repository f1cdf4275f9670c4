"""What an employee sees of the own sessions: when, which apps, how much, which release, kept until when."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET
from django_filters import ChoiceFilter, DateFilter, FilterSet

from accounts.access import EmployeePage, employee_page
from audits.listing import Column, Empty, ListPage
from capture_policies.queries import rule_labels
from capture_sessions.models import CaptureSession, SessionState
from capture_sessions.summaries import class_words, redaction_of, signal_words


class MySessionFilter(FilterSet):  # type: ignore[misc]  # django-filter ships no types
    """By state and day."""

    state = ChoiceFilter(
        choices=[choice for choice in SessionState.choices if choice[0] != SessionState.UPLOADING],
        label="State",
        empty_label="Any state",
    )
    since = DateFilter(field_name="captured_from", lookup_expr="date__gte", label="From day")
    until = DateFilter(field_name="captured_from", lookup_expr="date__lte", label="To day")

    class Meta:
        model = CaptureSession
        fields = ("state",)


class MySessionList(EmployeePage, ListPage):
    """The own sessions, newest first."""

    template_name = "capture_sessions/my_session_list.html"
    columns = (
        Column("Recorded", sort="time"),
        Column("State"),
        Column("Release", numeric=True),
        Column("Events", sort="events", numeric=True),
        Column("Frames", sort="frames", numeric=True),
        Column("Size", sort="size", numeric=True),
        Column("Kept until", sort="until"),
    )
    sorts: ClassVar[dict[str, str]] = {
        "time": "captured_from",
        "events": "event_count",
        "frames": "frame_count",
        "size": "byte_count",
        "until": "delete_after",
    }
    default_sort = "-time"
    filterset_class = MySessionFilter
    noun = "session"
    empty = Empty(
        "Nothing was recorded", "Once your agent uploads a session, it is listed here.", icon="shield-check"
    )

    def get_queryset(self) -> QuerySet[CaptureSession]:
        return CaptureSession.objects.of_person(self.request.user)


@require_GET
@employee_page
def session_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One own session: its totals, what redaction did, its proof. Another person's is not found."""
    session = get_object_or_404(
        CaptureSession.objects.of_person(request.user).select_related("device"), pk=pk
    )
    totals = session.totals.order_by("entry_label", "-events")
    context = {
        "session": session,
        "totals": [(total, signal_words(total.signal)) for total in totals],
        "taken_out": _in_words(session.report.get("labels")),
        "dropped": _in_words(session.report.get("dropped")),
        "redaction": redaction_of(session.report, rule_labels(session.release_number)),
    }
    return render(request, "capture_sessions/my_session_detail.html", context)


def _in_words(counts: dict[str, int] | None) -> list[tuple[str, int]]:
    """Counts of the redaction report, the largest first."""
    return [
        (class_words(name), count) for name, count in sorted((counts or {}).items(), key=lambda it: -it[1])
    ]
