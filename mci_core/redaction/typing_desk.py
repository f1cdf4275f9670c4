"""Follows what is typed in a session: which text and which keys belong together, in which field.

Text events and keys are followed apart, because a recording may hold either or both; where a text event
repeats what keys typed, the two are linked, so that what is found in one is masked in the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mci_core.evaluator_keys import COUNTED, HELD_AT_MOST_MS, MODIFIERS, is_shortcut
from mci_core.redaction.documents import Document, Run
from mci_core.redaction.marks import Marks, origin
from mci_core.redaction.spans import FILLER

Field = tuple[object, ...]


def target_key(target: Any) -> Field | None:
    """Which field a target is; None when there is none."""
    if not isinstance(target, Mapping):
        return None
    rect = target.get("rect")
    return (
        target.get("role"),
        target.get("name"),
        target.get("id"),
        tuple(rect) if isinstance(rect, list) else None,
    )


class TextDesk:
    """Follows text events."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self._documents: dict[Field, Document] = {}
        self._run = Run(marks.judge_text)
        self._app: object = None
        self._field: Field | None = None
        self._current: Document | None = None
        self._next = -1

    def focus(self, app: object) -> None:
        """Another window."""
        self._leave()
        self._run.end()
        self._app, self._field = app, None

    def click(self, field: Field | None) -> None:
        """The pointer was pressed; typing may go on elsewhere."""
        self._leave()
        self._run.separate()
        if field is not None:
            self._field = field

    def enter(self) -> None:
        """A line was ended by a key."""
        self._run.separate()

    def _leave(self) -> None:
        if self._current is not None:
            self._current.look()

    def text(self, index: int, event: Mapping[str, Any]) -> bool:
        """Take in one text event; False when its position cannot be followed."""
        op, text = event["op"], event.get("text") or ""
        own = target_key(event.get("target"))
        document = self._document(op, own)
        if document is not self._current:
            self._leave()
            self._run.separate("\t")
            self._current = document
        pos = event.get("pos")
        at = document.caret if pos is None else int(pos)
        if not document.reaches(at):
            return False
        self._change(document, at, int(event.get("delete") or 0), text, index)
        return True

    def _document(self, op: str, own: Field | None) -> Document:
        # Positions of an editor count in its document, whichever button was clicked in between.
        field = own if op in ("edit", "caret") else (own or self._field)
        return self._documents.setdefault((self._app, field), Document(self._marks.judge_text))

    def _change(self, document: Document, at: int, gone: int, text: str, index: int) -> None:
        if gone:
            document.delete(at, gone)
        if not text:
            document.caret = at
            return
        origins = [origin(index, offset) for offset in range(len(text))]
        if at != self._next:
            document.look()
            self._run.separate()
        self._run.add(text, origins)
        document.insert(at, text, origins)
        self._next = document.caret

    def end(self) -> None:
        """The recording ends."""
        self._run.end()
        for document in self._documents.values():
            document.look_at_all()


class KeyDesk:
    """Follows keys: as they came, and with deletions and caret moves carried out."""

    def __init__(self, marks: Marks, platform: str | None) -> None:
        self._marks = marks
        self._platform = platform
        self._run = Run(marks.judge_keys)
        self._document = Document(marks.judge_keys)
        self._held: dict[str, int] = {}
        self._down: dict[str, int] = {}
        # key-up events and the key-down that each belongs to; None: not known
        self.ups: dict[int, int | None] = {}

    def focus(self) -> None:
        """Another window: nothing typed before goes on here."""
        self._document.look()
        self._document = Document(self._marks.judge_keys)
        self._run.end()
        self._held.clear()

    def click(self) -> None:
        """The caret may stand anywhere now."""
        self._document.look()
        self._document = Document(self._marks.judge_keys)
        self._run.separate()

    def key(self, index: int, event: Mapping[str, Any]) -> None:
        """Take in one key event."""
        key, at = event["key"], event["t"]
        if event["state"] == "up":
            self._held.pop(key, None)
            self.ups[index] = self._down.pop(key.casefold(), None)
            return
        self._down[key.casefold()] = index
        if key in MODIFIERS:
            self._held[key] = at
        elif self._is_shortcut(key, at, event):
            self._document.look()
            self._run.separate()
        else:
            self._typed(index, key, event.get("pos"))

    def _is_shortcut(self, key: str, at: int, event: Mapping[str, Any]) -> bool:
        held = frozenset(name for name, since in self._held.items() if at - since <= HELD_AT_MOST_MS)
        return event.get("signal") == "shortcut" or is_shortcut(key, held, self._platform)

    def _typed(self, index: int, key: str, pos: Any) -> None:
        document = self._document
        if isinstance(pos, int) and document.caret != pos <= len(document.strip.chars):
            document.look()
            document.caret = pos
        sign = {"Enter": "\n", "Tab": "\t"}.get(key, key)
        if len(sign) != 1:
            self._move(key)
            return
        self._marks.typed.append(index)
        sign = FILLER if sign == COUNTED else sign
        self._run.add(sign, [origin(index)])
        document.insert(document.caret, sign, [origin(index)])
        if sign in "\n\t":
            document.look()

    def _move(self, key: str) -> None:
        document, size = self._document, len(self._document.strip.chars)
        if key == "Backspace" and document.caret:
            document.delete(document.caret - 1, 1)
        elif key == "Delete" and document.caret < size:
            document.delete(document.caret, 1)
        elif key in _CARET_MOVES:
            # What is typed next may stand right beside what was typed before.
            document.look()
            document.caret = _CARET_MOVES[key](document)

    def link(self, index: int, event: Mapping[str, Any]) -> None:
        """A text event that repeats the keys just typed belongs to them."""
        text, document = event.get("text") or "", self._document
        start = document.caret - len(text)
        if not text or start < 0:
            return
        typed = "".join(document.strip.chars[start : document.caret])
        if typed.casefold() != text.casefold():
            return
        for offset, where in enumerate(document.strip.origins[start : document.caret]):
            self._marks.link(origin(index, offset), where >> 17)

    def end(self) -> None:
        """The recording ends."""
        self._run.end()
        self._document.look_at_all()


def _line_start(document: Document) -> int:
    at = document.caret
    while at > 0 and document.strip.chars[at - 1] != "\n":
        at -= 1
    return at


def _line_end(document: Document) -> int:
    at, size = document.caret, len(document.strip.chars)
    while at < size and document.strip.chars[at] != "\n":
        at += 1
    return at


_CARET_MOVES: dict[str, Callable[[Document], int]] = {
    "ArrowLeft": lambda document: max(0, document.caret - 1),
    "ArrowRight": lambda document: min(len(document.strip.chars), document.caret + 1),
    "Home": _line_start,
    "End": _line_end,
}
