"""The folder of prepared things: only one's own, only what was written, and never in the way."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mci_core.detectors import cache


def test_the_folder_is_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCI_CACHE_DIR", str(tmp_path / "chosen"))
    assert cache.folder() == tmp_path / "chosen"
    assert (tmp_path / "chosen").stat().st_mode & 0o777 == 0o700
    monkeypatch.delenv("MCI_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.folder() == tmp_path / "mci"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.folder() == tmp_path / ".cache" / "mci"


def test_a_folder_that_others_can_write_to_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCI_CACHE_DIR", str(tmp_path))
    tmp_path.chmod(0o770)
    assert cache.folder() is None
    tmp_path.chmod(0o700)
    monkeypatch.setattr(os, "getuid", lambda: -1)
    assert cache.folder() is None
    # Elsewhere the home folder is closed to others by itself.
    monkeypatch.setattr(os, "name", "nt")
    assert cache._private(tmp_path)


def test_without_any_folder_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MCI_CACHE_DIR", str(tmp_path / "file" / "x"))
    assert cache.folder() is None


def test_only_what_was_written_is_read(tmp_path: Path) -> None:
    file = tmp_path / "one.kept"
    assert cache.read(file) is None
    cache.write(file, b"content")
    assert cache.read(file) == b"content"
    assert file.stat().st_mode & 0o077 == 0
    stored = file.read_bytes()
    for broken in (b"", stored[:32], stored[:-1], stored[:-1] + b"x", b"x" + stored[1:]):
        file.write_bytes(broken)
        assert cache.read(file) is None
    cache.write(tmp_path / "missing" / "one.kept", b"x")


def test_old_files_go(tmp_path: Path) -> None:
    for number in range(cache.KEPT + 3):
        file = tmp_path / f"{number}.kept"
        cache.write(file, b"x")
        os.utime(file, (number, number))
    cache.write(tmp_path / "new.kept", b"x")
    left = sorted(one.name for one in tmp_path.iterdir())
    assert len(left) == cache.KEPT
    assert "0.kept" not in left
    assert "new.kept" in left
