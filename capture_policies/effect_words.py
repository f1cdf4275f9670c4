"""The result of a measurement as tables and a chart: what a page shows of ``RuleEffect.result``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from capture_policies.corpora import WORDS
from capture_policies.models import RuleEffect
from mci_core.policy import Policy
from mci_core.redaction.quality import is_own
from mci_core.redaction.rules import PACK_PREFIX

#: Lines of the chart: more could not be told apart.
LINES = 8


@dataclass(frozen=True)
class AppRow:
    """One app or site of one corpus."""

    app: str
    texts: int
    redacted: int
    leaked: int
    lost: int
    share: float


@dataclass(frozen=True)
class StoredRow:
    """One app or site of the stored sessions; how much more is redacted, in a step."""

    app: str
    step: str


@dataclass(frozen=True)
class RateRow:
    """One rule, detector or kind of thing. Shares are None where nothing was found or planted."""

    name: str
    own: bool
    hits: int
    precision: float | None
    places: int
    recall: float | None

    @property
    def leaks(self) -> float | None:
        return None if self.recall is None else 1.0 - self.recall


@dataclass(frozen=True)
class CorpusResult:
    """What came out for one corpus."""

    name: str
    words: str
    apps: list[AppRow]
    rules: list[RateRow]
    labels: list[RateRow]

    @property
    def redacted(self) -> int:
        return sum(row.redacted for row in self.apps)

    @property
    def leaked(self) -> int:
        return sum(row.leaked for row in self.apps)

    @property
    def lost(self) -> int:
        return sum(row.lost for row in self.apps)


def results(effect: RuleEffect, policy: Policy | None) -> list[CorpusResult]:
    """Every labelled corpus in a fixed order; rules are called by their labels in the policy."""
    labels = {} if policy is None else {rule.id: rule.label for rule in policy.rules}
    return [_corpus(name, effect.result[name], labels) for name in WORDS if name in effect.result]


def stored(effect: RuleEffect) -> list[StoredRow]:
    """What changes in the stored sessions."""
    apps: Mapping[str, Mapping[str, str]] = effect.result.get("stored", {}).get("apps", {})
    return [StoredRow(app, row["step"]) for app, row in apps.items()]


def _corpus(name: str, body: Mapping[str, Any], labels: Mapping[str, str]) -> CorpusResult:
    apps = [_app(app, row) for app, row in body["apps"].items()]
    return CorpusResult(
        name,
        WORDS[name],
        sorted(apps, key=lambda row: (-row.leaked, -row.lost, -row.redacted, row.app)),
        _rates(body["rules"], labels),
        _rates(body["labels"], {key: key.replace("_", " ").capitalize() for key in body["labels"]}),
    )


def _app(app: str, row: Mapping[str, int]) -> AppRow:
    share = row["lost"] / row["characters"] if row["characters"] else 0.0
    return AppRow(app or "Elsewhere", row["texts"], row["redacted"], row["leaked"], row["lost"], share)


def _rates(body: Mapping[str, Mapping[str, int]], labels: Mapping[str, str]) -> list[RateRow]:
    rows = [
        RateRow(
            labels.get(key, key.removeprefix(PACK_PREFIX)),
            is_own(key) and key in labels,
            row["hits"],
            row["right"] / row["hits"] if row["hits"] else None,
            row["places"],
            row["covered"] / row["places"] if row["places"] else None,
        )
        for key, row in body.items()
    ]
    return sorted(rows, key=lambda row: (not row.own, row.name))


def trend(effects: Sequence[RuleEffect], corpus: str, part: str) -> dict[str, Any] | None:
    """How precision (part ``rules``) or coverage (part ``labels``) went from day to day; None with less than
    two days.
    """
    days = [effect for effect in effects if corpus in effect.result]
    if len(days) < 2:
        return None
    top, bottom = ("right", "hits") if part == "rules" else ("covered", "places")
    names = _most(days, corpus, part, bottom)
    rows = [
        [effect.day.isoformat(), *(_share(effect, corpus, part, name, top, bottom) for name in names)]
        for effect in days
    ]
    shown = [name.removeprefix(PACK_PREFIX) for name in names]
    step = max(1, len(days) // 10)  # days between two marks of the axis
    words = "rightly found of all that was found" if part == "rules" else "covered of all that was there"
    return {
        "id": f"trend-{part}",
        "title": f"{'Precision' if part == 'rules' else 'Coverage'} by day: {WORDS[corpus].lower()}",
        "definition": f"Share {words}, measured once a day on the live rules.",
        "data": [
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": name,
                "x": [row[0] for row in rows],
                "y": [row[index] for row in rows],
            }
            for index, name in enumerate(shown, start=1)
        ],
        "layout": {
            "xaxis": {"type": "date", "tickformat": "%-d %b", "dtick": 86_400_000 * step},
            "yaxis": {"range": [0, 1.02], "tickformat": ".0%"},
        },
        "columns": ["Day", *shown],
        "rows": [[row[0], *("" if cell is None else f"{cell:.1%}" for cell in row[1:])] for row in rows],
    }


def _most(days: Iterable[RuleEffect], corpus: str, part: str, by: str) -> list[str]:
    totals: dict[str, int] = {}
    for effect in days:
        for name, row in effect.result[corpus][part].items():
            totals[name] = totals.get(name, 0) + row[by]
    return sorted(totals, key=lambda name: (-totals[name], name))[:LINES]


def _share(effect: RuleEffect, corpus: str, part: str, name: str, top: str, bottom: str) -> float | None:
    row = effect.result[corpus][part].get(name)
    return row[top] / row[bottom] if row and row[bottom] else None
