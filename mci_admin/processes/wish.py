"""Decides how a wish to end reaches a program: a signal's handler sets one flag, and nothing else.

A handler runs between any two steps of the main thread. Raising or taking a lock there can leave a lock taken
for ever; so the program looks at the flag when it is ready to.
"""

from __future__ import annotations

import signal
from types import FrameType


class WishToEnd:
    """Calling it tells whether SIGINT, SIGTERM or SIGHUP has come since ``listen``."""

    def __init__(self) -> None:
        self.came = False

    def listen(self) -> WishToEnd:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)
        return self

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.came = True

    def __call__(self) -> bool:
        return self.came
