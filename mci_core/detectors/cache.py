"""A folder in which this user's processes keep what takes long to prepare, such as compiled gates.

What lies there is believed only if nobody else can have put it there: the folder has to belong to this user
and to be closed to others, and each file begins with the digest of its content. Nothing about any text is
kept.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

# So many files of one kind stay: those that were read last.
KEPT = 24


def folder() -> Path | None:
    """The folder, made where it is missing; None where there is none that only this user can write to."""
    chosen = os.environ.get("MCI_CACHE_DIR")
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        path = Path(chosen) if chosen else (Path(base) if base else Path.home() / ".cache") / "mci"
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path if _private(path) else None
    except (OSError, RuntimeError):
        return None


def _private(path: Path) -> bool:
    if os.name != "posix":
        return True
    status = path.stat()
    return status.st_uid == os.getuid() and not status.st_mode & 0o077


def read(file: Path) -> bytes | None:
    """What was kept; None where there is nothing, or not what was written."""
    try:
        stored = file.read_bytes()
        os.utime(file)
    except OSError:
        return None
    digest, content = stored[:32], stored[32:]
    return content if hashlib.sha256(content).digest() == digest else None


def write(file: Path, content: bytes) -> None:
    """Keep something for the next process; where that fails, it only has to be prepared again."""
    fresh = file.with_suffix(f".{os.getpid()}")
    try:
        fresh.touch(mode=0o600)
        fresh.write_bytes(hashlib.sha256(content).digest() + content)
        fresh.replace(file)
        kind = sorted(file.parent.glob(f"*{file.suffix}"), key=lambda one: one.stat().st_mtime)
        for old in kind[:-KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        fresh.unlink(missing_ok=True)
