"""What people do with a search of the log: keep it under a name, export it, see it by day."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.generic import TemplateView, View

from accounts.access import StaffPage
from accounts.actors import user_actor
from accounts.pages import ActionForm, ActionPost
from audits import export_run, search, timeline
from audits.actions import record_event
from audits.actions.exports import KEPT, delete_export, request_export
from audits.actions.searches import forget_search, save_search
from audits.listing import Column, Empty, ListPage
from audits.models import AuditEntry, LogExport, SavedSearch
from audits.models_console import ExportFormat, LogExportQuerySet
from audits.models_run import RunState
from audits.words import in_words

TYPES = {ExportFormat.JSONL: "application/jsonl", ExportFormat.CSV: "text/csv; charset=utf-8"}


class NameForm(forms.Form):
    name = forms.CharField(max_length=60, label="Name of the search")


class SearchNew(StaffPage, ActionForm):
    """The search in the query string gets a name."""

    permission = "audits.save_search"
    template_name = "audits/search_new.html"
    form_class = NameForm
    success_message = "The search is kept. It stands above the list."

    @property
    def query(self) -> str:
        return search.canonical(self.request.GET)

    def act(self, form: NameForm) -> str:
        made = save_search(name=form.cleaned_data["name"], query=self.query, actor=self.actor)
        return f"{reverse('audits:entry_list')}?{made.query}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        given = QueryDict(self.query).items()
        terms = [
            (search.LABELS.get(name, name).capitalize(), in_words(str(value)) if name == "action" else value)
            for name, value in given
        ]
        return super().get_context_data(terms=terms, query=self.query, **kwargs)


class SearchForget(StaffPage, ActionPost):
    permission = "audits.forget_search"
    success_message = "The search is deleted."

    def act(self, **kwargs: Any) -> str:
        row = get_object_or_404(SavedSearch.objects.visible_to(self.request.user), pk=kwargs["pk"])
        forget_search(search=row, actor=self.actor)
        return reverse("audits:entry_list")


class ExportList(StaffPage, ListPage):
    permission = "audits.view"
    template_name = "audits/export_list.html"
    columns = (
        Column("Asked for"),
        Column("Search"),
        Column("Format"),
        Column("State"),
        Column("Entries", numeric=True),
        Column("Size", numeric=True),
        Column("Fetch or delete", quiet=True),
    )
    noun = "export,exports"
    empty = Empty(
        "No exports",
        "Search the log, then choose Export there.",
        "list-check",
        "audits:entry_list",
        "To the log",
    )

    def get_queryset(self) -> LogExportQuerySet:
        return LogExport.objects.visible_to(self.request.user).order_by("-created_at")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        working = any(row.working for row in context["page_obj"])
        return {**context, "working": working, "kept_days": KEPT.days}


class ExportNew(StaffPage, ActionPost):
    permission = "audits.request_export"
    success_message = "The export is being written."

    def act(self, **kwargs: Any) -> str:
        query = search.canonical(self.request.GET)
        request_export(query=query, format=self.request.POST.get("format", ""), actor=self.actor)
        return reverse("audits:export_list")


class _OfExport(StaffPage):
    def export(self) -> LogExport:
        rows = LogExport.objects.visible_to(self.request.user)
        return get_object_or_404(rows, pk=self.kwargs["pk"])


class ExportDelete(_OfExport, ActionPost):
    permission = "audits.delete_export"
    success_message = "The export is deleted."

    def act(self, **kwargs: Any) -> str:
        delete_export(export=self.export(), actor=self.actor)
        return reverse("audits:export_list")


class ExportFile(_OfExport, View):
    """The file; that it was fetched is logged before its first byte is sent."""

    permission = "audits.view"

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        row = self.export()
        if row.state != RunState.DONE:
            return HttpResponse("The export is not ready.\n", status=409, content_type="text/plain")
        facts = {"entries": row.done}
        record_event(action="audits.download_export", actor=user_actor(request), obj=row, facts=facts)
        name = f"audit-log-{row.created_at:%Y-%m-%d}.{row.format}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return StreamingHttpResponse(
            export_run.read(row), content_type=TYPES[ExportFormat(row.format)], headers=headers
        )


class Timeline(StaffPage, TemplateView):
    """Entries a day, for a search. What one request could not count is asked for by the page."""

    permission = "audits.view"
    template_name = "audits/timeline.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        query = search.canonical(request.GET)
        rows = search.found(AuditEntry.objects.visible_to(request.user), QueryDict(query))
        counted = timeline.counts(rows, query)
        if getattr(request, "htmx", False) and counted.complete:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return self.render_to_response(
            self.get_context_data(
                query=query,
                counted=counted,
                total=sum(counted.found.values()),
                chart=timeline.chart(counted.found) if counted.complete and counted.found else None,
            )
        )
