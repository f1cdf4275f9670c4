"""Follows keys: as they came, and with everything carried out that edits: deletions, moves of the caret,
selections, the clipboard, undo.

Each field has a document of its own where a recording names fields. Where a place is not known (a click
somewhere in a text) a new document begins, because nobody can say what stands beside the caret.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from mci_core.evaluator_keys import COUNTED, HELD_AT_MOST_MS, MODIFIERS, is_shortcut
from mci_core.redaction.documents import Document, Run
from mci_core.redaction.marks import UNKNOWN, Marks, Strip, origin
from mci_core.redaction.spans import FILLER

Field = tuple[object, ...]
_SIGNS = {"Enter": "\n", "Tab": "\t", "Spacebar": " "}
# What a dead key that names its accent adds to the next letter.
_ACCENTS = {
    "\u00b4": "\u0301",
    "`": "\u0300",
    "^": "\u0302",
    "~": "\u0303",
    "\u00a8": "\u0308",
    "\u00b0": "\u030a",
}
_ACCENTS |= {"\u00b8": "\u0327", "\u02c7": "\u030c", "'": "\u0301", '"': "\u0308"}
_COMMAND = frozenset({"Control", "Meta", "OS", "Super"})


class KeyDesk:
    """Follows keys of one session."""

    def __init__(self, marks: Marks, platform: str | None) -> None:
        self._marks = marks
        self._platform = platform
        self._run = Run(marks.judge_keys)
        self._documents: dict[Field, Document] = {}
        self._app: object = None
        self._field: Field | None = None
        self._document = Document(marks.judge_keys)
        self._held: dict[str, int] = {}
        self._down: dict[str, int] = {}
        self._clipboard: Strip | None = None
        self._pasted: tuple[int, int] | None = None
        self._accent = ""
        self._typing = False
        self._clicking = False
        # keys of a composition (IME); None outside of one
        self._composed: list[int] | None = None
        # key-up events and the key-down that each belongs to; None: not known
        self.ups: dict[int, int | None] = {}

    def focus(self, app: object) -> None:
        """Another window; one that was left before is where it was."""
        self._run.end()
        self._held.clear()
        self._app = app
        self._enter_field(None)

    def click(self, field: Field | None) -> None:
        """The caret stands in this field now, or anywhere."""
        self._run.separate(field=True)
        if field is None:
            self._documents.pop((self._app, None), None)
        self._enter_field(field)

    def in_field(self, field: Field | None) -> None:
        """The next key goes into this field, as its event says."""
        if field is not None and field != self._field:
            self._run.separate(field=True)
            self._enter_field(field)

    def _enter_field(self, field: Field | None) -> None:
        self._document.look()
        self._field, self._typing, self._pasted = field, False, None
        fresh = Document(self._marks.judge_keys)
        self._document = self._documents.setdefault((self._app, field), fresh)

    def composing(self, begins: bool) -> None:
        """A composition (IME) begins or ends: until then keys spell what a text event will say."""
        self._composed = [] if begins else None

    def key(self, index: int, event: Mapping[str, Any]) -> None:
        """Take in one key event."""
        key, at = event["key"], event["t"]
        if event["state"] == "up":
            self._held.pop(key, None)
            self.ups[index] = self._down.pop(key.casefold(), None)
            return
        self._down[key.casefold()] = index
        if key in MODIFIERS or key == "Shift":
            self._held[key] = at
            return
        held = frozenset(name for name, since in self._held.items() if at - since <= HELD_AT_MOST_MS)
        modifiers = held - {"Shift"}
        if event.get("signal") == "shortcut" or is_shortcut(key, modifiers, self._platform):
            self._shortcut(key, held)
        else:
            self._by_clicks(False)
            self._typed(index, key, event, selecting="Shift" in held)

    def pad(self, index: int, key: str) -> None:
        """A key of a keyboard on the screen was clicked."""
        self._by_clicks(True)
        self._typed(index, key, {}, selecting=False)

    def _by_clicks(self, clicking: bool) -> None:
        # What was clicked may be whole before anything else is typed.
        if clicking != self._clicking:
            self._document.look()
        self._clicking = clicking

    # --- commands

    def _shortcut(self, key: str, held: frozenset[str]) -> None:
        self._document.look()
        self._run.separate()
        self._typing = False
        if held & _COMMAND:
            self._command(key.casefold())
        if len(key) > 1 and held & (_COMMAND | {"Alt"}):
            self._by_word(key, selecting="Shift" in held)

    def _command(self, letter: str) -> None:
        document = self._document
        if letter == "a":
            document.anchor, document.caret = 0, len(document)
        elif letter in ("c", "x", "insert"):
            self._clipboard = document.selected() or self._clipboard
            if letter == "x" and document.selection():
                document.remember()
                document.drop_selected()
        elif letter == "v":
            self._paste()
        elif letter == "z":
            document.undo()

    def _paste(self) -> None:
        """Put in what was copied here; where it was copied elsewhere, nobody knows what it is."""
        document = self._document
        document.remember()
        document.drop_selected()
        strip, start = self._clipboard or Strip([FILLER], [UNKNOWN]), document.caret
        document.insert(start, "".join(strip.chars), list(strip.origins))
        self._pasted = start, len(strip.chars)

    def pasted(self, index: int, text: str) -> None:
        """A text event says what was pasted."""
        document = self._document
        if self._pasted is not None and self._pasted[0] + self._pasted[1] == document.caret:
            document.delete(*self._pasted)
        self._pasted = None
        self._marks.texts.add(index)
        document.insert(document.caret, text, [origin(index, at) for at in range(len(text))])

    def _by_word(self, key: str, *, selecting: bool) -> None:
        document = self._document
        to = {"ArrowLeft": _word_before, "Backspace": _word_before, "Home": lambda _: 0}.get(key)
        to = to or {"ArrowRight": _word_after, "Delete": _word_after, "End": len}.get(key)
        if to is None:
            return
        if key in ("Backspace", "Delete"):
            document.remember()
            if not document.drop_selected():
                start, end = sorted((document.caret, to(document)))
                document.delete(start, end - start)
        else:
            document.move(to(document), selecting=selecting)

    # --- typing

    def _typed(self, index: int, key: str, event: Mapping[str, Any], *, selecting: bool) -> None:
        document, pos = self._document, event.get("pos")
        if isinstance(pos, int) and document.caret != pos <= len(document):
            document.move(pos, selecting=False)
        if key == "Dead":
            self._accent = _ACCENTS.get(str(event.get("text") or ""), "")
            return
        sign = _SIGNS.get(key, key)
        if len(sign) != 1:
            self._edit(key, selecting)
            return
        self._marks.typed.append(index)
        if self._composed is not None:
            self._composed.append(index)
            if sign in "\n ":
                # Chooses or ends the composition; the text event tells what it became.
                return
        self._insert(index, FILLER if sign == COUNTED else self._accented(sign))

    def _accented(self, sign: str) -> str:
        whole, self._accent = unicodedata.normalize("NFC", sign + self._accent), ""
        return whole if len(whole) == 1 else sign

    def _insert(self, index: int, sign: str) -> None:
        document = self._document
        if document.selection() or not self._typing:
            document.remember()
            document.drop_selected()
        self._typing = True
        self._run.add(sign, [origin(index)])
        if sign == "\t":
            self._run.separate("\t", field=True)
        document.insert(document.caret, sign, [origin(index)])
        document.anchor = None
        if sign in "\n\t":
            document.look()

    def _edit(self, key: str, selecting: bool) -> None:
        document = self._document
        if key in ("Backspace", "Delete"):
            self._delete(document, key, cut=selecting and key == "Delete")
        elif key == "Insert" and selecting:
            self._paste()
        elif key in _CARET_MOVES:
            document.move(_CARET_MOVES[key](document), selecting=selecting)
            self._typing = False

    def _delete(self, document: Document, key: str, *, cut: bool) -> None:
        if self._typing or document.selection():
            document.remember()
        self._typing = False
        if cut:
            self._clipboard = document.selected() or self._clipboard
        at = document.caret - 1 if key == "Backspace" else document.caret
        if not document.drop_selected() and 0 <= at < len(document):
            document.delete(at, 1)

    def link(self, index: int, event: Mapping[str, Any]) -> None:
        """A text event that repeats the keys just typed belongs to them."""
        text, document = event.get("text") or "", self._document
        if self._composed:
            self._marks.group(index, len(text), self._composed)
            self._composed = []
            return
        start = document.caret - len(text)
        if not text or start < 0:
            return
        typed = "".join(document.strip.chars[start : document.caret])
        if typed.casefold() != text.casefold():
            return
        for offset, where in enumerate(document.strip.origins[start : document.caret]):
            if where >= 0:
                self._marks.link(origin(index, offset), where >> 17)

    def end(self) -> None:
        """The recording ends."""
        self._run.end()
        self._document.look()
        for document in self._documents.values():
            document.look_at_all()


def _line_start(document: Document) -> int:
    at = document.caret
    while at > 0 and document.strip.chars[at - 1] != "\n":
        at -= 1
    return at


def _line_end(document: Document) -> int:
    return _end_of_line(document, document.caret)


def _end_of_line(document: Document, at: int) -> int:
    size = len(document)
    while at < size and document.strip.chars[at] != "\n":
        at += 1
    return at


def _line_before(document: Document) -> int:
    start = _line_start(document)
    if start == 0:
        return 0
    column, end = document.caret - start, start - 1
    begin = end
    while begin > 0 and document.strip.chars[begin - 1] != "\n":
        begin -= 1
    return min(begin + column, end)


def _line_after(document: Document) -> int:
    column, end = document.caret - _line_start(document), _line_end(document)
    if end == len(document):
        return end
    return min(end + 1 + column, _end_of_line(document, end + 1))


def _word_before(document: Document) -> int:
    at, chars = document.caret, document.strip.chars
    while at > 0 and chars[at - 1].isspace():
        at -= 1
    while at > 0 and not chars[at - 1].isspace():
        at -= 1
    return at


def _word_after(document: Document) -> int:
    at, chars, size = document.caret, document.strip.chars, len(document)
    while at < size and not chars[at].isspace():
        at += 1
    while at < size and chars[at].isspace():
        at += 1
    return at


_CARET_MOVES: dict[str, Callable[[Document], int]] = {
    "ArrowLeft": lambda document: document.caret - 1,
    "ArrowRight": lambda document: document.caret + 1,
    "ArrowUp": _line_before,
    "ArrowDown": _line_after,
    "Home": _line_start,
    "End": _line_end,
}
