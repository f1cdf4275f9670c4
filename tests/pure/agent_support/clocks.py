"""A clock that stands still until it is told otherwise."""

from __future__ import annotations

from mci_agent.clock import Clock
from tests.pure.building import NOW


class FakeTime:
    """Wall and monotonic time, moved by hand."""

    def __init__(self, wall: float = NOW) -> None:
        self.wall = wall
        self.monotonic = 1000.0

    def pass_by(self, seconds: float) -> None:
        self.wall += seconds
        self.monotonic += seconds

    def set_back(self, seconds: float) -> None:
        self.wall -= seconds

    def clock(self, floor: int = 0) -> Clock:
        return Clock(floor, wall=lambda: self.wall, monotonic=lambda: self.monotonic)
