"""What the demo hands out: recordings to its agents, sign-ins, codes, and nothing once it was forgotten."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mci_admin.processes import demo
from mci_admin.processes.demo import Demo
from mci_admin.processes.programs import Program


class Supervisor:
    def __init__(self) -> None:
        self.started: list[Program] = []

    def start(self, program: Program) -> None:
        self.started.append(program)


class Stack:
    """Remembers what it was asked to run."""

    url = "http://127.0.0.1:9"

    def __init__(self, var: Path) -> None:
        self.var = var
        self.supervisor = Supervisor()
        self.ran: list[Sequence[str]] = []

    def run(self, command: Sequence[str], **_options: Any) -> None:
        self.ran.append(command)


def seeded(var: Path, *, agents: int) -> None:
    (var / "demo").mkdir()
    body = {
        "sign_ins": [{"label": "Admin", "email": "a@example.com", "password": "long enough"}],
        "agents": [{"name": f"a{number}", "token": f"t-{number}"} for number in range(agents)],
    }
    (var / "demo" / "seed.json").write_text(json.dumps(body), encoding="utf-8")


def made(var: Path, **changes: Any) -> tuple[Demo, Stack]:
    stack: Any = Stack(var)
    fields: dict[str, Any] = {"agents": 2, "seed": True, "sessions": None, "speed": 1, **changes}
    return Demo(stack, **fields), stack


def recordings(folder: Path) -> Path:
    folder.mkdir()
    for number in range(3):
        (folder / f"s{number}.jsonl").write_text("{}\n" * (number + 1), encoding="utf-8")
    (folder / "s0.truth.jsonl").write_text("{}\n", encoding="utf-8")
    (folder / "s1").mkdir()
    (folder / "s1" / "0001.webp").write_bytes(b"frame")
    return folder


def test_recordings_are_dealt_short_ones_first_with_their_frames_and_without_their_truth(
    tmp_path: Path,
) -> None:
    dealt = demo.dealt(recordings(tmp_path / "given"), tmp_path / "dealt", 5)
    names = [sorted(path.name for path in folder.iterdir()) for folder in dealt]
    assert names == [["000-s0.jsonl"], ["001-s1.jsonl", "s1"], ["002-s2.jsonl"]]
    assert (dealt[1] / "s1" / "0001.webp").read_bytes() == b"frame"


def test_each_agent_is_enrolled_once_and_replays_its_own_recordings(tmp_path: Path) -> None:
    seeded(tmp_path, agents=2)
    running, stack = made(tmp_path)
    running._start_agents()
    made_recordings = [command for command in stack.ran if "mci_core.samples" in command]
    enrolled = [command for command in stack.ran if "enroll" in command]
    assert (len(made_recordings), len(enrolled), len(stack.supervisor.started)) == (2, 2, 2)
    (tmp_path / "demo" / "agents" / "a0" / "identity.json").write_text("{}", encoding="utf-8")
    running._start_agents()
    assert len([command for command in stack.ran if "enroll" in command]) == 3


def test_given_recordings_are_replayed_instead(tmp_path: Path) -> None:
    seeded(tmp_path, agents=5)
    running, stack = made(tmp_path, agents=5, sessions=recordings(tmp_path / "given"))
    running._start_agents()
    assert len(stack.supervisor.started) == 3


def test_without_an_organisation_no_agent_starts(tmp_path: Path) -> None:
    running, stack = made(tmp_path)
    running._start_agents()
    assert stack.supervisor.started == []
    assert "no organisation is made" in running.line()


def test_the_line_names_the_address_and_who_may_sign_in(tmp_path: Path) -> None:
    seeded(tmp_path, agents=0)
    running, stack = made(tmp_path)
    assert f"{stack.url}/" in running.line()
    assert "Admin: a@example.com / long enough" in running.line()


def test_a_code_is_that_of_rfc_6238() -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert demo.code_now(secret, 59.0) == "287082"
    assert demo.code_now(secret, 1111111109.0) == "081804"


def test_forgetting_removes_what_an_instance_left_and_nothing_else(tmp_path: Path) -> None:
    seeded(tmp_path, agents=1)
    (tmp_path / "services.json").write_text("{}", encoding="utf-8")
    (tmp_path / "own.txt").write_text("mine", encoding="utf-8")
    assert demo.forget(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["own.txt"]


def test_the_folder_of_recordings_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SESSIONS", raising=False)
    assert demo.given_sessions() is None
    monkeypatch.setenv("SESSIONS", "~/recordings")
    found = demo.given_sessions()
    assert found is not None
    assert found.is_absolute()
