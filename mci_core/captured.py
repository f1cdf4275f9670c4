"""Judges an uploaded event again: could the agent have been allowed to keep exactly this?

The agent's evaluator saw the foreground; the server sees what was kept. Each kept event names the policy entry and
the signal it was kept under, so the server repeats the part of the decision that needs no foreground: the entry
exists, allows the signal, the law did not deny it, and the shape of the event fits the granularity.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from mci_core.policy_model import Entry, Policy

#: Marks that carry no signal of their own; kept so that a replay can be understood.
MARKER = "marker"
FOCUS = "focus"

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
_CLASSES = frozenset({"letter", "digit", "space", "punctuation"})


def judge(event: Mapping[str, Any], policy: Policy, denied_signals: Collection[str]) -> str | None:
    """The reason why this event cannot have been captured under the policy, or None when it can.

    `event` is one line of ``interaction-events/1`` after redaction; `denied_signals` are those of its lease.
    Reasons are codes of :class:`mci_core.evaluator.Reason`.
    """
    entry = policy.entry(str(event.get("entry", "")))
    if entry is None:
        return "no_entry"
    signal = str(event.get("signal", ""))
    if signal not in _SIGNALS_OF_TYPE.get(str(event.get("type")), frozenset()):
        return "unknown_event"
    if event.get("secure") or "boxes" in event:
        return "secure_field"
    if signal not in (FOCUS, MARKER) and signal not in entry.signals:
        return "signal_not_allowed"
    if signal in denied_signals:
        return "signal_denied_by_law"
    return _judge_shape(event, entry, signal, denied_signals)


def _judge_shape(
    event: Mapping[str, Any], entry: Entry, signal: str, denied_signals: Collection[str]
) -> str | None:
    allowed = entry.signals - frozenset(denied_signals)
    window = event.get("window")
    if isinstance(window, Mapping) and window.get("title") and "window_title" not in allowed:
        return "signal_not_allowed"
    if event.get("url") and "url" not in allowed:
        return "signal_not_allowed"
    if signal == "keystroke" and not _key_fits(event, entry.keystrokes):
        return "keystroke_granularity"
    return None


def _key_fits(event: Mapping[str, Any], granularity: str) -> bool:
    """A key may be as coarse as wished, never finer than the entry's granularity."""
    key = str(event.get("key", ""))
    if event.get("text") or granularity in ("none", "shortcut"):
        return False
    if granularity == "text" or key == "*":
        return True
    # Named keys (Enter, ArrowLeft) have more than one character; a single one is what was typed.
    return granularity == "class" and (key in _CLASSES or len(key) > 1)
