"""The page of one entry: what may be shown of it, what belongs to it, and the proof that it is in the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.generic import TemplateView, View

from accounts.access import StaffPage
from accounts.models import Subject, User
from accounts.permissions import has
from audits import checkpoints, proofs, reading, sequence
from audits.models import AuditEntry
from audits.search import MAX_ID
from mci_core.errors import ActionError

RELATED = 20
MAX_LINKS = 20


@dataclass(frozen=True)
class Change:
    """One value before and after; a missing one is None."""

    name: str
    before: Any
    after: Any

    @property
    def differs(self) -> bool:
        return bool(self.before != self.after)


class OfEntry(StaffPage):
    """The entry in the address."""

    permission = "audits.view"

    @cached_property
    def entry(self) -> AuditEntry:
        rows = AuditEntry.objects.visible_to(self.request.user)
        return get_object_or_404(rows, pk=min(self.kwargs["pk"], MAX_ID))


class EntryDetail(OfEntry, TemplateView):
    template_name = "audits/entry_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        entry, checkpoint = self.entry, sequence.latest()
        may_open = has(self.request.user, "audits.view_details")
        leaf = reading.leaf_of(entry)
        opened = reading.opened(entry) if may_open else None
        changed, rest = split(opened.details or {}) if opened else ([], {})
        signed = checkpoints.newest()
        related = list(_related(self._visible(), entry, leaf["facts"]))
        return super().get_context_data(
            entry=entry,
            facts=sorted(leaf["facts"].items()),
            commitment=leaf["commitment"],
            opened=opened,
            changed=changed,
            rest=rest,
            related=related,
            covered=sequence.covers(checkpoint, entry.pk),
            checkpoint=checkpoint,
            names=names([entry, *related]),
            older=self._visible()
            .filter(pk__lt=entry.pk)
            .order_by("-pk")
            .values_list("pk", flat=True)
            .first(),
            newer=self._visible().filter(pk__gt=entry.pk).order_by("pk").values_list("pk", flat=True).first(),
            vkey="" if signed is None else signed.vkey,
            **kwargs,
        )

    def _visible(self) -> QuerySet[AuditEntry]:
        return AuditEntry.objects.visible_to(self.request.user).exclude(pk=self.entry.pk)


class EntryProof(OfEntry, View):
    """The proof of the entry, for whoever reads the log."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return proof_answer(self.entry, request.GET.get("part", ""))


def proof_answer(entry: AuditEntry, part: str) -> HttpResponse:
    """The entry as it is hashed, its C2SP tlog-proof and the key of the log, for the browser to check;
    ``leaf`` and ``proof`` are the two files that ``mci-verify proof`` reads.
    """
    signed = checkpoints.newest()
    try:
        proof = proofs.inclusion(entry.pk, signed).dumps()
    except ActionError as refused:
        return JsonResponse({"detail": refused.message}, status=refused.status)
    assert signed is not None
    file = {"leaf": entry.leaf, "proof": proof}.get(part)
    if file is not None:
        headers = {"Content-Disposition": f'attachment; filename="entry-{entry.pk}.{part}"'}
        return HttpResponse(file, content_type="text/plain; charset=utf-8", headers=headers)
    return JsonResponse({"leaf": entry.leaf, "proof": proof, "vkey": signed.vkey})


def split(details: dict[str, Any]) -> tuple[list[Change], dict[str, Any]]:
    """Details that tell of a change: each value before and after, and what else they hold."""
    before, after = details.get("before"), details.get("after")
    rest = {name: value for name, value in details.items() if name not in ("before", "after")}
    if "before" not in details and "after" not in details:
        return [], rest
    if isinstance(before, dict | None) and isinstance(after, dict | None):
        old, new = before or {}, after or {}
        keys = [*old, *(key for key in new if key not in old)]
        found = [Change(key, old.get(key), new.get(key)) for key in keys]
        return sorted(found, key=lambda one: not one.differs), rest
    return [Change("value", before, after)], rest


def _related(rows: QuerySet[AuditEntry], entry: AuditEntry, facts: dict[str, Any]) -> Iterator[AuditEntry]:
    """Entries of the same request, about the same object, and about what the facts of this entry name (a
    version that was approved, a release that was rolled out): the newest of each, none twice.
    """
    seen: set[int] = set()
    for match in _matches(entry, facts):
        for row in rows.filter(match).order_by("-pk")[:RELATED]:
            if row.pk not in seen and len(seen) < RELATED:
                seen.add(row.pk)
                yield row


def _matches(entry: AuditEntry, facts: dict[str, Any]) -> Iterator[Q]:
    if entry.request_id:
        yield Q(request_id=entry.request_id)
    if entry.object_id:
        yield Q(object_type=entry.object_type, object_id=entry.object_id)
    named = [str(value) for value in facts.values() if _is_id(value)][:MAX_LINKS]
    if named:
        # The index on objects begins with their type.
        yield Q(object_type__in=reading.object_types(), object_id__in=named)


def _is_id(value: Any) -> bool:
    try:
        return isinstance(value, str) and str(UUID(value)) == value
    except ValueError:
        return False


def names(entries: Iterable[AuditEntry]) -> dict[str, str]:
    """What to show for ``user:…`` actors and for subjects: two queries for a page. Never a subject's name."""
    rows = list(entries)
    users = {row.actor.removeprefix("user:") for row in rows if row.actor.startswith("user:")}
    subjects = {row.subject for row in rows if row.subject is not None}
    found = {
        f"user:{pk}": name for pk, name in User.objects.filter(pk__in=users).values_list("pk", "display_name")
    }
    for pk, pseudonym in Subject.objects.filter(pk__in=subjects).values_list("pk", "pseudonym"):
        found[str(pk)] = pseudonym
        found[f"subject:{pk}"] = pseudonym
    return found
