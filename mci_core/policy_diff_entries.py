"""What a change of the allowlist does to capture, entry by entry. What is not surely narrower is wider.

A removed site, or one that counts for fewer people, is wider where a less specific site takes over its
pages. A part of an entry that this file does not know makes every change of it wider.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from mci_core.policy_diff_heirs import Heirs
from mci_core.policy_diff_scope import changed_scope, reach_words
from mci_core.policy_model import (
    KEYSTROKE_WORDS,
    PURPOSE_WORDS,
    SIGNAL_WORDS,
    SIGNALS,
    AppMatch,
    Change,
    Direction,
    Entry,
    Policy,
    SiteMatch,
)

# (from, to) pairs that show less. "count" and "shortcut" cannot be compared: one shows that a key was
# pressed where the other shows nothing, the other shows which key where the first does not.
_FEWER_KEYS = frozenset(
    {(key, "none") for key in ("count", "shortcut", "class", "text")}
    | {(key, less) for key in ("class", "text") for less in ("count", "shortcut")}
    | {("text", "class")}
)
#: Parts of an entry that the functions below judge. Any other part is wider whenever it differs.
_JUDGED = frozenset(
    {"id", "kind", "label", "match", "signals", "keystrokes", "frame_interval_s", "scope", "purpose"}
    | {"windows_excluded", "expires", "owner", "justification", "review_by"}
)
_FOR_PEOPLE = (("owner", "owner"), ("justification", "reason"), ("review_by", "day of the next review"))


@dataclass(frozen=True, slots=True)
class EntryChange:
    """All that differs about one app or site. `old` is None for an added one, `new` for a removed one."""

    entry_id: str
    old: Entry | None
    new: Entry | None
    changes: tuple[Change, ...]

    @property
    def entry(self) -> Entry:
        """As it is now, or as it was."""
        found = self.new or self.old
        assert found is not None
        return found

    @property
    def direction(self) -> Direction:
        return worst(self.changes)


def worst(changes: tuple[Change, ...] | list[Change]) -> Direction:
    """One wider change makes the whole wider."""
    found = {change.direction for change in changes}
    if "wider" in found:
        return "wider"
    return "narrower" if "narrower" in found else "neutral"


def entry_changes(old: Policy | None, new: Policy) -> list[EntryChange]:
    """One item for each app or site that differs, the removed ones first."""
    return [*_removed(old, new), *_kept_and_added(old, new)] if old else list(_kept_and_added(old, new))


def _removed(old: Policy, new: Policy) -> Iterator[EntryChange]:
    still, heirs = {entry.id for entry in new.entries}, Heirs(new.entries)
    for index, entry in enumerate(old.entries):
        if entry.id not in still:
            yield EntryChange(entry.id, entry, None, (_removal(index, entry, heirs),))


def _kept_and_added(old: Policy | None, new: Policy) -> Iterator[EntryChange]:
    before = {entry.id: entry for entry in old.entries} if old else {}
    heirs = Heirs(new.entries)
    for index, entry in enumerate(new.entries):
        was = before.get(entry.id)
        if was is None:
            yield EntryChange(entry.id, None, entry, (_addition(index, entry),))
        elif was != entry:
            found = tuple(_changed_entry(f"entries[{index}]", was, entry, heirs))
            yield EntryChange(entry.id, was, entry, found)


def _addition(index: int, entry: Entry) -> Change:
    words = f"{entry.label} ({where_words(entry)}) is added, with {_signal_list(entry.signals)}"
    return Change(f"entries[{index}]", f"{words}{reach_words(entry)}.", "wider")


def _signal_list(signals: frozenset[str]) -> str:
    return ", ".join(SIGNAL_WORDS[signal] for signal in SIGNALS if signal in signals) or "no signals"


def where_words(entry: Entry) -> str:
    """Which pages or programs an entry means, shortly."""
    if isinstance(entry.match, SiteMatch):
        below = " and its sub-domains" if entry.match.subdomains else ""
        return f"{entry.match.origin.rstrip('/')}{entry.match.path_prefix}{below}"
    return ", ".join(_programs(entry.match)) or "no program"


def _programs(match: AppMatch) -> list[str]:
    return list(dict.fromkeys((*match.windows, *match.macos, *match.linux, *match.names)))


def _removal(index: int, entry: Entry, heirs: Heirs) -> Change:
    path = f"entries[{index}] (removed)"
    heir = heirs.of(entry)
    if heir is None:
        return Change(path, f"{entry.label} ({where_words(entry)}) is removed.", "narrower")
    words = (
        f"{entry.label} ({where_words(entry)}) is removed: {heir.label} decides there now and may allow more."
    )
    return Change(path, words, "wider")


def _changed_entry(path: str, old: Entry, new: Entry, heirs: Heirs) -> Iterator[Change]:
    if old.label != new.label:
        yield Change(f"{path}.label", f"{old.label} is now called {new.label}.", "neutral")
    if (old.kind, old.match) != (new.kind, new.match):
        words = f"{new.label} now means {where_words(new)} instead of {where_words(old)}."
        yield Change(f"{path}.match", words, "wider")
    for signal in SIGNALS:
        yield from _changed_signal(path, new, signal, signal in old.signals, signal in new.signals)
    if old.keystrokes != new.keystrokes:
        before, after = KEYSTROKE_WORDS[old.keystrokes], KEYSTROKE_WORDS[new.keystrokes]
        words = f"{new.label}: of keys, {after} instead of {before}."
        fewer = (old.keystrokes, new.keystrokes) in _FEWER_KEYS
        yield Change(f"{path}.keystrokes", words, "narrower" if fewer else "wider")
    if old.frame_interval_s != new.frame_interval_s:
        yield _changed_interval(path, old, new)
    yield from changed_scope(path, old, new, heirs)
    yield from _changed_facts(path, old, new)
    yield from _unknown_parts(path, old, new)


def _changed_signal(path: str, entry: Entry, signal: str, was: bool, is_now: bool) -> Iterator[Change]:
    if was == is_now:
        return
    words = SIGNAL_WORDS[signal]
    if is_now:
        yield Change(f"{path}.signals", f"{entry.label}: {words} are captured from now on.", "wider")
    else:
        yield Change(f"{path}.signals", f"{entry.label}: {words} are no longer captured.", "narrower")


def _changed_interval(path: str, old: Entry, new: Entry) -> Change:
    words = f"{new.label}: {_every(new.frame_interval_s)} instead of {_every(old.frame_interval_s)}."
    return Change(f"{path}.frame_interval_s", words, _interval_direction(old, new))


def _every(seconds: int) -> str:
    return (
        f"at most one screenshot in {seconds} s"
        if seconds
        else "screenshots without a least time between them"
    )


def _interval_direction(old: Entry, new: Entry) -> Direction:
    if "screenshot" not in new.signals:
        return "neutral"
    before, after = old.frame_interval_s, new.frame_interval_s
    # Time slots start with the session. Only if each new slot is made of whole old ones is every first
    # screenshot of a new slot also the first of an old one.
    fewer = after > 0 and (before == 0 or after % before == 0)
    return "narrower" if fewer else "wider"


def _changed_facts(path: str, old: Entry, new: Entry) -> Iterator[Change]:
    if old.purpose != new.purpose:
        named = PURPOSE_WORDS.get(new.purpose, new.purpose) or "that of the whole policy"
        yield Change(f"{path}.purpose", f"{new.label}: the purpose is now {named}.", "wider")
    for part, words in _FOR_PEOPLE:
        before, after = getattr(old, part), getattr(new, part)
        if before != after:
            told = f"{new.label}: the {words} is {after or 'no longer named'}."
            yield Change(f"{path}.{part}", told, "neutral")


def _unknown_parts(path: str, old: Entry, new: Entry) -> Iterator[Change]:
    for part in fields(new):
        if part.name not in _JUDGED and getattr(old, part.name, None) != getattr(new, part.name):
            told = f"{new.label}: {part.name.replace('_', ' ')} changes."
            yield Change(f"{path}.{part.name}", told, "wider")
