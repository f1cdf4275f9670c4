"""`mci-agent` as a person or a service manager uses it, against a server behind a real socket."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mci_agent import cli
from mci_agent.clock import Clock
from mci_agent.config import State
from mci_agent.errors import Refused, SourceBroken
from mci_agent.spool import Spool
from mci_core.redaction.frames_engines import EngineMissing
from tests.pure.agent_support import recordings
from tests.pure.agent_support.http import served
from tests.pure.agent_support.server import Server


class Desk:
    """A person with a terminal and a server."""

    def __init__(self, folder: Path, origin: str, server: Server) -> None:
        self.folder, self.origin, self.server = folder, origin, server
        self.state = folder / "state"

    def run(self, verb: str, *arguments: str) -> int:
        return cli.main([verb, "--state", str(self.state), *arguments])

    def enroll(self, token: str = "good-token") -> int:
        return self.run("enroll", "--server", self.origin, "--token", token)

    def record(self, name: str, events: list[dict[str, Any]]) -> Path:
        return recordings.write(self.folder / "recordings" / name, events)

    def in_background(self, source: Path) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "mci_agent", "run", "--state", str(self.state)]
        return subprocess.Popen([*command, "--source", f"replay:{source}"], stderr=subprocess.PIPE)

    def wait_for(self, reason: str) -> None:
        ends = time.monotonic() + 60
        while True:
            path = self.state / "status.json"
            if path.exists() and json.loads(path.read_text())["reason"] == reason:
                return
            assert time.monotonic() < ends
            time.sleep(0.02)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    server = Server(time.time)
    server.roll_out(1, recordings.policy())
    with served(server) as origin:
        yield Desk(tmp_path, origin, server)


def test_enrolling_twice_gives_the_same_device(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.enroll() == 0
    assert desk.enroll() == 0
    said = capsys.readouterr().out
    assert said.startswith("Enrolled as device 5d9a1f1e")
    assert "Already enrolled as device 5d9a1f1e" in said
    assert desk.run("enroll", "--server", "https://other.example.com", "--token", "x") == 2


def test_a_refused_or_broken_enrolment_leaves_no_identity(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk.enroll("used-token") == 4
    assert "enrolment_token_unknown" in capsys.readouterr().err
    assert desk.run("status") == 4
    assert desk.run("enroll", "--server", "http://mci.example.com", "--token", "x") == 2
    for body in (b"{}", b'{"device": "d", "server_id": "s", "tuf_root": "!"}'):
        desk.server.answers["POST", "/agent/v1/enroll"] = cli_answer(body)
        assert desk.enroll() == 8
    assert not (desk.state / "identity.json").exists()


def cli_answer(body: bytes) -> Any:
    from mci_agent.transport import Answer

    return Answer(201, {}, body)


def test_run_once_plays_uploads_and_exits(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.enroll()
    source = desk.record("a.jsonl", recordings.office())
    assert desk.run("run", "--source", f"replay:{source.parent}", "--speed", "0", "--once") == 0
    assert len(desk.server.sessions) == 1
    logged = capsys.readouterr().err
    assert '"capture_on"' in logged
    assert not [secret for secret in recordings.SECRETS if secret in logged]


def test_run_says_when_some_recordings_were_refused(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.enroll()
    desk.record("a.jsonl", recordings.office())
    source = desk.record("b.jsonl", recordings.office())
    source.write_text(source.read_text()[:-40])
    assert desk.run("run", "--source", f"replay:{source.parent}", "--speed", "0", "--once") == 3
    assert "b.jsonl: Line 11: the line is cut off" in capsys.readouterr().err
    assert desk.run("run", "--source", "replay:/nowhere", "--once") == 2
    assert desk.run("run", "--source", "screen", "--once") == 2


def test_how_frames_are_treated_is_said_at_the_start(
    desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.enroll()
    source = desk.record("a.jsonl", recordings.office())
    run = ["run", "--source", f"replay:{source.parent}", "--speed", "0", "--once"]
    assert desk.run(*run, "--ocr", "off", "--frame-text", "blank", "--frame-seconds", "2.5") == 0

    def missing(choice: str) -> None:
        raise EngineMissing(f"The engine {choice} is not installed.")

    monkeypatch.setattr(cli, "open_reader", missing)
    assert desk.run(*run, "--ocr", "tesseract") == 2
    assert "tesseract is not installed" in capsys.readouterr().err


def test_a_revoked_device_says_so(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.enroll()
    desk.server.revoked = True
    source = desk.record("a.jsonl", recordings.office())
    assert desk.run("run", "--source", f"replay:{source}") == 5
    assert "revoked" in capsys.readouterr().err


def test_a_running_agent_obeys_and_ends_on_a_signal(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.enroll()
    source = desk.record("a.jsonl", [recordings.excel(0), *[recordings.move(n * 20) for n in range(1, 3000)]])
    process = desk.in_background(source)
    try:
        desk.wait_for("on")
        assert desk.run("status") == 0
        assert "Capture: on" in capsys.readouterr().out
        assert desk.run("run", "--source", f"replay:{source}") == 7
        assert desk.enroll() == 7
        began = time.monotonic()
        assert desk.run("pause", "15") == 0
        desk.wait_for("paused_here")
        # At once, with what a busy machine adds; the lease would be renewed only after minutes.
        assert time.monotonic() - began < 30
        desk.run("resume")
        desk.wait_for("on")
        assert desk.run("forget", "1") == 0
        assert desk.run("purge") == 0
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.communicate()
    assert desk.run("status") == 0
    assert "The agent is not running" in capsys.readouterr().out


def test_an_agent_that_does_not_answer_is_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from mci_agent import files

    desk.enroll()
    monkeypatch.setattr(cli, "OBEY_SECONDS", 0.1)
    with files.locked(desk.state / "agent.lock", wait=False):
        assert desk.run("purge") == 2
    assert "did not answer" in capsys.readouterr().err


def test_without_a_running_agent_forget_and_purge_work_on_the_spool(desk: Desk) -> None:
    desk.enroll()
    state = State.open(desk.state)
    now = Clock().wall()
    Spool(state).add("one", {"captured_to": now - 3600}, "s", [b"x"])
    Spool(state).add("two", {"captured_to": now}, "s", [b"x"])
    assert desk.run("forget", "10") == 0
    assert list(Spool(state).sessions) == ["one"]
    assert desk.run("purge") == 0
    assert not Spool(state).sessions


def test_exclusions_are_listed_and_taken_back(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.run("exclude", "jira")
    desk.run("exclude", "excel")
    desk.run("exclude", "--undo", "jira")
    desk.run("include", "excel")
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "You excluded: jira",
        "You excluded: excel, jira",
        "You excluded: excel",
        "You excluded: nothing",
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["dance"],
        ["pause", "0"],
        ["pause", "x"],
        ["forget", "1441"],
        ["run"],
        ["run", "--source", "replay:x", "--speed", "-1"],
        ["run", "--source", "replay:x", "--frame-seconds", "0"],
        ["run", "--source", "replay:x", "--frame-text", "none"],
    ],
)
def test_wrong_usage_is_code_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2


def test_exit_codes_by_error() -> None:
    assert cli.exit_code(Refused(401, "x", "x")) == 4
    assert cli.exit_code(SourceBroken("x", "x")) == 2


def test_a_broken_state_folder_is_code_6(tmp_path: Path) -> None:
    (tmp_path / "memory.json").write_text("{")
    assert cli.main(["resume", "--state", str(tmp_path)]) == 6


def test_ctrl_c_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mci_agent.local.resume", interrupt)
    assert cli.main(["resume", "--state", str(tmp_path)]) == 0


def test_a_signal_ends_the_agent_from_within(desk: Desk) -> None:
    desk.enroll()
    source = desk.record("a.jsonl", [recordings.excel(0), recordings.move(60_000)])
    threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGTERM)).start()
    assert desk.run("run", "--source", f"replay:{source}", "--loop") == 0


def test_the_default_state_folder_is_that_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(cli, "default_folder", lambda: tmp_path / "mci-agent")
    assert cli.main(["resume"]) == 0
    assert (tmp_path / "mci-agent" / "local.json").exists()
