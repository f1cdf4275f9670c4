"""What a policy would capture at one place, signal by signal: the evaluator of the agent, asked with an event
of each.

Lease, law, notice and consent are taken to be in order, and the device to be in the scope of the entry, so
that the answer is about the policy alone. What narrows the entry is told beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from capture_policies.words import limits
from mci_core.evaluator import EXPLAIN, Allowlist, Decision, Foreground, decide
from mci_core.lease import LAW_ALLOWS, Lease
from mci_core.policy import EVERYWHERE, SIGNAL_WORDS, Entry, Policy

_LIFE = 60
#: One event of each signal. A title and an address ride on other events; see `is_captured`.
EVENTS: dict[str, dict[str, Any]] = {
    "mouse_move": {"type": "mouse_move", "x": 1, "y": 1},
    "click": {"type": "mouse_down", "x": 1, "y": 1, "button": "left"},
    "scroll": {"type": "scroll", "x": 1, "y": 1, "dx": 0, "dy": 1},
    "shortcut": {"type": "key", "state": "down", "key": "F5"},
    "keystroke": {"type": "key", "state": "down", "key": "a"},
    "text": {"type": "text", "op": "insert", "text": "a", "pos": 0},
    "clipboard": {"type": "text", "op": "insert", "text": "ab", "pos": 0, "note": "paste"},
    "url": {"type": "url"},
    "window_title": {"type": "focus"},
    "screenshot": {"type": "screenshot", "width": 1, "height": 1},
}


@dataclass(frozen=True)
class Answer:
    """Whether one signal would be captured, and why or why not, in a sentence."""

    signal: str
    captured: bool
    why: str


@dataclass(frozen=True)
class Trial:
    """The entry that decides at this place (None: nothing does, so nothing is captured), sentences about what
    narrows it, and an answer per signal.
    """

    entry: Entry | None
    answers: tuple[Answer, ...]
    limits: tuple[str, ...] = ()


def foreground(
    *, address: str = "", program: str = "", system: str = "windows", private: bool = False
) -> Foreground:
    """A page in a browser, or a program as its platform names it."""
    if address:
        return Foreground(os=system, app_name="Chrome", exe="chrome.exe", url=address, private=private)
    field = "bundle" if system == "macos" else "exe"
    return Foreground(os=system, private=private, **{field: program})  # type: ignore[arg-type]  # one of two text fields


def lease_of(
    policy: Policy,
    *,
    now: int,
    place: str | None,
    law: str = LAW_ALLOWS,
    denied_signals: tuple[str, ...] = (),
    notice: str | None = "trial",
    excluded_entries: tuple[str, ...] = (),
    groups: tuple[str, ...] = (),
    tags: tuple[str, ...] = (),
) -> Lease:
    """The lease that a device with these facts would hold now, capture being on."""
    return Lease(
        jti="trial",
        device="trial",
        issuer="trial",
        release_number=None,
        policy_digest=policy.digest,
        state="on",
        place=place,
        jurisdiction_reason=law,
        denied_signals=denied_signals,
        notice=notice,
        excluded_entries=excluded_entries,
        issued_at=now,
        expires_at=now + _LIFE,
        groups=groups,
        tags=tags,
    )


def try_policy(policy: Policy, place: Foreground, *, now: int) -> Trial:
    """Ask the evaluator about every signal at this place."""
    entry = None if place.private else Allowlist(policy).entry(place)
    scope = EVERYWHERE if entry is None else entry.scope
    # Somebody in the scope, in a window like any other.
    at = next(iter(scope.places), "trial")
    lease = lease_of(policy, now=now, place=at, groups=scope.groups, tags=scope.tags)
    place = replace(place, title=place.title or "window")
    answers = []
    for signal, event in EVENTS.items():
        asked = {"seq": 1, "t": 0, **event, **({"url": place.url} if signal == "url" else {})}
        answers.append(_answer(signal, decide(asked, place, policy, lease, now)))
    return Trial(entry, tuple(answers), () if entry is None else tuple(limits(entry)))


def _answer(signal: str, decision: Decision) -> Answer:
    words = SIGNAL_WORDS[signal]
    captured = is_captured(signal, decision)
    if decision.allow and not captured:
        return Answer(words, False, "The entry does not allow this signal.")
    return Answer(words, captured, EXPLAIN[decision.reason])


def is_captured(signal: str, decision: Decision) -> bool:
    """A focus event is always kept where an entry decides; its title only with the signal."""
    return decision.allow and (signal != "window_title" or "window.title" in decision.keep)


def same_as(data: Mapping[str, Any]) -> Foreground:
    """From the cleaned fields of the form."""
    is_site = data["kind"] == "site"
    return foreground(
        address=data["address"] if is_site else "",
        program="" if is_site else data["program"],
        system=data["system"],
        private=data["private"],
    )
