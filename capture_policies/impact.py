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
from typing import Any

from django.conf import settings
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone

from accounts.models import WorkLocation
from agents.models import Device
from jurisdictions import rulings
from mci_core import jurisdiction
from mci_core.policy import AppMatch, Entry, Policy, parse_entry

PLATFORMS: tuple[str, ...] = ("windows", "macos", "linux")


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known of one device that decides about it: nothing of what is done on it."""

    subject: uuid.UUID
    department: uuid.UUID
    department_name: str
    place: str | None
    os: str
    tags: tuple[str, ...]
    personal: bool


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

    The law is read (packs once, an agreement per place that needs one) when a signal is asked about.
    """

    def __init__(self, facts: Iterable[Fact]) -> None:
        self.facts = list(facts)
        self._denied: dict[tuple[str | None, bool], frozenset[str]] | None = None

    def where(self, reached: Callable[[Fact], bool]) -> Affected:
        """Those people of whose devices at least one is reached."""
        by_place: dict[str, set[uuid.UUID]] = defaultdict(set)
        by_department: dict[str, set[uuid.UUID]] = defaultdict(set)
        people = set()
        for fact in self.facts:
            if reached(fact):
                people.add(fact.subject)
                by_place[fact.place or ""].add(fact.subject)
                by_department[fact.department_name].add(fact.subject)
        return Affected(len(people), _named(by_place), _named(by_department))

    def under(self, entry: Entry, signals: Collection[str] = ()) -> Affected:
        """Those whom an entry reaches; with ``signals`` only where the law leaves at least one of them."""
        return self.where(lambda fact: self.reaches(entry, fact, signals))

    def reaches(self, entry: Entry, fact: Fact, signals: Collection[str] = ()) -> bool:
        if not (runs_on(entry, fact.os) and in_scope(entry, fact)):
            return False
        return not signals or bool(set(signals) - self.denied(fact))

    def denied(self, fact: Fact) -> frozenset[str]:
        """The signals that the law takes away at the place of a device, its notice taken as acknowledged."""
        if self._denied is None:
            self._denied = _laws(self.facts)
        return self._denied[fact.place, fact.personal]


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
    names = ("subject_id", "department", "department_name", "place", "os", "personal_device")
    tagged = any(column.name == "tags" for column in Device._meta.get_fields())
    found = rows.values(*names, *(("tags",) if tagged else ()))
    return Fleet(
        Fact(
            row["subject_id"],
            row["department"],
            row["department_name"],
            row["place"],
            row["os"],
            tuple(row.get("tags") or ()),
            row["personal_device"],
        )
        for row in found
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
    return facts.where(lambda fact: any(facts.reaches(entry, fact, signals) for entry in entries))


def of_policy(policy: Policy, *, known: Fleet | None = None) -> Affected:
    """Everybody whom at least one entry reaches."""
    facts = known or fleet()
    return facts.where(lambda fact: any(facts.reaches(entry, fact) for entry in policy.entries))


def runs_on(entry: Entry, os: str) -> bool:
    """Whether an entry names a program for this platform; a site is open in browsers everywhere.

    Bare names say nothing of a platform: they count where nothing else is named.
    """
    match = entry.match
    if not isinstance(match, AppMatch) or os not in PLATFORMS:
        return True
    return bool(getattr(match, os)) or not any(getattr(match, name) for name in PLATFORMS)


def in_scope(entry: Entry, fact: Fact) -> bool:
    """Whether each part of an entry's scope names a fact of the device; what is not known names nothing."""
    scope = getattr(entry, "scope", None)
    if scope is None:
        return True
    place = fact.place or ""
    held = (
        (scope.groups, str(fact.department) in scope.groups),
        (scope.platforms, fact.os in scope.platforms),
        (scope.tags, bool(set(scope.tags) & set(fact.tags))),
        (scope.places, any(place == area or place.startswith(f"{area}-") for area in scope.places)),
    )
    return all(fits for wanted, fits in held if wanted)


def _named(groups: Mapping[str, set[uuid.UUID]]) -> list[str]:
    least: int = settings.MIN_GROUP_SIZE
    return sorted(name for name, members in groups.items() if name and len(members) >= least)


def _laws(facts: Iterable[Fact]) -> dict[tuple[str | None, bool], frozenset[str]]:
    today = timezone.now().date()
    packs = rulings.packs_on(today)
    return {
        (place, personal): frozenset(
            jurisdiction.decide(
                packs,
                place,
                today,
                acknowledged_on=today,
                agreement=_agreement(packs, place, today),
                personal_device=personal,
            ).denied_signals
        )
        for place, personal in {(fact.place, fact.personal) for fact in facts}
    }


def _agreement(packs: list[jurisdiction.Pack], place: str | None, on: date) -> jurisdiction.Agreement | None:
    """Asked for only where some law needs one."""
    needed = place and any(pack.requires_agreement for pack in jurisdiction.applicable(packs, place, on))
    return rulings.agreement_for(place, on) if place and needed else None
