"""The running agent: one loop that keeps lease, policy, capture, uploads and the person's wishes together.

What ends capture depends on nothing else: the gate looks at the lease and the clock for every single event,
whatever the network, the server or another task does. If any task fails unexpectedly, all end, and with
them capture.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

from mci_agent.api import Api
from mci_agent.backoff import wait_for_event
from mci_agent.capture import Capture
from mci_agent.clock import Clock
from mci_agent.config import State
from mci_agent.errors import AgentError
from mci_agent.gate import Applied, Facts, Verdict, judge
from mci_agent.leasing import Command, Leasing
from mci_agent.local import Order, Watcher, read_orders
from mci_agent.logs import Log
from mci_agent.replay import Replay
from mci_agent.seal import Sealed, Withheld, seal
from mci_agent.segment import Segment
from mci_agent.spool import Spool
from mci_agent.status import StatusFile
from mci_agent.stream import Hint, HintStream
from mci_agent.transport import Transport
from mci_agent.trusted_policy import TrustedPolicy
from mci_agent.upload import Uploader
from mci_core.redaction.frames_engines import FrameSettings

CONTROL_SECONDS = 0.2
STATUS_SECONDS = 2.0
HEARTBEAT_SECONDS = 60.0
FLOOR_SECONDS = 30
MAX_COUNTS = 40


class Agent:
    """One enrolled device at work."""

    def __init__(
        self,
        state: State,
        transport: Transport,
        clock: Clock,
        log: Log,
        frames: FrameSettings | None = None,
    ) -> None:
        identity = state.identity()
        self._frames = frames or FrameSettings()
        self._state, self._clock, self._log = state, clock, log
        self._identity = identity
        self._key = state.device_key()
        self._api = Api(transport, self._key, identity.device, clock)
        self._etag: str | None = None
        self._told: Counter[str] = Counter()
        self._told_errors: Counter[str] = Counter()
        self._beat = asyncio.Event()
        self._watcher = Watcher(state)
        self.spool = Spool(state)
        self._status = StatusFile(state.folder, log)
        self.leasing = self._make_leasing(transport)
        self.capture = Capture(
            gate=self.gate,
            applied=lambda: self.leasing.applied,
            now=clock.now,
            seal=self._seal,
            keep=self._keep,
        )
        self.uploader = Uploader(self._api, self.spool, state, clock, log)
        self.uploader.on_revoked = self._revoked
        self.stream = HintStream(transport, self.leasing.hint, poll=self._poll)
        self.leasing.on_stream = self.stream.set_address

    def gate(self, now: int) -> Verdict:
        """Whether capture is possible at this second."""
        coming = self.capture.buffered
        return judge(
            Facts(
                now=now,
                lease=self.leasing.lease,
                applied=self.leasing.applied,
                choices=self._watcher.choices,
                revoked=self.leasing.revoked,
                clock_back=self._clock.is_back(),
                metadata_expired=self.leasing.metadata_expired,
                spool_full=self.spool.full(coming),
            )
        )

    async def run(self, paths: list[Path], *, speed: float, loop: bool = False, once: bool = False) -> Replay:
        """Work until cancelled, revoked, or with `once` until everything played is sent."""
        replay = Replay(paths, self.capture, self._log, speed=speed, ready=self._wait_until_on)
        source = asyncio.create_task(self._play(replay, loop=loop, once=once))
        leasing = asyncio.create_task(self.leasing.run())
        others = [
            asyncio.create_task(job)
            for job in (
                self.uploader.run(),
                self.stream.run(),
                self.stream.run_polling(),
                self._control(),
                self._housekeeping(),
                self._heartbeats(),
            )
        ]
        tasks = [source, leasing, *others]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await self._wind_down(tasks)
        return replay

    def show_status(self, verdict: Verdict | None = None) -> bool:
        """Write the visible status; whether the capture state changed."""
        now = self._clock.now()
        lease, choices, applied = self.leasing.lease, self._watcher.choices, self.leasing.applied
        return self._status.show(
            verdict or self.gate(now),
            now,
            {
                "device": self._identity.device,
                "server": self._identity.server,
                "server_reason": self.leasing.server_reason,
                "release": applied.number or None,
                "policy": applied.policy.name,
                "lease_until": lease.expires_at if lease else None,
                "paused_until": choices.paused_until if choices.paused(now) else None,
                "exclusions": list(choices.exclusions),
                "waiting_sessions": len(self.spool.sessions),
                "waiting_bytes": self.spool.used,
                "kept_events": self.capture.kept,
                "dropped": dict(self.capture.dropped),
                "sessions": self.capture.sessions,
                "uploaded": self.uploader.uploaded,
                "stream": self.stream.connected,
                "last_error": self.leasing.last_error,
            },
        )

    def _make_leasing(self, transport: Transport) -> Leasing:
        trusted = TrustedPolicy(
            self._state.tuf,
            self._state.trusted_root.read_bytes(),
            transport.fetch,
            server_id=self._identity.server_id,
        )
        leasing = Leasing(
            self._api,
            trusted,
            self._state,
            self._clock,
            self._log,
            device=self._identity.device,
            report=self._report,
        )
        leasing.on_applied = self._applied
        leasing.on_other_lease = self._beat.set
        leasing.on_revoked = self._revoked
        leasing.run_command = self._run_command
        return leasing

    def _report(self) -> dict[str, Any]:
        """What the server is told with each renewal. Paused means here: by the person, at this computer."""
        now = self._clock.now()
        verdict = self.gate(now)
        paused = self._watcher.choices.paused(now)
        state = "paused" if paused else "on" if verdict.on else "stopped"
        return {"capture_state": state, "exclusions": list(self._watcher.choices.exclusions)}

    def _applied(self, applied: Applied) -> None:
        self.spool.limit = applied.policy.limits.spool_bytes
        self.uploader.daily_bytes = applied.policy.limits.upload_bytes_per_day

    def _revoked(self) -> None:
        """Nothing can be sent any more, so nothing stays."""
        self.leasing.revoked = True
        self.capture.discard()
        self.spool.purge()
        self.leasing.hint(Hint("stop"))

    def _seal(self, segment: Segment) -> Sealed:
        try:
            return seal(segment, device=self._identity.device, key=self._key, frames=self._frames)
        except Withheld:
            raise
        except Exception as error:
            # Whatever goes wrong in redaction: nothing of the session may be kept.
            self._log("redaction_failed", level="error", kind=type(error).__name__)
            raise Withheld("redaction_failed") from error

    def _keep(self, sealed: Sealed) -> None:
        spooled = self.spool.add(sealed.session, sealed.manifest, sealed.signature, sealed.parts)
        self._log("session_spooled", session=sealed.session, bytes=spooled.size)
        self.uploader.wake.set()

    async def _play(self, replay: Replay, *, loop: bool, once: bool) -> None:
        await replay.run(loop=loop and not once)
        while not (once and self.uploader.idle):  # noqa: ASYNC110 - many things change it, none knows us
            await asyncio.sleep(CONTROL_SECONDS)

    async def _wait_until_on(self) -> None:
        while not self.gate(self._clock.now()).on:  # noqa: ASYNC110 - also time changes it
            await asyncio.sleep(CONTROL_SECONDS)

    async def _wind_down(self, tasks: list[asyncio.Task[Any]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if not self.leasing.revoked:
            await self.capture.close(in_field=True)
        self.show_status(Verdict("stopped", "revoked" if self.leasing.revoked else "not_running"))

    async def _control(self) -> None:
        """Obey the person at this computer within a fraction of a second."""
        while True:
            if self._watcher.look():
                self.leasing.hint(Hint("lease"))
            for order in read_orders(self._state):
                self._carry_out(order)
            await asyncio.sleep(CONTROL_SECONDS)

    def _carry_out(self, order: Order) -> None:
        if order.kind == "forget":
            since = self._clock.now() - order.minutes * 60
            self.capture.forget_since(since)
            count = self.spool.forget_since(since)
        else:
            self.capture.discard()
            count = self.spool.purge()
        order.path.unlink(missing_ok=True)
        self._log(order.kind, sessions=count)

    async def _run_command(self, command: Command) -> dict[str, Any]:
        """An order of the server: erase sessions from the spool, or answer a drill of the kill switch."""
        if command.get("kind") == "drill":
            return {"result": "done", "counts": {}}
        payload = command.get("payload")
        wanted = payload.get("sessions") if isinstance(payload, dict) else None
        if command.get("kind") != "purge" or not (wanted == "all" or isinstance(wanted, list)):
            return {"result": "failed", "detail_code": "unknown_command"}
        if wanted == "all":
            self.capture.discard()
            count = self.spool.purge()
        else:
            count = sum(1 for session in wanted if self.spool.remove(str(session)))
        return {"result": "done", "counts": {"sessions": count}}

    async def _housekeeping(self) -> None:
        """End sessions whose time is over, show the status, keep the clock floor."""
        shown = 0.0
        while True:
            await self.capture.tick()
            changed = self.gate(self._clock.now())
            due = self._clock.monotonic() - shown >= STATUS_SECONDS
            if due or (changed.state, changed.reason) != self._status.last:
                shown = self._clock.monotonic()
                self._look_after(self.show_status(changed))
            await asyncio.sleep(CONTROL_SECONDS)

    def _look_after(self, changed: bool) -> None:
        now = self._clock.now()
        if changed:
            self._beat.set()
        lease = self.leasing.lease
        if lease and now < lease.expires_at and now >= self._state.memory.clock_floor + FLOOR_SECONDS:
            self._clock.raise_floor(now)
            self._state.raise_clock_floor(now)

    async def _heartbeats(self) -> None:
        """Tell the server the state at once when it changes, else each minute."""
        while True:
            await wait_for_event(self._beat, HEARTBEAT_SECONDS)
            try:
                await self._heartbeat()
            except AgentError as error:
                self._log("heartbeat_failed", level="warning", code=error.code)

    async def _heartbeat(self) -> None:
        dropped, errors = Counter(self.capture.dropped), self.leasing.errors + self.uploader.errors
        await self._api.heartbeat(
            {
                "capture_state": self.gate(self._clock.now()).state,
                "lease": self.leasing.held,
                "applied_release": self.leasing.applied.number or None,
                "spool_bytes": self.spool.used,
                "dropped": dict((dropped - self._told).most_common(MAX_COUNTS)),
                "errors": dict((errors - self._told_errors).most_common(MAX_COUNTS)),
            }
        )
        self._told, self._told_errors = dropped, errors

    async def _poll(self) -> bool:
        first = self._etag is None
        changed, self._etag = await self._api.timestamp_changed(self._etag)
        return changed and not first
