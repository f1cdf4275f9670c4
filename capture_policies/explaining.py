"""Explains one decision: would this event be captured, under which policy, law and entry, and what stays.

The answer is the evaluator's (``mci_core.evaluator``), asked with a lease made of the facts; the law is
``mci_core.jurisdiction`` with the packs and agreements of that day; what stays is what redaction leaves.
Nothing is decided here, and no person is named: the facts are a place, a group, tags and a kind of computer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from capture_policies import words
from capture_policies.past import Asked
from capture_policies.try_out import EVENTS, is_captured, lease_of
from jurisdictions import rulings
from jurisdictions.models import LawPack
from jurisdictions.zones import local_day
from mci_core import jurisdiction
from mci_core.evaluator import EXPLAIN, Decision, Foreground, Reason, State, apply, decide, foreground_of
from mci_core.jurisdiction import Agreement, Ruling
from mci_core.lease import LAW_ALLOWS
from mci_core.policy import SIGNAL_WORDS, Entry, Policy
from mci_core.redaction import redact_session
from mci_core.redaction.rules import rules_for

NO_RELEASE = "no_release"
NO_RELEASE_WORDS = "No release of a policy was live then, so nothing was captured."
#: What every answer to staff takes for granted.
ASSUMED = (
    "The computer holds a lease that has not run out.",
    "The notice of the place was acknowledged on that day.",
    "Capture is neither paused nor stopped, and consent was not withdrawn.",
    "The person has not switched the app or site off.",
    "No screenshot was taken in the same interval.",
)
#: The keys that can be asked about: (name, what it is called, the event).
KEYS: dict[str, tuple[str, dict[str, Any], tuple[str, ...]]] = {
    "letter": ("A letter", {"key": "a"}, ()),
    "digit": ("A digit", {"key": "7"}, ()),
    "enter": ("Enter", {"key": "Enter"}, ()),
    "function": ("F5", {"key": "F5"}, ()),
    "combination": ("Ctrl + S", {"key": "s"}, ("Control",)),
}
#: Where redaction looks in an event of a signal, in the vocabulary of rules.
_FIELDS: dict[str, tuple[str, ...]] = {
    "click": ("target.name",),
    "keystroke": ("key", "target.name"),
    "shortcut": ("key", "target.name"),
    "text": ("text", "target.name"),
    "clipboard": ("text", "target.name"),
    "url": ("url",),
    "window_title": ("window.title", "url"),
    "screenshot": ("frame",),
}
#: What carries no signal of its own: a change of window, and a sign that typing goes through an input method.
_UNSIGNALLED: dict[str, dict[str, Any]] = {
    "focus": {"type": "focus"},
    "marker": {"type": "marker", "name": "ime_start"},
}
_TARGET = {"role": "textbox", "name": "Name of the field"}
_HEADER: dict[str, Any] = {
    "type": "session",
    "schema": "interaction-events/1",
    "origin": "explained",
    "actor": "human",
    "session_id": "explained",
    "platform": {"os": None, "version": None},
    "screen": {},
    "time_resolution_ms": 1,
    "duration_ms": 1,
}
_PARTS: dict[str, str] = {
    "x": "Position",
    "y": "Position",
    "dx": "How far",
    "dy": "How far",
    "button": "Mouse button",
    "state": "Pressed or released",
    "repeat": "Whether it repeats",
    "key": "Key",
    "op": "Inserted or deleted",
    "text": "The text, redacted",
    "pos": "Where in the text",
    "note": "That it was pasted",
    "target": "Name and kind of the field",
    "node": "Part of the page",
    "app": "Name of the program",
    "window.rect": "Size of the window",
    "window.title": "Window title",
    "url": "Web address",
    "width": "Size of the screenshot",
    "height": "Size of the screenshot",
    "name": "Name",
    "file": "The picture, masked",
}
_SHOWN = ("key", "url", "window.title")


@dataclass(frozen=True)
class Question:
    """An event that might happen. ``place`` None: unknown. ``title`` None: the window tells none."""

    signal: str
    at: datetime
    address: str = ""
    program: str = ""
    program_name: str = ""
    platform: str = "windows"
    title: str | None = None
    private: bool = False
    secure: bool = False
    key: str = "letter"
    place: str | None = None
    group: str = ""
    tags: tuple[str, ...] = ()
    personal_device: bool = False
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True)
class Law:
    """What the law says at the place on the day, and what it rests on. ``notice`` is said in words."""

    ruling: Ruling
    pack: LawPack | None
    agreement: Agreement | None
    notice: str

    @property
    def words(self) -> str:
        return jurisdiction.REASONS[self.ruling.reason]

    @property
    def denied(self) -> str:
        return ", ".join(SIGNAL_WORDS[name] for name in self.ruling.denied_signals) or "none"


@dataclass(frozen=True)
class Part:
    """A part of the event, whether it stays, and what would be stored where that can be shown."""

    name: str
    stays: bool
    value: str = ""


@dataclass(frozen=True)
class Explanation:
    """The answer. ``code`` is a reason of the evaluator, or ``no_release``."""

    question: Question
    asked: Asked
    captured: bool
    code: str
    why: str
    law: Law
    entry: Entry | None = None
    parts: tuple[Part, ...] = ()
    rules: tuple[words.DescribedRule, ...] = ()
    assumed: tuple[str, ...] = ASSUMED

    @property
    def entry_words(self) -> str:
        """What is said of the entry where none is named."""
        nobody = (Reason.NO_ENTRY, Reason.PRIVATE_WINDOW, NO_RELEASE)
        return "None decides here" if self.code in nobody else "Not asked: something else comes first"

    @property
    def described(self) -> words.Described | None:
        """The entry in words."""
        return None if self.entry is None else words.describe_entry(self.entry)


def law_at(question: Question) -> Law:
    """The law of the place on the day there, its notice taken as acknowledged on that day."""
    place, at = question.place, question.at
    on = local_day(place, at)
    unit = UUID(question.group) if question.group else None
    agreement = None if place is None else rulings.agreement_for(place, on, at=at, department=unit)
    ruling = jurisdiction.decide(
        rulings.packs_on(on, at=at),
        place,
        on,
        acknowledged_on=on,
        agreement=agreement,
        personal_device=question.personal_device,
    )
    return law_of(ruling, question, agreement, "Taken as acknowledged")


def law_of(ruling: Ruling, question: Question, agreement: Agreement | None, notice: str) -> Law:
    """A ruling with the pack it names."""
    packs = LawPack.objects.in_force(local_day(question.place, question.at)).filter(key=ruling.pack_id or "")
    return Law(ruling, packs.order_by("-effective_from").first(), agreement, notice)


def explain(question: Question, asked: Asked, law: Law | None = None) -> Explanation:
    """The answer to one question under one policy. ``law``: where it is known better than by assumption."""
    found = law or law_at(question)
    if asked.policy is None:
        return Explanation(question, asked, False, NO_RELEASE, NO_RELEASE_WORDS, found)
    event, place = event_of(question), foreground_of(focus_of(question), question.platform)
    decision = _decide(question, asked.policy, event, place, found)
    captured = is_captured(question.signal, decision)
    reason = decision.reason
    if decision.allow and not captured:
        reason = _why_no_title(asked.policy, decision, found)
    return Explanation(
        question=question,
        asked=asked,
        captured=captured,
        code=reason.value,
        why=found.words if reason is Reason.LAW_FORBIDS else EXPLAIN[reason],
        law=found,
        entry=asked.policy.entry(decision.entry_id or ""),
        parts=_parts(question, asked.policy, event, decision) if captured else (),
        rules=_rules(question, asked.policy, decision) if captured else (),
    )


def _why_no_title(policy: Policy, decision: Decision, law: Law) -> Reason:
    """The focus is kept and its title is not: who took the title away?"""
    entry = policy.entry(decision.entry_id or "")
    listed = entry is not None and "window_title" in entry.signals
    denied = "window_title" in law.ruling.denied_signals
    return Reason.SIGNAL_DENIED_BY_LAW if listed and denied else Reason.SIGNAL_NOT_ALLOWED


def _decide(
    question: Question, policy: Policy, event: Mapping[str, Any], place: Foreground, law: Law
) -> Decision:
    now = int(question.at.timestamp())
    lease = lease_of(
        policy,
        now=now,
        place=question.place,
        law=law.ruling.reason,
        denied_signals=tuple(law.ruling.denied_signals) if law.ruling.reason == LAW_ALLOWS else (),
        excluded_entries=question.excluded,
        groups=(question.group,) if question.group else (),
        tags=question.tags,
    )
    held = KEYS[question.key][2] if event["type"] == "key" else ()
    state = State(platform=place.os, held=dict.fromkeys(held, 0), secure=question.secure)
    return decide(event, place, policy, lease, now, state=state)


def focus_of(question: Question) -> dict[str, Any]:
    """The focus event by which a recorder reports the window that is asked about."""
    name, system = question.program or None, question.platform
    app = {"name": question.program_name, "exe": None if system == "macos" else name}
    if system == "macos":
        app["bundle"] = name
    if question.address:
        app = {"name": "Chrome", "exe": "chrome.exe"}
    event = {"type": "focus", "app": {key: value for key, value in app.items() if value}}
    window: dict[str, Any] = {"rect": [0, 0, 1, 1], "private": question.private}
    if question.title is not None:
        window["title"] = question.title
    return {**event, "window": window, **({"url": question.address} if question.address else {})}


def event_of(question: Question) -> dict[str, Any]:
    """The event that is asked about, as a recorder would report it."""
    sample = EVENTS.get(question.signal) or _UNSIGNALLED[question.signal]
    event: dict[str, Any] = {"seq": 0, "t": 0, **sample}
    if question.signal in ("keystroke", "shortcut"):
        event.update(KEYS[question.key][1])
    if event["type"] in ("mouse_down", "key", "text"):
        event["target"] = {**_TARGET, "secure": True} if question.secure else dict(_TARGET)
    if event["type"] == "focus":
        event.update(focus_of(question))
    if event["type"] == "url" and question.address:
        event["url"] = question.address
    return event


def _parts(
    question: Question, policy: Policy, event: Mapping[str, Any], decision: Decision
) -> tuple[Part, ...]:
    """Each part of the event: whether the evaluator keeps it, and what redaction leaves of short texts."""
    kept = apply(event, decision) or {}
    stored = _stored(question, policy, kept)
    found: dict[str, Part] = {}
    for name in _names(event):
        stays = _has(kept, name)
        label = _PARTS.get(name, name)
        value = _value(stored, name) if stays and name in _SHOWN else ""
        if label not in found or stays:
            found[label] = Part(label, stays, value)
    if event["type"] == "screenshot":
        found["The picture, masked"] = Part("The picture, masked", True)
    return tuple(found.values())


def _names(event: Mapping[str, Any]) -> list[str]:
    plain = [name for name in event if name not in ("seq", "t", "type", "window")]
    return plain + [f"window.{name}" for name in event.get("window", {}) if name != "private"]


def _has(kept: Mapping[str, Any], name: str) -> bool:
    outer, _, inner = name.partition(".")
    return inner in kept.get(outer, {}) if inner else name in kept


def _value(stored: Mapping[str, Any], name: str) -> str:
    outer, _, inner = name.partition(".")
    return str((stored.get(outer) or {}).get(inner, "") if inner else stored.get(name, ""))


def _stored(question: Question, policy: Policy, kept: Mapping[str, Any]) -> Mapping[str, Any]:
    """What redaction leaves of the kept event; nothing where a rule drops it."""
    if kept.get("type") == "screenshot":
        return {}
    header = {**_HEADER, "platform": {"os": question.platform, "version": None}}
    lines, _report = redact_session([header, dict(kept)], policy)
    return lines[1] if len(lines) > 1 else {}


def _rules(question: Question, policy: Policy, decision: Decision) -> tuple[words.DescribedRule, ...]:
    """The policy's rules that look into this event; the default detectors always do."""
    labels = {entry.id: entry.label for entry in policy.entries}
    chosen = {
        rule.id: rule
        for place in _FIELDS.get(question.signal, ())
        for rule in rules_for(policy.rules, decision.entry_id, decision.signal, place)
    }
    return tuple(words.describe_rule(rule, labels) for rule in policy.rules if rule.id in chosen)
