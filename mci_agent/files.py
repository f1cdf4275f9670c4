"""How the agent writes to disk: whole or not at all, and readable by its user only."""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

FOLDER_MODE = 0o700
FILE_MODE = 0o600


def make_folder(path: Path) -> Path:
    """Create a folder that only this user may open; an existing one is narrowed to that."""
    path.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
    path.chmod(FOLDER_MODE)
    return path


def write_new(path: Path, data: bytes) -> None:
    """Write a file that must not exist yet, private from its first byte, and flush it to the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def write_whole(path: Path, data: bytes) -> None:
    """Replace a file in one step: a reader, or a kill in between, sees the old bytes or the new ones."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        write_new(fresh, data)
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make a rename durable; Windows cannot open folders and needs nothing."""
    if sys.platform == "win32":  # pragma: no cover - other platform
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_json(path: Path, value: Any) -> None:
    write_whole(path, json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n")


def read_json(path: Path) -> Any:
    """The JSON value in a file, None where there is no file; a broken file raises ValueError."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    return json.loads(data)


@contextmanager
def locked(path: Path, *, wait: bool) -> Iterator[bool]:
    """Hold the lock file; yields False when another process has it and `wait` is not wished.

    The operating system gives the lock back when a process dies, however it dies.
    """
    with path.open("a+b") as stream:
        os.chmod(path, FILE_MODE)
        held = _lock(stream, wait=wait)
        try:
            yield held
        finally:
            if held:
                _unlock(stream)


if sys.platform == "win32":  # pragma: no cover - other platform
    import msvcrt

    def _lock(stream: IO[bytes], *, wait: bool) -> bool:
        stream.seek(0)
        try:
            msvcrt.locking(stream.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(stream: IO[bytes]) -> None:
        stream.seek(0)
        msvcrt.locking(stream.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(stream: IO[bytes], *, wait: bool) -> bool:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True

    def _unlock(stream: IO[bytes]) -> None:
        fcntl.flock(stream, fcntl.LOCK_UN)
