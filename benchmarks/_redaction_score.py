"""How well spans fit labelled texts.

A labelled place *leaks* when one of its letters or digits is not masked, by whatever name. Precision, recall
and F2 are over characters, a place counting for at most 64 of them, so that a few private keys do not drown
everything else. A record without any place is *hit* when something in it is masked. Records may name the
labels that were looked for when they were labelled (`scope`) and ranges that nobody judges (`ignore`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

CAP = 64
CREDENTIALS = frozenset({"SECRET", "PASSWORD", "JWT", "PRIVATE_KEY", "URL_CREDENTIAL"})
FREE_TEXT = frozenset({"PERSON", "ADDRESS"})
Record = dict[str, Any]
Found = tuple[int, int, str]


@dataclass
class Score:
    """Sums over records; rates in percent."""

    places: Counter[str] = field(default_factory=Counter)
    leaks: Counter[str] = field(default_factory=Counter)
    clean: int = 0
    clean_hit: int = 0
    right: float = 0.0
    wrong: float = 0.0
    missed: float = 0.0

    def add(self, record: Record, found: Iterable[Found]) -> None:
        """Judge what was found in one record."""
        text: str = record["text"]
        scope = set(record.get("scope") or ())
        meant = {at for one in record["spans"] for at in range(one["start"], one["end"])}
        unjudged = {at for start, end in record.get("ignore") or () for at in range(start, end)} - meant
        masked: set[int] = set()
        for start, end, label in found:
            covers = set(range(max(0, start), min(len(text), end)))
            masked |= covers
            if scope and not _in_scope(label, scope):
                unjudged |= covers - meant
        wrong = masked - meant - unjudged
        self.wrong += len(wrong)
        if not record["spans"] and not record.get("ignore"):
            self.clean += 1
            self.clean_hit += bool(wrong)
        for one in record["spans"]:
            self._place(text, one, masked)

    def _place(self, text: str, place: dict[str, Any], masked: set[int]) -> None:
        here = range(place["start"], place["end"])
        weight = min(1.0, CAP / len(here))
        covered = sum(at in masked for at in here)
        self.right += covered * weight
        self.missed += (len(here) - covered) * weight
        told = [at for at in here if text[at].isalnum()] or here
        self.places[place["label"]] += 1
        self.leaks[place["label"]] += any(at not in masked for at in told)

    def leak(self, labels: Iterable[str] | None = None) -> float:
        """Share of places that leak, of some labels or of all."""
        chosen = self.places.keys() if labels is None else set(labels) & self.places.keys()
        count = sum(self.places[label] for label in chosen)
        return 100 * sum(self.leaks[label] for label in chosen) / count if count else 0.0

    @property
    def structured_leak(self) -> float:
        """Leaks among everything that has a form, that is all but names and addresses."""
        return self.leak(self.places.keys() - FREE_TEXT)

    @property
    def f2(self) -> float:
        """F2 over characters: a leak weighs four times a blot."""
        total = 5 * self.right + 4 * self.missed + self.wrong
        return 100 * 5 * self.right / total if total else 0.0

    @property
    def hit(self) -> float:
        """Share of records without any place in which something is masked."""
        return 100 * self.clean_hit / self.clean if self.clean else 0.0


def _in_scope(label: str, scope: set[str]) -> bool:
    return label == "OTHER" or label in scope or (label in CREDENTIALS and bool(scope & CREDENTIALS))


def score(records: Sequence[Record], spans: Sequence[Sequence[Found]]) -> Score:
    """All records with what was found in each."""
    whole = Score()
    for record, found in zip(records, spans, strict=True):
        whole.add(record, found)
    return whole
