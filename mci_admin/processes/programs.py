"""Decides which processes exist, how each is started, and in which order they end.

``Procfile`` and ``deploy/`` name the same ones; a test compares them.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

from mci_admin import env

QUEUES = "push,ingest,erase,default"


@dataclass(frozen=True)
class Program:
    """``rank`` orders the end: the lowest first, so nobody loses the one they talk to."""

    name: str
    command: tuple[str, ...]
    rank: int
    environment: dict[str, str] = field(default_factory=dict)
    stop_seconds: float = 10.0


def manage(*words: str) -> tuple[str, ...]:
    return (sys.executable, str(env.BASE_DIR / "manage.py"), *words)


def module(name: str, *words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name, *words)


def web(host: str, port: int) -> Program:
    command = module(
        "uvicorn",
        "mci_admin.asgi:application",
        *("--host", host, "--port", str(port), "--lifespan", "off", "--no-access-log"),
        *("--log-level", "warning", "--timeout-graceful-shutdown", "5"),
    )
    return Program("web", command, rank=2, environment={"DATABASE_POOL": "12"})


def stream() -> Program:
    return Program("stream", module("agents.gateway"), rank=2)


def worker(concurrency: int = 2) -> Program:
    words = ("worker", "--queues", QUEUES, "--concurrency", str(concurrency), "--loglevel", "WARNING")
    command = module("celery", "--app", "mci_admin.celery", *words, "--without-mingle", "--without-gossip")
    return Program("worker", command, rank=3, stop_seconds=20.0)


def beat(var: Path) -> Program:
    words = ("beat", "--schedule", str(var / "run" / "beat"), "--pidfile=", "--loglevel", "WARNING")
    return Program("beat", module("celery", "--app", "mci_admin.celery", *words), rank=1)


def sequencer() -> Program:
    return Program("sequencer", manage("sequencer"), rank=4)


def agent(name: str, home: Path, sessions: Path, speed: int) -> Program:
    words = ("--source", f"replay:{sessions}", "--speed", str(speed))
    command = module("mci_agent", "run", "--state", str(home), *words)
    return Program(name, command, rank=0)


def server_side(var: Path, host: str, port: int) -> list[Program]:
    """Everything that runs on the server, in the order of starting."""
    programs = [worker(), web(host, port), stream(), beat(var)]
    if has_command("sequencer", app="audits"):
        programs.insert(0, sequencer())
    return programs


def has_command(name: str, *, app: str) -> bool:
    return (env.BASE_DIR / app / "management" / "commands" / f"{name}.py").is_file()
