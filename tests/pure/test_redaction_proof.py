"""Nothing planted in a recording survives redaction, and what is not personal stays as it was.

The recordings beside the checkout where they are, the project's own samples everywhere; how they are judged
is said in `benchmarks/redaction_sessions.py`.
"""

from __future__ import annotations

from functools import lru_cache

import pytest

from benchmarks.redaction_sessions import (
    Result,
    judge,
    main,
    own_samples,
    read_recording,
)
from mci_core.session import encode_lines, parse_lines
from tests.pure.recordings import shared_sessions

SHARED = shared_sessions()
USEFUL = 0.99


@lru_cache
def judged(at: int) -> Result:
    recording = read_recording(SHARED[at])
    return recording if isinstance(recording, Result) else judge(recording)


@pytest.mark.parametrize("at", range(len(SHARED)), ids=[path.stem for path in SHARED])
def test_nothing_planted_in_a_shared_recording_survives(at: int) -> None:
    result = judged(at)
    if SHARED[at].stem == "made-broken-1":
        assert result.refused
        return
    assert result.survivors == []
    # The second scan changes nothing more, and what comes out can be read again.
    assert result.hits == 0
    header, events = parse_lines(encode_lines(result.lines).splitlines(keepends=True))
    assert [header, *events] == result.lines


@pytest.mark.skipif(not SHARED, reason="the shared recordings are not here")
def test_shared_recordings_stay_useful() -> None:
    results = [judged(at) for at in range(len(SHARED))]
    outside = sum(result.outside for result in results)
    assert sum(result.unchanged for result in results) / outside >= USEFUL


def test_nothing_planted_in_a_sample_survives() -> None:
    for result in map(judge, own_samples(3)):
        assert result.planted > 0
        assert (result.survivors, result.hits) == ([], 0)


def test_a_recording_that_is_not_redacted_fails_the_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """The judge sees what it is there for."""
    from benchmarks import redaction_sessions
    from mci_core.redaction.report import Report

    recording = next(own_samples(1))
    report = Report(places=list(range(len(recording.lines) - 1)))
    monkeypatch.setattr(redaction_sessions, "redact_session", lambda lines, *_, **__: (list(lines), report))
    assert len(judge(recording).survivors) == len(recording.truth)


def test_the_command_says_how_many_survive(
    capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("sessions")
    recording = next(own_samples(1))
    (folder / "a.jsonl").write_bytes(encode_lines(recording.lines))
    (folder / "broken.jsonl").write_text("{}\n")
    assert main(["--sessions", str(folder), "--errors", "2"]) == 0
    said = capsys.readouterr().out
    assert "1 recordings, 1 refused: 0 of 0 planted survive" in said
