"""The running agent: captures only while everything allows it, and obeys at once."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest

from mci_agent import local
from mci_agent.errors import StateBroken
from tests.pure.agent_support import recordings
from tests.pure.agent_support.devices import Computer, Running, until


@pytest.fixture
def computer(tmp_path: Path) -> Computer:
    return Computer(tmp_path)


def test_a_recording_is_captured_redacted_and_uploaded_once(computer: Computer) -> None:
    path = computer.record("a.jsonl", recordings.office())
    replay = asyncio.run(computer.agent().run([path], speed=0, once=True))
    assert (replay.played, replay.refused) == (1, 0)
    ((manifest, events),) = computer.server.sessions.values()
    sent = json.dumps([manifest, events])
    assert not [secret for secret in recordings.SECRETS if secret in sent]
    assert "write to [EMAIL] today" in sent
    assert {event["entry"] for event in events} == {"excel"}
    assert not [event for event in events if event.get("app", {}).get("name") == "Notes"]
    assert manifest["release_number"] == 1
    assert [ack["state"] for ack in computer.server.acks] == ["fetched", "applied"]
    assert computer.status()["reason"] == "not_running"


def long_recording(computer: Computer, seconds: int = 60) -> Path:
    """An event each 20 ms in an allowed program, with a secret each second."""
    events = [recordings.excel(0)]
    for at in range(20, seconds * 1000, 20):
        events.append(recordings.click(at) if at % 1000 == 0 else recordings.move(at))
        if at % 1000 == 20:
            events.append(recordings.typed(at, f"to {recordings.SECRETS[0]} now"))
    return computer.record("long.jsonl", events)


def test_with_a_dead_server_capture_ends_with_the_lease(computer: Computer) -> None:
    computer.server.life = 2
    path = long_recording(computer)

    async def scenario() -> None:
        agent = computer.agent()
        async with Running(agent, [path], speed=1.0):
            await until(lambda: agent.capture.kept > 10)
            computer.server.dead = True
            await until(lambda: agent.gate(agent_now(computer)).reason == "lease_expired")
            kept = agent.capture.kept
            await asyncio.sleep(0.5)
            assert agent.capture.kept == kept
            await until(lambda: agent.capture.dropped["lease_expired"] > 10)
            await until(lambda: computer.status()["reason"] == "lease_expired")
            spooled = [one.manifest for one in agent.spool.sessions.values()]
            assert spooled
            last = max(lease.expires_at for lease in computer.server.leases)
            assert all(one["captured_to"] < last for one in spooled)

    asyncio.run(scenario())
    assert "capture_stopped" in computer.events()


def agent_now(computer: Computer) -> int:
    return int(computer.now())


def test_nothing_is_captured_before_the_first_lease_and_never_when_it_says_stop(computer: Computer) -> None:
    computer.server.state = "stopped"
    computer.server.reason = "capture_stopped"
    path = computer.record("a.jsonl", recordings.office())

    async def scenario() -> None:
        agent = computer.agent()
        async with Running(agent, [path]):
            await until(lambda: agent.leasing.lease is not None)
            await asyncio.sleep(0.3)
            assert agent.capture.kept == 0
            assert agent.gate(agent_now(computer)).reason == "stopped"
            computer.server.state = "on"
            computer.server.hint("stop")
            await until(lambda: agent.capture.kept)

    asyncio.run(scenario())
    assert computer.server.beats[0]["capture_state"] == "stopped"


def test_a_new_release_reaches_a_running_agent_by_its_stream(computer: Computer) -> None:
    path = long_recording(computer)
    narrow = recordings.policy(name="Narrower")

    async def scenario() -> None:
        agent = computer.agent()
        async with Running(agent, [path], speed=1.0):
            await until(lambda: agent.stream.connected and agent.capture.kept > 5)
            computer.server.roll_out(2, narrow)
            computer.server.hint("release", name="last", release=2)
            await until(lambda: agent.leasing.applied.number == 2)
            await until(lambda: computer.server.sessions)
            await until(lambda: agent.capture.segment is not None)
        assert computer.state.memory.highest_release == 2

    asyncio.run(scenario())
    first = min(computer.server.sessions.values(), key=lambda one: int(one[0]["captured_from"]))
    assert first[0]["release_number"] == 1
    assert {"release": 2, "state": "applied"}.items() <= computer.server.acks[-1].items()


def test_pause_is_obeyed_within_a_second_and_survives_a_restart(computer: Computer) -> None:
    path = long_recording(computer)

    async def scenario() -> None:
        agent = computer.agent()
        async with Running(agent, [path], speed=1.0):
            await until(lambda: agent.capture.kept > 5)
            local.pause(computer.state, 15, agent_now(computer))
            await until(lambda: agent.gate(agent_now(computer)).reason == "paused_here")
            await until(lambda: agent.capture.segment is None)
            await until(lambda: computer.server.reports[-1]["capture_state"] == "paused")
            await until(
                lambda: computer.server.beats and computer.server.beats[-1]["capture_state"] == "paused"
            )
        again = computer.agent()
        async with Running(again, [path], speed=1.0):
            await until(lambda: again.leasing.lease is not None)
            assert again.gate(agent_now(computer)).reason == "paused_here"
            local.resume(computer.state)
            await until(lambda: again.capture.kept)
            assert again.leasing.lease is not None
            assert again.leasing.lease.state == "on"

    asyncio.run(scenario())


def test_an_exclusion_of_the_person_only_tightens(computer: Computer) -> None:
    path = computer.record("a.jsonl", recordings.office())
    local.exclude(computer.state, "excel")
    agent = computer.agent()
    asyncio.run(agent.run([path], speed=0, once=True))
    assert agent.capture.kept == 0
    assert agent.capture.dropped["excluded_by_person"] == 8
    assert computer.server.reports[0]["exclusions"] == ["excel"]


def test_forget_deletes_what_waits_and_what_is_being_captured(computer: Computer) -> None:
    path = long_recording(computer)
    computer.server.cut = lambda method, path: "before" if "manifest" in path else None

    async def scenario() -> None:
        agent = computer.agent()
        async with Running(agent, [path], speed=1.0):
            await until(lambda: agent.capture.kept > 5)
            await agent.capture.close()
            await until(lambda: agent.spool.sessions and agent.capture.segment)
            order = local.give_order(computer.state, "forget", 1)
            assert await asyncio.to_thread(local.wait_until_gone, order, 1.0)
            assert not agent.spool.sessions
            local.give_order(computer.state, "purge")
            await until(lambda: "purge" in computer.events())

    asyncio.run(scenario())


def test_the_server_can_order_a_purge(computer: Computer) -> None:
    path = computer.record("a.jsonl", recordings.office())
    computer.server.cut = lambda method, path: "before" if "manifest" in path else None

    async def scenario() -> None:
        agent = computer.agent()
        async with Running(agent, [path]):
            await until(lambda: agent.spool.sessions)
            session = next(iter(agent.spool.sessions))
            computer.server.commands = [
                {"id": "c1", "kind": "purge", "payload": {"sessions": [session, "unknown"]}},
                {"id": "c2", "kind": "purge", "payload": {"sessions": "all"}},
                {"id": "c3", "kind": "dance", "payload": {}},
                {"kind": "purge"},
            ]
            computer.server.hint("command")
            await until(lambda: len(computer.server.done) == 3)
            assert not agent.spool.sessions

    asyncio.run(scenario())
    assert dict(computer.server.done) == {
        "c1": {"result": "done", "counts": {"sessions": 1}},
        "c2": {"result": "done", "counts": {"sessions": 0}},
        "c3": {"result": "failed", "detail_code": "unknown_command"},
    }


def test_a_revoked_device_stops_and_keeps_nothing(computer: Computer) -> None:
    path = long_recording(computer)
    computer.server.cut = lambda method, path: "before" if "manifest" in path else None

    async def scenario() -> None:
        agent = computer.agent()
        async with Running(agent, [path], speed=1.0) as running:
            await until(lambda: agent.capture.kept > 5)
            await agent.capture.close()
            computer.server.revoked = True
            computer.server.hint("stop")
            assert running.task is not None
            await asyncio.wait_for(asyncio.shield(running.task), 20)
            assert agent.leasing.revoked
            assert not agent.spool.sessions

    asyncio.run(scenario())
    assert computer.status()["reason"] == "revoked"
    assert not list(computer.state.spool.iterdir())


def test_an_upload_that_meets_a_revoked_device_ends_the_agent_too(computer: Computer) -> None:
    path = computer.record("a.jsonl", recordings.office())

    def cut(method: str, path: str) -> None:
        computer.server.revoked = computer.server.revoked or "manifest" in path

    computer.server.cut = cut
    agent = computer.agent()
    asyncio.run(agent.run([path], speed=0))
    assert agent.leasing.revoked
    assert agent.spool.used == 0


def test_no_planted_value_is_ever_on_the_disk_in_the_clear(computer: Computer) -> None:
    path = long_recording(computer, seconds=3)
    computer.server.cut = lambda method, path: "before" if "manifest" in path else None
    seen: list[bytes] = []

    async def scenario() -> None:
        agent = computer.agent()
        async with Running(agent, [path, path], speed=4.0):
            while len(agent.spool.sessions) < 2:
                seen.append(computer.on_disk())
                await asyncio.sleep(0.02)
        seen.append(computer.on_disk())

    asyncio.run(scenario())
    content = b"".join(seen)
    for secret in (*recordings.SECRETS, "olivia", "[EMAIL]", "mouse_down"):
        assert secret.encode() not in content
    assert len(seen) > 5


def test_a_broken_recording_is_refused_by_line_and_the_others_go_on(computer: Computer) -> None:
    good = computer.record("b.jsonl", recordings.office())
    bad = computer.record("a.jsonl", recordings.office())
    bad.write_text(bad.read_text().replace('"seq": 4,', '"seq": 3,'))
    replay = asyncio.run(computer.agent().run([bad, good], speed=0, once=True))
    assert (replay.played, replay.refused) == (1, 1)
    refused = next(
        json.loads(line) for line in computer.log.getvalue().splitlines() if "recording_refused" in line
    )
    assert refused["message"].startswith("a.jsonl: Line 6:")


def test_a_loop_begins_again(computer: Computer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mci_agent.replay.LOOP_PAUSE", 0.01)
    path = computer.record("a.jsonl", recordings.office())

    async def scenario() -> None:
        async with Running(computer.agent(), [path], loop=True):
            await until(lambda: len(computer.server.sessions) >= 3)

    asyncio.run(scenario())


def test_a_failing_task_ends_the_agent_and_with_it_capture(computer: Computer) -> None:
    path = long_recording(computer)

    async def scenario() -> None:
        agent = computer.agent()
        work = asyncio.create_task(agent.run([path], speed=1.0))
        await until(lambda: agent.capture.kept > 5)
        (computer.folder / "local.json").write_text("{broken")
        await asyncio.wait([work], timeout=60)
        with pytest.raises(StateBroken):
            work.result()

    asyncio.run(scenario())
    assert computer.status()["reason"] == "not_running"


def test_a_clock_set_back_stops_capture(tmp_path: Path) -> None:
    shift = 0.0
    computer = Computer(tmp_path, now=lambda: time.time() + shift)
    path = long_recording(computer)

    async def scenario() -> None:
        nonlocal shift
        agent = computer.agent()
        async with Running(agent, [path], speed=1.0):
            await until(lambda: agent.capture.kept > 5)
            shift = -3600.0
            await until(lambda: computer.status()["reason"] == "clock_back")
            kept = agent.capture.kept
            await asyncio.sleep(0.3)
            assert agent.capture.kept == kept

    asyncio.run(scenario())
    again = computer.agent()
    assert again.gate(int(computer.now())).reason == "clock_back"


def test_a_full_spool_stops_capture_and_says_so(computer: Computer) -> None:
    path = long_recording(computer)
    computer.server.cut = lambda method, path: "before" if "manifest" in path else None

    async def scenario() -> None:
        agent = computer.agent()
        agent.leasing.on_applied = lambda applied: setattr(agent.spool, "limit", 4_000)
        async with Running(agent, [path], speed=20.0):
            await until(lambda: computer.status_or_none().get("reason") == "spool_full")
            await until(lambda: agent.capture.dropped["spool_full"] > 0)
            await asyncio.sleep(0.3)
            assert agent.spool.used <= 4_000

    asyncio.run(scenario())


def test_a_fault_in_redaction_keeps_nothing_of_the_session(
    computer: Computer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("mci_agent.runner.seal", fail)
    path = computer.record("a.jsonl", recordings.office())
    agent = computer.agent()
    asyncio.run(agent.run([path], speed=0, once=True))
    assert agent.capture.dropped["redaction_failed"] == 8
    assert not computer.server.sessions
    assert "redaction_failed" in computer.events()


def test_a_session_that_the_scan_withholds_is_counted(
    computer: Computer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mci_core.redaction.scan_session", lambda lines, policy: ["hit"])
    path = computer.record("a.jsonl", recordings.office())
    agent = computer.agent()
    asyncio.run(agent.run([path], speed=0, once=True))
    assert agent.capture.dropped["scan_hit"] == 8


def test_the_clock_floor_rises_while_a_lease_is_valid(
    computer: Computer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mci_agent.runner.FLOOR_SECONDS", 1)
    path = long_recording(computer)

    async def scenario() -> None:
        agent = computer.agent()
        async with Running(agent, [path], speed=1.0):
            await until(lambda: agent.leasing.lease is not None)
            first = computer.state.memory.clock_floor
            await until(lambda: computer.state.memory.clock_floor > first)

    asyncio.run(scenario())


def test_a_heartbeat_that_does_not_arrive_harms_nothing(computer: Computer) -> None:
    computer.server.cut = lambda method, path: "before" if "heartbeat" in path else None
    path = computer.record("a.jsonl", recordings.office())

    async def scenario() -> None:
        async with Running(computer.agent(), [path]):
            await until(lambda: "heartbeat_failed" in computer.events() and computer.server.sessions)

    asyncio.run(scenario())
