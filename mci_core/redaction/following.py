"""Follows a session from event to event: where typing goes, what of it is dropped at once, what is searched.

One event that cannot be followed is dropped and counted; the others are followed on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mci_core.evaluator_keys import is_secure
from mci_core.redaction.key_desk import KeyDesk
from mci_core.redaction.marks import Marks, Strip, origin
from mci_core.redaction.pointing import (
    POINTER,
    around,
    clicked_key,
    is_key_of_keyboard,
    is_keyboard,
)
from mci_core.redaction.prompts import Prompts
from mci_core.redaction.rules import ENGINE_RULE
from mci_core.redaction.spans import BLANKED, FILLER, Span
from mci_core.redaction.typing_desk import TextDesk, target_key

# A text shorter than this can only be part of something; it is judged with its neighbours.
ALONE = 3
FAILED = "failed"
ANSWER = "PASSWORD"


class Following:
    """Fills the marks of one session."""

    def __init__(self, marks: Marks, platform: str | None) -> None:
        self._marks = marks
        self._texts, self._keys = TextDesk(marks), KeyDesk(marks, platform)
        self._prompts = Prompts()
        self._secure = False
        self._keyboard = False
        self._clicks: list[int] = []

    def run(self, events: Sequence[Mapping[str, Any]]) -> None:
        """All of them."""
        for index, event in enumerate(events):
            try:
                self._step(index, event)
            except Exception:
                # Whatever breaks here must not let the event through.
                self._marks.dropped[index] = FAILED
        try:
            self._end(events)
        except Exception:
            typed = (at for at, event in enumerate(events) if event["type"] in ("key", "text"))
            self._marks.dropped.update(dict.fromkeys(typed, FAILED))

    def _step(self, index: int, event: Mapping[str, Any]) -> None:
        kind = event["type"]
        if kind == "focus":
            self._focus(event)
        elif kind in ("key", "text"):
            self._typed(index, event, kind)
        elif kind == "marker" and event["name"] in ("ime_start", "ime_end"):
            self._keys.composing(event["name"] == "ime_start")
        elif kind in POINTER and (self._keyboard or is_key_of_keyboard(event.get("target"))):
            self._marks.dropped[index] = "on_screen_keyboard"
        elif kind == "mouse_down":
            self._click(index, event)

    def _focus(self, event: Mapping[str, Any]) -> None:
        app = event["app"]
        self._keyboard = is_keyboard(app)
        if self._keyboard:
            # What had the focus before still gets what is typed.
            return
        self._secure = False
        self._prompts.focus(event)
        self._texts.focus((app.get("name"), app.get("exe"), event.get("entry")))
        self._keys.focus((app.get("name"), app.get("exe"), event.get("entry")))

    def _click(self, index: int, event: Mapping[str, Any]) -> None:
        key = clicked_key(event.get("target"))
        if key is not None and self._secure:
            self._marks.dropped[index] = "secure_field"
            self._clicks.append(index)
        elif key is not None:
            self._keys.pad(index, key)
        else:
            self._secure = is_secure(event.get("target"))
            field = target_key(event.get("target"))
            self._texts.click(field)
            self._keys.click(field)

    def _typed(self, index: int, event: Mapping[str, Any], kind: str) -> None:
        if event.get("target") is not None:
            self._secure = is_secure(event["target"])
        if self._secure or event.get("secure"):
            self._marks.dropped[index] = "secure_field"
        elif kind == "text":
            self._text(index, event)
        else:
            for answer in self._prompts.key(index, event):
                self._marks.dropped[answer] = "password_prompt"
            if index not in self._marks.dropped:
                self._key(index, event)

    def _key(self, index: int, event: Mapping[str, Any]) -> None:
        self._keys.in_field(target_key(event.get("target")))
        self._keys.key(index, event)
        if event["key"] == "Enter" and event["state"] != "up":
            self._texts.enter()

    def _text(self, index: int, event: Mapping[str, Any]) -> None:
        text = event.get("text") or ""
        if self._prompts.text(event):
            if text.strip(FILLER) not in ("", f"[{ANSWER}]"):
                self._marks.whole[index] = [Span(0, len(text), ANSWER, ENGINE_RULE)]
            return
        if len(text) >= ALONE:
            self._marks.judge_text(Strip(list(text), [origin(index, at) for at in range(len(text))]))
        if event.get("note") == "paste" or event.get("signal") == "clipboard":
            self._keys.pasted(index, text)
        else:
            self._keys.link(index, event)
        if not self._texts.text(index, event):
            self._marks.dropped[index] = "position_unknown"

    # --- the end

    def _end(self, events: Sequence[Mapping[str, Any]]) -> None:
        self._texts.end()
        self._keys.end()
        self._marks.spread()
        self._mask_ups()
        self._hide_clicks(events)

    def _mask_ups(self) -> None:
        """The release of a masked key would tell it; a release without its press is masked to be sure."""
        marks, unknown = self._marks, Span(0, 1, BLANKED, ENGINE_RULE)
        for index, down in self._keys.ups.items():
            if down is None:
                marks.keys.setdefault(index, unknown)
            elif down in marks.dropped:
                marks.dropped.setdefault(index, marks.dropped[down])
            elif down in marks.keys:
                marks.keys[index] = marks.keys[down]

    def _hide_clicks(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Clicks that typed something that was found, and the way of the pointer between them."""
        marks = self._marks
        found = [index for index in marks.keys if events[index]["type"] == "mouse_down"]
        for group in _near(events, sorted({*found, *self._clicks})):
            for index in around(events, group):
                marks.dropped.setdefault(index, "on_screen_keyboard")


def _near(events: Sequence[Mapping[str, Any]], clicks: Sequence[int]) -> list[list[int]]:
    """Clicks with nothing but movements of the pointer between them."""
    groups: list[list[int]] = []
    for index in clicks:
        last = groups[-1][-1] if groups else None
        if last is not None and all(event["type"] in POINTER for event in events[last:index]):
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups
