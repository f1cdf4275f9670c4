"""Several entries for a draft at once: picked from the catalogue, or read from a file after a preview."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property

from accounts.pages import ActionForm
from capture_policies import bulk, catalogue, document, words
from capture_policies.actions.bulk import Put, put_entries
from capture_policies.bulk_cells import COLUMNS
from capture_policies.bulk_forms import ConfirmForm, PickForm, UploadForm
from capture_policies.catalogue import Category, Item
from capture_policies.models import DraftState
from capture_policies.views.drafts import OfDraft
from mci_core.errors import ActionError, Conflict

SEARCH_LENGTH = 100


class DraftCatalogue(OfDraft, ActionForm):
    """The catalogue. Searching keeps what is checked; only "Add" stores anything."""

    permission = "capture_policies.put_entries"
    template_name = "capture_policies/draft_catalogue.html"
    form_class = PickForm

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "search" in request.POST:
            form = PickForm(request.POST)
            form.is_valid()
            return self.render_to_response(self.get_context_data(form=form))
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        form: PickForm = context["form"]
        asked = self.request.POST or self.request.GET
        search = asked.get("q", "")[:SEARCH_LENGTH]
        category = asked.get("category", "")
        held = {row.key for row in self.draft.entries.all()}
        return {
            **context,
            "search": search,
            "category": category,
            "categories": catalogue.categories(),
            "shelves": _shelves(form, catalogue.found(search, category), held),
            "total": len(catalogue.items()),
        }

    def act(self, form: PickForm) -> str:
        held = {row.key for row in self.draft.entries.all()}
        entries = form.entries()
        taken = [entry["label"] for entry in entries if entry["id"] in held]
        if taken:
            raise Conflict(f"{taken[0]} is in the draft already.", field="items")
        put = put_entries(draft=self.draft, data=entries, source="catalogue", actor=self.actor)
        messages.success(self.request, f"Added to the draft: {_entries(put.added)}.")
        return self.home()


class DraftImport(OfDraft, ActionForm):
    """A file is read and compared first; what was shown is stored with the second click."""

    permission = "capture_policies.put_entries"
    template_name = "capture_policies/draft_import.html"
    form_class = UploadForm

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "content" in request.POST:
            return self._store(ConfirmForm(request.POST))
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            columns=COLUMNS,
            most_rows=bulk.MAX_ROWS,
            most_kb=bulk.MAX_BYTES // 1024,
            open=self.draft.state == DraftState.OPEN,
            **kwargs,
        )

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            text, kind = form.text()
            return self._preview(text, kind)
        except ActionError as fault:
            form.add_error("file", fault.message)
            return self.form_invalid(form)

    def _preview(self, text: str, kind: str) -> HttpResponse:
        plan = self._plan(text, kind)
        confirm = ConfirmForm(initial={"content": text, "form": kind, "seen": self._seen})
        described = {line.id: words.describe_entry(line.entry) for line in plan.added if line.entry}
        context = self.get_context_data(form=UploadForm(), plan=plan, confirm=confirm)
        added = [(line, described[line.id]) for line in plan.added]
        return self.render_to_response({**context, "added": added})

    def _store(self, form: ConfirmForm) -> HttpResponse:
        if not form.is_valid():
            return self._refused("The preview came back incomplete. Choose the file again.")
        values = form.cleaned_data
        try:
            docs = self._plan(values["content"], values["form"]).docs
            put = put_entries(
                draft=self.draft, data=docs, source="import", seen=values["seen"], actor=self.actor
            )
        except ActionError as fault:
            return self._refused(fault.message)
        messages.success(self.request, _told(put))
        return HttpResponseRedirect(self.home())

    def _refused(self, message: str) -> HttpResponse:
        form = UploadForm()
        form.errors["file"] = form.error_class([message])
        return self.form_invalid(form)

    @cached_property
    def _held(self) -> list[Any]:
        return [document.entry_doc(row) for row in self.draft.entries.all()]

    @property
    def _seen(self) -> str:
        return bulk.entries_digest(self._held)

    def _plan(self, text: str, kind: str) -> bulk.Plan:
        return bulk.plan(bulk.read(text, kind), self._held)


def _entries(number: int) -> str:
    return f"{number} {'entry' if number == 1 else 'entries'}"


def _told(put: Put) -> str:
    return f"Imported: {_entries(put.added)} added, {put.changed} changed."


def _shelves(
    form: PickForm, items: list[Item], held: set[str]
) -> list[tuple[Category | None, list[dict[str, Any]]]]:
    """What is checked stands first and stays there, whatever is searched for."""
    picked = form.picked
    known = catalogue.by_id()
    chosen = [known[key] for key in sorted(picked & known.keys())]
    groups: dict[Category | None, list[Item]] = defaultdict(list)
    if chosen:
        groups[None] = chosen
    for item in items:
        if item.id not in picked:
            groups[item.category].append(item)
    return [(category, [_row(form, item, held) for item in rows]) for category, rows in groups.items()]


def _row(form: PickForm, item: Item, held: set[str]) -> dict[str, Any]:
    return {
        "item": item,
        "picked": item.id in form.picked,
        "held": item.id in held,
        "tenant": form.tenant(item.id) if item.needs_tenant else "",
    }
