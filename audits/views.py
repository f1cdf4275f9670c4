"""The page of the log: a list that pages by key, not by count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.views.generic import TemplateView
from django_filters import FilterSet

from accounts.access import StaffPage
from accounts.actors import user_actor
from accounts.permissions import has
from audits import reading, rounds, search, sequence
from audits.actions import record_event
from audits.entry_view import names
from audits.listing import Column, Empty, ListPage
from audits.models import AuditEntry, SavedSearch

PAGE = 50


@dataclass
class KeyPage:
    """One page of a long list, found by the id beside it. Truth value and iteration are those of its rows."""

    object_list: Sequence[AuditEntry]
    older: int | None
    newer: int | None

    def __iter__(self) -> Iterable[AuditEntry]:
        return iter(self.object_list)


class EntryList(StaffPage, ListPage):
    permission = "audits.view"
    template_name = "audits/entry_list.html"
    columns = (
        Column("When"),
        Column("Action"),
        Column("Actor"),
        Column("Object"),
        Column("Subject"),
        Column("No.", numeric=True),
    )
    search_fields = ("action",)
    search_label = "Search action, object id, request id or number"
    noun = "entry,entries"
    empty = Empty("The log is empty", "Every change will be written here.", icon="list-check")

    def get_queryset(self) -> QuerySet[AuditEntry]:
        return AuditEntry.objects.visible_to(self.request.user)

    @property
    def _opens(self) -> bool:
        return has(self.request.user, "audits.view_details")

    def _filterset(self) -> FilterSet:
        chosen = search.OfficerFilter if self._opens else search.EntryFilter
        return chosen(self.request.GET, queryset=self.get_queryset(), request=self.request)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = TemplateView.get_context_data(self, **kwargs)
        filterset = self._filterset()
        rows = self.get_queryset().none()
        if filterset.is_valid():
            rows = search.by_words(filterset.qs, self._search)
        words = self.request.GET.get("inside", "").strip()[:100] if self._opens else ""
        looked = self._look_inside(rows, words) if words and filterset.is_valid() else None
        page = self._key_page(rows) if looked is None else KeyPage(looked.entries, looked.next, None)
        checkpoint = sequence.latest()
        context.update(
            page=page,
            looked=looked,
            names=names(page.object_list),
            headings=[self._heading(column) for column in self.columns],
            filter_form=filterset.form,
            search=self._search,
            searchable=True,
            search_label=self.search_label,
            narrowed=self._narrowed(filterset),
            empty_state=self.empty,
            query=search.canonical(self.request.GET),
            saved=SavedSearch.objects.visible_to(self.request.user)[:50],
            checkpoint=checkpoint,
            waiting=sequence.waiting(checkpoint),
            verified=reading.last_verdict(),
            under_way=rounds.under_way(),
        )
        return context

    def _look_inside(self, rows: QuerySet[AuditEntry], words: str) -> search.Inside:
        """What is sealed may be about people: that somebody looked is logged before anything is shown."""
        found = search.inside(rows, words, before=self._key("before"), wanted=PAGE)
        facts = {"looked": found.looked, "found": len(found.entries)}
        record_event(action="audits.search_details", actor=user_actor(self.request), facts=facts)
        return found

    def _key_page(self, rows: QuerySet[AuditEntry]) -> KeyPage:
        before, after = self._key("before"), self._key("after")
        if after is not None:
            found = list(rows.filter(pk__gt=after).order_by("pk")[: PAGE + 1])
            more, shown = len(found) > PAGE, found[:PAGE][::-1]
            return KeyPage(shown, shown[-1].pk if shown else None, shown[0].pk if more else None)
        if before is not None:
            rows = rows.filter(pk__lt=before)
        found = list(rows.order_by("-pk")[: PAGE + 1])
        shown = found[:PAGE]
        older = shown[-1].pk if len(found) > PAGE else None
        return KeyPage(shown, older, shown[0].pk if before is not None and shown else None)

    def _key(self, name: str) -> int | None:
        value = self.request.GET.get(name, "")
        known = value.isascii() and value.isdigit() and int(value) <= search.MAX_ID
        return int(value) if known else None
