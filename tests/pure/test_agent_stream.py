"""The stream of hints: read leniently, opened again after growing pauses, replaced by polling while down."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from mci_agent import stream
from mci_agent.backoff import Backoff, wait_for_event
from mci_agent.errors import Unreachable
from mci_agent.stream import Hint, HintStream, parse_hint, read_hints
from tests.pure.agent_support.devices import until
from tests.pure.agent_support.server import MemoryTransport, Server


async def collect(*lines: str) -> list[Hint]:
    async def source() -> AsyncIterator[str]:
        for line in lines:
            yield line

    return [hint async for hint in read_hints(source())]


def test_hints_are_read_out_of_everything_else() -> None:
    found = asyncio.run(
        collect(
            ": comment",
            "",
            "event: hint",
            'data: {"kind": "release",',
            'data: "release": 4}',
            "",
            "event:last",
            'data:{"kind":"release","release":5}',
            "id: 7",
            "",
            "event: other",
            'data: {"kind": "stop"}',
            "",
            "event: hint",
            "data: " + "x" * 20_000,
            'data: {"kind": "stop", "release": true}',
            "",
            "event: hint",
            'data: {"kind": "stop"}',
        )
    )
    assert found == [Hint("release", 4), Hint("release", 5, repeated=True), Hint("stop")]


@pytest.mark.parametrize("data", ["", "{", "[]", "{}", '{"kind": "dance"}', "null"])
def test_what_is_no_hint_is_skipped(data: str) -> None:
    assert parse_hint("hint", data) is None


def test_waiting_grows_spreads_and_is_bounded() -> None:
    backoff = Backoff(first=1, longest=10, spread=lambda low, high: high)
    assert [backoff.next() for _ in range(5)] == [1, 2, 4, 8, 10]
    assert backoff.next(at_least=20) == 20
    assert backoff.next(at_least=9999) == 50
    backoff.reset()
    assert backoff.next() == 1
    assert 0.25 <= Backoff().next() <= 0.5


def test_waiting_for_an_event_is_bounded_and_can_be_cancelled() -> None:
    async def scenario() -> None:
        event = asyncio.Event()
        await wait_for_event(event, 0.01)
        event.set()
        await wait_for_event(event, 10)
        assert not event.is_set()
        task = asyncio.create_task(wait_for_event(event, 10))
        await asyncio.sleep(0)
        event.set()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())


class Listener:
    """A hint stream on a simulated server, with pauses that take no time."""

    def __init__(self, polls: list[bool | Exception] | None = None) -> None:
        self.server = Server(time.time)
        self.hints: list[Hint] = []
        self.pauses: list[float] = []
        self.polls = polls or []
        self.stream = HintStream(
            MemoryTransport(self.server), self.hints.append, poll=self.poll, sleep=self.sleep
        )

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(0.001)

    async def poll(self) -> bool:
        found = self.polls.pop(0) if self.polls else False
        if isinstance(found, Exception):
            raise found
        return found

    def watch(self, job: Callable[[], Awaitable[None]], condition: Callable[[], object]) -> None:
        async def scenario() -> None:
            task = asyncio.ensure_future(job())
            await until(condition)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        asyncio.run(scenario())


def test_a_broken_stream_is_opened_again_with_the_newest_ticket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "STEADY_SECONDS", 0.0)
    listener = Listener()
    listener.stream.set_address("https://mci.example.com/stream/", "one")
    listener.server.hints.extend(["event: hint", 'data: {"kind": "stop"}', "", *["CUT", "END"] * 20])

    def condition() -> bool:
        if listener.hints:
            listener.stream.set_address("https://mci.example.com/stream/", "two")
        return listener.server.tickets[-1:] == ["MCI-Ticket two"]

    listener.watch(listener.stream.run, condition)
    assert listener.hints == [Hint("stop")]
    assert listener.server.tickets[0] == "MCI-Ticket one"
    assert not listener.stream.connected


def test_a_refused_ticket_asks_for_another_lease() -> None:
    listener = Listener()
    listener.server.stream_status = 403
    listener.stream.set_address("https://mci.example.com/stream/", "old")
    listener.watch(listener.stream.run, lambda: len(listener.hints) >= 2)
    assert set(listener.hints) == {Hint("lease")}
    assert listener.pauses[0] > 0


def test_while_the_stream_is_down_a_changed_timestamp_is_a_hint() -> None:
    listener = Listener([False, Unreachable("x", "x"), True])
    listener.watch(listener.stream.run_polling, lambda: listener.hints)
    assert listener.hints[0] == Hint("release")
    quiet = Listener([True])
    quiet.stream.connected = True
    quiet.watch(quiet.stream.run_polling, lambda: len(quiet.pauses) > 5)
    assert quiet.hints == []
