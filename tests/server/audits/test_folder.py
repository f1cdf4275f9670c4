"""The log as files: what goes on where it stopped has the same files as what was written at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from audits import checkpoints, folder
from audits.management.commands import sequencer
from audits.models import SignedCheckpoint
from audits.tree import Broken
from mci_core import notes
from tests.server.audits.support import advance_all, fill

pytestmark = pytest.mark.django_db(transaction=True)


def signed_at(more: int, size: int) -> SignedCheckpoint:
    fill(more)
    advance_all(size)
    signed = checkpoints.sign()
    assert signed is not None
    return signed


def files(target: Path) -> dict[str, bytes]:
    return {str(path.relative_to(target)): path.read_bytes() for path in target.rglob("*") if path.is_file()}


def test_a_folder_that_grows_has_the_files_of_one_that_is_new(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    for more, size in ((100, 100), (100, 200), (100, 300), (300, 600)):
        signed = signed_at(more, size)
        folder.export(tmp_path / "grown", signed, progress=lambda done, all_: seen.append((done, all_)))
        again = folder.export(tmp_path / "grown", signed)
        assert again == size
    assert seen[-1] == (600, 600)
    folder.export(tmp_path / "new", signed)
    grown, new = files(tmp_path / "grown"), files(tmp_path / "new")
    assert new.items() <= grown.items()
    # Older partial tiles stay until their tile is full: an older checkpoint may need them.
    assert all(".p/" in name for name in grown.keys() - new.keys())


def test_the_verifier_accepts_what_the_command_writes(tmp_path: Path, capsys: Any) -> None:
    with pytest.raises(CommandError, match="Nothing is signed"):
        call_command("audit_export", tmp_path)
    signed_at(300, 300)
    call_command("audit_export", tmp_path)
    assert "300 entries" in capsys.readouterr().out
    verifier = Path(settings.BASE_DIR) / "mci_agent" / "verify.py"
    vkey = (tmp_path / "vkey").read_text(encoding="ascii").strip()
    command = [sys.executable, "-I", str(verifier), "log", str(tmp_path), "--vkey", vkey, "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "300 entries" in done.stdout


def test_a_full_tile_that_was_exported_never_changes(tmp_path: Path) -> None:
    signed = signed_at(300, 300)
    folder.export(tmp_path, signed)
    (tmp_path / "checkpoint").unlink()
    (tmp_path / "tile/0/000").write_bytes(b"other")
    with pytest.raises(Broken, match="was exported before"):
        folder.export(tmp_path, signed)


def test_another_log_in_the_folder_is_not_gone_on_from(tmp_path: Path) -> None:
    signed = signed_at(3, 3)
    tmp_path.joinpath("checkpoint").write_text(signed.note.replace("\n3\n", "\n2\n"), encoding="utf-8")
    assert folder.exported(tmp_path, signed) == 0
    folder.export(tmp_path, signed)
    assert folder.exported(tmp_path, signed) == 3
    assert notes.Note.parse((tmp_path / "checkpoint").read_bytes()) == signed.signed


def test_a_folder_that_cannot_be_written_does_not_stop_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder", encoding="utf-8")
    monkeypatch.setattr(settings, "AUDIT_EXPORT_DIR", str(blocked))
    fill(3)
    advance_all(3)
    sequencer._step()
    assert checkpoints.newest() is not None


def test_an_hour_without_entries_is_said_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    signed_at(3, 3)
    monkeypatch.setattr(sequencer, "QUIET_SECONDS", 0)
    sequencer._step()
    advance_all(4)
    sequencer._step()
    newest = checkpoints.newest()
    assert newest is not None
    assert newest.size >= 4
