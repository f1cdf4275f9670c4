"""Says in plain words what a policy captures, for employees and for the page of a version."""

from __future__ import annotations

from dataclasses import dataclass

from mci_core.policy_model import SIGNALS, AppMatch, Entry, Policy

SIGNAL_WORDS: dict[str, str] = {
    "mouse_move": "pointer path",
    "click": "clicks",
    "scroll": "scrolling",
    "shortcut": "keyboard shortcuts",
    "keystroke": "keys",
    "text": "entered text, masked",
    "clipboard": "pasted text, masked",
    "url": "page addresses, masked",
    "window_title": "window titles, masked",
    "screenshot": "screenshots, masked",
}
KEYSTROKE_WORDS: dict[str, str] = {
    "none": "no keys",
    "count": "how many keys, not which",
    "shortcut": "shortcut keys only",
    "class": "letter, digit or sign, not which",
    "text": "keys, masked",
}


@dataclass(frozen=True)
class Row:
    """One app or site: where it is, what is captured there, what is not."""

    label: str
    kind: str
    where: str
    captured: str
    not_captured: str


def describe(policy: Policy) -> list[Row]:
    """A row for each entry, in the order of their names."""
    return [_row(entry) for entry in sorted(policy.entries, key=lambda entry: entry.label.lower())]


def _row(entry: Entry) -> Row:
    captured = [_signal(name, entry) for name in SIGNALS if name in entry.signals]
    left_out = [SIGNAL_WORDS[name].removesuffix(", masked") for name in SIGNALS if name not in entry.signals]
    return Row(
        label=entry.label,
        kind=entry.kind,
        where=where(entry),
        captured=", ".join(captured) or "nothing",
        not_captured=", ".join(left_out) or "–",
    )


def _signal(name: str, entry: Entry) -> str:
    if name == "keystroke":
        return KEYSTROKE_WORDS[entry.keystrokes]
    if name == "screenshot" and entry.frame_interval_s:
        return f"{SIGNAL_WORDS[name]}, at most every {entry.frame_interval_s} s"
    return SIGNAL_WORDS[name]


def where(entry: Entry) -> str:
    """How an entry is recognised, in words."""
    if isinstance(entry.match, AppMatch):
        names = (*entry.match.windows, *entry.match.macos, *entry.match.linux, *entry.match.names)
        return ", ".join(dict.fromkeys(names))
    below = " and its sub-domains" if entry.match.subdomains else ""
    path = "" if entry.match.path_prefix in ("", "/") else entry.match.path_prefix
    return f"{entry.match.origin}{path}{below}"
