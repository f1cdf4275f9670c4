"""Which sensitive signals a change adds: those wait a while between submission and signature.

Sensitive are what was typed, pasted or shown: keystrokes with their text, text, pasted text, screenshots. A
signal is also added where its entry reaches more pages, windows, people or days than before.
"""

from __future__ import annotations

from mci_core.policy_diff_entries import EntryChange, entry_changes
from mci_core.policy_model import SIGNAL_WORDS, Entry, Policy

SENSITIVE_WORDS: dict[str, str] = {
    "keystroke_text": "keystroke text",
    **{signal: SIGNAL_WORDS[signal] for signal in ("text", "clipboard", "screenshot")},
}


def sensitive_signals(entry: Entry | None) -> frozenset[str]:
    """The sensitive signals of an entry, in the words of `SENSITIVE_WORDS`."""
    if entry is None:
        return frozenset()
    found = entry.signals & SENSITIVE_WORDS.keys()
    return found | {"keystroke_text"} if _types_text(entry) else found


def _types_text(entry: Entry) -> bool:
    return "keystroke" in entry.signals and entry.keystrokes == "text"


def sensitive_added(old: Policy | None, new: Policy) -> dict[str, frozenset[str]]:
    """Entry id -> sensitive signals that `new` captures there and `old` did not, or in fewer places."""
    found = {change.entry_id: _added(change, new) for change in entry_changes(old, new)}
    return {entry_id: signals for entry_id, signals in found.items() if signals}


def _added(change: EntryChange, new: Policy) -> frozenset[str]:
    if change.direction != "wider":
        return frozenset()
    if change.new is None:
        # Another entry takes these pages over; which one may differ from page to page.
        return frozenset().union(*(sensitive_signals(entry) for entry in new.entries))
    now = sensitive_signals(change.new)
    if change.old is not None and not _reaches_more(change):
        return now - sensitive_signals(change.old)
    return now


def _reaches_more(change: EntryChange) -> bool:
    """Whether it is more than signals, keys or intervals that became wider."""
    own = ("signals", "keystrokes", "frame_interval_s", "purpose")
    return any(
        part.direction == "wider" and part.path.rsplit(".", 1)[-1] not in own for part in change.changes
    )
