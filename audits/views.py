"""The page of the log: a list that pages by key, not by count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.forms import DateInput
from django.views.generic import TemplateView
from django_filters import CharFilter, ChoiceFilter, DateFilter, FilterSet

from accounts.access import StaffPage
from accounts.models import Subject, User
from accounts.permissions import table
from accounts.sign_ins import EVENT_NAMES
from audits import reading, sequence
from audits.entry_view import MAX_ID, names
from audits.listing import Column, Empty, ListPage
from audits.models import AuditEntry
from audits.registry import actions

PAGE = 50


#: Events that are no action of anybody's, and so in no table of permissions.
EVENTS = EVENT_NAMES | {
    "audits.log_verified",
    "audits.log_broken",
    "audits.log_halted",
    "audits.log_quiet",
}


def _action_choices() -> list[tuple[str, str]]:
    """Every name that the log can hold: of the actions that are loaded here, and those of the permissions,
    because the modules of some actions are loaded by workers only.
    """
    permitted = {name for name in table() if not name.partition(".")[2].startswith("view")}
    return [(name, name) for name in sorted(permitted | EVENTS | set(actions()))]


class EntryFilter(FilterSet):  # type: ignore[misc]  # django-filter ships no types
    action = ChoiceFilter(choices=_action_choices, label="Action", empty_label="Any action")
    actor = CharFilter(method="by_actor", label="Actor")
    subject = CharFilter(method="by_subject", label="Subject (pseudonym)")
    object = CharFilter(method="by_object", label="Object id")
    request = CharFilter(field_name="request_id", lookup_expr="exact", label="Request id")
    since = DateFilter(
        field_name="at", lookup_expr="date__gte", label="From", widget=DateInput(attrs={"type": "date"})
    )
    until = DateFilter(
        field_name="at", lookup_expr="date__lte", label="Until", widget=DateInput(attrs={"type": "date"})
    )

    class Meta:
        model = AuditEntry
        fields = ("action",)

    def by_actor(self, rows: QuerySet[AuditEntry], _name: str, value: str) -> QuerySet[AuditEntry]:
        """``system:beat`` and the like as written; otherwise the e-mail address or id of an account."""
        value = value.strip()
        if ":" in value:
            return rows.filter(actor=value)
        user = User.objects.filter(email__iexact=value).first()
        return rows.filter(actor=f"user:{user.pk if user else value}")

    def by_subject(self, rows: QuerySet[AuditEntry], _name: str, value: str) -> QuerySet[AuditEntry]:
        found = Subject.objects.filter(pseudonym__iexact=value.strip()).values_list("pk", flat=True).first()
        return rows.filter(subject=found) if found is not None else rows.none()

    def by_object(self, rows: QuerySet[AuditEntry], _name: str, value: str) -> QuerySet[AuditEntry]:
        kind, _, key = value.strip().rpartition(":")
        rows = rows.filter(object_id=key)
        return rows.filter(object_type=kind) if kind else rows


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
    filterset_class = EntryFilter
    search_fields = ("action",)
    search_label = "Search action, object id, request id or number"
    noun = "entry,entries"
    empty = Empty("The log is empty", "Every change will be written here.", icon="list-check")

    def get_queryset(self) -> QuerySet[AuditEntry]:
        return AuditEntry.objects.visible_to(self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = TemplateView.get_context_data(self, **kwargs)
        filterset = self._filterset()
        assert filterset is not None
        rows = self._found(filterset.qs) if filterset.is_valid() else self.get_queryset().none()
        page = self._key_page(rows)
        checkpoint = sequence.latest()
        context.update(
            page=page,
            names=names(page.object_list),
            headings=[self._heading(column) for column in self.columns],
            filter_form=filterset.form,
            search=self._search,
            searchable=True,
            search_label=self.search_label,
            narrowed=self._narrowed(filterset),
            empty_state=self.empty,
            checkpoint=checkpoint,
            waiting=sequence.waiting(checkpoint),
            verified=reading.last_verdict(),
        )
        return context

    def _found(self, rows: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        for word in self._search.split()[:4]:
            match = Q(action__icontains=word) | Q(object_id=word) | Q(request_id=word)
            if word.isascii() and word.isdigit() and int(word) <= MAX_ID:
                match |= Q(pk=int(word))
            rows = rows.filter(match)
        return rows

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
        return int(value) if value.isascii() and value.isdigit() and int(value) <= MAX_ID else None
