"""What a policy captures, said to people: one row per app or site, the same words for staff and for
employees.

Nothing is written by hand: a page that uses these rows says what the agent does, because both read the
policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mci_core.policy import (
    KEYSTROKE_WORDS,
    METHOD_WORDS,
    PLATFORM_WORDS,
    SIGNAL_WORDS,
    SIGNALS,
    Entry,
    Policy,
    Rule,
    SiteMatch,
)


@dataclass(frozen=True)
class Described:
    """One app or site. ``captured`` and ``not_captured`` are words for signals, in a fixed order;
    ``limits`` are sentences about who, where, which windows and until when.
    """

    id: str
    label: str
    kind: str
    where: str
    captured: str
    not_captured: str
    limits: tuple[str, ...] = ()

    @property
    def kind_words(self) -> str:
        return "Website" if self.kind == "site" else "App"


@dataclass(frozen=True)
class DescribedRule:
    """One redaction rule. ``looks_for`` never lists the words of a dictionary: they may name people."""

    id: str
    label: str
    does: str
    looks_for: str
    where: str


def describe(policy: Policy) -> list[Described]:
    """Everything that may be captured; what is in no row is not captured at all."""
    return [
        describe_entry(entry) for entry in sorted(policy.entries, key=lambda entry: entry.label.casefold())
    ]


def describe_entry(entry: Entry) -> Described:
    """One entry in words."""
    return Described(
        id=entry.id,
        label=entry.label,
        kind=entry.kind,
        where=where(entry),
        captured=_listed(_signal(entry, signal) for signal in SIGNALS if signal in entry.signals),
        not_captured=_listed(SIGNAL_WORDS[signal] for signal in SIGNALS if signal not in entry.signals),
        limits=tuple(limits(entry)),
    )


def limits(entry: Entry) -> Iterator[str]:
    """What narrows an entry besides its signals."""
    scope = entry.scope
    if scope.groups:
        number = len(scope.groups)
        yield f"Only for people of {number} named {'group' if number == 1 else 'groups'}."
    for words, names in (
        ("on", tuple(PLATFORM_WORDS[name] for name in scope.platforms)),
        ("on devices tagged", scope.tags),
        ("while working in", scope.places),
    ):
        if names:
            yield f"Only {words} {' or '.join(names)}."
    if entry.windows_excluded:
        yield f"Not in windows titled {' or '.join(entry.windows_excluded)}."
    if entry.expires:
        yield f"Until {entry.expires.isoformat()}."


def describe_rules(policy: Policy) -> list[DescribedRule]:
    """What is redacted besides the default detectors."""
    labels = {entry.id: entry.label for entry in policy.entries}
    return [describe_rule(rule, labels) for rule in policy.rules]


def where(entry: Entry) -> str:
    """Which pages or programs an entry means."""
    match = entry.match
    if isinstance(match, SiteMatch):
        below = " and its sub-domains" if match.subdomains else ""
        path = "" if match.path_prefix == "/" else match.path_prefix
        return f"{match.origin.rstrip('/')}{path}{below}"
    parts = (
        ("Windows", match.windows),
        ("macOS", match.macos),
        ("Linux", match.linux),
        ("named", match.names),
    )
    return "; ".join(f"{system}: {', '.join(names)}" for system, names in parts if names)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words) or "nothing"


def _signal(entry: Entry, signal: str) -> str:
    words = SIGNAL_WORDS[signal]
    if signal == "keystroke":
        return f"{words} ({KEYSTROKE_WORDS[entry.keystrokes]})"
    if signal == "screenshot" and entry.frame_interval_s:
        return f"{words} (at most one in {entry.frame_interval_s} s)"
    return words


def describe_rule(rule: Rule, labels: dict[str, str]) -> DescribedRule:
    """One rule in words; ``labels`` names the entries."""
    match = rule.match
    looks_for = {
        "detector": f"what the detector {match.detector} finds",
        "regex": f"the expression {match.pattern}",
        "dictionary": f"a list of {len(match.words)} {'word' if len(match.words) == 1 else 'words'}",
        "hashed": match.hashed_list,
    }[match.type]
    return DescribedRule(rule.id, rule.label, METHOD_WORDS[rule.method], looks_for, _selected(rule, labels))


def _region(left: int, top: int, right: int, bottom: int) -> str:
    return f"the part of screenshots from {left} to {right} % across and {top} to {bottom} % down"


def _selected(rule: Rule, labels: dict[str, str]) -> str:
    selector = rule.selector
    parts = [
        ", ".join(labels.get(entry, entry) for entry in selector.entries),
        ", ".join(SIGNAL_WORDS[signal] for signal in selector.signals),
        ", ".join(selector.fields),
        ", ".join(f"fields of the kind {role}" for role in selector.roles),
        ", ".join(selector.paths),
        "" if selector.region is None else _region(*selector.region),
    ]
    return "; ".join(part for part in parts if part) or "everywhere"
