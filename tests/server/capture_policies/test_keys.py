"""Changing keys: agents follow by themselves, what an old key signed ends as it would have, and a revoked key
never comes back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from tuf.api.metadata import Metadata, Root

from agents import lease_keys
from agents.models import Lease, LeaseKey
from capture_policies import key_files, key_status, roots, signing
from capture_policies.actions import keys, repository
from capture_policies.models import TufFile
from capture_policies.models_keys import RevokedKey, SigningRequest
from mci_core.errors import Conflict, Invalid, Unavailable
from privacy_requests.receipts import sign_receipt, verify_receipt
from tests.server.capture_policies.support import SYSTEM
from tests.server.cast import REASON, Cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("repository")]


@pytest.fixture(autouse=True)
def at_commit(django_capture_on_commit_callbacks: Any) -> Callable[[], Any]:
    """``with at_commit():`` also does what waits for the end of the transaction."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def published_lease_keys(updater: Callable[[], Any]) -> set[str]:
    """The kids that an agent trusts after looking."""
    import json

    client = updater()
    info = client.get_targetinfo("lease-keys.json")
    return set(json.loads(Path(client.download_target(info)).read_bytes())["keys"])


# --- keys of leases


def test_a_new_lease_key_signs_at_once_and_the_old_one_stays_trusted(
    updater: Callable[[], Any], at_commit: Any, keys_dir: Path
) -> None:
    old, _ = lease_keys.signing_key()
    with at_commit():
        new = keys.rotate_lease_key(reason=REASON, actor=SYSTEM)
    assert lease_keys.signing_key()[0] == new != old
    assert published_lease_keys(updater) == {old, new}
    assert keys.drop_lease_keys(actor=SYSTEM) == []
    assert all(b"PRIVATE" not in path.read_bytes() for path in (keys_dir / "lease").glob("*.key"))


def test_an_old_lease_key_is_dropped_when_its_last_lease_is_over(
    updater: Callable[[], Any], at_commit: Any, time_machine: Any, cast: Cast, settings: Any, keys_dir: Path
) -> None:
    old, _ = lease_keys.signing_key()
    now = timezone.now()
    Lease.objects.create(device=cast.device, state="on", issued_at=now, expires_at=now + timedelta(hours=2))
    with at_commit():
        new = keys.rotate_lease_key(reason=REASON, actor=SYSTEM)
    time_machine(minutes=30)
    assert keys.drop_lease_keys(actor=SYSTEM) == []
    time_machine(minutes=95)
    with at_commit():
        assert keys.drop_lease_keys(actor=SYSTEM) == [old]
    assert published_lease_keys(updater) == {new}
    assert not (keys_dir / "lease" / f"{old}.key").exists()
    assert keys.drop_lease_keys(actor=SYSTEM) == []


def test_a_revoked_lease_key_is_trusted_no_longer(updater: Callable[[], Any], at_commit: Any) -> None:
    old, _ = lease_keys.signing_key()
    receipt = sign_receipt({"erased": 1})
    assert verify_receipt(receipt)
    with at_commit():
        new = keys.revoke_lease_key(reason=REASON, actor=SYSTEM)
    assert published_lease_keys(updater) == {new}
    assert LeaseKey.objects.get(pk=old).revoked_at is not None
    assert not verify_receipt(receipt)


def test_a_receipt_is_good_after_its_key_was_replaced(at_commit: Any, time_machine: Any) -> None:
    receipt = sign_receipt({"erased": 1})
    with at_commit():
        keys.rotate_lease_key(reason=REASON, actor=SYSTEM)
    time_machine(days=1)
    with at_commit():
        assert keys.drop_lease_keys(actor=SYSTEM)
    assert verify_receipt(receipt)


def test_a_lease_key_without_its_file_says_what_to_do(at_commit: Any, keys_dir: Path) -> None:
    with at_commit():
        kid = keys.rotate_lease_key(reason=REASON, actor=SYSTEM)
    lease_keys._load.cache_clear()
    (keys_dir / "lease" / f"{kid}.key").unlink()
    with pytest.raises(Unavailable, match="keys rotate --role lease"):
        lease_keys.signing_key()
    with at_commit():
        keys.rotate_lease_key(reason=REASON, actor=SYSTEM)
    assert lease_keys.signing_key()


def test_a_key_kept_in_the_clear_before_is_sealed(keys_dir: Path, tmp_path: Path, settings: Any) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    settings.KEYS_DIR = tmp_path
    (tmp_path / "lease").mkdir()
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "lease" / "current.pem").write_bytes(pem)
    assert lease_keys.signing_key()[0] == lease_keys.key_id(key.public_key())
    assert [path.name for path in (tmp_path / "lease").iterdir()] == ["current.key"]


def test_a_reason_is_needed() -> None:
    with pytest.raises(Invalid, match="Say why"):
        keys.rotate_lease_key(reason=" ", actor=SYSTEM)
    with pytest.raises(Invalid, match="at most"):
        keys.rotate_lease_key(reason="x" * 501, actor=SYSTEM)


# --- keys that root names


@pytest.mark.parametrize("role", ["targets", "snapshot", "timestamp", "online"])
def test_an_online_key_is_rotated_in_steps_and_agents_follow(
    role: str, updater: Callable[[], Any], at_commit: Any, tmp_path: Path
) -> None:
    client = updater()
    client.refresh()
    roles = ["targets", "snapshot", "timestamp"] if role == "online" else [role]
    old = signing.current_root().signed.roles
    path = tmp_path / "2.root.json"
    call_command("keys", "rotate", role=role, reason=REASON, out=path)
    with pytest.raises(CommandError, match="Too few root keys"):
        call_command("keys", "accept", str(path))
    sign_offline(path, "root-1", "root-3")
    with at_commit():
        call_command("keys", "accept", str(path))
    new = signing.current_root().signed.roles
    assert [name for name in new if new[name].keyids != old[name].keyids] == sorted(
        roles, key=list(new).index
    )
    later = updater()
    later.refresh()
    assert later._trusted_set.root.version == 2
    assert [len(key_files.online_signers(name)) for name in roles] == [1] * len(roles)
    assert SigningRequest.objects.get().state == "published"


def sign_offline(path: Path, *names: str) -> None:
    document = Metadata[Root].from_bytes(path.read_bytes())
    folder = key_files.demo_offline_folder()
    path.write_bytes(roots.sign(document, [key_files.load(folder, name) for name in names]))


def test_a_revoked_key_never_comes_back(at_commit: Any) -> None:
    before = signing.current_root()
    old = before.signed.roles["timestamp"].keyids[0]
    key = before.signed.keys[old]
    folder = key_files.demo_offline_folder()
    with at_commit():
        call_command("keys", "revoke", role="timestamp", reason=REASON, offline=folder)
    assert RevokedKey.objects.get().key_id == old
    assert old not in signing.current_root().signed.keys
    again = roots.next_root(roots.online_key("timestamp", key))
    signers = [key_files.load(folder, name) for name in key_files.ROOT_KEYS]
    with pytest.raises(Invalid, match="was revoked"):
        repository.accept_root(root=roots.sign(again, signers), actor=SYSTEM)


def test_after_a_theft_all_keys_of_the_server_are_replaced_without_their_files(
    at_commit: Any, keys_dir: Path, tmp_path: Path, updater: Callable[[], Any]
) -> None:
    updater().refresh()
    for path in (keys_dir / "tuf").glob("*.key"):
        path.unlink()
    path = tmp_path / "2.root.json"
    call_command("keys", "revoke", role="online", reason=REASON, out=path)
    sign_offline(path, "root-1", "root-2")
    with at_commit():
        call_command("keys", "accept", str(path))
    assert RevokedKey.objects.count() == 3
    updater().refresh()
    assert key_status.warnings() == []


def test_revoking_makes_room_for_itself(at_commit: Any, tmp_path: Path) -> None:
    call_command("keys", "rotate", role="targets", reason=REASON, out=tmp_path / "a")
    with pytest.raises(CommandError, match="Another request is open"):
        call_command("keys", "rotate", role="snapshot", reason=REASON, out=tmp_path / "b")
    call_command("keys", "revoke", role="snapshot", reason=REASON, out=tmp_path / "c")
    states = SigningRequest.objects.order_by("created_at").values_list("state", flat=True)
    assert list(states) == ["withdrawn", "open"]
    call_command("keys", "withdraw", reason=REASON)
    assert not SigningRequest.objects.open().exists()
    with pytest.raises(CommandError, match="No request"):
        call_command("keys", "withdraw", reason=REASON)


def test_one_root_key_is_replaced(at_commit: Any, tmp_path: Path, updater: Callable[[], Any]) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    client = updater()
    client.refresh()
    public = tmp_path / "new.pub"
    public.write_bytes(
        Ed25519PrivateKey.generate()
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    lost = key_files.load(key_files.demo_offline_folder(), "root-2").public_key.keyid
    path = tmp_path / "root"
    call_command("keys", "revoke", role="root", reason=REASON, key=lost[:16], public=[public], out=path)
    sign_offline(path, "root-1", "root-3")
    with at_commit():
        call_command("keys", "accept", str(path))
    assert lost not in signing.current_root().signed.keys
    updater().refresh()
    with pytest.raises(CommandError, match="No root key has this id"):
        call_command("keys", "rotate", role="root", reason=REASON, key="00000000", public=[public])
    with pytest.raises(CommandError, match="Name the root key"):
        call_command("keys", "rotate", role="root", reason=REASON)


def test_a_root_that_nobody_prepared_here_needs_its_signatures_all_the_same() -> None:
    with pytest.raises(Invalid, match="Too few"):
        repository.accept_root(root=roots.next_root().to_bytes(), actor=SYSTEM)


def test_what_is_no_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="not a public key"):
        roots.public_key(b"no key")
    with pytest.raises(Invalid, match="does not name"):
        keys.revoke_key(
            role="targets", key_ids=["0" * 64], change=lambda root: None, reason=REASON, actor=SYSTEM
        )
    for words in ({"verb": "rotate"}, {"verb": "accept"}):
        with pytest.raises(CommandError, match="Name the"):
            call_command("keys", words["verb"], reason=REASON)


def test_one_key_speaks_for_one_role() -> None:
    root = signing.current_root().signed
    key = root.keys[root.roles["timestamp"].keyids[0]]
    with pytest.raises(Invalid, match="one role"):
        roots.next_root(roots.online_key("snapshot", key))


def test_a_closed_request_cannot_be_withdrawn(tmp_path: Path) -> None:
    call_command("keys", "rotate", role="targets", reason=REASON, out=tmp_path / "a")
    request = SigningRequest.objects.get()
    keys.withdraw_signing_request(request=request, reason=REASON, actor=SYSTEM)
    with pytest.raises(Conflict, match="closed already"):
        keys.withdraw_signing_request(request=request, reason=REASON, actor=SYSTEM)


# --- status


def test_status_shows_every_key_and_warns_in_time(capsys: Any, time_machine: Any, tmp_path: Path) -> None:
    call_command("keys", "status")
    out = capsys.readouterr().out
    assert out.count("2 of 3") == 3
    assert out.count("sealed on this server") == 4
    assert "Warning" not in out
    call_command("keys", "rotate", role="targets", reason=REASON, out=tmp_path / "a")
    time_machine(hours=20)
    call_command("keys", "status")
    out = capsys.readouterr().out
    assert "Warning: timestamp runs out on" in out
    assert "Waits: root 2 waits for the holders of root keys" in out
    time_machine(hours=5)
    assert any("agents capture nothing" in words for words in key_status.warnings())


def test_status_says_when_a_key_is_missing(keys_dir: Path) -> None:
    for path in (keys_dir / "tuf").glob("snapshot*.key"):
        path.unlink()
    assert any("key of snapshot is not on this server" in words for words in key_status.warnings())
    (keys_dir / "tuf" / "snapshot.key").write_bytes(b"rubbish" * 20)
    assert any("key of snapshot is not on this server" in words for words in key_status.warnings())
    (keys_dir / "tuf" / "snapshot.key").unlink()


def test_renewing_the_root_keeps_the_keys_that_lie_here(at_commit: Any) -> None:
    before = signing.current_root().signed.keys
    with at_commit():
        call_command("keys", "renew-root")
    assert signing.current_root().signed.keys == before
    assert TufFile.objects.filter(name="2.root.json").exists()


def test_the_command_changes_the_key_of_leases(at_commit: Any, capsys: Any) -> None:
    for verb in ("rotate", "revoke"):
        with at_commit():
            call_command("keys", verb, role="lease", reason=REASON)
        assert f"Lease key {lease_keys.signing_key()[0]} signs now" in capsys.readouterr().out


def test_the_command_prepares_a_root_for_approvers(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = []
    for name in ("ann", "bob"):
        key = Ed25519PrivateKey.generate().public_key()
        public.append(tmp_path / name)
        public[-1].write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    path = tmp_path / "root"
    call_command("keys", "approvers", public=public, reason=REASON, out=path)
    root = Metadata[Root].from_bytes(path.read_bytes()).signed
    assert (root.roles["targets"].threshold, len(root.roles["targets"].keyids)) == (2, 2)
    call_command("keys", "withdraw", reason=REASON)
    with pytest.raises(CommandError, match="no root key in this folder"):
        call_command("keys", "rotate", role="targets", reason=REASON, offline=tmp_path)


def test_a_root_follows_the_one_before_it() -> None:
    folder = key_files.demo_offline_folder()
    signers = [key_files.load(folder, name) for name in key_files.ROOT_KEYS]
    document = roots.next_root()
    document.signed.version += 1
    with pytest.raises(Conflict, match="without a gap"):
        repository.accept_root(root=roots.sign(document, signers), actor=SYSTEM)
    with pytest.raises(Invalid, match="three different"):
        roots.root_keys([signers[0].public_key] * 3)


def test_another_kind_of_key_is_refused(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    key = generate_private_key(SECP256R1())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(Invalid, match="Only Ed25519"):
        roots.public_key(public)
    (tmp_path / "x.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(Invalid, match="cannot be opened"):
        key_files.load(tmp_path, "x")


def test_rows_say_what_they_are(at_commit: Any) -> None:
    call_command("keys", "revoke", role="timestamp", reason=REASON, offline=key_files.demo_offline_folder())
    assert str(RevokedKey.objects.get()).startswith("revoked key ")
    with at_commit():
        kid = keys.rotate_lease_key(reason=REASON, actor=SYSTEM)
    assert str(LeaseKey.objects.get(pk=kid)) == f"lease key {kid}"
