"""Finds entries: filters that every reader of the log has, and words inside the sealed part for those who may
open it.

A search is the query string of the list, so that it can be kept, handed on and exported as it is. Words are
matched against the closed list of actions, by code and in words, and against ids, never against the text of a
million leaves.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from functools import reduce
from itertools import combinations
from operator import or_

from django.db.models import Q, QuerySet
from django.forms import DateInput
from django.http import QueryDict
from django.utils import timezone
from django_filters import CharFilter, ChoiceFilter, DateFilter, FilterSet

from accounts.models import Subject, User
from audits import reading
from audits.models import AuditEntry, LogExport, SavedSearch
from audits.words import action_choices, actions_with

MAX_ID = 2**63 - 1
WORDS = 4
#: How many sealed parts one page of a search opens at most, and for how long.
LOOKS, SECONDS = 500, 1.0
#: Parameters that make a search; the others say which page of it is shown.
NAMES = ("q", "action", "actor", "subject", "object", "request", "since", "until", "inside")
MAX_QUERY = 500
#: What readers call a parameter, where its name does not say it.
LABELS = {"q": "search", "since": "from", "inside": "in reason or details"}


class EntryFilter(FilterSet):  # type: ignore[misc]  # django-filter ships no types
    action = ChoiceFilter(choices=action_choices, label="Action", empty_label="Any action")
    actor = CharFilter(method="by_actor", label="Actor or role")
    subject = CharFilter(method="by_subject", label="Subject (pseudonym)")
    object = CharFilter(method="by_object", label="Object id")
    request = CharFilter(field_name="request_id", lookup_expr="exact", label="Request id")
    since = DateFilter(method="by_since", label="From", widget=DateInput(attrs={"type": "date"}))
    until = DateFilter(method="by_until", label="Until", widget=DateInput(attrs={"type": "date"}))

    class Meta:
        model = AuditEntry
        fields = ("action",)

    def by_actor(self, rows: QuerySet[AuditEntry], _name: str, value: str) -> QuerySet[AuditEntry]:
        """``system:beat`` and the like as written, ``role:auditor`` for everybody of a role; otherwise the
        e-mail address or id of an account.
        """
        value = value.strip()
        if value.startswith("role:"):
            return rows.filter(actor_role__in=_with_role(value.removeprefix("role:").strip()))
        if ":" in value:
            return rows.filter(actor=value)
        user = User.objects.filter(email__iexact=value).first()
        return rows.filter(actor=f"user:{user.pk if user else value}")

    def by_subject(self, rows: QuerySet[AuditEntry], _name: str, value: str) -> QuerySet[AuditEntry]:
        found = Subject.objects.filter(pseudonym__iexact=value.strip()).values_list("pk", flat=True).first()
        return rows.filter(subject=found) if found is not None else rows.none()

    def by_object(self, rows: QuerySet[AuditEntry], _name: str, value: str) -> QuerySet[AuditEntry]:
        kind, _, key = value.strip().rpartition(":")
        return rows.filter(object_type__in=[kind] if kind else reading.object_types(), object_id=key)

    def by_since(self, rows: QuerySet[AuditEntry], _name: str, value: date) -> QuerySet[AuditEntry]:
        return rows.filter(at__gte=_midnight(value))

    def by_until(self, rows: QuerySet[AuditEntry], _name: str, value: date) -> QuerySet[AuditEntry]:
        after = value if value == date.max else value + timedelta(days=1)
        return rows.filter(at__lt=_midnight(after))


class OfficerFilter(EntryFilter):
    """With words that stand in the sealed part, for those who may open it."""

    inside = CharFilter(method="unchanged", label="In reason or details")

    def unchanged(self, rows: QuerySet[AuditEntry], _name: str, _value: str) -> QuerySet[AuditEntry]:
        """What is sealed cannot be asked of the database; :func:`inside` looks."""
        return rows


def _midnight(day: date) -> datetime:
    """The beginning of a day where the reader is."""
    return timezone.make_aware(datetime.combine(day, time_of_day()))


def _with_role(role: str) -> list[str]:
    """A person may hold several roles; the log joins them. Every combination that holds this one."""
    staff = ("admin", "auditor", "ml_staff", "privacy_officer")
    joined = ["+".join(some) for count in range(1, 5) for some in combinations(staff, count)]
    return [role, *(name for name in joined if role in name.split("+") and name != role)]


def by_words(rows: QuerySet[AuditEntry], text: str) -> QuerySet[AuditEntry]:
    """Each word is part of what an action is called, in words or as a code, or an object id, request id or
    number.
    """
    terms = [(actions_with(word), _by_id(word)) for word in text.split()[:WORDS]]
    for named, by_id in terms:
        rows = rows.filter(Q(action__in=named) | by_id)
    if len(terms) > 1:
        # Says nothing new, but PostgreSQL takes words for independent: with no action (or a rare one) that
        # has them all, it would read the whole log backwards in search of the next fifty.
        both = Q(action__in=set.intersection(*(named for named, _ in terms)))
        rows = rows.filter(reduce(or_, (by_id for _, by_id in terms), both))
    return rows


def _by_id(word: str) -> Q:
    match = Q(action=word) | Q(request_id=word) | Q(object_type__in=reading.object_types(), object_id=word)
    if word.isascii() and word.isdigit() and int(word) <= MAX_ID:
        match |= Q(pk=int(word))
    return match


def found(rows: QuerySet[AuditEntry], given: QueryDict) -> QuerySet[AuditEntry]:
    """The entries of a search, without words inside; none where a filter cannot be read."""
    filters = EntryFilter(given, queryset=rows)
    return by_words(filters.qs, given.get("q", "")[:100]) if filters.is_valid() else rows.none()


def canonical(given: QueryDict) -> str:
    """The search of a query string: its known parameters in one order, cut to what can be kept."""
    kept = QueryDict(mutable=True)
    for name in NAMES:
        value = given.get(name, "").strip()
        if value:
            kept[name] = value[:100]
    return kept.urlencode()[:MAX_QUERY]


@dataclass(frozen=True)
class Inside:
    """What a search inside the sealed parts came upon. ``next`` is where it goes on, or None at the end."""

    entries: Sequence[AuditEntry]
    looked: int
    next: int | None


def inside(rows: QuerySet[AuditEntry], words: str, *, before: int | None, wanted: int) -> Inside:
    """Open the sealed parts of the newest rows and keep those that hold every word."""
    if before is not None:
        rows = rows.filter(pk__lt=before)
    needles = [word.casefold() for word in words.split()[:WORDS]]
    ends = time.monotonic() + SECONDS
    kept: list[AuditEntry] = []
    looked = 0
    batch = list(rows.order_by("-pk")[:LOOKS])
    for entry, opened in reading.opened_many(batch):
        looked += 1
        if opened.holds(needles):
            kept.append(entry)
        if len(kept) == wanted or time.monotonic() > ends:
            break
    more = looked < len(batch) or len(batch) == LOOKS
    return Inside(kept, looked, batch[looked - 1].pk if more and looked else None)


def forget(word: str) -> int:
    """Delete kept searches and exports that name this: the pseudonym of a person who is erased."""
    named = Q(query__icontains=word)
    exports, _ = LogExport.objects.filter(named).delete()
    searches, _ = SavedSearch.objects.filter(named).delete()
    return exports + searches
