"""Which time it is, for decisions that must not be turned back.

1. Time never runs backwards: it is the larger of the wall clock and of the floor plus the time measured
   since.
2. The floor rises on signed time only (the issue time of a lease, and the wall clock while a lease is
   valid), so that a clock that was wrongly ahead for a moment cannot lock the device for years.
3. A wall clock more than TOLERANCE seconds behind that time was set back: nothing is captured.
"""

from __future__ import annotations

import time
from collections.abc import Callable

TOLERANCE = 60


class Clock:
    """Wall clock with a floor; both sources can be replaced in tests."""

    def __init__(
        self,
        floor: int = 0,
        *,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self.monotonic = monotonic
        self._floor = floor
        self._anchor = monotonic()

    @property
    def floor(self) -> int:
        """The highest time known for certain, in unix seconds."""
        return self._floor

    def wall(self) -> int:
        return int(self._wall())

    def now(self) -> int:
        """Unix seconds, never before what was known already."""
        return max(self.wall(), self._certain())

    def is_back(self) -> bool:
        return self.wall() < self._certain() - TOLERANCE

    def raise_floor(self, seconds: int) -> None:
        """Remember a time that is certain; a lower one changes nothing."""
        if seconds > self._certain():
            self._floor = seconds
            self._anchor = self.monotonic()

    def _certain(self) -> int:
        return self._floor + int(self.monotonic() - self._anchor) if self._floor else 0
