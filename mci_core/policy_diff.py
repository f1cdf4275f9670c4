"""Wider or narrower: what a change does to capture. Whatever is not surely narrower is wider.

A policy is narrower only if no event that was refused becomes allowed, whatever was captured before it.
Therefore a removed entry counts as wider where a less specific site takes over its pages (it may allow
more), and a longer time between screenshots only where the new times are among the old ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from mci_core.policy_model import (
    ENTRY_OPTIONS,
    KEYSTROKE_WORDS,
    PURPOSE_WORDS,
    SIGNAL_WORDS,
    SIGNALS,
    AppMatch,
    Change,
    Direction,
    Entry,
    Policy,
    Rule,
    SiteMatch,
)
from mci_core.policy_sites import overlaps, site_place, specificity

# (from, to) pairs that show less. "count" and "shortcut" cannot be compared: one shows that a key was
# pressed where the other shows nothing, the other shows which key where the first does not.
_FEWER_KEYS = frozenset(
    {(key, "none") for key in ("count", "shortcut", "class", "text")}
    | {(key, less) for key in ("class", "text") for less in ("count", "shortcut")}
    | {("text", "class")}
)

Item = TypeVar("Item", Entry, Rule)


def direction(old: Policy | None, new: Policy) -> Direction:
    """Whether `new` captures more than `old`. Anything uncertain is "wider"; a first policy is."""
    found = {change.direction for change in diff(old, new)}
    if old is None or "wider" in found:
        return "wider"
    return "narrower" if "narrower" in found else "neutral"


def diff(old: Policy | None, new: Policy) -> list[Change]:
    """Every difference in words, with what it does to capture. `old` None: nothing was captured before."""
    changes = [*_entries(old.entries if old else (), new), *_rules(old.rules if old else (), new.rules)]
    if old is not None:
        changes += [*_frame(old, new), *_limits(old, new)]
    return changes


def _by_id(items: tuple[Item, ...]) -> dict[str, tuple[int, Item]]:
    return {item.id: (index, item) for index, item in enumerate(items)}


def _entries(old: tuple[Entry, ...], new: Policy) -> Iterator[Change]:
    before, after = _by_id(old), _by_id(new.entries)
    for entry_id, (index, entry) in before.items():
        if entry_id not in after:
            yield _removed_entry(index, entry, new)
    for entry_id, (index, entry) in after.items():
        path = f"entries[{index}]"
        if entry_id in before:
            yield from _changed_entry(path, before[entry_id][1], entry)
        else:
            signals = _signal_list(entry.signals)
            yield Change(path, f"{entry.label} ({_where(entry)}) is added, with {signals}.", "wider")


def _signal_list(signals: frozenset[str]) -> str:
    return ", ".join(SIGNAL_WORDS[signal] for signal in SIGNALS if signal in signals) or "no signals"


def _where(entry: Entry) -> str:
    if isinstance(entry.match, SiteMatch):
        below = " and its sub-domains" if entry.match.subdomains else ""
        return f"{entry.match.origin.rstrip('/')}{entry.match.path_prefix}{below}"
    return ", ".join(_programs(entry.match)) or "no program"


def _programs(match: AppMatch) -> list[str]:
    return list(dict.fromkeys((*match.windows, *match.macos, *match.linux, *match.names)))


def _removed_entry(index: int, entry: Entry, new: Policy) -> Change:
    path = f"entries[{index}] (removed)"
    heir = next((other for other in new.entries if _takes_over(entry, other)), None)
    if heir is None:
        return Change(path, f"{entry.label} ({_where(entry)}) is removed.", "narrower")
    words = f"{entry.label} ({_where(entry)}) is removed: {heir.label} decides there now and may allow more."
    return Change(path, words, "wider")


def _takes_over(removed: Entry, other: Entry) -> bool:
    """Whether `other` would match pages that `removed` used to decide."""
    one, two = removed.match, other.match
    if not isinstance(one, SiteMatch) or not isinstance(two, SiteMatch):
        return False
    here, there = site_place(one), site_place(two)
    if here is None or there is None:
        return True
    return specificity(there) < specificity(here) and overlaps(here, one.subdomains, there, two.subdomains)


def _changed_entry(path: str, old: Entry, new: Entry) -> Iterator[Change]:
    if old.label != new.label:
        yield Change(f"{path}.label", f"{old.label} is now called {new.label}.", "neutral")
    if (old.kind, old.match) != (new.kind, new.match):
        words = f"{new.label} now means {_where(new)} instead of {_where(old)}."
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
    for option in ENTRY_OPTIONS:
        if getattr(old, option) != getattr(new, option):
            yield Change(f"{path}.{option}", f"{new.label}: {option.replace('_', ' ')} changes.", "wider")


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


def _rules(old: tuple[Rule, ...], new: tuple[Rule, ...]) -> Iterator[Change]:
    before, after = _by_id(old), _by_id(new)
    for rule_id, (index, rule) in before.items():
        if rule_id not in after:
            yield Change(f"rules[{index}] (removed)", f"The redaction rule {rule.label} is removed.", "wider")
    for rule_id, (index, rule) in after.items():
        if rule_id in before:
            yield from _changed_rule(f"rules[{index}]", before[rule_id][1], rule)
        else:
            yield Change(f"rules[{index}]", f"The redaction rule {rule.label} is added.", "narrower")


def _changed_rule(path: str, old: Rule, new: Rule) -> Iterator[Change]:
    if old.label != new.label:
        yield Change(f"{path}.label", f"The redaction rule {old.label} is now called {new.label}.", "neutral")
    if old.examples != new.examples:
        yield Change(f"{path}.examples", f"The redaction rule {new.label} has other examples.", "neutral")
    for part, words in (("method", "acts in another way"), ("match", "looks for something else")):
        if getattr(old, part) != getattr(new, part):
            yield Change(f"{path}.{part}", f"The redaction rule {new.label} {words}.", "wider")
    if old.selector != new.selector:
        yield Change(f"{path}.selector", f"The redaction rule {new.label} looks in other places.", "wider")


def _frame(old: Policy, new: Policy) -> Iterator[Change]:
    if old.name != new.name:
        yield Change("name", f"The policy is now called {new.name}.", "neutral")
    if old.purpose != new.purpose:
        yield Change("purpose", f"The purpose of the data is now: {PURPOSE_WORDS[new.purpose]}.", "wider")


def _limits(old: Policy, new: Policy) -> Iterator[Change]:
    for path, words, before, after in (
        ("retention_days", "days that sessions are kept", old.retention_days, new.retention_days),
        ("sampling.rate", "share of sessions that people look at", old.sampling_rate, new.sampling_rate),
        ("lease_seconds", "seconds that a lease lasts", old.lease_seconds, new.lease_seconds),
        (
            "limits.upload_bytes_per_day",
            "bytes that a device may send in a day",
            old.limits.upload_bytes_per_day,
            new.limits.upload_bytes_per_day,
        ),
    ):
        if before != after:
            way: Direction = "wider" if after > before else "narrower"
            yield Change(path, f"{words[0].upper()}{words[1:]}: {after} instead of {before}.", way)
    yield from _device_limits(old, new)


def _device_limits(old: Policy, new: Policy) -> Iterator[Change]:
    if old.limits.cpu_percent != new.limits.cpu_percent:
        words = f"Capture may use {new.limits.cpu_percent} % of a processor, not {old.limits.cpu_percent} %."
        yield Change("limits.cpu_percent", words, "neutral")
    if old.limits.spool_bytes != new.limits.spool_bytes:
        words = (
            f"A device holds back at most {new.limits.spool_bytes} bytes instead of {old.limits.spool_bytes}."
        )
        yield Change("limits.spool_bytes", words, "neutral")
    before, after = set(old.limits.pause_minutes), set(new.limits.pause_minutes)
    if before != after:
        words = f"Pauses of {_minutes(after)} instead of {_minutes(before)}."
        yield Change("limits.pause_minutes", words, "narrower" if before < after else "wider")


def _minutes(lengths: set[int]) -> str:
    return f"{', '.join(map(str, sorted(lengths)))} minutes"
