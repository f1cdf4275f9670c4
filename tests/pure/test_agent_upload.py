"""Uploads: resumed after a cut at each step, sent once, and refusals are final."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from mci_agent import upload
from mci_agent.transport import Answer
from mci_agent.upload import Uploader
from tests.pure.agent_support import recordings
from tests.pure.agent_support.devices import Computer, Running, until
from tests.pure.agent_support.server import problem


@pytest.fixture
def computer(tmp_path: Path) -> Computer:
    return Computer(tmp_path)


def spool_one(computer: Computer) -> Uploader:
    """A device with one session in its spool, and its uploader."""
    path = computer.record("a.jsonl", recordings.office())

    async def scenario() -> Uploader:
        computer.server.cut = lambda method, path: "before" if "manifest" in path else None
        agent = computer.agent()
        async with Running(agent, [path]):
            await until(lambda: agent.spool.sessions)
        computer.server.cut = lambda method, path: None
        agent.uploader.errors.clear()
        return agent.uploader

    return asyncio.run(scenario())


STEPS = ("manifest", "parts/0", "complete")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_cut_at_each_step_is_resumed_and_the_session_is_stored_once(
    computer: Computer, step: str, when: str
) -> None:
    uploader = spool_one(computer)
    cuts = 0

    def cut(method: str, path: str) -> str | None:
        nonlocal cuts
        cuts += step in path
        return when if step in path and cuts == 1 else None

    computer.server.cut = cut
    wait = asyncio.run(uploader.send_next())
    assert wait is not None
    assert wait > 0
    assert [asyncio.run(uploader.send_next()) for _ in range(2)] == [0.0, None]
    assert len(computer.server.sessions) == 1
    assert uploader.errors == {"unreachable": 1}


def test_a_new_start_resumes_what_a_killed_agent_left(computer: Computer) -> None:
    uploader = spool_one(computer)
    computer.server.cut = lambda method, path: "before" if "complete" in path else None
    asyncio.run(uploader.send_next())
    computer.server.cut = lambda method, path: None
    again = computer.agent().uploader
    assert asyncio.run(again.send_next()) == 0.0
    assert len(computer.server.sessions) == 1


@pytest.mark.parametrize("status", [400, 404, 409, 413, 422])
def test_what_the_server_will_never_take_is_deleted_and_only_the_code_stays(
    computer: Computer, status: int
) -> None:
    uploader = spool_one(computer)
    (session,) = computer.state.spool.iterdir()
    computer.server.answers["PUT", f"/agent/v1/sessions/{session.name}/manifest"] = problem(status, "no_way")
    assert asyncio.run(uploader.send_next()) == 0.0
    assert uploader.idle
    assert not session.exists()
    kept = json.loads((computer.state.refused / f"{session.name}.json").read_text())
    assert kept.pop("at") > 0
    assert kept == {"code": "no_way", "status": status}


def test_a_refusal_for_now_is_repeated_after_the_named_time(computer: Computer) -> None:
    uploader = spool_one(computer)
    (session,) = computer.state.spool.iterdir()
    where = ("PUT", f"/agent/v1/sessions/{session.name}/manifest")
    computer.server.answers[where] = problem(429, "too_many", **{"retry-after": "7"})
    assert asyncio.run(uploader.send_next()) == 7.0
    computer.server.answers[where] = problem(429, "daily_budget")
    assert asyncio.run(uploader.send_next()) == upload.BUDGET_SECONDS
    computer.server.answers[where] = Answer(502, {}, b"<html>")
    assert asyncio.run(uploader.send_next()) is not None
    assert uploader.errors == {"too_many": 1, "daily_budget": 1, "http_502": 1}
    assert not uploader.idle


def test_parts_that_the_server_lost_are_sent_again_but_not_for_ever(computer: Computer) -> None:
    uploader = spool_one(computer)
    lost = 0

    def cut(method: str, path: str) -> None:
        nonlocal lost
        if path.endswith("/complete") and lost == 0:
            lost += 1
            next(iter(computer.server.open_uploads.values()))["parts"].clear()

    computer.server.cut = cut
    assert asyncio.run(uploader.send_next()) == 0.0
    assert len(computer.server.sessions) == 1
    other = Computer(computer.folder.parent / "other")
    uploader = spool_one(other)
    (session,) = other.state.spool.iterdir()
    other.server.answers["POST", f"/agent/v1/sessions/{session.name}/complete"] = problem(
        409, "parts_missing"
    )
    asyncio.run(uploader.send_next())
    assert uploader.errors == {"parts_lost": 1}


def test_a_session_deleted_meanwhile_is_not_sent_further(computer: Computer) -> None:
    uploader = spool_one(computer)
    (session,) = computer.state.spool.iterdir()

    def cut(method: str, path: str) -> None:
        if path.endswith("/manifest"):
            uploader._spool.remove(session.name)

    computer.server.cut = cut
    assert asyncio.run(uploader.send_next()) == 0.0
    assert not computer.server.sessions
    assert not [call for call in computer.server.calls if "parts" in call]


def test_a_damaged_session_is_given_up(computer: Computer) -> None:
    uploader = spool_one(computer)
    (session,) = computer.state.spool.iterdir()
    (session / "part-0").write_bytes(b"damaged")
    assert asyncio.run(uploader.send_next()) == 0.0
    assert json.loads((computer.state.refused / f"{session.name}.json").read_text())["code"] == "spool_broken"


def test_the_bytes_of_a_day_are_bounded(computer: Computer) -> None:
    uploader = spool_one(computer)
    uploader.daily_bytes = 10
    assert asyncio.run(uploader.send_next()) == 0.0
    uploader = spool_one(computer)
    uploader.daily_bytes = 10
    assert asyncio.run(uploader.send_next()) == upload.IDLE_SECONDS
    assert len(computer.server.sessions) == 1


def test_an_answer_without_a_list_of_parts_is_not_understood(computer: Computer) -> None:
    uploader = spool_one(computer)
    (session,) = computer.state.spool.iterdir()
    for body in (b"{}", b"[]", b"nonsense", b'{"missing": ["a"]}'):
        answer = Answer(200, {}, body)
        computer.server.answers["PUT", f"/agent/v1/sessions/{session.name}/manifest"] = answer
        asyncio.run(uploader.send_next())
    assert uploader.errors == {"answer_broken": 4}
