"""What was captured in whole weeks, as cells that single nobody out: counted once, told about any policy.

A cell is the events of one entry and signal from people who share all facts by which a policy can tell them
apart (release, platform, place, groups, tags, signals that the law took away). It holds enough people by
itself. All smaller ones of an entry and signal are one cell together, and where even these are too few,
nothing is counted. So whatever policy is asked about, its numbers are sums of whole cells, and the
difference of two answers is one, too: nobody can be found by asking twice. See ADR 20.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any, Protocol

from django.conf import settings

WEEKS = 4


@dataclass(frozen=True, slots=True)
class Facts:
    """Under what a session was captured."""

    release: int
    platform: str
    place: str
    groups: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()

    @classmethod
    def of(cls, doc: dict[str, Any]) -> Facts:
        listed = {name: tuple(doc[name]) for name in ("groups", "tags", "denied")}
        return cls(doc["release"], doc["platform"], doc["place"], **listed)


@dataclass(frozen=True, slots=True)
class Counted:
    """How many events of a signal one person made under the same facts."""

    signal: str
    facts: Facts
    subject: uuid.UUID
    events: int


@dataclass(frozen=True, slots=True)
class Cell:
    """Events of enough people. ``events`` 0 and no facts: there are some, of too few people to tell."""

    entry: str
    label: str
    signal: str
    events: int = 0
    facts: tuple[Facts, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, doc: dict[str, Any]) -> Cell:
        return cls(**{**doc, "facts": tuple(Facts.of(one) for one in doc["facts"])})


@dataclass
class _Share:
    events: int = 0
    people: set[uuid.UUID] = field(default_factory=set)
    facts: list[Facts] = field(default_factory=list)

    def add(self, events: int, people: Iterable[uuid.UUID]) -> None:
        self.events += events
        self.people.update(people)


class Provider(Protocol):
    """Another app that keeps what was captured."""

    def entries(self, since: date, until: date) -> Sequence[tuple[str, str]]:
        """Id and label of each entry in which something was captured."""

    def counted(self, entry: str, since: date, until: date) -> Iterable[Counted]:
        """What was captured in one entry, person by person; read once and not kept."""


_provider: list[Provider] = []


def register(provider: Provider) -> None:
    """Name the app that keeps what was captured, once, when the apps are ready."""
    _provider[:] = [provider]


def provider() -> Provider | None:
    return _provider[0] if _provider else None


def weeks_before(day: date) -> tuple[date, date]:
    """The last whole weeks, Monday to Sunday: first day, and the day after the last."""
    monday = day - timedelta(days=day.weekday())
    return monday - timedelta(weeks=WEEKS), monday


def cells_of(entry: str, label: str, rows: Iterable[Counted]) -> list[Cell]:
    """The cells of one entry."""
    shares: dict[tuple[str, Facts], _Share] = defaultdict(_Share)
    for row in rows:
        shares[row.signal, row.facts].add(row.events, [row.subject])
    least: int = settings.MIN_GROUP_SIZE
    cells, rest = [], defaultdict[str, _Share](_Share)
    for (signal, facts), share in sorted(shares.items(), key=repr):
        if len(share.people) >= least:
            cells.append(Cell(entry, label, signal, share.events, (facts,)))
        else:
            rest[signal].add(share.events, share.people)
            rest[signal].facts.append(facts)
    for signal, share in rest.items():
        enough = len(share.people) >= least
        told = (share.events, tuple(share.facts)) if enough else (0, ())
        cells.append(Cell(entry, label, signal, *told))
    return cells
