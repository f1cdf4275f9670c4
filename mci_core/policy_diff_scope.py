"""For whom, where, until when and in which windows an entry counts: which change of that is surely narrower.

Each part of a scope is a set; a part that is missing means everybody. A scope that shrinks hands its pages
to a less specific site, where there is one, so that this counts as wider. An entry that is over, or a window
that is left out, still decides: both only take away.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from mci_core.evaluator_scope import lies_in
from mci_core.policy_diff_heirs import Heirs
from mci_core.policy_model import Change, Direction, Entry, Scope

PLATFORM_WORDS = {"windows": "Windows", "macos": "macOS", "linux": "Linux"}
_PARTS = {
    "groups": ("for the groups", "for every group"),
    "platforms": ("on", "on every platform"),
    "tags": ("on devices tagged", "on devices with any tag"),
    "places": ("for work in", "for work in every place"),
}


def changed_scope(path: str, old: Entry, new: Entry, heirs: Heirs) -> Iterator[Change]:
    """What differs in scope, last day and windows left out."""
    if old.scope != new.scope:
        yield from _scope(f"{path}.scope", old, new, heirs)
    if old.windows_excluded != new.windows_excluded:
        yield from _windows(f"{path}.windows_excluded", old, new)
    if old.expires != new.expires:
        yield _expiry(f"{path}.expires", old, new)


def _scope(path: str, old: Entry, new: Entry, heirs: Heirs) -> Iterator[Change]:
    for part in fields(Scope):
        before, after = getattr(old.scope, part.name), getattr(new.scope, part.name)
        if before == after:
            continue
        way = part_direction(part.name, before, after)
        words = f"{new.label}: {part_words(part.name, after)} instead of {part_words(part.name, before)}"
        heir = heirs.of(new) if way == "narrower" else None
        if heir is not None:
            way, words = "wider", f"{words}: {heir.label} decides for the others now and may allow more"
        yield Change(f"{path}.{part.name}", f"{words}.", way)


def part_direction(name: str, before: tuple[str, ...], after: tuple[str, ...]) -> Direction:
    """Whether a part of a scope lets in more devices than before. An empty part lets in all."""
    less, more = _within(name, after, before), _within(name, before, after)
    if not less:
        return "wider"
    return "neutral" if more else "narrower"


def _within(name: str, inner: tuple[str, ...], outer: tuple[str, ...]) -> bool:
    """Whether every device that fits `inner` surely fits `outer`."""
    if not outer:
        return True
    if name == "places":
        return bool(inner) and all(any(lies_in(place, area) for area in outer) for place in inner)
    # Of a part with a name that nobody judged, nothing is sure.
    return name in _PARTS and bool(inner) and set(inner) <= set(outer)


def part_words(name: str, values: tuple[str, ...]) -> str:
    """One part of a scope in words. Groups are told by their ids: who shows them knows their names."""
    some, every = _PARTS.get(name, (name, f"any {name}"))
    if not values:
        return every
    return f"{some} {', '.join(PLATFORM_WORDS.get(value, value) for value in values)}"


def scope_words(scope: Scope) -> str:
    """``for the groups …, on Windows, for work in US-NY``; empty for everybody and everywhere."""
    parts = ((part.name, getattr(scope, part.name)) for part in fields(Scope))
    return ", ".join(part_words(name, values) for name, values in parts if values)


def reach_words(entry: Entry) -> str:
    """What narrows an entry, to be put behind a sentence; empty where nothing does."""
    told = [scope_words(entry.scope)]
    if entry.windows_excluded:
        told.append(f"not in windows titled {_titles(entry.windows_excluded)}")
    if entry.expires:
        told.append(f"until {entry.expires.isoformat()}")
    return "".join(f", {words}" for words in told if words)


def _titles(patterns: tuple[str, ...]) -> str:
    return ", ".join(f"“{pattern}”" for pattern in patterns)


def _windows(path: str, old: Entry, new: Entry) -> Iterator[Change]:
    before, after = set(old.windows_excluded), set(new.windows_excluded)
    gone = tuple(pattern for pattern in old.windows_excluded if pattern not in after)
    added = tuple(pattern for pattern in new.windows_excluded if pattern not in before)
    if gone:
        yield Change(path, f"{new.label}: windows titled {_titles(gone)} are no longer left out.", "wider")
    if added:
        yield Change(path, f"{new.label}: windows titled {_titles(added)} are left out.", "narrower")
    if not gone and not added:
        yield Change(path, f"{new.label}: the windows left out are listed in another order.", "neutral")


def _expiry(path: str, old: Entry, new: Entry) -> Change:
    before, after = old.expires, new.expires
    if after is None:
        return Change(path, f"{new.label}: no longer ends on {before}.", "wider")
    way: Direction = "narrower" if before is None or after < before else "wider"
    return Change(path, f"{new.label}: ends on {after} instead of {before or 'never'}.", way)
