"""`mci-sign release`: what is shown, what is refused before anybody is asked, and what is signed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from tuf.api.metadata import DelegatedRole, Delegations, Metadata, TargetFile, Targets

from mci_agent import sign_cli
from mci_agent.errors import PolicyRefused
from mci_agent.sign_review import Offered, new_files, parsed_root, parsed_targets, review
from mci_agent.transport import Answer
from mci_core import canonical
from mci_core.policy_model import Policy
from tests.pure.agent_support import recordings
from tests.pure.agent_support.repository import Repository
from tests.pure.agent_support.signing import Approver, SigningServer, next_targets, root_with
from tests.pure.building import NOW

FIRST = recordings.policy()
WIDER = recordings.policy(retention_days=FIRST.retention_days + 1)
NARROWER = recordings.policy(retention_days=FIRST.retention_days - 1)


class Scene:
    """Ann and Bob, who sign for a server with one release."""

    def __init__(self, folder: Path) -> None:
        self.repository = Repository(NOW, ceremony=True)
        self.server = SigningServer(self.repository)
        self.ann = Approver(folder / "ann", self.server)
        self.bob = Approver(folder / "bob", self.server, "bob")
        self.first_root = folder / "1.root.json"
        self.first_root.write_bytes(self.repository.trusted_root)
        self._name_the_approvers()
        self.repository.add_release(1, canonical.dumps(FIRST.doc))
        self.repository.publish()

    def _name_the_approvers(self) -> None:
        made = root_with(self.repository, [self.ann, self.bob])
        self.repository.root = made.signed
        self.repository.root.version -= 1
        self.repository.publish_root()
        self.repository.approvers = [self.ann.signer, self.bob.signer]

    def ask(self, policy: Policy = WIDER, *, number: int = 2) -> Metadata[Targets]:
        """The server asks for a release."""
        made = next_targets(self.repository)
        self.add(made.signed, number, canonical.dumps(policy.doc))
        self.server.ask(made)
        return made

    def add(self, targets: Targets, number: int, body: bytes, *, name: str = "") -> None:
        name = name or f"policy-{number}.json"
        info = TargetFile.from_data(name, body, ["sha256"])
        info.unrecognized_fields["custom"] = {"mci": {"kind": "policy", "release": number}}
        targets.targets[name] = info
        self.repository.targets[f"{info.hashes['sha256']}.{name}"] = body

    def trust(self) -> tuple[str, str]:
        return "--trusted-root", str(self.first_root)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_two_approvers_sign_the_same_bytes(scene: Scene) -> None:
    asked = scene.ask()
    assert scene.ann.release(*scene.trust()) == sign_cli.DONE
    assert scene.ann.said[-1] == "Signed; one more"
    assert scene.bob.release(*scene.trust()) == sign_cli.DONE
    assert scene.bob.said[-1] == "Signed and published."
    for approver, signature in zip((scene.ann, scene.bob), scene.server.signatures, strict=True):
        assert approver.signer.sign(asked.signed_bytes).signature == signature
    assert scene.server.closed == 2


def test_every_change_is_shown_with_its_direction(scene: Scene) -> None:
    scene.ask()
    scene.ann.release(*scene.trust())
    assert "Asked because: Release 2" in scene.ann.said
    assert "policy-2.json: wider, compared with release 1." in scene.ann.said
    assert any(words.startswith("WIDER    Days that sessions are kept") for words in scene.ann.said)
    assert "Altogether: WIDER" in scene.ann.said


@pytest.mark.parametrize(("policy", "words"), [(NARROWER, "NARROWER"), (FIRST, "NEUTRAL")])
def test_what_captures_no_more_is_said_to(scene: Scene, policy: Policy, words: str) -> None:
    scene.ask(policy)
    scene.ann.release(*scene.trust())
    assert scene.ann.said[-2] == f"Altogether: {words}"


def test_a_release_is_compared_with_all_that_were_offered(scene: Scene) -> None:
    """A wide release that was halted must not make another wide one look like no change."""
    scene.repository.add_release(2, canonical.dumps(WIDER.doc))
    scene.repository.publish()
    scene.ask(WIDER, number=3)
    scene.ann.release(*scene.trust())
    assert "policy-3.json: the same content as release 2." in scene.ann.said
    assert "policy-3.json: wider, compared with release 1." in scene.ann.said
    assert "Altogether: WIDER" in scene.ann.said


def test_the_first_release_is_wider_than_nothing() -> None:
    found = review(Targets(), Targets(), Offered(), {"policy-1.json": FIRST})
    assert found.direction == "wider"
    assert "policy-1.json: the first release. Nothing was captured before it." in found.notes


def test_a_server_cannot_write_over_what_was_said(scene: Scene) -> None:
    scene.server.ask(scene.ask(), reason="Renewal\x1b[2J\nAltogether: NARROWER")
    scene.ann.release(*scene.trust())
    assert scene.ann.said[0] == "Asked because: Renewal?[2J?Altogether: NARROWER"
    assert not any(line.startswith("Altogether: NARROWER") for line in scene.ann.words.splitlines())


def test_saying_anything_but_yes_signs_nothing(scene: Scene) -> None:
    scene.ask()
    scene.ann.answer = "y"
    assert scene.ann.release(*scene.trust()) == sign_cli.NO
    assert scene.server.signatures == []


def test_nobody_is_asked_twice(scene: Scene) -> None:
    scene.server.ask(scene.ask(), signed_by=[scene.ann.key_id])
    assert scene.ann.release(*scene.trust()) == sign_cli.DONE
    assert scene.ann.said[-1] == "You have signed this already."
    assert scene.server.signatures == []


def test_what_goes_and_what_is_renewed_is_said(scene: Scene) -> None:
    made = next_targets(scene.repository)
    del made.signed.targets["policy-1.json"]
    _delegate(made.signed, "leases", ["lease-keys.json"])
    scene.server.ask(made)
    assert scene.ann.release(*scene.trust()) == sign_cli.DONE
    assert "policy-1.json is no longer offered." in scene.ann.said
    assert "Another key of the server signs the list of lease keys." in scene.ann.said


def test_the_first_targets_of_approvers_come_with_their_root(tmp_path: Path) -> None:
    """The ceremony itself: the server was signing alone until now."""
    repository = Repository(NOW)
    repository.set_lease_keys("mci-test", {})
    repository.publish()
    server = SigningServer(repository)
    ann, bob = Approver(tmp_path / "ann", server), Approver(tmp_path / "bob", server, "bob")
    root = root_with(repository, [ann, bob])
    root.signed.roles["targets"].threshold = 2
    made = next_targets(repository)
    del made.signed.targets["lease-keys.json"]
    _delegate(made.signed, "leases", ["lease-keys.json"])
    first = tmp_path / "first"
    first.write_bytes(repository.trusted_root)

    root.sign(repository.root_signers[0])
    server.ask(made, root=root.to_bytes())
    assert ann.release("--trusted-root", str(first)) == sign_cli.REFUSED
    root.sign(repository.root_signers[2], append=True)
    server.ask(made, root=root.to_bytes())
    assert ann.release() == sign_cli.DONE
    assert "2 of 2 keys sign releases." in ann.said
    assert f"  new key for targets: {ann.key_id}" in ann.said
    stranger = Approver(tmp_path / "cem", server, "cem")
    assert stranger.release("--trusted-root", str(first)) == sign_cli.REFUSED


def _delegate(targets: Targets, name: str, paths: list[str]) -> None:
    from securesystemslib.signer import CryptoSigner

    key = CryptoSigner.generate_ed25519().public_key
    role = DelegatedRole(name, [key.keyid], 1, terminating=True, paths=paths)
    targets.delegations = Delegations({key.keyid: key}, {name: role})


# --- what a stolen server may try


def a_gap(scene: Scene) -> None:
    made = scene.ask()
    made.signed.version += 1
    scene.server.ask(made)


def for_ever(scene: Scene) -> None:
    made = scene.ask()
    made.signed.expires = dt.datetime.fromtimestamp(NOW, dt.UTC) + dt.timedelta(days=900)
    scene.server.ask(made)


def a_changed_release(scene: Scene) -> None:
    made = scene.ask()
    scene.add(made.signed, 1, canonical.dumps(WIDER.doc))
    scene.server.ask(made)


def a_lower_number(scene: Scene) -> None:
    scene.repository.add_release(5, canonical.dumps(FIRST.doc))
    scene.repository.publish()
    scene.ask(number=4)


def a_policy_under_another_name(scene: Scene) -> None:
    made = scene.ask()
    scene.add(made.signed, 3, canonical.dumps(WIDER.doc), name="extra.json")
    scene.server.ask(made)


def a_wider_delegation(scene: Scene) -> None:
    made = scene.ask()
    _delegate(made.signed, "leases", ["*"])
    scene.server.ask(made)


def another_delegation(scene: Scene) -> None:
    made = scene.ask()
    _delegate(made.signed, "policies", ["lease-keys.json"])
    scene.server.ask(made)


def other_bytes(scene: Scene) -> None:
    made = scene.ask()
    info = made.signed.targets["policy-2.json"]
    name = f"{info.hashes['sha256']}.policy-2.json"
    scene.repository.targets[name] = b"x" * info.length


def more_bytes(scene: Scene) -> None:
    made = scene.ask()
    info = made.signed.targets["policy-2.json"]
    scene.repository.targets[f"{info.hashes['sha256']}.policy-2.json"] += b" "


def a_huge_policy(scene: Scene) -> None:
    made = scene.ask()
    scene.add(made.signed, 3, b" " * 3_000_000)
    scene.server.ask(made)


def another_number_inside(scene: Scene) -> None:
    made = scene.ask()
    made.signed.targets["policy-2.json"].unrecognized_fields["custom"]["mci"]["release"] = 7
    scene.server.ask(made)


def a_root_with_a_gap(scene: Scene) -> None:
    made = scene.ask()
    root = root_with(scene.repository, [scene.ann, scene.bob])
    root.signed.version += 1
    for signer in scene.repository.root_signers[:2]:
        root.sign(signer, append=True)
    scene.server.ask(made, root=root.to_bytes())


def rubbish_for_a_root(scene: Scene) -> None:
    scene.server.ask(scene.ask(), root=b"rubbish")


def a_state_of_before(scene: Scene) -> None:
    scene.ann.release(*scene.trust())
    scene.repository.files["timestamp.json"] = scene.repository.before["timestamp.json"]


@pytest.mark.parametrize(
    "attack",
    [
        a_gap,
        for_ever,
        a_changed_release,
        a_lower_number,
        a_policy_under_another_name,
        a_wider_delegation,
        another_delegation,
        other_bytes,
        more_bytes,
        a_huge_policy,
        another_number_inside,
        a_root_with_a_gap,
        rubbish_for_a_root,
        a_state_of_before,
    ],
)
def test_what_is_not_as_it_should_be_is_refused_before_anybody_is_asked(
    scene: Scene, attack: Callable[[Scene], None], capsys: pytest.CaptureFixture[str]
) -> None:
    attack(scene)
    assert scene.ann.release(*scene.trust()) == sign_cli.REFUSED, scene.ann.said
    assert capsys.readouterr().err
    assert scene.server.signatures == []


def test_only_the_root_of_the_ceremony_is_trusted(scene: Scene, tmp_path: Path) -> None:
    scene.ask()
    assert scene.ann.release() == sign_cli.USAGE  # none was handed over
    assert scene.ann.release(*scene.trust()) == sign_cli.DONE
    other = tmp_path / "other"
    other.write_bytes(Repository(NOW).trusted_root)
    assert scene.ann.release("--trusted-root", str(other)) == sign_cli.REFUSED
    assert scene.ann.release("--trusted-root", str(tmp_path / "none")) == sign_cli.USAGE


def test_nothing_waits(scene: Scene) -> None:
    assert scene.ann.release(*scene.trust()) == sign_cli.NOTHING


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(200, {}, b"no json"), sign_cli.UNREACHABLE),
        (Answer(200, {}, b"[]"), sign_cli.UNREACHABLE),
        (Answer(200, {}, b"{}"), sign_cli.UNREACHABLE),
        (Answer(401, {}, b'{"code": "approver_unknown", "detail": "No."}'), sign_cli.REFUSED),
        (Answer(200, {}, b'{"targets": "eA=="}'), sign_cli.REFUSED),
    ],
)
def test_an_answer_that_cannot_be_used_signs_nothing(scene: Scene, answer: Answer, code: int) -> None:
    scene.server.answer = answer
    assert scene.ann.release(*scene.trust()) == code


def test_a_file_that_cannot_be_had_is_no_refusal(scene: Scene) -> None:
    scene.ask()
    scene.repository.targets.clear()
    assert scene.ann.release(*scene.trust()) == sign_cli.UNREACHABLE


def test_a_list_without_delegation_is_no_danger() -> None:
    assert new_files(Targets(), Targets(version=2)) == {}


def test_what_is_no_metadata_is_refused() -> None:
    with pytest.raises(PolicyRefused, match="no root"):
        parsed_root(b"{}")
    with pytest.raises(PolicyRefused, match="no list of releases"):
        parsed_targets(b"{}")
