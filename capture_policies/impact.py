"""How many people a policy reaches: an entry's scope and programs, held against the facts of live devices.

Only counts leave this file: no person, no device. A place or department is named only where enough people
are reached there, and fewer people than the least group size are never told as a number.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone

from accounts.models import WorkLocation
from agents.models import Device
from jurisdictions import rulings
from jurisdictions.models import Agreement
from mci_core import evaluator_scope, jurisdiction
from mci_core.policy import AppMatch, Entry, Policy, parse_entry
from mci_core.policy_model import PLATFORMS

__all__ = [
    "PLATFORMS",
    "Affected",
    "Facts",
    "Fleet",
    "fleet",
    "of_change",
    "of_entry",
    "of_policy",
    "people_words",
]


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides about a device: nothing of what is done on it. Many devices have the same."""

    department: uuid.UUID
    department_name: str
    place: str | None
    os: str
    tags: tuple[str, ...]
    personal: bool

    @property
    def scoped(self) -> evaluator_scope.Facts:
        """As the evaluator holds them against a scope."""
        return evaluator_scope.Facts(self.os, self.place, (str(self.department),), self.tags)


@dataclass(frozen=True)
class Affected:
    """People reached, and the places and departments in which enough of them are to be named.

    ``people`` is exact, for sentences and sums of the server; pages show :attr:`people_words`.
    """

    people: int
    places: list[str] = field(default_factory=list)
    departments: list[str] = field(default_factory=list)

    @property
    def people_words(self) -> str:
        """``812 people``, ``fewer than 5 people``, ``nobody``."""
        return people_words(self.people)

    @property
    def where_words(self) -> str:
        """``in 3 states``, ``in 2 places``, ``in US-NY``; empty where no place has enough people."""
        if len(self.places) < 2:
            return f"in {self.places[0]}" if self.places else ""
        states = all(place.startswith("US-") for place in self.places)
        return f"in {len(self.places)} {'states' if states else 'places'}"

    @property
    def words(self) -> str:
        """``812 people in 3 states``."""
        return f"{self.people_words} {self.where_words}".rstrip()


def people_words(count: int) -> str:
    """A number of people as pages say it: never one below the least group size."""
    least: int = settings.MIN_GROUP_SIZE
    if count == 0:
        return "nobody"
    return f"fewer than {least} people" if count < least else f"{count} people"


class Fleet:
    """The facts of all live devices, read in one query; asked as often as one likes without another.

    The law is read (packs and agreements once, and again per place that needs one) when a signal is asked
    about.
    """

    def __init__(self, devices: Iterable[tuple[Facts, uuid.UUID]]) -> None:
        self._people: dict[Facts, set[uuid.UUID]] = defaultdict(set)
        for facts, subject in devices:
            self._people[facts].add(subject)

    def where(self, reached: Callable[[Facts], bool]) -> Affected:
        """Those people of whose devices at least one is reached."""
        by_place: dict[str, set[uuid.UUID]] = defaultdict(set)
        by_department: dict[str, set[uuid.UUID]] = defaultdict(set)
        for facts, people in self._people.items():
            if reached(facts):
                by_place[facts.place or ""] |= people
                by_department[facts.department_name] |= people
        everybody = set().union(*by_place.values())
        return Affected(len(everybody), _named(by_place), _named(by_department))

    def under(self, entry: Entry, signals: Collection[str] = ()) -> Affected:
        """Those whom an entry reaches; with ``signals`` only where the law leaves at least one of them."""
        return self.where(lambda facts: self.reaches(entry, facts, signals))

    def reaches(self, entry: Entry, facts: Facts, signals: Collection[str] = ()) -> bool:
        if not (runs_on(entry, facts.os) and evaluator_scope.in_scope(entry.scope, facts.scoped)):
            return False
        return not signals or bool(set(signals) - self._denied[facts])

    @cached_property
    def _denied(self) -> dict[Facts, frozenset[str]]:
        """The signals that the law takes away, a notice taken as acknowledged."""
        return _laws(self._people)


def fleet() -> Fleet:
    """The live devices of people who were not erased, as they are now."""
    now = timezone.now()
    here = WorkLocation.objects.holding(now).filter(subject=OuterRef("subject")).values("place")[:1]
    rows = (
        Device.objects.active()
        .filter(subject__user__is_active=True)
        .annotate(
            place=Subquery(here),
            department=F("subject__department"),
            department_name=F("subject__department__name"),
        )
    )
    names = ("subject_id", "department", "department_name", "place", "os", "tags", "personal_device")
    return Fleet(
        (Facts(department, name, place, os, tuple(tags), personal), subject)
        for subject, department, name, place, os, tags, personal in rows.values_list(*names)
    )


def of_entry(
    entry: Entry | Mapping[str, Any], *, known: Fleet | None = None, signals: Collection[str] = ()
) -> Affected:
    """Whom an entry reaches now: right platform, in scope; with ``signals`` also left by the law.

    ``known``: the facts, where several entries are asked about (one query for all of them).
    """
    parsed = entry if isinstance(entry, Entry) else parse_entry(entry)
    return (known or fleet()).under(parsed, signals)


def of_change(
    before: Entry | Mapping[str, Any] | None,
    after: Entry | Mapping[str, Any] | None,
    *,
    known: Fleet | None = None,
    signals: Collection[str] = (),
) -> Affected:
    """Whom a change of an entry concerns: everybody whom it reached before or reaches afterwards."""
    facts = known or fleet()
    entries = [
        entry if isinstance(entry, Entry) else parse_entry(entry)
        for entry in (before, after)
        if entry is not None
    ]
    return facts.where(lambda one: any(facts.reaches(entry, one, signals) for entry in entries))


def of_policy(policy: Policy, *, known: Fleet | None = None) -> Affected:
    """Everybody whom at least one entry reaches."""
    facts = known or fleet()
    return facts.where(lambda one: any(facts.reaches(entry, one) for entry in policy.entries))


def runs_on(entry: Entry, os: str) -> bool:
    """Whether an entry names a program for this platform; a site is open in browsers everywhere.

    Bare names say nothing of a platform: they count where nothing else is named.
    """
    match = entry.match
    if not isinstance(match, AppMatch) or os not in PLATFORMS:
        return True
    return bool(getattr(match, os)) or not any(getattr(match, name) for name in PLATFORMS)


def _named(groups: Mapping[str, set[uuid.UUID]]) -> list[str]:
    least: int = settings.MIN_GROUP_SIZE
    return sorted(name for name, members in groups.items() if name and len(members) >= least)


def _laws(known: Collection[Facts]) -> dict[Facts, frozenset[str]]:
    today = timezone.now().date()
    packs = rulings.packs_on(today)
    # A unit counts where some agreement is about units; all others of a place have the same law.
    listed = Agreement.objects.in_force(today).values_list("departments", flat=True)
    units = {unit for row in listed for unit in row}
    found: dict[tuple[str | None, uuid.UUID | None, bool], frozenset[str]] = {}
    for facts in known:
        unit = facts.department if facts.department in units else None
        key = (facts.place, unit, facts.personal)
        if key not in found:
            found[key] = _denied_at(packs, *key, today)
    return {
        facts: found[facts.place, facts.department if facts.department in units else None, facts.personal]
        for facts in known
    }


def _denied_at(
    packs: list[jurisdiction.Pack],
    place: str | None,
    unit: uuid.UUID | None,
    personal: bool,
    on: date,
) -> frozenset[str]:
    """An agreement is asked for only where some law needs one."""
    laws = jurisdiction.applicable(packs, place, on) if place else []
    needed = place is not None and any(pack.requires_agreement for pack in laws)
    agreement = rulings.agreement_for(place, on, department=unit) if place and needed else None
    ruling = jurisdiction.decide(
        packs, place, on, acknowledged_on=on, agreement=agreement, personal_device=personal
    )
    return frozenset(ruling.denied_signals)
