"""The agent tells the server at once which lease it holds, and answers drills."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mci_core.lease import Lease
from tests.pure.agent_support import recordings
from tests.pure.agent_support.devices import Computer, Running, until


@pytest.fixture
def computer(tmp_path: Path) -> Computer:
    return Computer(tmp_path)


def held(computer: Computer) -> list[Any]:
    return [beat["lease"] for beat in computer.server.beats]


def test_a_stop_is_confirmed_at_once_by_the_lease_that_says_it(computer: Computer) -> None:
    path = computer.record("a.jsonl", recordings.office())

    async def scenario() -> None:
        async with Running(computer.agent(), [path]):
            await until(lambda: computer.server.beats and held(computer)[-1])
            computer.server.state = "stopped"
            computer.server.hint("stop")
            await until(lambda: computer.server.leases[-1].state == "stopped", 2.0)
            await until(lambda: held(computer)[-1] == computer.server.leases[-1].jti, 2.0)
            assert computer.server.beats[-1]["capture_state"] == "stopped"

    asyncio.run(scenario())


def test_an_agent_that_captures_nothing_anyway_confirms_a_stop_as_well(computer: Computer) -> None:
    path = computer.record("a.jsonl", recordings.office())
    computer.server.state = "stopped"

    async def scenario() -> None:
        async with Running(computer.agent(), [path]):
            await until(lambda: computer.server.beats and held(computer)[-1])
            computer.server.hint("stop")
            await until(lambda: len(computer.server.leases) > 1, 2.0)
            await until(lambda: held(computer)[-1] == computer.server.leases[-1].jti, 2.0)

    asyncio.run(scenario())


def test_an_entry_that_is_taken_away_is_confirmed_at_once(
    computer: Computer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = computer.record("a.jsonl", recordings.office())
    make = computer.server.make_lease

    def without_excel(device: str, **changes: Any) -> Lease:
        return replace(make(device, **changes), excluded_entries=("excel",))

    async def scenario() -> None:
        async with Running(computer.agent(), [path]):
            await until(lambda: computer.server.beats and held(computer)[-1])
            monkeypatch.setattr(computer.server, "make_lease", without_excel)
            computer.server.hint("stop")
            await until(lambda: computer.server.leases[-1].excluded_entries == ("excel",), 2.0)
            await until(lambda: held(computer)[-1] == computer.server.leases[-1].jti, 2.0)

    asyncio.run(scenario())


def test_each_renewal_says_which_lease_is_held(computer: Computer) -> None:
    path = computer.record("a.jsonl", recordings.office())

    async def scenario() -> None:
        async with Running(computer.agent(), [path]):
            await until(lambda: computer.server.leases)
            computer.server.hint("lease")
            await until(lambda: len(computer.server.reports) >= 2)

    asyncio.run(scenario())
    first, second = computer.server.reports[:2]
    assert (first["lease"], second["lease"]) == (None, computer.server.leases[0].jti)


def test_a_drill_is_answered_and_stops_nothing(computer: Computer) -> None:
    path = computer.record("a.jsonl", recordings.office())

    async def scenario() -> None:
        agent = computer.agent()
        async with Running(agent, [path]):
            await until(lambda: agent.leasing.lease)
            computer.server.commands = [{"id": "d1", "kind": "drill", "payload": {"drill": "x"}}]
            computer.server.hint("command")
            await until(lambda: computer.server.done)
            assert agent.leasing.lease is not None
            assert agent.leasing.lease.state == "on"

    asyncio.run(scenario())
    assert computer.server.done == [("d1", {"result": "done", "counts": {}})]
