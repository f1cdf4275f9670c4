"""The supervisor: order of the end, restart of what fell, nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mci_admin.processes.programs import Program
from mci_admin.processes.supervisor import GaveUpError, Supervisor

SLEEPER = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)")


def leaver(note: Path, name: str) -> tuple[str, ...]:
    """Writes its name when asked to end."""
    code = (
        "import signal, sys, time\n"
        f"def end(*_): open({str(note)!r}, 'a').write({name!r} + ' '); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\nprint('up', flush=True)\ntime.sleep(60)\n"
    )
    return (sys.executable, "-c", code)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, said: list[str]) -> Iterator[Supervisor]:
    found = Supervisor(tmp_path / "log", dict(os.environ), said.append)
    yield found
    found.stop_all()


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_up(supervisor: Supervisor, name: str) -> bool:
    return "up" in (supervisor.log_dir / f"{name}.log").read_text()


def runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_processes_end_in_the_order_of_their_rank(supervisor: Supervisor, tmp_path: Path) -> None:
    note = tmp_path / "note"
    for rank, name in ((3, "worker"), (0, "agent"), (2, "web")):
        supervisor.start(Program(name, leaver(note, name), rank))
    until(lambda: all(is_up(supervisor, name) for name in ("worker", "agent", "web")))
    supervisor.stop_all()
    assert note.read_text().split() == ["agent", "web", "worker"]
    assert supervisor.children == {}


def test_fallen_process_starts_again_and_is_told(supervisor: Supervisor, said: list[str]) -> None:
    supervisor.start(Program("web", SLEEPER, 0))
    first = supervisor.pid("web")
    supervisor.signal("web", signal.SIGKILL)
    until(lambda: not runs(first))
    until(lambda: _started_again(supervisor, first))
    assert "web ended with -9; it starts again" in said[0]


def _started_again(supervisor: Supervisor, first: int) -> bool:
    supervisor.watch()
    return supervisor.pid("web") != first


def test_process_that_falls_again_and_again_is_given_up(supervisor: Supervisor) -> None:
    supervisor.start(Program("broken", (sys.executable, "-c", "raise SystemExit(3)"), 0))
    with pytest.raises(GaveUpError, match=r"broken ended 6 times in a row\. See .*broken\.log"):
        until(lambda: _hurry(supervisor))


def _hurry(supervisor: Supervisor) -> bool:
    supervisor.watch()
    for child in supervisor.children.values():
        child.due = 0.0 if child.due is not None else None
    return False


def test_process_that_refuses_to_end_is_killed_with_its_children(
    supervisor: Supervisor, said: list[str], tmp_path: Path
) -> None:
    note = tmp_path / "pid"
    code = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(note)!r}, 'w').write(str(child.pid))\nprint('up', flush=True)\ntime.sleep(60)\n"
    )
    supervisor.start(Program("stubborn", (sys.executable, "-c", code), 0, stop_seconds=0.3))
    until(lambda: is_up(supervisor, "stubborn"))
    supervisor.stop("stubborn")
    assert "did not end" in said[0]
    until(lambda: not runs(int(note.read_text())))


def test_children_end_with_a_killed_supervisor(tmp_path: Path) -> None:
    code = (
        "import os, pathlib, sys, time\n"
        "from mci_admin.processes.supervisor import Supervisor\n"
        "from mci_admin.processes.programs import Program\n"
        "found = Supervisor(pathlib.Path(sys.argv[1]), dict(os.environ), print)\n"
        "found.start(Program('web', (sys.executable, '-c', 'import time; time.sleep(60)'), 0))\n"
        "print(found.pid('web'), flush=True)\ntime.sleep(60)\n"
    )
    keeper = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert keeper.stdout is not None
    child = int(keeper.stdout.readline())
    time.sleep(0.3)
    keeper.kill()
    keeper.wait(60)
    until(lambda: not runs(child))
    keeper.stdout.close()
