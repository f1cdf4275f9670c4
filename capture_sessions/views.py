"""Staff pages of sessions. The list shows what arrived, never whose it is.

Not until when it is kept either: the ceiling of a place would tell where a single person works.
"""

from __future__ import annotations

from typing import ClassVar

from django.db.models import QuerySet
from django_filters import ChoiceFilter, FilterSet, NumberFilter

from accounts.access import StaffPage
from audits import formats
from audits.listing import Column, Empty, ListPage
from capture_sessions.models import CaptureSession, SessionState

_STATES = [choice for choice in SessionState.choices if choice[0] != SessionState.UPLOADING]


class SessionFilter(FilterSet):  # type: ignore[misc]  # django-filter ships no types
    """By state, platform and release; deliberately not by person, device, department or place."""

    state = ChoiceFilter(choices=_STATES, label="State", empty_label="Any state")
    os = ChoiceFilter(
        choices=tuple(formats.PLATFORMS.items()),
        label="Platform",
        empty_label="Any platform",
    )
    release_number = NumberFilter(label="Release")

    class Meta:
        model = CaptureSession
        fields = ("state", "os", "release_number")


class SessionList(StaffPage, ListPage):
    """What arrived, its state and size."""

    permission = "capture_sessions.view_list"
    template_name = "capture_sessions/session_list.html"
    columns = (
        Column("Session"),
        Column("State"),
        Column("Received", sort="received"),
        Column("Release", sort="release", numeric=True),
        Column("Platform"),
        Column("Events", sort="events", numeric=True),
        Column("Frames", sort="frames", numeric=True),
        Column("Size", sort="size", numeric=True),
    )
    sorts: ClassVar[dict[str, str]] = {
        "received": "received_at",
        "release": "release_number",
        "events": "event_count",
        "frames": "frame_count",
        "size": "byte_count",
    }
    default_sort = "-received"
    filterset_class = SessionFilter
    noun = "session"
    empty = Empty(
        "No sessions yet", "Sessions appear here once agents upload what the policy allows.", icon="stack-2"
    )

    def get_queryset(self) -> QuerySet[CaptureSession]:
        return CaptureSession.objects.visible_to(self.request.user)
