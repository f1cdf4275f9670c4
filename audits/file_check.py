"""Reads the exported files of the log with the verifier that outsiders use, as a process of its own.

The sequencer may write to the folder meanwhile: a fault counts when the checkpoint in the folder is the same
after it was found; otherwise the folder is read again.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from audits import log_keys
from audits.models import SignedCheckpoint

VERIFIER = Path(settings.BASE_DIR) / "mci_agent" / "verify.py"
TIMES = 5
#: Below the time limit of a task.
SECONDS = 480


@dataclass(frozen=True)
class Found:
    """``fault`` is empty when the files hold."""

    size: int
    root: str
    fault: str = ""


def read(folder: Path, signed: SignedCheckpoint) -> Found | None:
    """What the verifier says of the folder; None when it changed each time, so that nothing can be said."""
    for _time in range(TIMES):
        before = _checkpoint(folder)
        said = _said(folder, signed)
        if said["ok"]:
            return Found(said["size"], said["root"])
        if before == _checkpoint(folder):
            inside = "".join(f", {name} {said[name]}" for name in ("entry", "hash", "line") if name in said)
            return Found(signed.size, signed.root, f"{said['file']}{inside}: {said['fault']}")
    return None


def _said(folder: Path, signed: SignedCheckpoint) -> dict[str, Any]:
    command = [sys.executable, "-I", str(VERIFIER), "log", str(folder), "--json"]
    # All keys of the log: the folder may be behind a change of the key.
    for key in log_keys.all_of(signed.origin):
        command += ["--vkey", key.vkey.text()]
    done = subprocess.run(  # noqa: S603  # our own file with our own arguments
        [*command, "--jobs", "1"], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        return {"ok": False, "file": VERIFIER.name, "fault": f"ended with code {done.returncode}"}
    return found


def _checkpoint(folder: Path) -> bytes:
    try:
        return (folder / "checkpoint").read_bytes()
    except OSError:
        return b""
