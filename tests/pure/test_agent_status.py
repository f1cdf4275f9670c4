"""The status is always visible, and never claims more than is true."""

from __future__ import annotations

import io
import json
from pathlib import Path

from mci_agent import status
from mci_agent.gate import Verdict
from mci_agent.logs import Log
from mci_agent.status import StatusFile
from tests.pure.agent_support import recordings
from tests.pure.building import NOW, lease_for


def test_state_and_reason_are_shown_and_logged_once_per_change(tmp_path: Path) -> None:
    stream = io.StringIO()
    shown = StatusFile(tmp_path, Log(stream))
    on = Verdict("on", "on", lease_for(recordings.policy()))
    facts = {"release": 3, "lease_until": NOW + 9, "exclusions": ["mail"], "last_error": ""}
    assert shown.show(on, NOW, facts)
    assert not shown.show(on, NOW + 1, facts)
    assert shown.show(Verdict("stopped", "lease_expired"), NOW + 9, facts)
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == [
        "capture_on",
        "capture_stopped",
    ]
    text = (tmp_path / "status.txt").read_text()
    assert text.startswith("Capture: stopped\nThe lease of this device was not valid")
    assert "Policy release: 3\n" in text
    assert "You excluded: mail" in text
    assert "Confirmed until: 2026-05-28 20:26:49 UTC" in text
    assert "Last error" not in text


def test_without_a_running_agent_nothing_is_captured_whatever_the_file_says(tmp_path: Path) -> None:
    StatusFile(tmp_path, Log(io.StringIO())).show(Verdict("on", "on"), NOW, {})
    assert status.read(tmp_path, running=True)["capture"] == "on"
    assert status.read(tmp_path, running=False)["reason"] == "not_running"


def test_a_missing_or_broken_status_says_stopped(tmp_path: Path) -> None:
    assert status.read(tmp_path, running=True)["capture"] == "stopped"
    (tmp_path / "status.json").write_text("{")
    found = status.read(tmp_path, running=True)
    assert status.as_text(found).startswith("Capture: stopped\nThe agent is not running.")
    assert "Since: never" in status.as_text(found)
