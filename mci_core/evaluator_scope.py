"""Whether an entry counts for this device, at this place, on this day and in this window.

A fact that is not known fits no scope, and a title that is not known is left out wherever titles are: both
mean no capture. The same functions judge events on the agent and what a server is sent.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from mci_core.lease import Lease
from mci_core.policy_model import Entry, Scope

_DAY = 86_400
_EPOCH = date(1970, 1, 1).toordinal()
ANY_TEXT = "*"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a device: platform, place of work, groups and tags; `now` in Unix seconds."""

    platform: str | None = None
    place: str | None = None
    groups: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    now: int | None = None


def facts_of(lease: Lease, platform: str | None, now: int) -> Facts:
    """The facts that a lease states, for the platform of the recording."""
    return Facts(platform, lease.place, lease.groups, lease.tags, now)


def in_scope(scope: Scope, facts: Facts) -> bool:
    """Whether every part of a scope that names something fits."""
    return (
        _one_of(scope.groups, facts.groups)
        and _one_of(scope.platforms, (facts.platform,))
        and _one_of(scope.tags, facts.tags)
        and (not scope.places or any(lies_in(facts.place, area) for area in scope.places))
    )


def _one_of(wanted: tuple[str, ...], known: Iterable[str | None]) -> bool:
    return not wanted or any(one in wanted for one in known)


def lies_in(place: str | None, area: str) -> bool:
    """Whether a place is the area or lies in it; an unknown one lies nowhere."""
    return place is not None and (place == area or place.startswith(area + "-"))


def is_expired(entry: Entry, facts: Facts) -> bool:
    """Whether the last day of an entry is over (in UTC), or the time is not known."""
    if entry.expires is None:
        return False
    return facts.now is None or facts.now >= (entry.expires.toordinal() - _EPOCH + 1) * _DAY


def is_left_out(entry: Entry, title: str | None) -> bool:
    """Whether a window is among those that an entry leaves out; unknown titles are."""
    if not entry.windows_excluded:
        return False
    return title is None or has_title(entry, title)


def has_title(entry: Entry, title: str) -> bool:
    """Whether a known title is among those that an entry leaves out."""
    shown = _plain(title)
    return any(_fits(_parts(pattern), shown) for pattern in entry.windows_excluded)


def _plain(text: str) -> str:
    """Case, width and the way an accent is written make no difference."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


@lru_cache(maxsize=1024)
def _parts(pattern: str) -> tuple[str, ...]:
    return tuple(_plain(part) for part in pattern.split(ANY_TEXT))


def _fits(parts: tuple[str, ...], title: str) -> bool:
    """Whether a title is these parts in order with any text between them. Linear: no part is tried twice."""
    if len(parts) == 1:
        return title == parts[0]
    first, *middle, last = parts
    if len(title) < len(first) + len(last) or not (title.startswith(first) and title.endswith(last)):
        return False
    at, end = len(first), len(title) - len(last)
    for part in middle:
        found = title.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
