"""The visible status: this agent is never hidden. Whenever capture is on, a file and a log line say so.

`status.json` is for programs and `status.txt` for people. Both hold states, codes, counts and times only.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mci_agent import files
from mci_agent.gate import WORDS, Verdict
from mci_agent.logs import Log


class StatusFile:
    """Writes the status, and a log line whenever the capture state or its reason changes."""

    def __init__(self, folder: Path, log: Log) -> None:
        self._folder = folder
        self._log = log
        self.last: tuple[str, str] | None = None
        self._since = 0

    def show(self, verdict: Verdict, now: int, facts: Mapping[str, Any]) -> bool:
        """Write the status; whether state or reason changed."""
        state = (verdict.state, verdict.reason)
        changed = state != self.last
        if changed:
            self.last, self._since = state, now
            self._log(f"capture_{verdict.state}", reason=verdict.reason)
        value = {
            **facts,
            "capture": verdict.state,
            "reason": verdict.reason,
            "words": verdict.words,
            "since": self._since,
            "at": now,
        }
        files.write_json(self._folder / "status.json", value)
        files.write_whole(self._folder / "status.txt", as_text(value).encode())
        return changed


def as_text(value: Mapping[str, Any]) -> str:
    """The status in plain words."""
    lines = [
        f"Capture: {value['capture']}",
        str(value["words"]),
        f"Since: {_time(value['since'])}",
        f"As of: {_time(value['at'])}",
    ]
    for name, label in (
        ("server", "Server"),
        ("device", "Device"),
        ("release", "Policy release"),
        ("policy", "Policy"),
        ("waiting_sessions", "Sessions waiting for upload"),
        ("waiting_bytes", "Bytes waiting for upload"),
        ("uploaded", "Sessions sent since start"),
        ("last_error", "Last error"),
    ):
        if value.get(name) not in (None, ""):
            lines.append(f"{label}: {value[name]}")
    for name, label in (("lease_until", "Confirmed until"), ("paused_until", "You paused until")):
        if value.get(name):
            lines.append(f"{label}: {_time(value[name])}")
    if value.get("exclusions"):
        lines.append("You excluded: " + ", ".join(value["exclusions"]))
    return "\n".join(lines) + "\n"


def read(folder: Path, *, running: bool) -> dict[str, Any]:
    """The last status; when no agent runs, nothing is captured whatever the file says."""
    try:
        found = files.read_json(folder / "status.json")
    except ValueError:
        found = None
    value: dict[str, Any] = {"since": 0, "at": 0, **(found if isinstance(found, dict) else {})}
    if not running or "capture" not in value:
        value |= {"capture": "stopped", "reason": "not_running", "words": WORDS["not_running"]}
    return value


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if seconds else "never"
