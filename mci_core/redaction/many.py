"""Masks many texts side by side: each detector goes through all of them before the next one begins.

What a detector needs stays near the processor that way, which is most of the time of a short text. Each text
is searched as it would be alone, has a time of its own, and fails alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

from mci_core.redaction.rules import RuleSet
from mci_core.redaction.spans import Settled, Settling, Span


class Search:
    """One text on its way: what is searched next, and in the end what came of it."""

    __slots__ = ("_found", "_left", "_settling", "failed", "result", "view")

    def __init__(self, settling: Settling, seconds: float) -> None:
        self._settling = settling
        self._left = seconds
        self._found: list[Span] = []
        self.view = ""
        self.result: Settled | None = None
        self.failed = False

    def look(self, chosen: RuleSet) -> tuple[bytes, Sequence[int]]:
        """What has to be asked about this text."""
        try:
            return chosen.look(self.view)
        except Exception:
            self.failed = True
            return b"", ()

    def ask(self, chosen: RuleSet, index: int, data: bytes) -> None:
        """Let one detector or rule search."""
        if self.failed:
            return
        began = perf_counter()
        try:
            self._found += chosen.search(index, self.view, data)
        except Exception:
            self.failed = True
        self._left -= perf_counter() - began
        self.failed = self.failed or self._left < 0

    def goes_on(self) -> bool:
        """Hand over what was found; whether there is something else to search then."""
        if self.failed:
            return False
        found, self._found = self._found, []
        return self._advance(found)

    def begins(self) -> bool:
        """Whether there is anything to search."""
        return self._advance(None)

    def _advance(self, found: list[Span] | None) -> bool:
        try:
            self.view = self._settling.send(found)
        except StopIteration as end:
            self.result = end.value
            return False
        except Exception:
            self.failed = True
            return False
        return True


def search_all(searches: Sequence[Search], chosen: RuleSet) -> None:
    """Have all of them searched until each has its result or has failed."""
    active = [search for search in searches if search.begins()]
    while active:
        waiting: dict[int, list[tuple[Search, bytes]]] = {}
        for search in active:
            data, looked = search.look(chosen)
            for index in looked:
                waiting.setdefault(index, []).append((search, data))
        for index in sorted(waiting):
            for search, data in waiting[index]:
                search.ask(chosen, index, data)
        active = [search for search in active if search.goes_on()]
