"""Each look under a grant beside its entry in the log, for the person who was looked at.

Looks and entries are written together, in one order, while the grant is locked: the n-th look at a part is
the n-th entry about it. What one side has and the other lacks is shown as such and not passed over.
"""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import CharField, F, QuerySet, TextField, Value
from django.db.models.functions import Cast

from audits import own_entries
from audits.models import AuditEntry
from reviews import querysets
from reviews.models import View, ViewGrant

OPENED, LOOKED, CLOSED = "reviews.open_grant", "reviews.record_view", "reviews.close_grant"
LOOK = "look"
WORDS = dict(View._meta.get_field("what").choices or ())


@dataclass(frozen=True)
class Proof:
    """The entry of something, None when the log has none; ``covered`` by a signed checkpoint or not yet."""

    entry: int | None = None
    covered: bool = False


@dataclass(frozen=True)
class Look:
    """One look. Without ``listed`` the log alone knows of it."""

    at: datetime
    what: str
    part: str
    proof: Proof
    listed: bool = True


@dataclass(frozen=True)
class Proven:
    """A grant with what the log holds of it."""

    opened: Proof
    closed: Proof | None
    looks: list[Look]

    @property
    def all(self) -> Iterable[Proof]:
        return [self.opened, *([self.closed] if self.closed else []), *(look.proof for look in self.looks)]

    @property
    def waits(self) -> bool:
        return any(proof.entry and not proof.covered for proof in self.all)

    @property
    def differs(self) -> bool:
        """Whether this page and the log do not say the same."""
        return any(not proof.entry for proof in self.all) or not all(look.listed for look in self.looks)


class _Row(NamedTuple):
    kind: str
    pk: int
    at: datetime
    what: str
    text: str


@dataclass
class _Found:
    views: list[_Row] = field(default_factory=list)
    entries: dict[str, list[_Row]] = field(default_factory=lambda: defaultdict(list))


def proven(grant: ViewGrant) -> Proven:
    """What was done under the grant, and the entry of each."""
    found = _read(grant)
    ids = {row.pk for rows in found.entries.values() for row in rows}
    signed = own_entries.covered(grant.session.subject_id, ids)

    def proof(row: _Row | None) -> Proof:
        return Proof() if row is None else Proof(row.pk, row.pk in signed)

    waiting: dict[tuple[str, str], deque[_Row]] = defaultdict(deque)
    for row in found.entries[LOOKED]:
        waiting[_shown(row)].append(row)
    looks = []
    for view in found.views:
        own = waiting[view.what, view.text]
        looks.append(_look(view.at, view.what, view.text, proof(own.popleft() if own else None)))
    for (what, part), rows in waiting.items():
        looks += [_look(row.at, what, part, proof(row), listed=False) for row in rows]
    closed = found.entries[CLOSED]
    return Proven(
        opened=proof(next(iter(found.entries[OPENED]), None)),
        closed=proof(closed[0]) if closed else None,
        looks=sorted(looks, key=lambda look: look.at),
    )


def _look(at: datetime, what: str, part: str, proof: Proof, *, listed: bool = True) -> Look:
    return Look(at, str(WORDS.get(what, what)), part, proof, listed)


def _shown(row: _Row) -> tuple[str, str]:
    """What and which part, as the entry of a look says."""
    facts: dict[str, Any] = json.loads(row.text)["facts"]
    return str(facts.get("what", "")), str(facts.get("part", ""))


def _read(grant: ViewGrant) -> _Found:
    """Both sides in one statement: a look that is committed meanwhile is in both or in neither."""
    found = _Found()
    views = _columns(querysets.views_of(grant).order_by(), LOOK, "what", "part")
    entries = AuditEntry.objects.filter(
        object_type=ViewGrant._meta.label_lower,
        object_id=str(grant.pk),
        subject=grant.session.subject_id,
        action__in=(OPENED, LOOKED, CLOSED),
    )
    rows = views.union(_columns(entries.order_by(), "entry", "action", "leaf"), all=True)
    for row in sorted((_Row(*row) for row in rows), key=lambda row: row.pk):
        (found.views if row.kind == LOOK else found.entries[row.what]).append(row)
    return found


def _columns(rows: QuerySet[Any], kind: str, what: str, text: str) -> QuerySet[Any, Any]:
    """Five columns of the same types from each side."""
    found: QuerySet[Any, Any] = rows.annotate(
        _kind=Value(kind, output_field=CharField()),
        _pk=F("pk"),
        _at=F("at"),
        _what=Cast(what, TextField()),
        _text=Cast(text, TextField()),
    ).values_list("_kind", "_pk", "_at", "_what", "_text")
    return found
