"""`python -m mci_core.redaction`: kinds and places on the screen, never values."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import pytest

from mci_core.redaction.__main__ import main
from mci_core.samples import generate, policy_document, write
from tests.pure.recordings import EMAIL


def test_spans_of_a_text_file_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "note.txt"
    path.write_text(f"to {EMAIL} and Olivia Sample", "utf-8")
    rules = tmp_path / "policy.json"
    rules.write_text(json.dumps(policy_document()), "utf-8")
    assert main([str(path), "--policy", str(rules)]) == 0
    out = capsys.readouterr().out
    assert "3-22 EMAIL detector.EMAIL 0.95" in out
    assert "27-40 CUSTOMER_NAMES customers 1.00" in out
    assert EMAIL not in out


def test_a_session_gets_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sample = generate("report", kind="allowed", minutes=0.2)
    path = write(sample, tmp_path)
    (tmp_path / next(iter(sample.frames))).unlink()
    assert main([str(path)]) == 0
    report = json.loads(capsys.readouterr().out.split("\n", 1)[1])
    assert report["events_in"] == len(sample.lines) - 1
    assert report["dropped"]["frame_missing"] == 1


def test_a_broken_session_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_text('{"type": "session"}\n', "utf-8")
    other = tmp_path / "plain.jsonl"
    other.write_text("{}\n", "utf-8")
    assert main([str(path), str(other)]) == 1
    assert "refused: Line 1: the header lacks schema" in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore:.*found in sys.modules:RuntimeWarning")
@pytest.mark.parametrize("module", ["mci_core.redaction", "mci_core.samples"])
def test_modules_run_as_commands(
    module: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [module, "--help"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    assert caught.value.code == 0
    assert "usage: python -m " + module in capsys.readouterr().out
