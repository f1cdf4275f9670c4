"""Follows the text events of a session: what was typed or pasted, in which field.

Text events and keys are followed apart, because a recording may hold either or both; where a text event
repeats what keys typed, the two are linked, so that what is found in one is masked in the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mci_core.redaction.documents import Document, Run
from mci_core.redaction.marks import Marks, origin

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
        self._run.separate(field=True)
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
            self._run.separate("\t", field=True)
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
