"""The evaluator: may this event be captured, and what of it? Every answer has a reason; the default is no.

The same code runs on the agent, in the editor preview, in simulation and where the server judges an upload.
It is asked with the event, the foreground, the policy, the lease and the time; it reads nothing else and
never raises on an odd event. Order of the questions: lease and law, the person's consent, the foreground,
the entry, the signal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mci_core.evaluator_foreground import Allowlist, Foreground, foreground_of, is_browser, turned_to
from mci_core.evaluator_keys import HELD_AT_MOST_MS, MODIFIERS, is_secure, is_shortcut, reduced
from mci_core.evaluator_reasons import EXPLAIN, Reason
from mci_core.evaluator_scope import facts_of, in_scope, is_expired, is_left_out
from mci_core.lease import LAW_ALLOWS, Lease
from mci_core.policy_model import Entry, Policy

__all__ = [
    "EXPLAIN",
    "MARKERS",
    "Allowlist",
    "Decision",
    "Foreground",
    "Reason",
    "State",
    "StreamEvaluator",
    "apply",
    "decide",
    "entry_for",
    "foreground_of",
    "is_browser",
    "lease_reason",
]

MARKERS: tuple[str, ...] = ("ime_start", "ime_end", "consent_withdrawn")
CLOCK_TOLERANCE_S = 60
PASTE_WITHIN_MS = 2_000


_BASE = frozenset({"seq", "t", "type"})
_TEXT = _BASE | {"op", "text", "pos", "delete", "length", "note", "target"}
_KEEP: dict[str, frozenset[str]] = {
    "mouse_move": _BASE | {"x", "y", "node"},
    "mouse_down": _BASE | {"x", "y", "button", "target", "node"},
    "mouse_up": _BASE | {"x", "y", "button", "target", "node"},
    "scroll": _BASE | {"x", "y", "dx", "dy", "left", "top", "node"},
    "url": _BASE | {"url"},
    "screenshot": _BASE
    | {"file", "sha256", "width", "height", "region", "reason", "boxes", "masked", "windows"},
}
_KEY_KEEP: dict[str, frozenset[str]] = {
    "count": _BASE | {"state", "key"},
    "shortcut": _BASE | {"state", "key", "repeat", "target"},
    "class": _BASE | {"state", "key", "repeat", "target"},
    "text": _BASE | {"state", "key", "repeat", "target"},
}
_SIGNAL = {"mouse_move": "mouse_move", "mouse_down": "click", "mouse_up": "click", "scroll": "scroll"}


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer for one event; `keep` names the fields that may stay (`window.title` inside `window`).

    `signal` is the signal it counts as; "focus" and "marker" for these two, which carry none.
    """

    allow: bool
    reason: Reason
    entry_id: str | None = None
    signal: str | None = None
    keep: frozenset[str] = frozenset()
    granularity: str = "none"
    shortcut: bool = False


@dataclass(slots=True)
class State:
    """What earlier events of a session say about the next one."""

    platform: str | None = None
    foreground: Foreground | None = None
    consent: bool = True
    secure: bool = False
    held: dict[str, int] = field(default_factory=dict)
    pasted_at: int | None = None
    last_frame_at: int | None = None

    def before(self, event: Mapping[str, Any]) -> None:
        """Take in what already holds for this very event."""
        kind = event.get("type")
        if kind == "focus":
            self.foreground = foreground_of(event, self.platform)
            self.secure, self.pasted_at = False, None
            self.held.clear()
        elif kind == "url" and self.foreground is not None:
            self.foreground = turned_to(self.foreground, str(event.get("url")))
        elif kind in ("mouse_down", "key", "text") and isinstance(event.get("target"), Mapping):
            self.secure = is_secure(event["target"])
        if kind == "key":
            self._press(event)

    def _press(self, event: Mapping[str, Any]) -> None:
        key, at = str(event.get("key")), _time(event)
        if event.get("state") == "down" and key in MODIFIERS:
            self.held[key] = at
        elif key.lower() == "v" and self.held_at(at) & {"Control", "Meta"}:
            self.pasted_at = at
        elif key == "Insert":
            # Shift and Insert paste; Shift is not tracked, and Insert alone types nothing.
            self.pasted_at = at

    def after(self, event: Mapping[str, Any]) -> None:
        """Take in what holds from the next event on."""
        kind = event.get("type")
        if kind == "marker" and event.get("name") == "consent_withdrawn":
            self.consent = False
        elif kind == "screenshot":
            self.last_frame_at = _time(event)
        elif kind == "key" and event.get("state") == "up":
            self.held.pop(str(event.get("key")), None)

    def held_at(self, at: int) -> frozenset[str]:
        """The modifiers that still count as held."""
        return frozenset(key for key, since in self.held.items() if 0 <= at - since <= HELD_AT_MOST_MS)


def _time(event: Mapping[str, Any]) -> int:
    at = event.get("t")
    return at if isinstance(at, int) else 0


def lease_reason(lease: Lease | None, policy: Policy, now: int) -> Reason | None:
    """Why nothing at all may be captured now, or None."""
    if lease is None:
        return Reason.NO_LEASE
    if not lease.issued_at - CLOCK_TOLERANCE_S <= now < lease.expires_at:
        return Reason.LEASE_EXPIRED
    if lease.state != "on":
        return Reason.PAUSED if lease.state == "paused" else Reason.STOPPED
    if not lease.place or lease.jurisdiction_reason == "unknown_place":
        return Reason.UNKNOWN_PLACE
    if not lease.notice or lease.jurisdiction_reason.startswith("notice_"):
        return Reason.NOTICE_MISSING
    if lease.jurisdiction_reason != LAW_ALLOWS:
        return Reason.LAW_FORBIDS
    return None if lease.policy_digest == policy.digest else Reason.WRONG_RELEASE


def decide(
    event: Mapping[str, Any],
    fg: Foreground | None,
    policy: Policy,
    lease: Lease | None,
    now: int,
    *,
    consent: bool = True,
    state: State | None = None,
) -> Decision:
    """Decide one event. `now` in Unix seconds; `state`: what earlier events said, where they are known."""
    found = Allowlist(policy).matching(fg) if fg is not None else ()
    return _decide(event, fg, found, policy, lease, now, consent, state or State())


def entry_for(
    found: Sequence[Entry], fg: Foreground, lease: Lease, now: int
) -> tuple[Entry | None, Reason | None]:
    """Of the entries that name a place the one that decides there, and why it refuses everything, if so.

    Only entries in whose scope the device is compete. One that is over still decides: that a day passes must
    not let a less specific entry take its place.
    """
    if not found:
        return None, Reason.NO_ENTRY
    facts = facts_of(lease, fg.os, now)
    entry = next((entry for entry in found if in_scope(entry.scope, facts)), None)
    if entry is None:
        return found[0], Reason.OUT_OF_SCOPE
    if entry.id in lease.excluded_entries:
        return entry, Reason.EXCLUDED_BY_PERSON
    if is_expired(entry, facts):
        return entry, Reason.ENTRY_EXPIRED
    left_out = is_left_out(entry, None if fg.old_title else fg.title)
    return entry, Reason.WINDOW_EXCLUDED if left_out else None


def _decide(
    event: Mapping[str, Any],
    fg: Foreground | None,
    found: Sequence[Entry],
    policy: Policy,
    lease: Lease | None,
    now: int,
    consent: bool,
    state: State,
) -> Decision:
    reason = lease_reason(lease, policy, now) or (None if consent else Reason.CONSENT_WITHDRAWN)
    if reason is not None or lease is None:
        return Decision(False, reason or Reason.NO_LEASE)
    if fg is None:
        return Decision(False, Reason.NO_FOREGROUND)
    if fg.private:
        return Decision(False, Reason.PRIVATE_WINDOW)
    entry, reason = entry_for(found, fg, lease, now)
    if entry is None or reason is not None:
        return Decision(False, reason or Reason.NO_ENTRY, entry.id if entry else None)
    judge = _JUDGES.get(str(event.get("type")))
    if judge is None:
        return Decision(False, Reason.UNKNOWN_EVENT, entry.id)
    return judge(_Case(event, fg, entry, lease, state))


@dataclass(frozen=True, slots=True)
class _Case:
    """An event under an entry that covers its foreground, with lease, law and consent in order."""

    event: Mapping[str, Any]
    fg: Foreground
    entry: Entry
    lease: Lease
    state: State

    def granted(self, signal: str) -> bool:
        return signal in self.entry.signals and signal not in self.lease.denied_signals

    def refuse(self, reason: Reason, signal: str | None = None) -> Decision:
        return Decision(False, reason, self.entry.id, signal)

    def by_signal(self, signal: str, keep: frozenset[str]) -> Decision:
        """Allowed if the entry names the signal and the law does not take it away."""
        if signal not in self.entry.signals:
            return self.refuse(Reason.SIGNAL_NOT_ALLOWED, signal)
        if signal in self.lease.denied_signals:
            return self.refuse(Reason.SIGNAL_DENIED_BY_LAW, signal)
        return Decision(True, Reason.ALLOWED, self.entry.id, signal, keep)


def _pointer(case: _Case) -> Decision:
    kind = str(case.event["type"])
    return case.by_signal(_SIGNAL[kind], _KEEP[kind])


def _focus(case: _Case) -> Decision:
    keep = _BASE | {"app", "window.rect"}
    if case.granted("window_title"):
        keep |= {"window.title"}
    if case.granted("url"):
        keep |= {"url"}
    return Decision(True, Reason.ALLOWED, case.entry.id, "focus", keep)


def _url(case: _Case) -> Decision:
    # A page that is not the one in the foreground was judged by nobody.
    if case.event.get("url") != case.fg.url:
        return case.refuse(Reason.NO_ENTRY, "url")
    return case.by_signal("url", _KEEP["url"])


def _marker(case: _Case) -> Decision:
    if case.event.get("name") not in MARKERS:
        return case.refuse(Reason.UNKNOWN_EVENT, "marker")
    return Decision(True, Reason.ALLOWED, case.entry.id, "marker", _BASE | {"name"})


def _screenshot(case: _Case) -> Decision:
    interval, last = case.entry.frame_interval_s * 1000, case.state.last_frame_at
    if interval and last is not None and last // interval == _time(case.event) // interval:
        return case.refuse(Reason.FRAME_INTERVAL, "screenshot")
    return case.by_signal("screenshot", _KEEP["screenshot"])


def _text(case: _Case) -> Decision:
    if _typed_secretly(case):
        return case.refuse(Reason.SECURE_FIELD, "text")
    return case.by_signal("clipboard" if _is_paste(case) else "text", _TEXT)


def _is_paste(case: _Case) -> bool:
    if case.event.get("note") == "paste":
        return True
    since, text = case.state.pasted_at, case.event.get("text")
    recent = since is not None and 0 <= _time(case.event) - since <= PASTE_WITHIN_MS
    return recent and isinstance(text, str) and len(text) > 1


def _typed_secretly(case: _Case) -> bool:
    target = case.event.get("target")
    here = is_secure(target) if isinstance(target, Mapping) else case.state.secure
    return here or bool(case.event.get("secure"))


def _key(case: _Case) -> Decision:
    key, granularity = case.event.get("key"), case.entry.keystrokes
    if not isinstance(key, str):
        return case.refuse(Reason.UNKNOWN_EVENT)
    if _typed_secretly(case):
        return case.refuse(Reason.SECURE_FIELD)
    shortcut = is_shortcut(key, case.state.held_at(_time(case.event)), case.state.platform or case.fg.os)
    signal = "shortcut" if shortcut else "keystroke"
    if granularity == "none" or (granularity == "shortcut" and not shortcut):
        return case.refuse(Reason.KEYSTROKE_GRANULARITY, signal)
    keep = _KEY_KEEP[granularity]
    decision = case.by_signal(signal, keep)
    if decision.allow and granularity == "count":
        # A counted key no longer tells what it was, so it counts as a keystroke and needs that signal too.
        shortcut, decision = False, case.by_signal("keystroke", keep)
    if not decision.allow:
        return decision
    return Decision(True, Reason.ALLOWED, case.entry.id, decision.signal, keep, granularity, shortcut)


_JUDGES: dict[str, Callable[[_Case], Decision]] = {
    "mouse_move": _pointer,
    "mouse_down": _pointer,
    "mouse_up": _pointer,
    "scroll": _pointer,
    "key": _key,
    "text": _text,
    "focus": _focus,
    "url": _url,
    "screenshot": _screenshot,
    "marker": _marker,
}


def apply(event: Mapping[str, Any], decision: Decision) -> dict[str, Any] | None:
    """What is left of an event: the fields to keep, the key at its granularity, and entry and signal.

    None where the event is dropped. Redaction comes after this. Applying it twice changes nothing.
    """
    if not decision.allow:
        return None
    kept = {name: value for name, value in event.items() if name in decision.keep}
    window = event.get("window")
    if isinstance(window, Mapping):
        inner = {name: value for name, value in window.items() if f"window.{name}" in decision.keep}
        if inner:
            kept["window"] = inner
    if event.get("type") == "key":
        kept["key"] = reduced(str(event.get("key")), decision.granularity, decision.shortcut)
    if decision.signal == "clipboard":
        kept["note"] = "paste"
    kept["entry"], kept["signal"] = decision.entry_id, decision.signal
    return kept


class StreamEvaluator:
    """Decides the events of one session in order; it keeps track of focus, page, consent and held keys."""

    def __init__(self, policy: Policy, platform: str | None = None) -> None:
        self.policy = policy
        self.state = State(platform=platform)
        self._allowlist = Allowlist(policy)
        self._found: tuple[Entry, ...] = ()

    def step(self, event: Mapping[str, Any], lease: Lease | None, now: int) -> Decision:
        """Decide the next event. Lease and time may change from one to the next."""
        before = self.state.foreground
        self.state.before(event)
        fg = self.state.foreground
        if fg is not before:
            self._found = self._allowlist.matching(fg) if fg is not None else ()
        decision = _decide(event, fg, self._found, self.policy, lease, now, self.state.consent, self.state)
        self.state.after(event)
        return decision
