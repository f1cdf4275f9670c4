"""Who looked at mine, in which role, why, when, and at what."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.access import EmployeePage, employee_page
from audits.listing import Column, Empty, ListPage
from reviews import own_looks, querysets
from reviews.models import ViewGrant


class LookList(EmployeePage, ListPage):
    """Every leave to look at the own sessions."""

    template_name = "reviews/my_look_list.html"
    columns = (
        Column("Given", sort="time"),
        Column("Role"),
        Column("Reason"),
        Column("Session"),
        Column("Looks", sort="looks", numeric=True),
    )
    sorts: ClassVar[dict[str, str]] = {"time": "granted_at", "looks": "looks"}
    default_sort = "-time"
    search_fields = ("reason",)
    search_label = "Search reasons"
    noun = "look"
    empty = Empty(
        "Nobody has looked",
        "When somebody is given leave to look at a session of yours, it is here.",
        icon="eye",
    )

    def get_queryset(self) -> QuerySet[ViewGrant]:
        return querysets.looks_at(self.request.user)


@require_GET
@employee_page
def look_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One leave to look and each look under it, with their entries in the log."""
    grant = get_object_or_404(querysets.looks_at(request.user), pk=pk)
    context = {"object": grant, "proven": own_looks.proven(grant)}
    return render(request, "reviews/my_look_detail.html", context)
