"""Keys of people who sign, and signing a root without a network."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from tuf.api.metadata import Metadata, Root

from mci_agent import sign_cli, sign_keys
from mci_agent.errors import AgentError
from tests.pure.agent_support.repository import Repository
from tests.pure.agent_support.signing import PASSPHRASE, Approver, SigningServer, root_with
from tests.pure.building import NOW


@pytest.fixture
def ann(tmp_path: Path) -> Approver:
    return Approver(tmp_path / "ann", SigningServer(Repository(NOW)))


def test_a_key_is_encrypted_and_for_its_owner_only(ann: Approver) -> None:
    assert b"ENCRYPTED" in ann.key.read_bytes()
    assert stat.S_IMODE(ann.key.stat().st_mode) == 0o600
    assert b"PUBLIC" in ann.key.with_suffix(".pub").read_bytes()


def test_keygen_says_the_id_and_overwrites_nothing(ann: Approver) -> None:
    assert ann.run("keygen", "new", "--out", str(ann.folder)) == sign_cli.DONE
    signer, _ = sign_keys.load(ann.folder / "new.key", PASSPHRASE)
    assert ann.said[0] == f"Key {signer.public_key.keyid}"
    assert ann.run("keygen", "new", "--out", str(ann.folder)) == sign_cli.USAGE
    assert ann.run("keygen", "new", "--out", str(ann.folder / "nowhere")) == sign_cli.USAGE


def test_a_passphrase_is_long_and_typed_twice(ann: Approver) -> None:
    ann.passphrase = "short"
    assert ann.run("keygen", "new", "--out", str(ann.folder)) == sign_cli.USAGE
    typed = iter(["a passphrase of words", "another one"])
    person = sign_cli.Person(lambda _: next(typed), lambda _: "yes", ann.said.append)
    assert sign_cli.main(["keygen", "new", "--out", str(ann.folder)], person=person) == sign_cli.USAGE
    assert not (ann.folder / "new.key").exists()


def test_a_key_that_cannot_be_used_says_why(ann: Approver, tmp_path: Path) -> None:
    clear = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    other = generate_private_key(SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE.encode())
    )
    (tmp_path / "clear").write_bytes(clear)
    (tmp_path / "other").write_bytes(other)
    for path, passphrase, code in (
        (tmp_path / "none", PASSPHRASE, "key_missing"),
        (tmp_path / "clear", PASSPHRASE, "key_in_the_clear"),
        (tmp_path / "other", PASSPHRASE, "key_kind"),
        (ann.key, "another passphrase", "key_not_opened"),
    ):
        with pytest.raises(AgentError) as refused:
            sign_keys.load(path, passphrase)
        assert refused.value.code == code


@pytest.fixture
def new_root(ann: Approver, tmp_path: Path) -> Path:
    """A root that names Ann for new roots as well."""
    made = root_with(ann.server.repository, [])
    made.signed.add_key(ann.signer.public_key, "root")
    path = tmp_path / "2.root.json"
    path.write_bytes(made.to_bytes())
    return path


def test_a_root_is_shown_and_signed_offline(ann: Approver, new_root: Path, tmp_path: Path) -> None:
    trusted = tmp_path / "1.root.json"
    trusted.write_bytes(ann.server.repository.trusted_root)
    words = ("root", str(new_root), "--key", str(ann.key), "--trusted-root", str(trusted))
    assert ann.run(*words) == sign_cli.DONE
    assert "2 of 4 keys sign new roots." in ann.said
    assert f"  new key for root: {ann.key_id}" in ann.said
    assert any(line.startswith("  no longer a key for targets: ") for line in ann.said)
    signed = Metadata[Root].from_bytes(new_root.read_bytes())
    assert list(signed.signatures) == [ann.key_id]
    ann.signer.public_key.verify_signature(signed.signatures[ann.key_id], signed.signed_bytes)


def test_without_the_root_before_everything_is_shown(ann: Approver, new_root: Path) -> None:
    assert ann.run("root", str(new_root), "--key", str(ann.key)) == sign_cli.DONE
    assert "1 of 1 keys sign that this is the newest state." in ann.said


def test_a_root_is_not_signed_without_a_yes_or_with_another_key(
    ann: Approver, new_root: Path, tmp_path: Path
) -> None:
    before = new_root.read_bytes()
    ann.answer = ""
    assert ann.run("root", str(new_root), "--key", str(ann.key)) == sign_cli.NO
    ann.answer = "yes"
    trusted = tmp_path / "1.root.json"
    trusted.write_bytes(ann.server.repository.trusted_root)
    bob = Approver(tmp_path / "bob", ann.server, "bob")
    words = ("root", str(new_root), "--key", str(bob.key), "--trusted-root", str(trusted))
    assert bob.run(*words) == sign_cli.REFUSED
    assert bob.run("root", str(tmp_path / "none"), "--key", str(bob.key)) == sign_cli.USAGE
    assert new_root.read_bytes() == before
