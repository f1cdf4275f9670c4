"""What people are told about sessions without opening one: an employee's own totals by app, signal and day,
and what redaction did, in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Sum
from django.utils import timezone

from capture_sessions.models import SessionTotal
from mci_core.policy import METHOD_WORDS, SIGNAL_WORDS

_ACRONYMS = {"ip": "IP", "url": "URL", "iban": "IBAN", "us": "US", "ssn": "SSN", "jwt": "JWT", "id": "ID"}


def signal_words(signal: str) -> str:
    """``mouse_move`` -> ``Mouse movement``; which window is in front belongs to no signal of its own."""
    words = SIGNAL_WORDS.get(signal, "window in front" if signal == "focus" else signal)
    return words[:1].upper() + words[1:]


def class_words(label: str) -> str:
    """``URL_CREDENTIAL`` -> ``URL credential``: what redaction calls what it found."""
    words = [_ACRONYMS.get(word, word) for word in label.lower().split("_")]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


@dataclass(frozen=True)
class Row:
    """One line of a table: a label, how many events, how many active seconds."""

    label: str
    events: int
    seconds: int


@dataclass(frozen=True)
class Summary:
    """The own totals of the last `days` days."""

    days: int
    by_app: list[Row]
    by_signal: list[Row]
    by_day: list[tuple[date, str, int]]
    events: int
    seconds: int


def own_summary(user: Any, *, days: int = 30) -> Summary:
    """Totals of the signed-in person's sessions over the last `days` days, in three queries."""
    since = timezone.now().date() - timedelta(days=days - 1)
    own = SessionTotal.objects.filter(session__subject__user=user.pk, day__gte=since)
    apps = own.values("entry_label").annotate(e=Sum("events"), s=Sum("seconds")).order_by("-e", "entry_label")
    signals = own.values("signal").annotate(e=Sum("events"), s=Sum("seconds")).order_by("-e", "signal")
    per_day = own.values("day", "entry_label").annotate(e=Sum("events")).order_by("day", "entry_label")
    by_app = [Row(row["entry_label"], row["e"], row["s"]) for row in apps]
    return Summary(
        days=days,
        by_app=by_app,
        by_signal=[Row(signal_words(row["signal"]), row["e"], row["s"]) for row in signals],
        by_day=[(row["day"], row["entry_label"], row["e"]) for row in per_day],
        events=sum(row.events for row in by_app),
        seconds=sum(row.seconds for row in by_app),
    )


@dataclass(frozen=True)
class Masked:
    """What one rule did under one label. Counts and codes only: a report holds nothing else.

    ``rule`` is the id of a rule that ``by`` names by its label; empty where ``by`` says it all.
    """

    found: str
    by: str
    method: str
    check: str
    sure: str
    count: int
    rule: str = ""


@dataclass(frozen=True)
class Redaction:
    """The report of one session."""

    rows: list[Masked]
    facts: list[tuple[str, str]]


def redaction_of(report: Mapping[str, Any], rules: Mapping[str, str] | None = None) -> Redaction:
    """A report in words, the most frequent first; `rules`: labels of the policy's rules by id."""
    given = [row for row in report.get("rules") or () if isinstance(row, dict)]
    rows = sorted((_masked(row, rules or {}) for row in given), key=lambda row: (-row.count, row.found))
    return Redaction(rows, list(_facts(report)) if given or report.get("events_in") else [])


def _masked(row: Mapping[str, Any], rules: Mapping[str, str]) -> Masked:
    rule, sure = str(row.get("rule", "")), row.get("confidence")
    methods = [METHOD_WORDS[name] for name in str(row.get("method", "")).split(".") if name in METHOD_WORDS]
    return Masked(
        found=class_words(str(row.get("label", ""))),
        by="default detector" if rule.startswith("detector.") else rules.get(rule, rule),
        method=", ".join(methods),
        check=str(row.get("validator", "")).replace(".", ", "),
        sure=f"{sure} %" if isinstance(sure, int) else "",
        count=int(row.get("count") or 0),
        rule=rule if rule in rules else "",
    )


def _facts(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """How much went in and came out, how long it took, what was masked as a whole to be safe."""
    for name, words, unit in (
        ("bytes_in", "Size before", "bytes"),
        ("bytes_out", "Size after", "bytes"),
        ("millis", "Time it took", "ms"),
        ("blanked", "Masked as a whole, because it could not be searched", ""),
    ):
        if isinstance(report.get(name), int):
            yield words, f"{report[name]:,} {unit}".strip()
