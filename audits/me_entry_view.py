"""One entry about the person who is signed in, and the proof that it is in the log.

Reading one's own entry is no look at somebody: nothing is written about it, as on a person's other pages.
Nobody is named who is not the person: of a colleague there is what the entry itself says.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.generic import TemplateView, View

from accounts.access import EmployeePage
from audits import checkpoints, own_entries, reading, tree
from audits.entry_view import proof_answer
from audits.models import AuditEntry, SignedCheckpoint, SubjectEntry
from audits.search import MAX_ID


class OfOwnEntry(EmployeePage):
    """The entry in the address, when it is about whoever asks; nothing otherwise, whatever role they hold."""

    @cached_property
    def entry(self) -> AuditEntry:
        return get_object_or_404(own_entries.of(self.request.user), pk=min(self.kwargs["pk"], MAX_ID))


class OwnEntry(OfOwnEntry, TemplateView):
    template_name = "audits/my_entry.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        entry, signed = self.entry, checkpoints.newest()
        index = _index_under(signed, entry)
        kind, _, key = entry.actor.partition(":")
        leaf = reading.leaf_of(entry)
        return super().get_context_data(
            entry=entry,
            actor_kind=kind,
            actor_key=key,
            roles=[role.replace("_", " ") for role in (entry.actor_role or "").split("+") if role],
            facts=sorted(leaf["facts"].items()),
            covered=index is not None,
            signed=signed,
            number=None if index is None else SubjectEntry.objects.filter(index=index).first(),
            vkey="" if signed is None else signed.vkey,
            **kwargs,
        )


def _index_under(signed: SignedCheckpoint | None, entry: AuditEntry) -> int | None:
    """The place of the entry in the log, once this checkpoint covers it."""
    index = tree.index_of(entry.pk)
    return None if signed is None or index is None or index >= signed.size else index


class OwnEntryProof(OfOwnEntry, View):
    """What the page of the entry checks, and the two files that ``mci-verify proof`` reads."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return proof_answer(self.entry, request.GET.get("part", ""))
