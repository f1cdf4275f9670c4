"""Every attack on the signed files, over real HTTP, against our agent and against an independent client; and
what such an attack leaves running: the last good release, until its lease ends.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mci_agent.gate import Facts, judge
from tests.pure.agent_support import recordings
from tests.pure.agent_support.attacks import (
    ATTACKS,
    CEREMONY_ATTACKS,
    Attack,
    policy_below_the_lease_keys,
)
from tests.pure.agent_support.clocks import FakeTime
from tests.pure.agent_support.devices import Computer
from tests.pure.agent_support.server import SERVER_ID, Server
from tests.server.attacks.two_clients import OtherClient, OurClient, served

FIRST = recordings.policy()


class Scene:
    """A server behind a socket and two clients that have seen its good state."""

    def __init__(self, server: Server, origin: str, folder: Path) -> None:
        self.server, self.repository = server, server.repository
        root = server.repository.trusted_root
        self.ours = OurClient(folder / "ours", origin, root, SERVER_ID)
        self.other = OtherClient(folder / "other", origin, root)

    def begin(self) -> None:
        """Both see two good states, so that there is something to go back to."""
        self.server.roll_out(1, FIRST)
        self.repository.publish()
        assert self.ours.refusal() == ""
        assert "content" in self.other.look("policy-1.json")


def _scene(folder: Path, *, ceremony: bool) -> Iterator[Scene]:
    server = Server(time.time, ceremony=ceremony)
    with served(server) as origin:
        scene = Scene(server, origin, folder)
        scene.begin()
        yield scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    yield from _scene(tmp_path, ceremony=False)


@pytest.fixture
def ceremony(tmp_path: Path) -> Iterator[Scene]:
    """Everything that lies on the server belongs to the attacker; the approvers' keys never lay there."""
    yield from _scene(tmp_path, ceremony=True)


def _refused_by_both(scene: Scene, attack: Attack) -> None:
    attack.begin(scene.repository)
    assert scene.ours.refusal() == attack.code
    answer = scene.other.look("policy-1.json")
    assert re.search(attack.other, f"{answer.get('refused')} {answer.get('message')}"), answer


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_an_attack_is_refused_by_both_clients(scene: Scene, attack: Attack) -> None:
    _refused_by_both(scene, attack)


@pytest.mark.parametrize("attack", CEREMONY_ATTACKS, ids=str)
def test_in_ceremony_mode_all_keys_of_the_server_do_not_suffice(ceremony: Scene, attack: Attack) -> None:
    _refused_by_both(ceremony, attack)


def test_a_policy_in_the_role_of_lease_keys_is_not_found(ceremony: Scene) -> None:
    """The role that stays on the server may list lease keys and nothing else."""
    policy_below_the_lease_keys(ceremony.repository)
    trusted = ceremony.ours.trusted()
    trusted.refresh(int(time.time()))
    with pytest.raises(Exception, match="has not signed policy-99") as refused:
        trusted.release(99, "0" * 64, now=int(time.time()), highest=1)
    assert getattr(refused.value, "code", "") == "target_unknown"
    assert ceremony.other.look("policy-99.json") == {"refused": "TargetUnknown"}


def test_two_approvers_suffice(ceremony: Scene) -> None:
    ceremony.server.roll_out(2, recordings.policy(name="Second"))
    assert ceremony.ours.refusal() == ""
    assert '"Second"' in ceremony.other.look("policy-2.json")["content"]


# --- what goes on meanwhile


class Device:
    """One enrolled agent whose renewals and whose time are in our hands."""

    def __init__(self, folder: Path) -> None:
        self.time = FakeTime(time.time())
        self.computer = Computer(folder, now=lambda: self.time.wall)
        self.agent = self.computer.agent()
        clock = self.time.clock()
        self.agent._clock = self.agent._api._clock = self.agent.leasing._clock = clock
        self.server = self.computer.server
        self.server.now = lambda: self.time.wall

    def renew(self) -> None:
        asyncio.run(self.agent.leasing.renew())

    def captures(self) -> bool:
        leasing = self.agent.leasing
        facts = Facts(
            now=int(self.time.wall),
            lease=leasing.lease,
            applied=leasing.applied,
            metadata_expired=leasing.metadata_expired,
        )
        return judge(facts).on


@pytest.fixture
def device(tmp_path: Path) -> Device:
    made = Device(tmp_path)
    made.renew()
    assert made.captures()
    return made


@pytest.mark.parametrize(
    "attack", [attack for attack in ATTACKS if attack.code != "metadata_endless"], ids=str
)
def test_the_last_good_release_runs_until_its_lease_ends_and_no_longer(
    device: Device, attack: Attack
) -> None:
    """The attacker has cut the way to leases, and serves signed files of their own."""
    good, lease = device.agent.leasing.applied, device.agent.leasing.lease
    assert lease is not None
    attack.begin(device.server.repository)
    device.server.cut = lambda method, path: "before" if "lease" in path else None
    device.time.pass_by(400)
    device.renew()
    assert device.agent.leasing.applied == good
    assert device.captures()
    device.time.pass_by(500)
    device.renew()
    assert not device.captures()


def test_a_lease_for_a_forged_release_allows_nothing(device: Device) -> None:
    """With the key of leases: a lease that names a release which nobody signed."""
    forged = recordings.policy(name="Everything")
    device.server.release = (2, forged)
    device.time.pass_by(1)
    device.renew()
    assert device.agent.leasing.applied.number == 1
    assert not device.captures()


@pytest.mark.parametrize("change", ["foreign", "replayed"])
def test_a_replayed_or_foreign_lease_is_refused(device: Device, change: str) -> None:
    """An old lease is sent again after a stop, or that of another computer."""
    held = device.agent.leasing.lease
    assert held is not None
    stolen: Any = (
        replace(held, device="11111111-2222-3333-4444-555555555555") if change == "foreign" else held
    )
    device.time.pass_by(5)
    device.server.state = "stopped"
    device.renew()
    assert not device.captures()
    device.server.make_lease = lambda *args, **kwargs: stolen  # type: ignore[method-assign]  # the attacker answers
    device.renew()
    assert not device.captures()
    assert device.agent.leasing.last_error in {"lease_older", "lease_wrong_audience"}
