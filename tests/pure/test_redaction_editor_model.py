"""An editor that is nothing but a list of signs types, corrects, moves, selects, cuts and pastes at random.

Whatever the way to its text is, no key may be told of a planted word that stands in it at the end.
"""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from mci_core.redaction import redact_session, scan_session
from tests.pure.recordings import Line, focus, keys, policy_with, rule, session

WORD = "qzebraq"
POLICY = policy_with(rule("regex", what=WORD))
STEPS = st.lists(
    st.one_of(
        st.sampled_from(["qze", "braq", "qz", "ebra", "x ", "q", WORD, " "]),
        st.sampled_from(["<Backspace", "<Delete", "<ArrowLeft", "<ArrowRight", "<Home", "<End"]),
        st.sampled_from(["+ArrowLeft", "+ArrowRight", "+Home", "+End"]),
        st.sampled_from(["^a", "^x", "^c", "^v"]),
    ),
    max_size=30,
)


class Editor:
    """Signs, each with the number of the key that typed it."""

    def __init__(self) -> None:
        self.signs: list[tuple[str, int]] = []
        self.caret = 0
        self.anchor: int | None = None
        self.clipboard: list[tuple[str, int]] = []
        self.events: list[Line] = []

    def do(self, step: str) -> None:
        if step[0] == "<":
            self._press(step[1:])
            self._edit(step[1:])
        elif step[0] == "+":
            self._press(step[1:], "Shift")
            self.anchor = self.caret if self.anchor is None else self.anchor
            self._move(step[1:])
        elif step[0] == "^":
            self._press(step[1:], "Control")
            self._command(step[1:])
        else:
            for sign in step:
                self._drop()
                self.signs.insert(self.caret, (sign, len(self.events)))
                self.caret += 1
                self.events += keys(sign)

    def _press(self, key: str, modifier: str | None = None) -> None:
        held = [{"type": "key", "state": state, "key": modifier} for state in ("down", "up")]
        strokes = keys([key])
        self.events += [held[0], *strokes, held[1]] if modifier else strokes

    def _drop(self) -> bool:
        low, high = sorted((self.caret, self.caret if self.anchor is None else self.anchor))
        del self.signs[low:high]
        self.caret, self.anchor = low, None
        return high > low

    def _edit(self, key: str) -> None:
        if key in ("Backspace", "Delete"):
            if not self._drop():
                at = self.caret - (key == "Backspace")
                if 0 <= at < len(self.signs):
                    del self.signs[at]
                    self.caret = at
        else:
            self.anchor = None
            self._move(key)

    def _move(self, key: str) -> None:
        to = {"ArrowLeft": self.caret - 1, "ArrowRight": self.caret + 1, "Home": 0}.get(key, len(self.signs))
        self.caret = max(0, min(to, len(self.signs)))

    def _command(self, letter: str) -> None:
        low, high = sorted((self.caret, self.caret if self.anchor is None else self.anchor))
        if letter == "a":
            self.anchor, self.caret = 0, len(self.signs)
        elif letter == "v":
            self._drop()
            self.signs[self.caret : self.caret] = self.clipboard
            self.caret += len(self.clipboard)
        elif high > low:
            self.clipboard = self.signs[low:high]
            if letter == "x":
                self._drop()

    def planted(self) -> set[int]:
        """The keys of every planted word that stands in the text. Of two that share signs an expression finds
        the first.
        """
        text = "".join(sign for sign, _ in self.signs)
        starts = [found.start() for found in re.finditer(WORD, text)]
        return {self.signs[at + offset][1] for at in starts for offset in range(len(WORD))}


@settings(max_examples=120, deadline=None)
@given(STEPS)
def test_no_way_of_editing_tells_a_planted_word(steps: list[str]) -> None:
    editor = Editor()
    for step in steps:
        if step == "^v" and not editor.clipboard:
            # What was copied elsewhere is not known to anybody.
            continue
        editor.do(step)
    lines, report = redact_session(session(focus(), *editor.events), POLICY)
    left = dict(zip(report.places, lines[1:], strict=True))
    told = [key for key in editor.planted() if left.get(key + 1, {}).get("key") not in (None, "*")]
    assert told == []
    assert scan_session(lines, POLICY) == []
