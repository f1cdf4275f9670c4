"""Renewing the lease: what is applied, what is dropped, and that nothing here can keep capture on."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mci_agent import leasing
from mci_agent.leasing import Leasing
from mci_agent.stream import Hint
from mci_agent.transport import Answer
from tests.pure.agent_support import recordings
from tests.pure.agent_support.clocks import FakeTime
from tests.pure.agent_support.devices import Computer, until
from tests.pure.agent_support.server import problem


class Device:
    """One enrolled device whose renewals are made one by one, in its own time."""

    def __init__(self, folder: Path) -> None:
        self.time = FakeTime()
        self.computer = Computer(folder, now=lambda: self.time.wall)
        self.server = self.computer.server
        self.server.now = lambda: self.time.wall
        self.leasing = self.start()

    def start(self) -> Leasing:
        """The leasing of a freshly started agent."""
        agent = self.computer.agent()
        clock = self.time.clock(agent._state.memory.clock_floor)
        agent._clock = agent._api._clock = agent.leasing._clock = clock
        return agent.leasing

    def renew(self) -> float:
        return asyncio.run(self.leasing.renew())


@pytest.fixture
def device(tmp_path: Path) -> Device:
    made = Device(tmp_path)
    made.server.repository.now = int(made.time.wall)
    for role in (made.server.repository.timestamp, made.server.repository.snapshot):
        role.expires = made.server.repository.day(10)
    made.server.repository.content.expires = made.server.repository.day(10)
    made.server.repository.publish()
    return made


def test_a_renewal_applies_the_release_and_acknowledges_it(device: Device) -> None:
    assert device.renew() == 400
    assert device.leasing.applied.number == 1
    assert device.leasing.applied.policy == recordings.policy()
    assert [ack["state"] for ack in device.server.acks] == ["fetched", "applied"]
    assert device.computer.state.memory.highest_release == 1
    assert device.renew() == 400
    assert len(device.server.acks) == 2
    assert device.server.reports[1]["applied_release"] == 1


@pytest.mark.parametrize(("told", "due"), [(10, 10.0), (9999, 450.0), (None, 450.0), (-5, 0.3), (True, 1.0)])
def test_a_renewal_is_due_at_half_the_life_or_when_the_server_says(
    device: Device, told: Any, due: float
) -> None:
    device.server.renew_after = told
    assert device.renew() == due


def test_a_renewal_is_due_earlier_when_the_policy_wants_shorter_leases(device: Device) -> None:
    device.server.roll_out(2, recordings.policy(lease_seconds=120))
    assert device.renew() == 60


def test_no_lease_in_the_answer_means_none(device: Device) -> None:
    device.renew()
    device.server.answers["POST", "/agent/v1/lease"] = Answer(200, {}, b'{"lease": null, "reason": "gone"}')
    assert device.renew() == recordings.policy().lease_seconds / 2
    assert device.leasing.lease is None
    assert device.leasing.server_reason == "gone"


def test_an_unusable_answer_keeps_the_old_lease_until_it_runs_out(device: Device) -> None:
    device.renew()
    lease = device.leasing.lease
    for answer in (
        Answer(200, {}, b"nonsense"),
        Answer(500, {}, b"[]"),
        problem(503, "unavailable", **{"retry-after": "20"}),
        Answer(200, {}, b'{"lease": "not.a.lease"}'),
    ):
        device.server.answers["POST", "/agent/v1/lease"] = answer
        assert device.renew() > 0
        assert device.leasing.lease is lease
    assert device.leasing.last_error == "lease_malformed"
    assert dict(device.leasing.errors) == {
        "answer_broken": 1,
        "http_500": 1,
        "unavailable": 1,
        "lease_malformed": 1,
    }


def test_an_unsafe_stream_is_not_opened_and_hinders_nothing(device: Device) -> None:
    answer = b'{"lease": null, "stream": {"url": "http://evil.example.com/", "ticket": "x"}}'
    device.server.answers["POST", "/agent/v1/lease"] = Answer(200, {}, answer)
    device.leasing.on_stream = lambda url, ticket: pytest.fail(url)
    device.renew()
    assert device.leasing.errors == {"server_url": 1}


def test_a_lease_of_an_older_release_is_not_followed(device: Device) -> None:
    device.server.roll_out(2, recordings.policy(name="Second"))
    device.renew()
    device.server.release = (1, recordings.policy())
    device.renew()
    assert device.leasing.applied.number == 2
    assert device.server.acks[-1]["state"] == "failed"
    assert device.server.acks[-1]["error"] == "release_older"
    device.leasing = device.start()
    device.renew()
    assert device.leasing.applied.number == 0


def test_a_rollback_is_a_new_release_with_old_content(device: Device) -> None:
    device.server.roll_out(2, recordings.policy(name="Second"))
    device.renew()
    device.server.roll_out(3, recordings.policy())
    device.renew()
    assert device.leasing.applied.number == 3
    assert device.leasing.applied.policy == recordings.policy()


def test_acknowledgements_wait_for_a_better_line(device: Device) -> None:
    device.server.answers["POST", "/agent/v1/acks"] = problem(503, "unavailable")
    device.renew()
    assert device.leasing.applied.number == 1
    assert device.server.acks == []
    device.server.answers.clear()
    device.renew()
    assert len(device.server.acks) == 2


def test_a_new_lease_key_is_found_and_an_old_one_forgotten(device: Device) -> None:
    device.renew()
    device.server.lease_keys = {"k2": Ed25519PrivateKey.generate()}
    device.server.kid = "k2"
    device.server.publish_keys()
    device.renew()
    assert device.leasing.lease is None
    device.renew()
    assert device.leasing.lease is not None


def test_a_rotated_lease_key_is_followed_without_a_gap(device: Device) -> None:
    """The old key stays listed until its last lease is over; nobody touches the computer."""
    device.renew()
    device.server.lease_keys["k2"] = Ed25519PrivateKey.generate()
    device.server.kid = "k2"
    device.server.publish_keys()
    device.renew()
    assert device.leasing.lease is not None
    del device.server.lease_keys["k1"]
    device.server.publish_keys()
    device.time.pass_by(leasing.REFRESH_SECONDS)
    device.renew()
    assert device.leasing.lease is not None
    assert device.leasing.errors == {}


def test_a_lease_of_a_revoked_key_is_dropped_at_the_next_refresh(device: Device) -> None:
    device.renew()
    stolen = dict(device.server.lease_keys)
    device.server.lease_keys = {"k2": Ed25519PrivateKey.generate()}
    device.server.publish_keys()
    device.server.lease_keys = stolen
    device.time.pass_by(leasing.REFRESH_SECONDS)
    device.server.life = 9000
    device.renew()
    assert device.leasing.lease is None
    assert device.leasing.errors["lease_unknown_key"] >= 1


def test_expired_signed_files_close_the_gate_but_stop_is_still_heard(device: Device) -> None:
    device.renew()
    device.time.pass_by(11 * 86400)
    assert device.leasing.metadata_expired
    device.server.state = "stopped"
    device.renew()
    assert device.leasing.lease is not None
    assert device.leasing.lease.state == "stopped"
    assert device.leasing.errors["metadata_expired"] == 1


def test_a_server_without_release_gives_a_lease_and_no_policy(tmp_path: Path) -> None:
    computer = Computer(tmp_path, roll_out=False)
    agent = computer.agent()
    asyncio.run(agent.leasing.renew())
    assert agent.leasing.lease is not None
    assert agent.leasing.applied.number == 0
    assert not agent.gate(int(computer.now())).on


def test_a_repeated_announcement_counts_only_when_it_is_news(device: Device) -> None:
    device.renew()
    woken: list[int] = []

    async def scenario() -> None:
        job = device.leasing
        for release in (1, 2, 2, None, 3):
            job.hint(Hint("lease", release, repeated=True))
            woken.append(job._wake.is_set())
            job._wake.clear()
        job.hint(Hint("lease"))
        woken.append(job._wake.is_set())

    asyncio.run(scenario())
    assert woken == [False, True, False, False, True, True]


def test_commands_without_an_obeyer_are_answered_as_unknown(device: Device) -> None:
    agent_leasing = Leasing(
        device.leasing._api,
        device.leasing._trusted,
        device.computer.state,
        device.time.clock(),
        device.leasing._log,
        device="d",
        report=dict,
    )

    async def scenario() -> dict[str, Any]:
        return await agent_leasing.run_command({"id": "c"})

    assert asyncio.run(scenario()) == {"result": "failed", "detail_code": "unknown_command"}
    agent_leasing.on_applied(agent_leasing.applied)
    agent_leasing.on_revoked()
    agent_leasing.on_stream("", "")


def test_the_loop_renews_on_hints_and_ends_when_revoked(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leasing, "MIN_GAP", 0.01)
    monkeypatch.setattr(leasing, "SPREAD", {})

    async def scenario() -> None:
        task = asyncio.create_task(device.leasing.run())
        await until(lambda: len(device.server.reports) == 1)
        device.leasing.hint(Hint("release", 2))
        await until(lambda: len(device.server.reports) == 2)
        device.server.revoked = True
        device.leasing.hint(Hint("stop"))
        await asyncio.wait_for(task, 5)

    asyncio.run(scenario())
    assert device.leasing.revoked
    assert device.leasing.lease is None


def test_the_timestamp_is_polled_by_its_tag(tmp_path: Path) -> None:
    computer = Computer(tmp_path)
    agent = computer.agent()

    async def poll() -> list[bool]:
        found = [await agent._poll(), await agent._poll()]
        computer.server.repository.publish_timestamp()
        return [*found, await agent._poll()]

    assert asyncio.run(poll()) == [False, False, True]
    del computer.server.repository.files["timestamp.json"]
    with pytest.raises(Exception, match="not_found"):
        asyncio.run(agent._poll())
