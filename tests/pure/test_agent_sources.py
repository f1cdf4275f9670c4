"""Recordings: read whole, refused by line, frames only from their own folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from mci_agent import sources
from mci_agent.errors import SourceBroken
from mci_core import session
from tests.pure.agent_support import recordings


def test_a_folder_gives_its_recordings_without_truth_files(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl", "a.truth.jsonl", "notes.txt"):
        (tmp_path / name).write_text("")
    assert [path.name for path in sources.recordings(tmp_path)] == ["a.jsonl", "b.jsonl"]
    assert sources.recordings(tmp_path / "b.jsonl") == [tmp_path / "b.jsonl"]
    assert sources.replay_path("replay:/some/folder") == Path("/some/folder")


@pytest.mark.parametrize("source", ["", "replay:", "screen:0"])
def test_another_source_is_refused(source: str) -> None:
    with pytest.raises(SourceBroken):
        sources.replay_path(source)


def test_nothing_to_replay_is_told(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(SourceBroken):
            sources.recordings(path)


def test_a_recording_is_read_also_without_a_last_line_end(tmp_path: Path) -> None:
    path = recordings.write(tmp_path / "a.jsonl", recordings.office())
    whole = sources.read(path)
    path.write_text(path.read_text().rstrip("\n"))
    assert sources.read(path).events == whole.events
    assert len(whole.events) == 10


def test_a_broken_recording_is_refused_with_its_line_and_without_its_content(tmp_path: Path) -> None:
    path = recordings.write(tmp_path / "a.jsonl", recordings.office())
    lines = path.read_text().splitlines()
    lines[4] = lines[4].replace('"op": "insert", ', "")
    path.write_text("\n".join(lines))
    with pytest.raises(SourceBroken) as refused:
        sources.read(path)
    assert refused.value.message == "a.jsonl: Line 5: text lacks op"
    with pytest.raises(SourceBroken):
        sources.read(tmp_path / "none.jsonl")


def test_a_huge_recording_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = recordings.write(tmp_path / "a.jsonl", recordings.office())
    monkeypatch.setattr(session, "MAX_BYTES", 100)
    with pytest.raises(SourceBroken) as refused:
        sources.read(path)
    assert refused.value.code == "source_too_large"


def test_a_frame_is_read_only_when_it_is_the_recorded_one(tmp_path: Path) -> None:
    recording = sources.read(recordings.write(tmp_path / "in" / "a.jsonl", recordings.office()))
    (tmp_path / "in" / "a").mkdir()
    (tmp_path / "in" / "a" / "1.webp").write_bytes(b"frame")
    (tmp_path / "out.webp").write_bytes(b"frame")
    (tmp_path / "in" / "huge.webp").write_bytes(b"x" * (session.MAX_FRAME_BYTES + 1))
    digest = hashlib.sha256(b"frame").hexdigest()
    assert recording.frame({"file": "a/1.webp", "sha256": digest}) == b"frame"
    for file, wanted, code in (
        ("a/1.webp", "0" * 64, "frame_digest"),
        ("a/2.webp", digest, "frame_missing"),
        ("../out.webp", digest, "frame_refused"),
        ("huge.webp", digest, "frame_refused"),
    ):
        with pytest.raises(SourceBroken) as refused:
            recording.frame({"file": file, "sha256": wanted})
        assert refused.value.code == code
