"""Plays recordings as if they happened now: at their own pace, faster, or as fast as possible."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from mci_agent import sources
from mci_agent.capture import Capture
from mci_agent.errors import SourceBroken
from mci_agent.logs import Log

# At full speed the other tasks get their turn after so many events.
YIELD_EVERY = 100
LOOP_PAUSE = 1.0


class Replay:
    """Plays files of a folder one after the other into the capture."""

    def __init__(
        self,
        paths: list[Path],
        capture: Capture,
        log: Log,
        *,
        speed: float,
        ready: Callable[[], Awaitable[None]],
    ) -> None:
        self._paths = paths
        self._capture = capture
        self._log = log
        self._speed = speed
        self._ready = ready
        self.played = 0
        self.refused = 0

    async def run(self, *, loop: bool) -> None:
        """Play every file; each waits until capture is on, so that nothing is played into the void."""
        while True:
            for path in self._paths:
                await self._ready()
                await self._play_file(path)
            if not loop:
                return
            await asyncio.sleep(LOOP_PAUSE)

    async def _play_file(self, path: Path) -> None:
        try:
            recording = await asyncio.to_thread(sources.read, path)
        except SourceBroken as error:
            self.refused += 1
            self._log("recording_refused", level="error", code=error.code, message=error.message)
            return
        self._log("replay_begins", file=recording.name, events=len(recording.events))
        await self._play(recording)
        self.played += 1
        self._log("replay_ends", file=recording.name)

    async def _play(self, recording: sources.Recording) -> None:
        time = asyncio.get_running_loop().time
        began = time()
        self._capture.begin(recording.header)
        for count, event in enumerate(recording.events):
            if self._speed:
                await asyncio.sleep(max(0.0, began + event["t"] / 1000 / self._speed - time()))
            elif count % YIELD_EVERY == 0:
                await asyncio.sleep(0)
            await self._capture.feed(event, recording.frame)
        await self._capture.close()
