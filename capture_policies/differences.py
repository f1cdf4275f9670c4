"""What a version changes, one sentence per app, site, rule or setting: what holds now, what held before, and
whom it concerns. Wider first.

The directions are those of the prover; nothing is judged here. People are counted for the lines of one page
only, from facts of the fleet that are read once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from accounts.models import Department
from capture_policies import impact
from capture_policies.impact import Affected
from mci_core.policy import Change, Direction, Entry, Policy
from mci_core.policy_diff import other_changes
from mci_core.policy_diff_entries import EntryChange, entry_changes, where_words
from mci_core.policy_diff_scope import reach_words
from mci_core.policy_model import SIGNAL_WORDS, SIGNALS

ORDER: dict[Direction, int] = {"wider": 0, "narrower": 1, "neutral": 2}
_KEYS = {
    "none": "no keys",
    "count": "that keys were pressed",
    "shortcut": "function keys",
    "class": "kinds of keys",
    "text": "keystroke text",
}
_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
#: Parts of an entry that say what is captured, not for whom or where.
_CAPTURED = ("signals", "keystrokes", "frame_interval_s")


@dataclass(frozen=True)
class Line:
    """One difference. ``item`` is that of an app or site; without it ``change`` is of a rule or setting."""

    direction: Direction
    label: str
    item: EntryChange | None = None
    change: Change | None = None


@dataclass(frozen=True)
class Shown:
    """A line as people read it; ``parts`` are its single changes where the sentence does not say them."""

    direction: Direction
    sentence: str
    kind: str
    entry: str
    parts: Sequence[Change]
    affected: Affected | None


@dataclass(frozen=True)
class Difference:
    """Every line between two policies, the wider ones first."""

    lines: list[Line]

    @property
    def counts(self) -> dict[str, int]:
        return {
            way: sum(line.direction == way for line in self.lines) for way in ("wider", "narrower", "neutral")
        }

    @property
    def direction(self) -> str:
        return self.lines[0].direction if self.lines else "neutral"


def between(old: Policy | None, new: Policy) -> Difference:
    """The difference of two policies; ``old`` None: nothing was captured before."""
    lines = [Line(item.direction, item.entry.label, item=item) for item in entry_changes(old, new)]
    lines += [Line(change.direction, "", change=change) for change in other_changes(old, new)]
    # Apps and sites by name, then rules and settings as the prover tells them.
    lines.sort(key=lambda line: (ORDER[line.direction], line.item is None, line.label.casefold()))
    return Difference(lines)


def shown(lines: Sequence[Line]) -> list[Shown]:
    """These lines in words, with the people and places they concern: a bounded number of queries."""
    counted = _Counted()
    return _with_names([_shown(line, counted) for line in lines])


class _Counted:
    """Whom entries reach, asked once for each reach and set of signals."""

    def __init__(self) -> None:
        self._known: dict[object, Affected] = {}

    @cached_property
    def _fleet(self) -> impact.Fleet:
        return impact.fleet()

    def under(self, entry: Entry) -> Affected:
        key = (entry.scope, entry.match, entry.signals)
        if key not in self._known:
            self._known[key] = impact.of_entry(entry, known=self._fleet, signals=entry.signals)
        return self._known[key]


def _shown(line: Line, counted: _Counted) -> Shown:
    item = line.item
    if item is None:
        assert line.change is not None
        kind = "rule" if line.change.path.startswith("rules[") else "setting"
        return Shown(line.direction, line.change.words, kind, "", (), None)
    affected = counted.under(item.entry)
    sentence, told = _sentence(item, affected, counted)
    parts = () if told else item.changes
    return Shown(line.direction, sentence, "entry", item.entry_id, parts, affected)


def _sentence(item: EntryChange, affected: Affected, counted: _Counted) -> tuple[str, bool]:
    """The sentence of an app or site, and whether it says everything that its changes say."""
    old, new = item.old, item.new
    if new is None:
        assert old is not None
        words = f"Captures nothing more in {_named(old)} for {affected.words}; before: {captured_words(old)}."
        return words, item.direction == "narrower"
    now = f"Captures {captured_words(new)} in {_named(new)} for {affected.words}"
    if old is None:
        return f"{now}{reach_words(new)}; before: nothing.", True
    if not any(change.path.rsplit(".", 1)[-1] in _CAPTURED for change in item.changes):
        return f"{now}; before: {_same(affected, counted.under(old))}.", False
    only = " only" if old.signals < new.signals else ""
    more = any(change.path.rsplit(".", 1)[-1] not in _CAPTURED for change in item.changes)
    return f"{now}; before: {captured_words(old)}{only}.", not more and len(
        {change.direction for change in item.changes}
    ) == 1


def _same(now: Affected, before: Affected) -> str:
    return "the same" if before == now else f"the same for {before.words}"


def _named(entry: Entry) -> str:
    return f"{entry.label} ({where_words(entry)})"


def captured_words(entry: Entry) -> str:
    """``mouse clicks, keystroke text and screenshots (at most one in 10 s)``; ``nothing``."""
    words = [_signal_words(entry, signal) for signal in SIGNALS if signal in entry.signals]
    if len(words) < 2:
        return words[0] if words else "nothing"
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _signal_words(entry: Entry, signal: str) -> str:
    if signal == "keystroke":
        return _KEYS[entry.keystrokes]
    if signal == "screenshot" and entry.frame_interval_s:
        return f"{SIGNAL_WORDS[signal]} (at most one in {entry.frame_interval_s} s)"
    return SIGNAL_WORDS[signal]


def _with_names(found: list[Shown]) -> list[Shown]:
    """The names of departments in place of their ids, which the core does not know."""
    ids = {name for line in found for name in _ID.findall(" ".join((line.sentence, *_words(line))))}
    names = {str(pk): name for pk, name in Department.objects.filter(pk__in=ids).values_list("pk", "name")}
    if not names:
        return found

    def told(text: str) -> str:
        return _ID.sub(lambda match: names.get(match[0], match[0]), text)

    return [
        Shown(
            line.direction,
            told(line.sentence),
            line.kind,
            line.entry,
            [Change(part.path, told(part.words), part.direction) for part in line.parts],
            line.affected,
        )
        for line in found
    ]


def _words(line: Shown) -> list[str]:
    return [part.words for part in line.parts]
