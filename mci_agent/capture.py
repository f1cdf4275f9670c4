"""From events to sealed sessions: asks the gate and the evaluator about each event, keeps what is allowed.

The order is always gate, evaluator, memory; and at the end of a session redaction, seal, spool. Nothing
else writes a captured event anywhere. When the gate closes, the session that was open ends at the last
event before.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from mci_agent.errors import SourceBroken, SpoolFull
from mci_agent.follow import Follower
from mci_agent.gate import Applied, Verdict
from mci_agent.seal import Sealed, Withheld
from mci_agent.segment import SOFT_SHARE, Segment, begins_field, is_typed
from mci_agent.windows import judged
from mci_core.evaluator import apply
from mci_core.lease import Lease

Event = Mapping[str, Any]
Frame = Callable[[Event], bytes]


class Capture:
    """Captures one recording after the other."""

    def __init__(
        self,
        *,
        gate: Callable[[int], Verdict],
        applied: Callable[[], Applied],
        now: Callable[[], int],
        seal: Callable[[Segment], Sealed],
        keep: Callable[[Sealed], None],
    ) -> None:
        self._gate = gate
        self._applied = applied
        self._now = now
        self._seal = seal
        self._keep = keep
        self._header: Event = {}
        self._follower = Follower(None)
        self._in_cut_field = False
        self._closing = asyncio.Lock()
        self._sealing: Segment | None = None
        self._spoiled = False
        self.segment: Segment | None = None
        self.dropped: Counter[str] = Counter()
        self.kept = 0
        self.sessions = 0

    @property
    def buffered(self) -> int:
        """Bytes held in memory, roughly."""
        return sum(one.size for one in (self.segment, self._sealing) if one is not None)

    def begin(self, header: Event) -> None:
        """A new recording: nothing is known of its foreground yet."""
        self._header = header
        self._follower = Follower((header.get("platform") or {}).get("os"))
        self._in_cut_field = False

    async def feed(self, event: Event, frame: Frame) -> None:
        """Take the next event of the recording."""
        if begins_field(event):
            await self.tick(SOFT_SHARE)
            self._in_cut_field = False
        await self.tick()
        now, applied = self._now(), self._applied()
        verdict = self._gate(now)
        decision = self._follower.step(event, applied.policy, verdict.lease, now)
        if verdict.lease is None or not decision.allow:
            self.dropped[verdict.reason if verdict.lease is None else decision.reason.value] += 1
        elif self._in_cut_field and is_typed(event):
            self.dropped["cut_in_field"] += 1
        else:
            reduced = apply(event, decision)
            assert reduced is not None
            self._add(reduced, event, frame, applied, verdict.lease, now)

    async def tick(self, share: float = 1.0) -> None:
        """End the open session when it must not go on; called for each event and from time to time."""
        if self.segment is None:
            return
        now = self._now()
        lease = self._gate(now).lease
        if lease is None or not self.segment.same_terms(self._applied(), lease):
            await self.close(in_field=True)
        elif self.segment.fill(now) >= share:
            # At a share below 1 a new field begins with the coming event, so none is cut.
            await self.close(in_field=share >= 1)

    async def close(self, *, in_field: bool = False) -> None:
        """End the open session: redact, seal and spool it. `in_field`: typing may go on in the next one."""
        async with self._closing:
            segment, self.segment = self.segment, None
            if in_field:
                self._in_cut_field = True
                self._drop_open_field(segment)
            if segment is None or not segment.events:
                return
            self._sealing, self._spoiled = segment, False
            try:
                sealed = await asyncio.to_thread(self._seal, segment)
                if not self._spoiled:
                    self._keep(sealed)
                    self.sessions += 1
            except Withheld as withheld:
                self.dropped[withheld.reason] += len(segment.events)
            except SpoolFull as full:
                self.dropped[full.code] += len(segment.events)
            finally:
                self._sealing = None

    def forget_since(self, seconds: int) -> None:
        """Drop what was captured since, also what is being sealed at this moment."""
        if self._sealing is not None and self._sealing.ended >= seconds:
            self._spoiled = True
        if self.segment is not None:
            self.segment.forget_since(seconds)
            self._drop_open_field(self.segment)
            self._in_cut_field = True

    def discard(self) -> None:
        """Drop everything in memory."""
        self._spoiled = True
        self.segment = None
        self._in_cut_field = True

    def _drop_open_field(self, segment: Segment | None) -> None:
        count = segment.drop_open_field() if segment else 0
        if count:
            self.dropped["cut_in_field"] += count

    def _add(
        self, reduced: dict[str, Any], event: Event, frame: Frame, applied: Applied, lease: Lease, now: int
    ) -> None:
        data = None
        if event["type"] == "screenshot":
            windows = judged(event, self._follower.foreground, applied.policy, lease, now)
            if windows is None:
                self.dropped["windows_unknown"] += 1
                return
            reduced["windows"] = windows
            try:
                data = frame(event)
            except SourceBroken as error:
                self.dropped[error.code] += 1
                return
        if self.segment is None:
            self.segment = Segment(applied, lease, self._header, begun=now, ended=now)
            context = self._follower.context(applied.policy, lease, now)
            if context is not None and event["type"] != "focus":
                self.segment.add({**context, "t": event["t"]}, now)
        self.segment.lease = lease
        self.segment.add(reduced, now, data)
        self.kept += 1
