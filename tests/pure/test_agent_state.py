"""The state folder, the clock and the files in it: private, whole, and never turned back."""

from __future__ import annotations

import io
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mci_agent import config, files
from mci_agent.config import Identity, Memory, State, default_folder, server_origin
from mci_agent.errors import AgentError, NotEnrolled, StateBroken
from mci_agent.logs import Log
from tests.pure.agent_support.clocks import FakeTime
from tests.pure.building import NOW


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folder_and_files_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "state"
    state = State.open(folder)
    key = state.device_key()
    state.save_identity(Identity("d", "https://s", "id", "computer"), b"root")
    state.remember(Memory(clock_floor=5))
    assert mode(folder) == 0o700
    assert mode(folder / "tuf") == 0o700
    assert {mode(path) for path in folder.rglob("*") if path.is_file()} == {0o600}
    assert State.open(folder).device_key().private_bytes_raw() == key.private_bytes_raw()


def test_an_existing_open_folder_is_narrowed(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o755)
    State.open(folder)
    assert mode(folder) == 0o700


def test_what_must_not_be_forgotten_survives(tmp_path: Path) -> None:
    memory = Memory(NOW, 4, NOW, ("a", "b"), 3, 2)
    state = State.open(tmp_path)
    state.remember(memory)
    state.raise_clock_floor(NOW - 1)
    assert State.open(tmp_path).memory == memory
    state.raise_clock_floor(NOW + 1)
    assert State.open(tmp_path).memory.clock_floor == NOW + 1


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"clock_floor": -1}', '{"clock_floor": true}'])
def test_a_broken_memory_stops_the_agent(tmp_path: Path, text: str) -> None:
    (tmp_path / "memory.json").write_text(text)
    with pytest.raises(StateBroken):
        State.open(tmp_path)


def test_without_identity_the_device_is_not_enrolled(tmp_path: Path) -> None:
    state = State.open(tmp_path)
    with pytest.raises(NotEnrolled):
        state.identity()
    files.write_json(tmp_path / "identity.json", {"device": "d"})
    with pytest.raises(StateBroken):
        state.identity()


def test_a_broken_or_foreign_device_key_is_refused(tmp_path: Path) -> None:
    state = State.open(tmp_path)
    (tmp_path / "device.key").write_bytes(b"nonsense")
    with pytest.raises(StateBroken):
        state.device_key()
    other = generate_private_key(65537, 2048)
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "device.key").write_bytes(pem)
    with pytest.raises(StateBroken):
        state.device_key()


def test_the_state_folder_of_a_user_depends_on_the_system() -> None:
    assert default_folder("linux", {"XDG_STATE_HOME": "/x"}) == Path("/x/mci-agent")
    assert default_folder("linux", {}).parts[-3:] == (".local", "state", "mci-agent")
    assert default_folder("darwin", {}).parts[-3:] == ("Library", "Application Support", "mci-agent")
    assert default_folder("win32", {"LOCALAPPDATA": "/l"}) == Path("/l/mci-agent")


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://mci.example.com/", "https://mci.example.com"),
        ("https://mci.example.com:8443", "https://mci.example.com:8443"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_a_safe_server_address_is_taken(url: str, origin: str) -> None:
    assert server_origin(url) == origin


@pytest.mark.parametrize(
    "url",
    [
        "http://mci.example.com",
        "ftp://localhost",
        "https://",
        "https://user@mci.example.com",
        "https://mci.example.com/path",
        "https://mci.example.com?x=1",
        "https://mci.example.com:port",
        "https://[::1",
    ],
)
def test_an_unsafe_server_address_is_refused(url: str) -> None:
    with pytest.raises(AgentError) as refused:
        server_origin(url)
    assert refused.value.code == "server_url"


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "one.json"
    files.write_json(path, {"a": 1})

    def fail(*_: Any) -> None:
        raise OSError

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError):  # noqa: PT011 - any
        files.write_json(path, {"a": 2})
    assert files.read_json(path) == {"a": 1}
    assert [one.name for one in tmp_path.iterdir()] == ["one.json"]
    assert files.read_json(tmp_path / "none") is None


def test_a_lock_is_held_by_one_only(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with files.locked(path, wait=False) as first:
        assert first
        with files.locked(path, wait=False) as second:
            assert not second
    with files.locked(path, wait=True) as again:
        assert again


def test_base64_without_padding_round_trips() -> None:
    for data in (b"", b"a", b"ab", b"abc", b"\xff\xfe"):
        assert config.unb64url(config.b64url(data)) == data
    with pytest.raises(ValueError, match=r".*"):
        config.unb64url("a b!")


def test_time_never_runs_backwards_and_a_clock_set_back_is_noticed() -> None:
    time = FakeTime()
    clock = time.clock()
    assert (clock.now(), clock.floor) == (NOW, 0)
    clock.raise_floor(NOW)
    time.pass_by(100)
    assert clock.now() == NOW + 100
    time.set_back(50)
    assert clock.now() == NOW + 100
    assert not clock.is_back()
    time.set_back(100)
    assert clock.is_back()
    assert clock.wall() == NOW - 50
    clock.raise_floor(NOW + 10)
    assert clock.floor == NOW


def test_a_clock_set_back_is_noticed_after_a_restart() -> None:
    assert FakeTime(NOW - 61).clock(floor=NOW).is_back()
    assert not FakeTime(NOW - 60).clock(floor=NOW).is_back()


def test_a_log_line_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    Log(stream)("begun", level="warning", code="x", count=2)
    line = json.loads(stream.getvalue())
    assert line.pop("at") > 0
    assert line == {"level": "warning", "event": "begun", "code": "x", "count": 2}
    Log()("seen")
    assert "seen" in capsys.readouterr().err
