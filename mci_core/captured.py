"""Judges an uploaded event again: could the agent have been allowed to keep exactly this?

The agent's evaluator saw the foreground; the server sees what was kept. Each kept event names the policy
entry and the signal it was kept under, so the server repeats the part of the decision that needs no
foreground: the entry exists, counts for this device, place and day, allows the signal, the law did not deny
it, the event holds no field that redaction does not know, and its shape fits the granularity.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from mci_core.evaluator import MARKERS
from mci_core.evaluator_keys import CLASSES, COUNTED, NAMED_KEYS, is_secure
from mci_core.evaluator_scope import Facts, has_title, in_scope, is_expired
from mci_core.policy_model import Entry, Policy
from mci_core.redaction.event_fields import reduced_event

#: Marks that carry no signal of their own; kept so that a replay can be understood.
MARKER = "marker"
FOCUS = "focus"
#: The reasons beside those of :class:`mci_core.evaluator.Reason`.
UNKNOWN_FIELD = "unknown_field"
WINDOW_NOT_ALLOWED = "window_not_allowed"

_SIGNALS_OF_TYPE: dict[str, frozenset[str]] = {
    "mouse_move": frozenset({"mouse_move"}),
    "mouse_down": frozenset({"click"}),
    "mouse_up": frozenset({"click"}),
    "scroll": frozenset({"scroll"}),
    "key": frozenset({"keystroke", "shortcut"}),
    "text": frozenset({"text", "clipboard"}),
    "url": frozenset({"url"}),
    "screenshot": frozenset({"screenshot"}),
    "focus": frozenset({FOCUS}),
    "marker": frozenset({MARKER}),
}
#: Added or checked by redaction itself, not by `reduced_event`.
_JUDGED_ELSEWHERE = frozenset({"entry", "signal", "masks"})
#: Nothing is known of the device: no scope fits it, and every entry that ends has ended.
NO_FACTS = Facts()


def judge(
    event: Mapping[str, Any], policy: Policy, denied_signals: Collection[str], facts: Facts = NO_FACTS
) -> str | None:
    """The reason why this event cannot have been captured under the policy, or None when it can.

    `event` is one line of ``interaction-events/1`` after redaction; `denied_signals` are those of its lease,
    `facts` what the lease and the header say of the device when the session began. Reasons are codes of
    :class:`mci_core.evaluator.Reason`, `UNKNOWN_FIELD` and `WINDOW_NOT_ALLOWED`.
    """
    entry = policy.entry(str(event.get("entry", "")))
    if entry is None:
        return "no_entry"
    if not in_scope(entry.scope, facts):
        return "out_of_scope"
    if is_expired(entry, facts):
        return "entry_expired"
    signal = str(event.get("signal", ""))
    if signal not in _SIGNALS_OF_TYPE.get(str(event.get("type")), frozenset()):
        return "unknown_event"
    if event.get("secure") or _typed_secretly(event) or "boxes" in event:
        return "secure_field"
    if signal not in (FOCUS, MARKER) and signal not in entry.signals:
        return "signal_not_allowed"
    if signal in denied_signals:
        return "signal_denied_by_law"
    return _judge_shape(event, entry, signal, entry.signals - frozenset(denied_signals))


def _typed_secretly(event: Mapping[str, Any]) -> bool:
    """Only what is typed can be a secret: a click into a password field tells nothing."""
    return event.get("type") in ("key", "text") and is_secure(event.get("target"))


def _judge_shape(event: Mapping[str, Any], entry: Entry, signal: str, allowed: Collection[str]) -> str | None:
    for shown in _windows(event):
        if shown.get("private"):
            return "private_window"
        if shown.get("title") and "window_title" not in allowed:
            return "signal_not_allowed"
        if shown.get("url") and "url" not in allowed:
            return "signal_not_allowed"
    if any(not shown.get("allowed") for shown in event.get("windows") or ()):
        return WINDOW_NOT_ALLOWED
    title = (event.get("window") or {}).get("title")
    if title and has_title(entry, title):
        return "window_excluded"
    if signal == MARKER and event.get("name") not in MARKERS:
        return "unknown_event"
    if event["type"] == "key" and not _key_fits(str(event.get("key", "")), signal, entry.keystrokes):
        return "keystroke_granularity"
    return UNKNOWN_FIELD if any(_unknown_fields(event)) else None


def _windows(event: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Everything in the event that tells a title or an address."""
    yield {"url": event.get("url")}
    yield event.get("window") or {}
    yield from event.get("windows") or ()


def _key_fits(key: str, signal: str, granularity: str) -> bool:
    """A key may be as coarse as wished, never finer than the entry's granularity."""
    if granularity == "none":
        return False
    if granularity == "count":
        return signal == "keystroke" and key == COUNTED
    named = key in NAMED_KEYS or key == COUNTED
    if signal == "shortcut" or granularity == "text":
        return named or len(key) == 1 or key in CLASSES
    return granularity == "class" and (named or key in CLASSES)


def _unknown_fields(event: Mapping[str, Any]) -> Iterator[str]:
    """The names of fields that redaction would take out, at the top and one level below."""
    known = reduced_event(event, lambda text, _name: text, frozenset(), frozenset())
    texts = {"key": {"key"}, "text": {"text"} if event.get("op") != "unknown" else set()}
    yield from _beyond(event, known.keys() | _JUDGED_ELSEWHERE | texts.get(event["type"], set()))
    for name in ("app", "window", "target"):
        if event.get(name) is not None and name in known:
            yield from _beyond(event[name], known[name].keys() | {"secure", "private"})
    for shown, kept in zip(event.get("windows") or (), known.get("windows", ()), strict=False):
        yield from _beyond(shown, kept.keys())


def _beyond(given: Mapping[str, Any], known: Collection[str]) -> Iterator[str]:
    # An empty text says nothing; redaction leaves some of them out.
    return (name for name, value in given.items() if name not in known and value not in (None, ""))
