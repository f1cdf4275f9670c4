"""When an entry of the allowlist was last of use. Sessions lie above policies: they tell it by registering.

A day is told only where enough people stand behind it: fewer than the least group size are never a figure.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Use:
    """The last day of a stored session that has events of an entry. ``few``: too few people to tell it."""

    last: date | None
    few: bool


#: Given entry ids (None: all), what is known of those that stored sessions have events of.
Provider = Callable[[Collection[str] | None], Mapping[str, Use]]
_providers: list[Provider] = []


def register(provider: Provider) -> None:
    """Name who knows the stored sessions, once, when the apps are ready."""
    _providers[:] = [provider]


def uses(entry_ids: Collection[str] | None = None) -> Mapping[str, Use]:
    """What is known of these entries; those without stored events are left out. One query."""
    return {key: use for provider in _providers for key, use in provider(entry_ids).items()}
