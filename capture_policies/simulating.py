"""What another policy would have made of what was captured: the evaluator, asked again for each cell.

Of an event only its entry, its signal and the facts of its computer are known afterwards. So each entry is
asked about at its own address or program, and what would depend on a window title is said to be open. What
was never captured cannot be asked about at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from capture_policies import queries
from capture_policies.explaining import KEYS, Question, event_of, focus_of
from capture_policies.past_cells import Cell, Facts
from capture_policies.try_out import lease_of
from mci_core.evaluator import EXPLAIN, Decision, StreamEvaluator
from mci_core.policy import SIGNAL_WORDS, AppMatch, Entry, Policy, SiteMatch
from mci_core.policy_model import KEYSTROKES, PLATFORMS

OUTCOMES: tuple[str, ...] = ("kept", "less", "dropped", "open")
#: A title that no pattern names, except one that names all.
_SOME_TITLE = "\ue000"
#: Longer than any interval between screenshots, so that no question is about the interval of another one.
_APART_MS = 10 * 86_400_000
Progress = Callable[[int, int], None]


@dataclass
class Row:
    """One entry and signal: events that would be kept, kept with less in them, dropped, or that depend on a
    title. ``hidden``: more were captured, of too few people to tell.
    """

    entry: str
    label: str
    signal: str
    kept: int = 0
    less: int = 0
    dropped: int = 0
    open: int = 0
    reasons: list[str] = field(default_factory=list)
    hidden: bool = False

    @property
    def total(self) -> int:
        return self.kept + self.less + self.dropped + self.open

    @property
    def signal_words(self) -> str:
        """What the signal is called; a change of window and a typing aid belong to none."""
        words = {**SIGNAL_WORDS, "focus": "window in front", "marker": "typing aids"}
        return words[self.signal][:1].upper() + words[self.signal][1:]

    @property
    def why(self) -> str:
        """Why some would be dropped."""
        words = {reason.value: sentence for reason, sentence in EXPLAIN.items()}
        return " ".join(words[reason] for reason in self.reasons)


@dataclass(frozen=True)
class Outcome:
    kind: str
    reason: str = ""


class Judge:
    """One policy and the evaluator that holds it, for many questions at one moment."""

    def __init__(self, policy: Policy, at: datetime) -> None:
        self.policy = policy
        self._at = at
        self._evaluators: dict[str, StreamEvaluator] = {}
        self._asked = 0

    def decide(self, entry: Entry, signal: str, facts: Facts) -> Decision:
        """The decision on a sample event in the window that an entry names."""
        question = _question(entry, signal, facts, self._at)
        if facts.platform not in self._evaluators:
            self._evaluators[facts.platform] = StreamEvaluator(self.policy, facts.platform)
        evaluator = self._evaluators[facts.platform]
        self._asked += _APART_MS
        now = int(self._at.timestamp())
        lease = lease_of(
            self.policy,
            now=now,
            place=facts.place,
            denied_signals=facts.denied,
            groups=facts.groups,
            tags=facts.tags,
        )
        decision = evaluator.step({"seq": 0, "t": self._asked, **focus_of(question)}, lease, now)
        if signal == "focus":
            return decision
        for key in KEYS[question.key][2] if signal == "shortcut" else ():
            evaluator.step(
                {"seq": 0, "t": self._asked, "type": "key", "state": "down", "key": key}, lease, now
            )
        return evaluator.step({**event_of(question), "t": self._asked}, lease, now)


def _question(entry: Entry, signal: str, facts: Facts, at: datetime) -> Question:
    match, key = entry.match, "combination" if signal == "shortcut" else "letter"
    if isinstance(match, SiteMatch):
        address = f"{match.origin.rstrip('/')}{match.path_prefix}"
        return Question(signal, at, address=address, platform=facts.platform, title=_SOME_TITLE, key=key)
    return Question(
        signal,
        at,
        program=_program(match, facts.platform),
        program_name=next(iter(match.names), ""),
        platform=facts.platform,
        title=_SOME_TITLE,
        key=key,
    )


def _program(match: AppMatch, platform: str) -> str:
    return next(iter(getattr(match, platform, ())), "")


class Simulation:
    """A policy held against the cells of some weeks."""

    def __init__(self, policy: Policy, at: datetime) -> None:
        self._new = Judge(policy, at)
        self._at = at
        self._old: dict[int, Judge] = {}
        self._known: dict[tuple[str, str, Facts], Outcome] = {}

    def rows(self, cells: Iterable[Cell], progress: Progress | None = None) -> list[Row]:
        """One row for each entry and signal, those that lose most first."""
        given = list(cells)
        found: dict[tuple[str, str], Row] = {}
        for index, cell in enumerate(given):
            row = found.setdefault((cell.entry, cell.signal), Row(cell.entry, cell.label, cell.signal))
            self._add(row, cell)
            if progress is not None and index % 200 == 0:
                progress(index, len(given))
        return sorted(found.values(), key=lambda row: (-row.dropped, -row.less, row.label, row.signal))

    def _add(self, row: Row, cell: Cell) -> None:
        outcomes = {self.outcome(cell.entry, cell.signal, facts) for facts in cell.facts}
        if len({outcome.kind for outcome in outcomes}) != 1:
            # Nothing is known of a cell without facts; one that falls apart would tell on a few people.
            row.hidden = True
            return
        (kind,) = {outcome.kind for outcome in outcomes}
        setattr(row, kind, getattr(row, kind) + cell.events)
        row.reasons = sorted({*row.reasons, *(one.reason for one in outcomes if one.reason)})

    def outcome(self, entry_id: str, signal: str, facts: Facts) -> Outcome:
        key = (entry_id, signal, facts)
        if key not in self._known:
            self._known[key] = self._outcome(entry_id, signal, facts)
        return self._known[key]

    def _outcome(self, entry_id: str, signal: str, facts: Facts) -> Outcome:
        old = self._judge(facts.release)
        entry = old.policy.entry(entry_id)
        assert entry is not None, "an event was taken in under an entry that its release does not have"
        sampled, before = _kept_sample(old, entry, signal, facts)
        new = self._new.decide(entry, signal, sampled)
        if not new.allow:
            return Outcome("dropped", new.reason.value)
        there = self._new.policy.entry(new.entry_id or "")
        assert there is not None
        if not set(there.windows_excluded) <= set(entry.windows_excluded):
            return Outcome("open")
        return Outcome("less" if _less(before, new, entry, there) else "kept")

    def _judge(self, release: int) -> Judge:
        if release not in self._old:
            self._old[release] = Judge(queries.policy_by_release(release), self._at)
        return self._old[release]


def _kept_sample(old: Judge, entry: Entry, signal: str, facts: Facts) -> tuple[Facts, Decision]:
    """The facts under which a sample is kept, as the stored events were.

    A recording may be of another platform than the computer that sent it.
    """
    first = old.decide(entry, signal, facts)
    for platform in () if first.allow else PLATFORMS:
        other = replace(facts, platform=platform)
        decision = old.decide(entry, signal, other)
        if decision.allow:
            return other, decision
    return facts, first


def _less(before: Decision, after: Decision, old: Entry, new: Entry) -> bool:
    """Whether less of an event is kept than was, or fewer events of its kind."""
    if after.signal == "screenshot":
        return new.frame_interval_s > old.frame_interval_s
    fewer_keys = KEYSTROKES.index(after.granularity) < KEYSTROKES.index(before.granularity)
    return fewer_keys or bool(before.keep - after.keep)


def as_json(rows: Iterable[Row]) -> list[dict[str, Any]]:
    return [asdict(row) for row in rows]


@dataclass(frozen=True)
class Told:
    """A result for a page."""

    rows: list[Row]

    @cached_property
    def sums(self) -> dict[str, int]:
        """Events of all rows by outcome."""
        totals: dict[str, int] = defaultdict(int)
        for row in self.rows:
            for kind in OUTCOMES:
                totals[kind] += getattr(row, kind)
        return dict(totals)

    @property
    def hidden(self) -> bool:
        return any(row.hidden for row in self.rows)
