"""Each night the exported files are read with the verifier of outsiders; what it finds is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from audits import checkpoints, file_check, folder, tasks
from audits.models import AuditEntry, SignedCheckpoint
from audits.tree import Broken
from mci_admin.home import programme
from tests.server.audits.support import advance_all, fill
from tests.server.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def exported(tmp_path: Path, settings: Any) -> Path:
    settings.AUDIT_EXPORT_DIR = str(tmp_path / "log")
    fill(300)
    advance_all(300)
    signed = checkpoints.sign()
    assert signed is not None
    folder.export(tmp_path / "log", signed)
    return tmp_path / "log"


def last_facts() -> dict[str, object]:
    found: dict[str, object] = json.loads(AuditEntry.objects.latest("pk").leaf)["facts"]
    return found


def newest() -> SignedCheckpoint:
    signed = checkpoints.newest()
    assert signed is not None
    return signed


def test_sound_files_are_told(exported: Path, cast: Cast) -> None:
    tasks.verify_files()
    assert AuditEntry.objects.latest("pk").action == "audits.log_verified"
    signed = newest()
    assert last_facts() == {"size": signed.size, "root": signed.root, "read": "files"}
    tile = next(tile for tile in programme.standing(cast.user("officer")) if tile.label == programme.LOG)
    assert (tile.value, tile.hint) == ("intact", f"{signed.size}\xa0entries in the exported files")


def test_the_first_bad_place_in_the_files_is_told(exported: Path, cast: Cast) -> None:
    bundle = exported / "tile/entries/000"
    data = bytearray(bundle.read_bytes())
    data[40] ^= 1
    bundle.write_bytes(data)
    with pytest.raises(Broken, match="tile/entries/000, entry 0: is not the entry that was logged here"):
        tasks.verify_files()
    assert AuditEntry.objects.latest("pk").action == "audits.log_broken"
    tile = next(tile for tile in programme.standing(cast.user("officer")) if tile.label == programme.LOG)
    assert tile.value == "broken"
    # The check of the database each hour does not hide what is wrong with the files.
    tasks.verify_log()
    assert AuditEntry.objects.latest("pk").action == "audits.log_verified"
    tile = next(tile for tile in programme.standing(cast.user("officer")) if tile.label == programme.LOG)
    assert tile.value == "broken"
    assert tile.hint == "tile/entries/000, entry 0: is not the entry that was logged here"


def test_without_a_folder_or_a_signature_nothing_is_read(settings: Any, tmp_path: Path) -> None:
    settings.AUDIT_EXPORT_DIR = str(tmp_path)
    tasks.verify_files()
    assert not AuditEntry.objects.exists()


def test_a_folder_that_changes_meanwhile_is_read_again(
    exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = iter(range(100))
    monkeypatch.setattr(file_check, "_checkpoint", lambda _folder: b"%d" % next(seen))
    (exported / "tile/0/000").unlink()
    assert file_check.read(exported, newest()) is None
    before = AuditEntry.objects.count()
    tasks.verify_files()
    assert AuditEntry.objects.count() == before


def test_a_verifier_that_says_nothing_is_a_fault(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_check, "VERIFIER", exported / "none.py")
    found = file_check.read(exported, newest())
    assert found is not None
    assert found.fault == "none.py: ended with code 2"
    assert file_check._checkpoint(exported / "none") == b""
