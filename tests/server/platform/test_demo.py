"""The demo's own rules: what it forgets, what it tells, and that Procfile names the same processes."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from mci_admin import env
from mci_admin.processes import programs, stack
from mci_admin.processes.demo import TRACES, Demo, code_now, dealt, forget, given_sessions, sign_ins
from mci_admin.processes.stack import Stack, StackError
from mci_admin.services.embedded import Embedded, keeper_of
from tests.external_servers import free_port
from tests.server.support.processes import clean_environment


@contextmanager
def patch_mode(value: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MCI_ENV", value)
        yield


SEED = {
    "sign_ins": [
        {"label": "admin", "email": "admin@acme.example", "password": "secret", "totp": "GEZDGNBVGY3TQOJQ"}
    ],
    "agents": [],
}


def a_stack(var: Path) -> Stack:
    return Stack(var, inherited=clean_environment())


def seeded(var: Path) -> Path:
    (var / "demo").mkdir(parents=True)
    (var / "demo" / "seed.json").write_text(json.dumps(SEED))
    return var


def test_reset_forgets_the_data_and_nothing_else(tmp_path: Path) -> None:
    for name in TRACES:
        path = tmp_path / name
        path.touch() if "." in name else path.mkdir()
    (tmp_path / "mine.txt").write_text("kept")
    assert forget(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_reset_is_refused_while_it_runs(tmp_path: Path) -> None:
    with Embedded(tmp_path):
        assert not forget(tmp_path)
        assert (tmp_path / "postgres").exists()


def test_line_tells_address_and_sign_ins(tmp_path: Path) -> None:
    instance = a_stack(seeded(tmp_path))
    instance.port = 8123
    line = Demo(instance, agents=0, seed=False, sessions=None, speed=1).line()
    assert "\n" not in line
    assert "http://127.0.0.1:8123/" in line
    assert "admin: admin@acme.example / secret" in line


def test_line_without_an_organisation(tmp_path: Path) -> None:
    line = Demo(a_stack(tmp_path), agents=0, seed=False, sessions=None, speed=1).line()
    assert "no organisation is made" in line
    assert sign_ins(tmp_path) == []


def test_code_is_that_of_the_standard() -> None:
    """RFC 6238, appendix B: secret 12345678901234567890, SHA-1, the last six of eight digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert code_now(secret, 59) == "287082"
    assert code_now(secret, 1111111109) == "081804"
    assert code_now(secret, 20000000000) == "353130"


def test_given_sessions_are_replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert given_sessions() is None
    monkeypatch.setenv("SESSIONS", str(tmp_path))
    assert given_sessions() == tmp_path


def test_ports_are_kept_and_a_taken_one_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "FIRST_PORT", free_port())
    with a_stack(tmp_path) as first:
        kept = (first.port, first.stream_port)
        with a_stack(tmp_path / "other") as second:
            assert second.environment["PUBLIC_URL"] == second.url
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", kept[0]))
        taken.listen()
        with pytest.raises(StackError, match=f"Port {kept[0]} is used by another program"), a_stack(tmp_path):
            pass
    with a_stack(tmp_path) as again:
        assert (again.port, again.stream_port) == kept


def test_failed_command_is_told_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="no_such_command"):
        a_stack(tmp_path).manage("no_such_command")


def wait_for(output: Path, word: str, process: subprocess.Popen[bytes], seconds: float = 100) -> None:
    deadline = time.monotonic() + seconds
    while word not in output.read_text():
        assert process.poll() is None, output.read_text()
        assert time.monotonic() < deadline, output.read_text()
        time.sleep(0.1)


def test_command_brings_everything_up_and_ends_it_in_order(tmp_path: Path) -> None:
    output = tmp_path / "output"
    with output.open("wb") as out:
        process = subprocess.Popen(
            [*programs.manage("demo", "--no-seed", "--agents", "0")],
            env={**clean_environment(), "MCI_ENV": "demo", "MCI_VAR": str(tmp_path / "var")},
            stdout=out,
            stderr=out,
            process_group=0,
        )
    try:
        wait_for(output, "MCI Admin runs at", process)
        ports = json.loads((tmp_path / "var" / "run" / "ports.json").read_text())
        with urllib.request.urlopen(f"http://127.0.0.1:{ports[0]}/accounts/login/", timeout=60) as page:
            assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert not forget(tmp_path / "var")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait(60)
    assert output.read_text().rstrip().endswith("ended")
    assert keeper_of(tmp_path / "var") is None


def test_interrupt_while_coming_up_leaves_nothing(tmp_path: Path) -> None:
    output = tmp_path / "output"
    with output.open("wb") as out:
        process = subprocess.Popen(
            [*programs.manage("demo", "--no-seed", "--agents", "0")],
            env={**clean_environment(), "MCI_ENV": "demo", "MCI_VAR": str(tmp_path / "var")},
            stdout=out,
            stderr=out,
            process_group=0,
        )
    try:
        wait_for(output, "starting", process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait(60)
    assert keeper_of(tmp_path / "var") is None


def test_demo_never_runs_as_a_production() -> None:
    with pytest.raises(CommandError, match="never runs"), patch_mode("production"):
        call_command("demo")


def test_embedded_servers_are_not_for_a_production() -> None:
    with pytest.raises(CommandError, match="are for demo and test"), patch_mode("production"):
        call_command("services")


def test_reset_and_codes_by_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MCI_VAR", str(seeded(tmp_path)))
    call_command("demo", codes=True)
    assert "admin@acme.example (admin)" in capsys.readouterr().out
    with Embedded(tmp_path), pytest.raises(CommandError, match="End it first"):
        call_command("demo", reset=True)
    call_command("demo", reset=True)
    assert sign_ins(tmp_path) == []


def test_procfile_names_the_same_processes(tmp_path: Path) -> None:
    text = (env.BASE_DIR / "Procfile").read_text(encoding="utf-8")
    names = set(re.findall(r"^(\w+):", text, re.MULTILINE))
    assert names == {program.name for program in programs.server_side(tmp_path, "127.0.0.1", 8000)}
    assert f"--queues {programs.QUEUES}" in text


def test_recordings_are_dealt_out_with_their_frames_short_ones_first(tmp_path: Path) -> None:
    given = tmp_path / "given"
    (given / "long").mkdir(parents=True)
    (given / "long" / "0001.webp").touch()
    for name, size in (
        ("long.jsonl", 30),
        ("short.jsonl", 10),
        ("middle.jsonl", 20),
        ("long.truth.jsonl", 1),
    ):
        (given / name).write_text("x" * size)
    folders = dealt(given, tmp_path / "dealt", 2)
    assert [sorted(path.name for path in folder.iterdir()) for folder in folders] == [
        ["000-short.jsonl", "002-long.jsonl", "long"],
        ["001-middle.jsonl"],
    ]
    assert len(dealt(given, tmp_path / "dealt", 5)) == 3


def test_half_named_servers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="REDIS_URL is set alone"):
        Stack(tmp_path, inherited={"REDIS_URL": "redis://127.0.0.1/0"})
