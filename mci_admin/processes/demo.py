"""Decides what the demo is: an instance with an invented organisation and agents that replay recordings.

``manage.py seed_demo`` makes the organisation through the actions and leaves ``<var>/demo/seed.json``:
``{"sign_ins": [{"label", "email", "password", "totp"?}], "agents": [{"name", "token", "place"?}]}``.
Each agent is enrolled with its token once; a second start finds everything and goes on.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import shutil
from pathlib import Path
from typing import Any

from mci_admin import env
from mci_admin.processes import programs
from mci_admin.processes.stack import Stack
from mci_admin.services.embedded import keeper_of

SESSION_COUNT, SESSION_SEED = 10, "demo"
#: What an instance leaves behind in its folder.
TRACES = (
    "postgres",
    "valkey",
    "blobs",
    "keys",
    "secrets",
    "demo",
    "run",
    "log",
    "static",
    "services.json",
    "services.lock",
)


class Demo:
    def __init__(self, stack: Stack, *, agents: int, seed: bool, sessions: Path | None, speed: int) -> None:
        self.stack = stack
        self.agents = agents
        self.seed = seed
        self.speed = speed
        self.folder = stack.var / "demo"
        self.sessions = sessions

    def bring_up(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.stack.manage("setup_database", "--verbosity", "0")
        self.stack.start_server_side()
        if self.seed and programs.has_command("seed_demo", app="mci_admin"):
            self._seed()
        self.stack.wait_until_ready()
        self._start_agents()

    def _seed(self) -> None:
        """Through the actions, while the workers run: a release is signed and rolled out as in real life."""
        self.stack.wait_until_ready()
        self.stack.manage("seed_demo", timeout=600)

    def seeded(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads((self.folder / "seed.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return found

    def _start_agents(self) -> None:
        wanted = self.seeded().get("agents", [])[: self.agents]
        if not wanted:
            return
        folders = self._session_folders(len(wanted))
        for number, agent in enumerate(wanted[: len(folders)]):
            home = self.folder / "agents" / agent["name"]
            if not (home / "identity.json").exists():
                self._enrol(home, agent)
            program = programs.agent(f"agent-{number + 1}", home, folders[number], self.speed)
            self.stack.supervisor.start(program)

    def _enrol(self, home: Path, agent: dict[str, Any]) -> None:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        words = ("--server", self.stack.url, "--token", agent["token"], "--name", agent["name"])
        self.stack.run(programs.module("mci_agent", "enroll", "--state", str(home), *words), timeout=60)

    def _session_folders(self, count: int) -> list[Path]:
        """A folder for each agent: its part of the given recordings, or of the project's own generator."""
        if self.sessions is not None:
            return dealt(self.sessions, self.folder / "given", count)
        folder = self.folder / "sessions"
        folders = [folder / f"agent-{number + 1}" for number in range(count)]
        for number, own in enumerate(folders):
            if not own.exists():
                words = ("--out", str(own), "--seed", f"{SESSION_SEED}-{number}")
                each = max(SESSION_COUNT // count, 1)
                self.stack.run(programs.module("mci_core.samples", *words, "--count", str(each)))
        return folders

    def line(self) -> str:
        """The one line: where, and who may sign in."""
        people = sign_ins(self.stack.var)
        words = [f"{person['label']}: {person['email']} / {person['password']}" for person in people]
        if not words:
            return f"MCI Admin runs at {self.stack.url}/ (no organisation is made)"
        return f"MCI Admin runs at {self.stack.url}/ | codes: make demo-codes | {' | '.join(words)}"


def dealt(given: Path, target: Path, count: int) -> list[Path]:
    """Deal the recordings of a folder to the agents, short ones first.

    Copies, because an agent reads no frame outside the folder of its recording.
    """
    recordings = [path for path in given.glob("*.jsonl") if not path.name.endswith(".truth.jsonl")]
    recordings.sort(key=lambda path: (path.stat().st_size, path.name))
    folders = [target / f"agent-{number + 1}" for number in range(count)]
    shutil.rmtree(target, ignore_errors=True)
    for number, path in enumerate(recordings):
        folder = folders[number % count]
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / f"{number:03d}-{path.name}")
        frames = given / path.stem
        if frames.is_dir():
            shutil.copytree(frames, folder / path.stem, copy_function=shutil.copyfile)
    return [folder for folder in folders if folder.exists()]


def sign_ins(var: Path) -> list[dict[str, str]]:
    """Who may sign in: label, email, password and, for staff, the secret of the second factor."""
    try:
        found = json.loads((var / "demo" / "seed.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    people: list[dict[str, str]] = found["sign_ins"]
    return people


def code_now(secret: str, now: float) -> str:
    """The six digits an authenticator app would show (RFC 6238: SHA-1, 30 seconds)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, int(now // 30).to_bytes(8, "big"), "sha1").digest()
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


def forget(var: Path) -> bool:
    """Remove what an instance left. False while it runs."""
    if keeper_of(var) is not None:
        return False
    for name in TRACES:
        path = var / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return True


def given_sessions() -> Path | None:
    """``SESSIONS=DIR make demo`` replays the files of a folder instead."""
    value = env.optional("SESSIONS")
    return Path(os.path.expanduser(value)).resolve() if value else None
