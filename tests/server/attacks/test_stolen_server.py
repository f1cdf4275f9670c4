"""Ceremony mode on a running server, from the first key to the last attack, with the real commands: what two
approvers sign reaches agents, and whoever owns the server and every key on it widens nothing.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from tuf.api.metadata import Metadata, MetaFile, Snapshot, TargetFile, Targets, Timestamp

from agents import lease_keys
from agents.models import Device
from capture_policies import key_files, key_status, signing
from capture_policies.actions import keys, releases, rollouts, waves
from capture_policies.models import Release, TufFile
from capture_policies.models_keys import SigningRequest
from mci_agent import sign_cli, sign_keys
from mci_agent.config import Memory
from mci_agent.errors import PolicyRefused
from mci_agent.trusted_policy import LeaseKeys, accept_lease
from tests.server.agents.support import Agent
from tests.server.attacks.two_clients import OtherClient, OurClient
from tests.server.capture_policies.support import EXCEL, SYSTEM, Desk
from tests.server.cast import REASON, Cast, make_device

PASSPHRASE = "four quiet words here"


@dataclass
class Approver:
    """A person with a key on a computer of their own."""

    name: str
    folder: Path
    said: list[str] = field(default_factory=list)
    answer: str = "yes"

    def __post_init__(self) -> None:
        self.folder.mkdir()
        assert self.run("keygen", self.name, "--out", str(self.folder)) == 0

    @property
    def key(self) -> Path:
        return self.folder / f"{self.name}.key"

    @property
    def public(self) -> Path:
        return self.folder / f"{self.name}.pub"

    def run(self, *words: str) -> int:
        """``mci-sign`` as this person."""
        self.said.clear()
        person = sign_cli.Person(lambda _: PASSPHRASE, lambda _: self.answer, self.said.append)
        return sign_cli.main(words, person=person)

    def sign(self, server: str, *words: str) -> str:
        """``mci-sign release``; what it said."""
        state = str(self.folder / "state")
        code = self.run("release", "--server", server, "--key", str(self.key), "--state", state, *words)
        assert code == 0, self.said
        return "\n".join(self.said)


@dataclass
class Scene:
    desk: Desk
    server: str
    offline: Path
    ann: Approver
    bob: Approver
    ours: OurClient
    other: OtherClient
    root: Path

    def refusals(self, target: str) -> tuple[str, str]:
        """What our agent and the other client say; empty when they accept and find the target."""
        answer = self.other.look(target)
        return self.ours.refusal(), str(answer.get("refused", ""))

    def wide_release(self, **changes: Any) -> Release:
        """Approved by two roles on the server, signed by nobody yet."""
        version = self.desk.version(**changes)
        people = (self.desk.officer, self.desk.ml)
        return releases.sign_release(version=self.desk.approve(version, *people), actor=SYSTEM)

    def live(self, release: Release) -> None:
        plan = [rollouts.WavePlan(100)]
        actor = self.desk.actor(self.desk.officer)
        rollout = rollouts.start_rollout(release=release, waves=plan, reason=REASON, actor=actor)
        while waves.advance_rollout(rollout_id=rollout.pk, actor=SYSTEM):
            pass


@pytest.fixture
def scene(
    live_server: Any, cast: Cast, queued: Any, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Scene:
    """A production's keys: root keys with passphrases on a medium, one release from before the ceremony."""
    settings.KEYS_DIR = tmp_path / "keys"
    offline = tmp_path / "media"
    monkeypatch.setenv("MCI_ROOT_PASSPHRASE", PASSPHRASE)
    settings.PRODUCTION = True
    call_command("keys", "init", offline=offline)
    settings.PRODUCTION = False
    desk = Desk(cast)
    first = signing.root_for_enrolment()
    assert first is not None
    root = tmp_path / "1.root.json"
    root.write_bytes(first)
    made = Scene(
        desk,
        live_server.url,
        offline,
        Approver("ann", tmp_path / "ann"),
        Approver("bob", tmp_path / "bob"),
        OurClient(tmp_path / "agent", live_server.url, first, lease_keys.server_id()),
        OtherClient(tmp_path / "other", live_server.url, first),
        root,
    )
    made.live(desk.release())
    assert made.refusals("policy-1.json") == ("", "")
    return made


def _begin(scene: Scene, tmp_path: Path) -> None:
    """The ceremony: root by two of three offline keys, then targets by both approvers."""
    path = tmp_path / "2.root.json"
    public = [scene.ann.public, scene.bob.public]
    call_command("keys", "approvers", public=public, reason=REASON, out=path)
    for number in (1, 3):
        holder = ("root", str(path), "--key", str(scene.offline / f"root-{number}.key"))
        assert scene.ann.run(*holder, "--trusted-root", str(scene.root)) == 0
    call_command("keys", "accept", str(path))
    assert scene.refusals("policy-1.json") == ("", "")  # nobody meets the new root before its targets
    trust = ("--trusted-root", str(scene.root))
    assert "waits for 1 of 2 signatures" in scene.ann.sign(scene.server, *trust)
    assert signing.root_version() == 1
    assert "published" in scene.bob.sign(scene.server, *trust)


def test_two_approvers_release_and_a_stolen_server_does_not(scene: Scene, tmp_path: Path) -> None:
    _begin(scene, tmp_path)
    assert signing.root_version() == 2
    assert scene.refusals("policy-1.json") == ("", "")
    assert not key_files.online_signers("targets")

    release = scene.wide_release(entries=[EXCEL])
    assert release.signed_at is None
    assert scene.other.look("policy-2.json") == {"refused": "TargetUnknown"}
    request = SigningRequest.objects.open().get()
    assert key_status.waiting_words(request) == "release 2 waits for 2 of 2 signatures."
    words = scene.ann.sign(scene.server)
    assert "WIDER    Excel (EXCEL.EXE, Excel) is added" in words
    assert "Altogether: WIDER" in words
    assert "already" in scene.ann.sign(scene.server)
    assert scene.other.look("policy-2.json") == {"refused": "TargetUnknown"}
    scene.bob.sign(scene.server)
    assert Release.objects.get(pk=release.pk).signed_at is not None
    assert scene.refusals("policy-2.json") == ("", "")

    keys.rotate_lease_key(reason=REASON, actor=SYSTEM)  # needs nobody
    assert scene.refusals("policy-2.json") == ("", "")
    assert len(json.loads(scene.other.look("lease-keys.json")["content"])["keys"]) == 2

    for attack in (_targets_with_the_keys_of_the_server, _one_signature_of_two):
        attack(scene)
        ours, other = scene.refusals("policy-9.json")
        assert ours == "metadata_unsigned", attack
        assert other, attack


def _targets_with_the_keys_of_the_server(scene: Scene) -> None:
    """The thief signs a policy of their own with every key that lies on the server, and serves it."""
    _serve_forged([signer for role in ("leases", "snapshot", "timestamp") for signer in _online(role)])


def _one_signature_of_two(scene: Scene) -> None:
    """An approver colludes, alone."""
    signer, _key = sign_keys.load(scene.ann.key, PASSPHRASE)
    _serve_forged([signer])


def _online(role: str) -> list[Any]:
    return list(key_files.online_signers(role).values())


def _serve_forged(signers: list[Any]) -> None:
    """Past every check of ours, straight into the table that is served."""
    state = signing.current_state()
    body = b'{"everything": true}'
    info = TargetFile.from_data("policy-9.json", body, ["sha256"])
    state.targets.targets["policy-9.json"] = info
    _row(f"{info.hashes['sha256']}.policy-9.json", body, "target")
    state.targets.version += 1
    state.snapshot.version += 1
    state.timestamp.version += 1
    state.snapshot.meta["targets.json"] = MetaFile(version=state.targets.version)
    state.timestamp.snapshot_meta = MetaFile(version=state.snapshot.version)
    targets: Metadata[Targets] = Metadata(state.targets)
    for signer in signers:
        targets.sign(signer, append=True)
    snapshot: Metadata[Snapshot] = Metadata(state.snapshot)
    snapshot.sign(_online("snapshot")[0])
    timestamp: Metadata[Timestamp] = Metadata(state.timestamp)
    timestamp.sign(_online("timestamp")[0])
    _row(f"{state.targets.version}.targets.json", targets.to_bytes())
    _row(f"{state.snapshot.version}.snapshot.json", snapshot.to_bytes())
    _row("timestamp.json", timestamp.to_bytes())


def _row(name: str, body: bytes, kind: str = "metadata") -> None:
    digest = hashlib.sha256(body).hexdigest()
    made = TufFile.objects.update_or_create if name == "timestamp.json" else TufFile.objects.get_or_create
    made(name=name, defaults={"kind": kind, "body": body, "sha256": digest})


def test_stopping_needs_no_signature(scene: Scene, tmp_path: Path) -> None:
    """A halted rollout takes capture away at once; what was before comes back when it is signed."""
    _begin(scene, tmp_path)
    (device,) = scene.desk.devices(1)
    release = scene.wide_release(entries=[EXCEL])
    scene.ann.sign(scene.server)
    scene.bob.sign(scene.server)
    actor = scene.desk.actor(scene.desk.officer)
    rollout = rollouts.start_rollout(
        release=release, waves=[rollouts.WavePlan(50), rollouts.WavePlan(100)], reason=REASON, actor=actor
    )
    _work(str(rollout.pk))
    assert _desired(device) == 2
    rollouts.halt_rollout(rollout=rollout, reason=REASON, actor=actor)
    assert _desired(device) is None
    back = Release.objects.get(number=3)
    assert back.signed_at is None
    assert waves.assign_device(device_id=device.pk, actor=SYSTEM) is None
    words = scene.ann.sign(scene.server)
    assert "policy-2.json is no longer offered" in words
    assert "the same content as release 1" in words
    scene.bob.sign(scene.server)
    _work(str(back.rollouts.get().pk))
    assert waves.assign_device(device_id=device.pk, actor=SYSTEM) == 3


def _desired(device: Device) -> int | None:
    return Device.objects.get(pk=device.pk).desired_release


def _work(rollout_id: str) -> None:
    for _ in range(10):
        while waves.claim_deliveries(rollout_id=rollout_id, actor=SYSTEM):
            pass
        if not waves.advance_rollout(rollout_id=rollout_id, actor=SYSTEM):
            return


def test_a_revoked_key_is_refused_by_both_clients(scene: Scene) -> None:
    """After a theft: a new key under a new root. What the thief signs with the old one counts no more."""
    stolen = _online("timestamp")[0]
    call_command("keys", "revoke", role="timestamp", reason=REASON, out=scene.root.with_name("2"))
    for number in (1, 2):
        scene.ann.run(
            "root", str(scene.root.with_name("2")), "--key", str(scene.offline / f"root-{number}.key")
        )
    call_command("keys", "accept", str(scene.root.with_name("2")))
    assert scene.refusals("policy-1.json") == ("", "")
    assert stolen.public_key.keyid not in {signer.public_key.keyid for signer in _online("timestamp")}
    state = signing.current_state()
    state.timestamp.version += 1
    forged: Metadata[Timestamp] = Metadata(state.timestamp)
    forged.sign(stolen)
    _row("timestamp.json", forged.to_bytes())
    ours, other = scene.refusals("policy-1.json")
    assert ours == "metadata_unsigned"
    assert other


def test_saying_no_signs_nothing(scene: Scene, tmp_path: Path) -> None:
    _begin(scene, tmp_path)
    scene.wide_release(entries=[EXCEL])
    scene.ann.answer = "y"
    state = str(scene.ann.folder / "state")
    words = ("release", "--server", scene.server, "--key", str(scene.ann.key), "--state", state)
    assert scene.ann.run(*words) == sign_cli.NO
    assert SigningRequest.objects.open().get().signatures.count() == 0
    keys.withdraw_signing_request(request=SigningRequest.objects.open().get(), reason=REASON, actor=SYSTEM)
    assert Release.objects.get(number=2).withdrawn_at is not None
    scene.ann.answer = "yes"
    assert scene.ann.run(*words) == sign_cli.NOTHING


def test_leases_are_for_one_device_once_and_for_keys_that_count(scene: Scene, cast: Cast) -> None:
    """Foreign, sent again, and signed with a key that was revoked since: as our agent meets them."""
    agent, now = Agent(*make_device(cast.subject(), cast.admin)), int(time.time())
    first = agent.renew()["lease"]
    trusted = scene.ours.trusted().refresh(now)
    own, other = str(agent.device.pk), "11111111-2222-3333-4444-555555555555"

    def refusal(token: str, known: LeaseKeys, device: str, memory: Memory) -> str:
        with pytest.raises(PolicyRefused) as refused:
            accept_lease(token, known, device=device, now=int(time.time()), memory=memory)
        return refused.value.code

    _, memory = accept_lease(first, trusted, device=own, now=now, memory=Memory())
    assert refusal(first, trusted, other, Memory()) == "lease_wrong_audience"
    _, memory = accept_lease(agent.renew()["lease"], trusted, device=own, now=now, memory=memory)
    assert refusal(first, trusted, own, memory) == "lease_older"

    stolen = agent.renew()["lease"]
    keys.revoke_lease_key(reason=REASON, actor=SYSTEM)
    later = scene.ours.trusted().refresh(int(time.time()))
    assert refusal(stolen, later, own, memory) == "lease_unknown_key"
    accept_lease(agent.renew()["lease"], later, device=own, now=int(time.time()), memory=memory)
