"""The agent tells the server at once which lease it holds, and answers drills."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mci_agent import leasing
from mci_agent.stream import Hint
from mci_core.lease import Lease
from tests.pure.agent_support import recordings
from tests.pure.agent_support.devices import Computer, Running, until


@pytest.fixture
def computer(tmp_path: Path) -> Computer:
    return Computer(tmp_path)


def held(computer: Computer) -> list[Any]:
    return [beat["lease"] for beat in computer.server.beats]


def test_a_stop_is_obeyed_before_the_server_is_asked_and_confirmed_at_once(computer: Computer) -> None:
    path = computer.record("a.jsonl", recordings.office())

    async def scenario() -> None:
        agent = computer.agent()
        async with Running(agent, [path]):
            await until(lambda: computer.server.beats and held(computer)[-1])
            asked = len(computer.server.reports)
            agent.leasing.hint(Hint("stop"))
            assert agent.gate(int(computer.now())).state == "stopped"
            await until(lambda: held(computer)[-1] == leasing.DROPPED)
            assert computer.server.beats[-1]["capture_state"] == "stopped"
            assert len(computer.server.reports) == asked
            computer.server.state = "stopped"
            await until(lambda: computer.server.leases[-1].state == "stopped", 20.0)
            assert computer.server.reports[-1]["lease"] == leasing.DROPPED
            await until(lambda: held(computer)[-1] == computer.server.leases[-1].jti)

    asyncio.run(scenario())


def test_a_lease_that_was_asked_for_before_the_stop_is_not_taken(computer: Computer) -> None:
    path = computer.record("a.jsonl", recordings.office())

    async def scenario() -> None:
        agent = computer.agent()
        async with Running(agent, [path]):
            await until(lambda: agent.leasing.lease)
            answers = agent._api.lease

            async def slow(report: Any) -> dict[str, Any]:
                answer = await answers(report)
                agent.leasing.hint(Hint("stop"))
                return answer

            agent._api.lease = slow  # type: ignore[method-assign]  # the stop comes on the way back
            assert await agent.leasing.renew() == 0.0
            assert agent.leasing.lease is None

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
            computer.server.hint("lease")
            await until(lambda: computer.server.leases[-1].excluded_entries == ("excel",))
            await until(lambda: held(computer)[-1] == computer.server.leases[-1].jti)

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
