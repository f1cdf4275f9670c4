"""The allowlist that is live: its entries, who is affected, when each was last of use, and its past.

The document is parsed once per process and version; a page reads a fixed number of rows besides, however
many entries there are. Only counts of people leave this file, and none of few people.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache

from django.conf import settings
from django.utils import timezone

from capture_policies import impact, queries, usage, words
from capture_policies.models import PolicyVersion, Release
from capture_policies.usage import Use
from mci_core.policy import KEYSTROKE_WORDS, PURPOSE_WORDS, AppMatch, Entry, Policy

SOON = timedelta(days=14)
UNUSED_AFTER = timedelta(days=30)


@dataclass(frozen=True)
class Line:
    """One entry, with its words and the text that a search looks in."""

    entry: Entry
    words: words.Described
    purpose: str
    text: str

    @property
    def purpose_words(self) -> str:
        return PURPOSE_WORDS.get(self.purpose, self.purpose)


@dataclass(frozen=True)
class Allowlist:
    """The entries of one version, by name."""

    version: PolicyVersion
    policy: Policy
    lines: tuple[Line, ...]

    @property
    def owners(self) -> list[str]:
        return sorted({line.entry.owner for line in self.lines if line.entry.owner})

    def line(self, entry_id: str) -> Line | None:
        return next((line for line in self.lines if line.entry.id == entry_id), None)


@dataclass(frozen=True)
class Shown:
    """A line with what is known of it today. ``last_words`` says why no day is told."""

    line: Line
    people: str
    last: date | None
    last_words: str
    unused: bool
    expiring: bool
    expired: bool
    overdue: bool

    @property
    def entry(self) -> Entry:
        return self.line.entry

    @property
    def words(self) -> words.Described:
        return self.line.words

    @property
    def keys_words(self) -> str:
        """How much of a key is kept."""
        return KEYSTROKE_WORDS[self.entry.keystrokes]

    @property
    def keys_apart(self) -> bool:
        """Whether the words for the signals do not say it already."""
        return bool(self.entry.signals & {"shortcut"}) and "keystroke" not in self.entry.signals


def live() -> Allowlist | None:
    """The allowlist of the live release; None before the first one went out. One query, two at first."""
    release = Release.objects.light().live()
    return None if release is None else _allowlist(release.version)


@lru_cache(maxsize=8)
def _allowlist(version: PolicyVersion) -> Allowlist:
    """Of a version, whose content never changes."""
    policy = queries.policy_of(version)
    assert policy is not None
    lines = (_line(entry, policy) for entry in policy.entries)
    return Allowlist(version, policy, tuple(sorted(lines, key=lambda line: line.text)))


def _line(entry: Entry, policy: Policy) -> Line:
    described = words.describe_entry(entry)
    text = f"{entry.label} {described.where} {entry.id} {entry.owner} {entry.justification}".casefold()
    return Line(entry, described, entry.purpose or policy.purpose, text)


class Today:
    """What is known of entries now; each part is read when it is first asked about, in one query."""

    def __init__(self) -> None:
        self.day = timezone.now().date()
        self._people: dict[object, int] = {}
        self._all: Mapping[str, Use] | None = None

    @cached_property
    def fleet(self) -> impact.Fleet:
        return impact.fleet()

    @cached_property
    def established(self) -> frozenset[str]:
        """The entries that a policy held already before nobody's use of them means anything."""
        before = Release.objects.light().filter(signed_at__lte=timezone.now() - UNUSED_AFTER)
        release = before.order_by("-number").first()
        return frozenset() if release is None else _ids(release.version)

    def people(self, entry: Entry) -> int:
        """How many people an entry reaches. Entries that reach alike are counted once."""
        match = entry.match
        named = (
            tuple(bool(getattr(match, os)) for os in impact.PLATFORMS)
            if isinstance(match, AppMatch)
            else None
        )
        key = (entry.scope, named)
        if key not in self._people:
            self._people[key] = self.fleet.under(entry).people
        return self._people[key]

    def know_all(self, lines: Iterable[Line]) -> None:
        """Read the uses of all these entries at once; questions about some of them follow."""
        if self._all is None:
            self._all = usage.uses([line.entry.id for line in lines])

    def shown(self, lines: Iterable[Line]) -> list[Shown]:
        """Lines as pages show them."""
        wanted = list(lines)
        known = usage.uses([line.entry.id for line in wanted]) if self._all is None else self._all
        return [self._shown(line, known.get(line.entry.id)) for line in wanted]

    def _shown(self, line: Line, use: Use | None) -> Shown:
        entry = line.entry
        people = self.people(entry)
        few = 0 < people < settings.MIN_GROUP_SIZE or (use is not None and use.few)
        last = None if few or use is None else use.last
        return Shown(
            line=line,
            people=impact.people_words(people),
            last=last,
            last_words=f"not told: fewer than {settings.MIN_GROUP_SIZE} people" if few else "never",
            unused=not few and self._is_unused(entry, last),
            expiring=entry.expires is not None and entry.expires <= self.day + SOON,
            expired=entry.expires is not None and entry.expires < self.day,
            overdue=entry.review_by is not None and entry.review_by < self.day,
        )

    def _is_unused(self, entry: Entry, last: date | None) -> bool:
        stale = last is None or last < self.day - UNUSED_AFTER
        return stale and entry.id in self.established


@lru_cache(maxsize=8)
def _ids(version: PolicyVersion) -> frozenset[str]:
    return frozenset(entry["id"] for entry in json.loads(bytes(version.body))["entries"])
