"""The allowlist as people use it: the entries that are live, and everything about one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.views import View
from django.views.generic import TemplateView

from accounts.access import StaffPage
from accounts.models import Department
from accounts.pages import ActionPost
from accounts.permissions import has
from audits.listing import Column, Empty, ListPage
from capture_policies import allowlist, bulk, document, entry_history, words
from capture_policies.actions import drafts
from capture_policies.allowlist import Allowlist, Line, Shown, Today
from capture_policies.allowlist_forms import SORTS, AllowlistFilter, searched, sorted_by
from capture_policies.views.drafts import OfDraft, may
from mci_core.policy import PLATFORM_WORDS, Rule


class _Narrowed:
    """Stands where a list page has the filters of a table: the lines come from a document."""

    def __init__(self, form: AllowlistFilter, lines: list[Line]) -> None:
        self.form = form
        self.qs = lines

    def is_valid(self) -> bool:
        """Whatever does not fit matches nothing already."""
        return True


class AllowlistPage(StaffPage, ListPage):
    permission = "capture_policies.view"
    template_name = "capture_policies/allowlist.html"
    columns = (
        Column("App or site", sort="label"),
        Column("Where"),
        Column("Captured"),
        Column("Owner", sort="owner"),
        Column("Review by", sort="review_by"),
        Column("Ends", sort="expires"),
        Column("Last hit", sort="last"),
        Column("People"),
    )
    sorts = {name: name for name in SORTS}
    default_sort = "label"
    search_fields = ("text",)
    search_label = "Search apps and sites"
    noun = "entry,entries"
    empty = Empty(
        "Nothing is captured",
        "No policy is live, or it allows nothing. What is not on this list is not captured.",
        icon="app-window",
        url_name="capture_policies:version_list",
        label="Versions",
    )

    @cached_property
    def live(self) -> Allowlist | None:
        return allowlist.live()

    @cached_property
    def today(self) -> Today:
        return Today()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(live=self.live, may=may(self.request), **kwargs)
        page = context["page_obj"]
        page.object_list = self.today.shown(page.object_list)
        return context

    def _filterset(self) -> Any:
        form = AllowlistFilter(self.request.GET, allowlist=self.live)
        return _Narrowed(form, form.narrowed(self.live.lines if self.live else (), self.today))

    def _searched(self, rows: Any) -> Any:
        return searched(rows, self._search)

    def _sorted(self, rows: Any) -> Any:
        return sorted_by(rows, self._sort, self.today)


class _OfEntry(StaffPage):
    """A page about an entry of the live policy; 404 for every other."""

    @cached_property
    def live(self) -> Allowlist:
        found = allowlist.live()
        if found is None:
            raise Http404
        return found

    @cached_property
    def line(self) -> Line:
        found = self.live.line(self.kwargs["entry"])
        if found is None:
            raise Http404
        return found


class EntryDetail(_OfEntry, TemplateView):
    permission = "capture_policies.view"
    template_name = "capture_policies/allowlist_entry.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        [shown] = Today().shown([self.line])
        known = {
            "shown": shown,
            "entry": shown.entry,
            "live": self.live,
            "scope": _scope(shown),
            "rules": _rules(self.live, shown),
            "steps": entry_history.steps(shown.entry.id),
            "may": may(self.request) | {"remove_now": has(self.request.user, REMOVE_NOW)},
        }
        return super().get_context_data(**kwargs | known)


REMOVE_NOW = "capture_policies.remove_entries_now"


class EntryPropose(_OfEntry, ActionPost):
    """A draft with the content of the live policy, opened at this entry."""

    permission = "capture_policies.create_draft"
    success_message = "A draft of the live policy was opened. Change the entry, then submit the draft."

    def act(self, **kwargs: Any) -> str:
        title = f"Change {self.line.entry.label}"[:120]
        draft = drafts.create_draft(title=title, from_version=self.live.version, actor=self.actor)
        row = draft.entries.get(key=self.line.entry.id)
        return reverse("capture_policies:draft_entry", args=[draft.pk, row.pk])


class AllowlistExport(StaffPage, View):
    """The entries of the live policy as a file; ``form`` comes from the address."""

    permission = "capture_policies.view"
    form = "csv"

    def get(self, request: HttpRequest) -> HttpResponse:
        live = allowlist.live()
        entries = live.policy.doc["entries"] if live else []
        return as_file(entries, self.form, f"allowlist-{live.version.number if live else 0}")


class DraftExport(OfDraft, View):
    """The entries of a draft as a file."""

    permission = "capture_policies.view_drafts"
    form = "csv"

    def get(self, request: HttpRequest, pk: Any) -> HttpResponse:
        entries = document.document_of(self.draft)["entries"]
        return as_file(entries, self.form, f"draft-{str(self.draft.pk)[:8]}")


def as_file(entries: Iterable[Any], form: str, name: str) -> HttpResponse:
    """Entries as a download."""
    text = bulk.to_yaml(entries) if form == "yaml" else bulk.to_csv(entries)
    kind = "application/yaml" if form == "yaml" else "text/csv"
    response = HttpResponse(text, content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return response


def _scope(shown: Shown) -> list[tuple[str, list[str]]]:
    """For whom the entry counts, in words; groups by name."""
    scope = shown.entry.scope
    names: Mapping[str, str] = {}
    if scope.groups:
        rows = Department.objects.filter(pk__in=scope.groups).values_list("pk", "name")
        names = {str(pk): name for pk, name in rows}
    parts = (
        ("Groups", [names.get(group, group) for group in scope.groups]),
        ("Platforms", [PLATFORM_WORDS[name] for name in scope.platforms]),
        ("Tags of the device", list(scope.tags)),
        ("Places of work", list(scope.places)),
    )
    return [(label, sorted(values)) for label, values in parts if values]


def _rules(live: Allowlist, shown: Shown) -> list[words.DescribedRule]:
    """The redaction rules that look at this entry, besides the default detectors."""
    labels = {line.entry.id: line.entry.label for line in live.lines}
    return [words.describe_rule(rule, labels) for rule in live.policy.rules if _looks_at(rule, shown)]


def _looks_at(rule: Rule, shown: Shown) -> bool:
    selector, entry = rule.selector, shown.entry
    here = not selector.entries or entry.id in selector.entries
    return here and (not selector.signals or bool(entry.signals & set(selector.signals)))
