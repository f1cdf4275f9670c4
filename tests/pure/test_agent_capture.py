"""From events to segments: what is kept, where sessions end, and what a cut leaves out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from mci_agent import segment as segments
from mci_agent.capture import Capture
from mci_agent.errors import SourceBroken, SpoolFull
from mci_agent.gate import Applied, Facts, Verdict, judge
from mci_agent.local import Choices
from mci_agent.seal import Sealed, Withheld
from mci_agent.segment import Segment
from mci_core.lease import Lease
from mci_core.policy_model import Policy
from tests.pure import building
from tests.pure.agent_support import recordings
from tests.pure.agent_support.recordings import click, excel, move, notes, typed
from tests.pure.building import NOW

EXCEL_WINDOW = [{"app": "EXCEL.EXE", "title": "Budget", "rect": [0, 0, 9, 9], "allowed": True}]


class Bench:
    """A capture whose time, lease and policy are set by hand; sealing only collects."""

    def __init__(self, policy: Policy | None = None) -> None:
        self.now = NOW
        self.applied = Applied(7, policy or recordings.policy())
        self.lease: Lease | None = building.lease_for(self.applied.policy)
        self.choices = Choices()
        self.sealed: list[Segment] = []
        self.fault: Exception | None = None
        self.capture = Capture(
            gate=self.gate, applied=lambda: self.applied, now=lambda: self.now, seal=self.seal, keep=self.keep
        )
        self.capture.begin(recordings.header([]))

    def gate(self, now: int) -> Verdict:
        return judge(Facts(now, lease=self.lease, applied=self.applied, choices=self.choices))

    def seal(self, segment: Segment) -> Sealed:
        if isinstance(self.fault, Withheld):
            raise self.fault
        self.sealed.append(segment)
        return Sealed("s", {}, "", [])

    def keep(self, sealed: Sealed) -> None:
        if isinstance(self.fault, SpoolFull):
            raise self.fault

    def play(self, *events: dict[str, Any], close: bool = True) -> list[list[str]]:
        async def scenario() -> None:
            for event in recordings.numbered(events):
                await self.capture.feed(event, no_frame)
            if close:
                await self.capture.close()

        asyncio.run(scenario())
        return [[event["type"] for event in one.events] for one in self.sealed]

    def again(self, *events: dict[str, Any]) -> list[list[str]]:
        return self.play(*events)


def no_frame(event: Mapping[str, Any]) -> bytes:
    return b"frame"


def test_only_what_the_policy_allows_is_kept() -> None:
    bench = Bench()
    assert bench.play(excel(0), click(10), notes(20), typed(30, "secret"), excel(40)) == [
        ["focus", "mouse_down", "focus"]
    ]
    assert bench.capture.dropped == {"no_entry": 2}


def test_a_session_that_begins_later_names_its_window_first() -> None:
    bench = Bench()
    bench.choices = Choices(paused_until=NOW + 60)
    bench.play(excel(0), close=False)
    bench.choices = Choices()
    assert bench.again(move(10)) == [["focus", "mouse_move"]]
    assert bench.sealed[0].events[0]["t"] == 10


def test_after_a_change_of_page_the_window_is_named_without_title_and_with_the_new_address() -> None:
    bench = Bench(building.parsed([building.site()]))
    browser = building.on_page("https://private.example.org/letter", title="Letter to my doctor")
    page = {"t": 5, "type": "url", "url": "https://jira.example.com/board"}
    bench.choices = Choices(paused_until=NOW + 60)
    bench.play(browser, page, close=False)
    bench.choices = Choices()
    bench.again(click(10))
    first = bench.sealed[0].events[0]
    assert first["url"] == "https://jira.example.com/board"
    assert "window" not in first


def test_a_window_that_is_not_known_is_not_named() -> None:
    bench = Bench()
    bench.play(move(10))
    assert bench.sealed == []
    assert bench.capture.dropped == {"no_foreground": 1}


def test_a_renewal_with_equal_terms_continues_the_session_and_another_place_ends_it() -> None:
    bench = Bench()
    bench.play(excel(0), close=False)
    assert bench.lease is not None
    bench.lease = replace(bench.lease, jti="2b4e28ba-2fa1-41d2-883f-0016d3cca427")
    bench.play(move(1), close=False)
    assert bench.sealed == []
    assert bench.capture.segment is not None
    assert bench.capture.segment.lease.jti.startswith("2b4e")
    bench.lease = replace(bench.lease, place="US-CA")
    assert bench.again(move(2)) == [["focus", "mouse_move"], ["focus", "mouse_move"]]


def test_of_a_field_cut_in_two_nothing_typed_is_kept() -> None:
    bench = Bench()
    bench.play(excel(0), click(1), typed(2, "4111 1111 "), move(3), close=False)
    assert bench.lease is not None
    bench.lease = replace(bench.lease, denied_signals=("screenshot",))
    found = bench.again(typed(4, "1111 1111"), move(5), click(6), typed(7, "kept"))
    assert found == [["focus", "mouse_down", "mouse_move"], ["focus", "mouse_move", "mouse_down", "text"]]
    assert bench.capture.dropped == {"cut_in_field": 2}


def test_another_release_in_the_middle_keeps_what_is_known_of_the_foreground() -> None:
    bench = Bench(building.parsed([building.site()]))
    browser = building.on_page("https://jira.example.com/board")
    bench.play(browser, {"t": 1, "type": "url", "url": "https://jira.example.com/next"}, close=False)
    wider = building.parsed([building.site()], name="Wider")
    bench.applied, bench.lease = Applied(8, wider), building.lease_for(wider, release_number=8)
    assert bench.again(click(3)) == [["focus", "url"], ["focus", "mouse_down"]]


def test_a_bounded_session_ends_at_the_next_field_or_at_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "MAX_EVENTS", 10)
    bench = Bench()
    found = bench.play(excel(0), *[move(n) for n in range(1, 7)], click(8), typed(9, "a"), move(10))
    assert [len(one) for one in found] == [7, 4]
    assert bench.capture.dropped == {}
    bench = Bench()
    found = bench.play(excel(0), *[move(n) for n in range(1, 12)])
    assert [len(one) for one in found] == [10, 3]


def test_a_session_ends_after_its_longest_time() -> None:
    bench = Bench()
    bench.play(excel(0), close=False)
    bench.now += segments.MAX_SECONDS
    assert bench.lease is not None
    bench.lease = replace(bench.lease, expires_at=NOW + 9999)
    asyncio.run(bench.capture.tick())
    assert len(bench.sealed) == 1


def test_forgetting_drops_the_last_minutes_of_the_open_session() -> None:
    bench = Bench()
    bench.play(excel(0), click(1), typed(2, "half of"), close=False)
    bench.now += 120
    shot = {"t": 3, "type": "screenshot", "file": "a.webp", "sha256": "0" * 64, "width": 1, "height": 1}
    shot["windows"] = EXCEL_WINDOW
    bench.play(typed(3, "a secret"), click(4), shot, close=False)
    assert bench.capture.buffered > 0
    bench.capture.forget_since(NOW + 60)
    assert bench.again(typed(5, "more"), move(6)) == [["focus", "mouse_down", "mouse_move"]]
    assert bench.sealed[0].frames == {}
    assert bench.capture.buffered == 0


def test_forgetting_also_reaches_what_is_being_sealed() -> None:
    bench = Bench()
    kept: list[Sealed] = []

    async def scenario() -> None:
        def slow(segment: Segment) -> Sealed:
            bench.capture.forget_since(NOW - 60)
            return bench.seal(segment)

        capture = Capture(
            gate=bench.gate, applied=lambda: bench.applied, now=lambda: NOW, seal=slow, keep=kept.append
        )
        capture.begin(recordings.header([]))
        bench.capture = capture
        await capture.feed(recordings.numbered([excel(0)])[0], no_frame)
        await capture.close()
        capture.discard()

    asyncio.run(scenario())
    assert len(bench.sealed) == 1
    assert kept == []


@pytest.mark.parametrize(
    ("fault", "reason"), [(Withheld("scan_hit"), "scan_hit"), (SpoolFull("spool_full", ""), "spool_full")]
)
def test_what_cannot_be_kept_is_counted(fault: Exception, reason: str) -> None:
    bench = Bench()
    bench.fault = fault
    bench.play(excel(0), click(1))
    assert bench.capture.dropped[reason] == 2
    assert bench.capture.sessions == 0


def test_a_frame_that_cannot_be_read_is_dropped() -> None:
    bench = Bench()

    def broken(event: Mapping[str, Any]) -> bytes:
        raise SourceBroken("frame_missing", "")

    async def scenario() -> None:
        shot = {"t": 1, "type": "screenshot", "file": "a", "sha256": "0" * 64, "width": 1, "height": 1}
        for event in recordings.numbered([excel(0), shot, {**shot, "windows": EXCEL_WINDOW}]):
            await bench.capture.feed(event, broken)
        await bench.capture.close(in_field=True)
        await bench.capture.close(in_field=True)

    asyncio.run(scenario())
    assert bench.capture.dropped == {"frame_missing": 1, "windows_unknown": 1}
    assert [event["type"] for event in bench.sealed[0].events] == ["focus"]
