"""How long to wait: for another try (longer each time, with jitter: a fleet spreads), or for an event."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

FIRST = 0.5
LONGEST = 60.0


class Backoff:
    """Waiting times in seconds; `reset` after a success."""

    def __init__(
        self,
        *,
        first: float = FIRST,
        longest: float = LONGEST,
        spread: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._first = first
        self._longest = longest
        self._spread = spread
        self.tries = 0

    def reset(self) -> None:
        self.tries = 0

    def next(self, at_least: float | None = None) -> float:
        """The next waiting time; never below `at_least` (a server's Retry-After, itself bounded)."""
        limit = min(self._longest, self._first * 2.0 ** min(self.tries, 20))
        self.tries += 1
        wait = self._spread(limit / 2, limit)
        return max(wait, min(at_least, self._longest * 5)) if at_least is not None else wait


async def wait_for_event(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, at most so long, and clear it.

    Not `asyncio.wait_for`: before Python 3.12 it loses a cancellation that arrives together with the event.
    """
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
    finally:
        event.clear()
