"""Wider or narrower: what a change does to capture. Whatever is not surely narrower is wider.

A policy is narrower only if no event that was refused becomes allowed, and nothing more is kept of one that
was allowed, whatever was captured before it, for every lease and at every time. The parts of entries are
judged in policy_diff_entries; a part of a policy that nobody judged is wider when it differs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from mci_core.policy_diff_entries import entry_changes, worst
from mci_core.policy_model import PURPOSE_WORDS, Change, Direction, Policy, Rule

#: The parts of a policy and of its limits that are judged here. `doc` is what the others were read from.
_JUDGED = frozenset(
    {"name", "purpose", "entries", "rules", "limits", "retention_days", "sampling_rate", "lease_seconds"}
    | {"digest", "ruleset_digest", "doc"}
)
_LIMITS = frozenset({"cpu_percent", "upload_bytes_per_day", "spool_bytes", "pause_minutes"})
_RULE = frozenset({"id", "label", "method", "match", "selector", "examples"})


def direction(old: Policy | None, new: Policy) -> Direction:
    """Whether `new` captures more than `old`. Anything uncertain is "wider"; a first policy is."""
    return "wider" if old is None else worst(diff(old, new))


def diff(old: Policy | None, new: Policy) -> list[Change]:
    """Every difference in words, with what it does to capture. `old` None: nothing was captured before."""
    changes = [change for item in entry_changes(old, new) for change in item.changes]
    return [*changes, *other_changes(old, new)]


def other_changes(old: Policy | None, new: Policy) -> list[Change]:
    """What differs beside the entries: rules, purpose, limits."""
    found = [*_rules(old.rules if old else (), new.rules)]
    if old is not None:
        found += [*_frame(old, new), *_limits(old, new), *_unknown("", old, new, _JUDGED)]
        found += _unknown("limits.", old.limits, new.limits, _LIMITS)
    return found


def _unknown(path: str, old: object, new: object, judged: frozenset[str]) -> Iterator[Change]:
    """Parts that were added to the model and not here: wider, so that forgetting them harms nobody."""
    for part in fields(new):  # type: ignore[arg-type]  # only dataclasses are compared
        if part.name not in judged and getattr(old, part.name, None) != getattr(new, part.name):
            yield Change(f"{path}{part.name}", f"{part.name.replace('_', ' ')} changes.", "wider")


def _by_id(items: tuple[Rule, ...]) -> dict[str, tuple[int, Rule]]:
    return {item.id: (index, item) for index, item in enumerate(items)}


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
    looks = "looks for something else"
    if new.match.type == "hashed":
        looks = f"{looks}: {new.match.hashed_list}"
    for part, words in (("method", "acts in another way"), ("match", looks)):
        if getattr(old, part) != getattr(new, part):
            yield Change(f"{path}.{part}", f"The redaction rule {new.label} {words}.", "wider")
    if old.selector != new.selector:
        yield Change(f"{path}.selector", f"The redaction rule {new.label} looks in other places.", "wider")
    yield from _unknown(f"{path}.", old, new, _RULE)


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
