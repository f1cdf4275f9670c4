"""A program of the tests: real sequencers that end without warning (SIGKILL) at a named step, or on demand.

Reads one order a line. ``kill STEP N``: a process of its own leads and kills itself at the N-th time it
comes to STEP; answers how it ended. ``start``: a process of its own that goes on; answers its id.
``slay PID`` kills one, ``ask PID`` waits for its end and answers the exit code.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django

EVERY = 0.1


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying(function: Callable[..., Any], times: int, *, after: bool) -> Callable[..., Any]:
    left = [times]

    def run(*args: Any, **kwargs: Any) -> Any:
        left[0] -= 1
        if left[0] <= 0 and not after:
            die()
        found = function(*args, **kwargs)
        if left[0] <= 0:
            die()
        return found

    return run


def arm(step: str, times: int) -> None:
    """STEP is ``before`` or ``after`` and the name of a function."""
    from audits import checkpoints, folder, log_key_files, outside, sequence, tree
    from audits.models import Checkpoint, SignedCheckpoint

    when, _, name = step.partition(":")
    holders: dict[str, tuple[Any, str]] = {
        "read": (sequence, "_next"),
        "tiles": (sequence, "_put_tiles"),
        "subjects": (sequence, "_put_subjects"),
        "advance": (sequence, "advance"),
        "edge": (tree, "edge"),
        "keep": (outside, "keep_checkpoint"),
        "fsync": (os, "fsync"),
        "keys": (outside, "keep_keys"),
        "drop": (log_key_files, "drop"),
        "sign": (checkpoints, "_sign"),
        "put": (folder, "put"),
        "state": (Checkpoint.objects, "create"),
        "row": (SignedCheckpoint.objects, "create"),
    }
    holder, attribute = holders[name]
    setattr(holder, attribute, dying(getattr(holder, attribute), times, after=when == "after"))


def run(step: str = "", times: int = 0) -> None:
    from django.core.management import call_command

    from audits import sequence

    os.environ["PGAPPNAME"] = f"sequencer-{os.getpid()}"
    limited = sequence.advance
    setattr(sequence, "advance", lambda: limited(100))  # noqa: B010  # small steps, so that there are many
    if step:
        arm(step, times)
    try:
        call_command("sequencer", every=EVERY)
    except Exception as fault:
        os._exit(int(getattr(fault, "returncode", 99)))
    os._exit(0)


def child(*args: Any) -> int:
    pid = os.fork()
    if pid == 0:
        run(*args)
    return pid


def obeyed(verb: str, words: list[str]) -> object:
    if verb == "start":
        return child()
    if verb == "slay":
        os.kill(int(words[0]), signal.SIGKILL)
    pid = child(words[0], int(words[1])) if verb == "kill" else int(words[0])
    _pid, status = os.waitpid(pid, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) and verb != "ask" else os.WEXITSTATUS(status)


def main() -> None:
    django.setup()
    for line in sys.stdin:
        verb, *words = line.split()
        sys.stdout.write(f"{obeyed(verb, words)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
