"""The addresses of the gallery, and stand-ins under the names that the shared templates link to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path
from django_filters import ChoiceFilter, FilterSet

from accounts.models import Department
from audits.listing import Column, Empty, ListPage
from mci_admin import errors

SIGNALS = ("mouse_move", "click", "scroll", "shortcut", "keystroke", "text", "clipboard", "url", "screenshot")


class EntryForm(forms.Form):
    label = forms.CharField(help_text="Shown to every employee in the list of what is captured.")
    kind = forms.ChoiceField(choices=[("app", "Application"), ("site", "Site")])
    signals = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        choices=[(name, name.replace("_", " ")) for name in SIGNALS],
        help_text="What is not ticked is not captured.",
    )
    keystrokes = forms.ChoiceField(
        widget=forms.RadioSelect,
        choices=[("none", "None"), ("count", "Count only"), ("text", "Redacted text")],
    )
    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}), required=False, help_text="Kept in the audit log."
    )
    subdomains = forms.BooleanField(required=False, label="Include sub-domains")


class DepartmentFilter(FilterSet):  # type: ignore[misc]  # django-filter ships no types
    name = ChoiceFilter(
        choices=[("Group 001", "First"), ("Group 002", "Second")], label="Only", empty_label="Any"
    )

    class Meta:
        model = Department
        fields = ("name",)


class DepartmentList(ListPage):
    template_name = "gallery/list.html"
    columns: ClassVar = (
        Column("Name", sort="name"),
        Column("State"),
        Column("Id"),
        Column("Dropped", numeric=True),
    )
    sorts: ClassVar = {"name": "name"}
    default_sort = "name"
    filterset_class = DepartmentFilter
    search_fields = ("name",)
    search_label = "Search departments"
    noun = "department"
    empty = Empty("No departments yet", "Make the first one.", url_name="home", label="New department")

    def get_queryset(self) -> QuerySet[Department]:
        return Department.objects.all()


def _figure() -> dict[str, Any]:
    days = ["16 Nov", "17 Nov", "18 Nov"]
    return {
        "id": "days",
        "title": "Events kept and dropped by day",
        "definition": "An event is dropped on the device when no rule allows it.",
        "data": [
            {"type": "bar", "name": "Kept", "x": days, "y": [1200, 1500, 900]},
            {"type": "bar", "name": "Dropped", "x": days, "y": [300, 200, 450]},
        ],
        "layout": {"barmode": "stack", "yaxis": {"title": "events"}},
        "columns": ["Day", "Kept", "Dropped"],
        "rows": [["16 Nov", 1200, 300], ["17 Nov", 1500, 200], ["18 Nov", 900, 450]],
    }


def components(request: HttpRequest) -> HttpResponse:
    now = datetime.now(UTC)
    messages.success(request, "Draft saved.")
    messages.error(request, "Another person changed this version. Look at it again.")
    return render(
        request,
        "gallery/components.html",
        {
            "now": now,
            "past": now - timedelta(hours=5),
            "steps": [
                {"label": "Devices", "value": 214},
                {"label": "Applied", "value": 171, "tone": "ok"},
                {"label": "Failed", "value": 3, "tone": "danger"},
            ],
            "entries": [
                {"at": now, "title": "Rollout started", "who": "user 3f2a", "icon": "rocket", "tone": "info"},
                {"at": now, "title": "Halted: 2 leak findings", "tone": "danger", "url": "/"},
            ],
            "tabs": [{"label": "Overview", "url": "/"}, {"label": "Devices", "url": "/x/", "count": 214}],
            "figure": _figure(),
            "form": EntryForm(),
        },
    )


def entry_form(request: HttpRequest) -> HttpResponse:
    form = EntryForm(request.POST or None)
    status = 422 if request.method == "POST" and not form.is_valid() else 200
    return render(request, "gallery/form.html", {"form": form}, status=status)


def broken(request: HttpRequest) -> HttpResponse:
    return errors.server_error(request)


def page(request: HttpRequest) -> HttpResponse:
    return render(request, "gallery/plain.html")


urlpatterns = [
    path("", components, name="home"),
    path("list/", DepartmentList.as_view(), name="list"),
    path("form/", entry_form, name="form"),
    path("broken/", broken, name="broken"),
    path("me/", include(([path("", page, name="home")], "privacy_requests_me"))),
    path("accounts/", include("allauth.urls")),
]
handler404 = "mci_admin.errors.not_found"
