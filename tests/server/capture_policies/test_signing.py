"""The release repository: what an agent's TUF client accepts from it, and what it refuses."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client
from tuf.api.exceptions import BadVersionNumberError, ExpiredMetadataError, UnsignedMetadataError
from tuf.api.metadata import Metadata, Timestamp

from capture_policies import key_files, roots, signing
from capture_policies.actions.repository import accept_root, publish_lease_keys, refresh_timestamp
from capture_policies.models import TufFile
from capture_policies.signing import Target
from mci_core.errors import ActionError, Conflict, Invalid, Unavailable
from tests.server.capture_policies.support import SYSTEM

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("repository")
def test_an_agent_fetches_what_was_published(updater: Callable[[], Any]) -> None:
    signing.publish([Target("policy-1.json", b"{}", {"mci": {"release": 1, "kind": "policy"}})])
    client = updater()
    client.refresh()
    info = client.get_targetinfo("policy-1.json")
    assert info.custom == {"mci": {"release": 1, "kind": "policy"}}
    assert Path(client.download_target(info)).read_bytes() == b"{}"


@pytest.mark.usefixtures("repository")
def test_an_agent_finds_the_lease_keys(updater: Callable[[], Any]) -> None:
    client = updater()
    info = client.get_targetinfo("lease-keys.json")
    assert info.custom == {"mci": {"kind": "lease-keys"}}
    assert b'"issuer"' in Path(client.download_target(info)).read_bytes()


@pytest.mark.usefixtures("repository")
def test_an_agent_refuses_an_older_timestamp(updater: Callable[[], Any]) -> None:
    """Somebody who holds the database back cannot make agents forget what they saw."""
    old = bytes(TufFile.objects.get(pk="timestamp.json").body)
    signing.publish([])
    updater().refresh()
    TufFile.objects.filter(pk="timestamp.json").update(body=old)
    with pytest.raises(BadVersionNumberError):
        updater().refresh()


@pytest.mark.usefixtures("repository")
def test_an_agent_refuses_a_timestamp_that_ran_out(updater: Callable[[], Any], time_machine: Any) -> None:
    time_machine(hours=25)
    with pytest.raises(ExpiredMetadataError):
        updater().refresh()


@pytest.mark.usefixtures("repository")
def test_an_agent_refuses_metadata_of_another_key(updater: Callable[[], Any], tmp_path: Path) -> None:
    stranger = key_files.create(tmp_path / "elsewhere", "timestamp")
    document = Metadata[Timestamp].from_bytes(bytes(TufFile.objects.get(pk="timestamp.json").body))
    document.signed.version += 1
    document.sign(stranger)
    TufFile.objects.filter(pk="timestamp.json").update(body=document.to_bytes())
    with pytest.raises(UnsignedMetadataError):
        updater().refresh()


@pytest.mark.usefixtures("repository")
def test_a_key_that_root_does_not_name_is_not_used(keys_dir: Path) -> None:
    for path in (keys_dir / "tuf").glob("targets*.key"):
        path.unlink()
    key_files.create(keys_dir / "tuf", "targets")
    with pytest.raises(Unavailable, match="not the one in root"):
        signing.publish([])


@pytest.mark.usefixtures("repository")
def test_key_files_are_sealed_and_for_their_owner_only(keys_dir: Path) -> None:
    for path in [*(keys_dir / "tuf").glob("*.key"), *(keys_dir / "offline").glob("*.key")]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert b"PRIVATE" not in path.read_bytes()


def test_root_keys_below_the_keys_folder_are_refused_in_production(settings: Any, keys_dir: Path) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="do not belong below KEYS_DIR"):
        call_command("keys", "init", offline=keys_dir / "offline")
    with pytest.raises(CommandError, match="Name the folder"):
        call_command("keys", "init")


def test_root_keys_in_production_open_with_their_passphrase_only(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PRODUCTION = True
    monkeypatch.setenv("MCI_ROOT_PASSPHRASE", "three quiet offline keys")
    call_command("keys", "init", offline=tmp_path / "stick")
    assert b"ENCRYPTED" in (tmp_path / "stick" / "root-1.key").read_bytes()
    with pytest.raises(Invalid, match="cannot be opened"):
        key_files.load(tmp_path / "stick", "root-1", passphrase=b"another passphrase")


def test_without_a_repository_signing_says_what_to_do() -> None:
    with pytest.raises(Unavailable, match="keys init"):
        signing.publish([])
    assert signing.root_for_enrolment() is None
    assert refresh_timestamp(actor=SYSTEM) == []


@pytest.mark.usefixtures("repository")
def test_a_second_first_root_is_refused() -> None:
    root = signing.root_for_enrolment()
    assert root is not None
    with pytest.raises(Conflict, match="exists already"):
        signing.store_root(root)


@pytest.mark.usefixtures("repository")
def test_a_new_root_needs_two_keys_of_the_old_one(updater: Callable[[], Any]) -> None:
    root = signing.current_root()
    root.signed.version = 2
    signers = [key_files.load(key_files.demo_offline_folder(), name) for name in key_files.ROOT_KEYS]
    root.signatures.clear()
    with pytest.raises(Invalid, match="Too few root keys"):
        accept_root(root=roots.sign(root, signers[:1]), actor=SYSTEM)
    accept_root(root=roots.sign(root, signers[1:]), actor=SYSTEM)
    client = updater()
    client.refresh()
    assert client._trusted_set.root.version == 2


@pytest.mark.usefixtures("repository")
def test_the_command_renews_the_root(updater: Callable[[], Any], capsys: Any) -> None:
    call_command("keys", "renew-root")
    call_command("keys", "status")
    assert "root 2 expires" in capsys.readouterr().out
    updater().refresh()


@pytest.mark.usefixtures("repository")
def test_the_timestamp_is_signed_again_at_half_its_life(time_machine: Any) -> None:
    assert refresh_timestamp(actor=SYSTEM) == []
    time_machine(hours=13)
    assert refresh_timestamp(actor=SYSTEM) == ["timestamp"]
    time_machine(days=8)
    assert refresh_timestamp(actor=SYSTEM) == ["snapshot", "timestamp"]
    time_machine(days=46)
    assert refresh_timestamp(actor=SYSTEM) == ["targets", "snapshot", "timestamp"]


@pytest.mark.usefixtures("repository")
def test_unchanged_lease_keys_are_not_published_again() -> None:
    assert publish_lease_keys(actor=SYSTEM) is False
    signing.publish([], drop=["lease-keys.json"])
    assert publish_lease_keys(actor=SYSTEM) is True


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("change", [{"body": b"other"}, {"sha256": "0" * 64}])
def test_a_signed_file_cannot_be_changed(change: dict[str, Any]) -> None:
    with pytest.raises(DatabaseError, match="kept as it is"), transaction.atomic():
        TufFile.objects.filter(pk="1.root.json").update(**change)
    with pytest.raises(DatabaseError, match="kept as it is"), transaction.atomic():
        TufFile.objects.filter(pk="1.root.json").delete()


@pytest.mark.usefixtures("repository")
def test_versioned_files_may_be_kept_for_good_and_the_timestamp_is_asked_anew(client: Client) -> None:
    root = client.get("/agent/v1/tuf/1.root.json")
    assert "immutable" in root["Cache-Control"]
    again = client.get("/agent/v1/tuf/1.root.json", headers={"If-None-Match": root["ETag"]})
    assert again.status_code == 304
    assert again.content == b""
    assert client.get("/agent/v1/tuf/timestamp.json")["Cache-Control"] == "no-cache"


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("path", ["tuf/9.root.json", "releases/timestamp.json", "tuf/..%2f..%2fsettings.py"])
def test_what_is_not_a_signed_file_is_not_found(client: Client, path: str) -> None:
    response = client.get(f"/agent/v1/{path}")
    assert response.status_code == 404


@pytest.mark.usefixtures("repository")
def test_publishing_outside_a_transaction_is_a_fault(transactional_db: None) -> None:
    with pytest.raises(RuntimeError):
        signing.publish([])


def test_a_missing_key_is_told(tmp_path: Path) -> None:
    with pytest.raises(ActionError, match="is missing"):
        key_files.load(tmp_path, "targets")
