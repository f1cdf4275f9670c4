"""What the sequencer keeps outside the database, so that a database that went back in time is noticed.

One folder (setting ``AUDIT_STATE_DIR``): the last checkpoint that was signed, written before anybody can see
the signature; which keys have ever signed and which of them have ended; why the sequencer halted, until an
operator says that it may go on; and its figures in the text format of Prometheus. Everything is replaced at
once and synced, so that a process may end anywhere.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from audits.sealed_keys import sync_folder
from audits.tree import Broken
from mci_core import notes

CHECKPOINT = "checkpoint"
KEYS = "keys"
HALTED = "halted"
FIGURES = "audit.prom"
_LOCK = "lock"


def folder() -> Path:
    found: Path = settings.AUDIT_STATE_DIR
    return found


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """One process at a time compares and writes; a sequencer that lost its lead without knowing waits here,
    and then finds a larger checkpoint than its own.
    """
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder() / _LOCK).open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def checkpoint() -> str | None:
    """The last signed note, or None where nothing was ever signed."""
    return _read(CHECKPOINT)


def keep_checkpoint(note: str) -> None:
    replace(folder() / CHECKPOINT, note.encode())


def set_aside() -> None:
    """Keep the checkpoint of a log that ended under the time of day, out of the way of the next."""
    path = folder() / CHECKPOINT
    if path.exists():
        path.rename(path.with_name(f"{CHECKPOINT}-until-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"))


def checkpoints_ever() -> list[str]:
    """The last note of every log that ended here, and that of the one that goes on."""
    return [path.read_text(encoding="utf-8", errors="replace") for path in folder().glob(f"{CHECKPOINT}*")]


def keys() -> dict[bytes, bool]:
    """Public half of each key that ever signed this log, and whether it has ended. An ended key stays so."""
    found = {}
    for line in (_read(KEYS) or "").splitlines():
        state, _, public = line.partition(" ")
        try:
            key = notes.Vkey(KEYS, notes.decode(public)).public
            found[key] = {"signs": False, "ended": True}[state]
        except (notes.BadNote, KeyError) as fault:
            raise Broken("the list of keys outside the database cannot be read") from fault
    return found


def keep_keys(used: Iterable[bytes], ended: Iterable[bytes] = ()) -> None:
    """On the disk when this returns; nothing is written when it is known already."""
    known = keys()
    now = {**dict.fromkeys(used, False), **known, **dict.fromkeys(ended, True)}
    if now == known:
        return
    lines = [f"{'ended' if over else 'signs'} {notes.encode(public)}\n" for public, over in now.items()]
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    replace(folder() / KEYS, "".join(lines).encode())


def halted() -> str | None:
    """Why the sequencer may not go on."""
    return _read(HALTED)


def halt(reason: str) -> None:
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    replace(folder() / HALTED, reason.encode())


def release() -> None:
    (folder() / HALTED).unlink(missing_ok=True)


def write_figures(figures: Mapping[str, tuple[str, float]]) -> None:
    """name -> (what it means, value), for the textfile collector of a node exporter."""
    lines = [
        f"# HELP {name} {meaning}\n# TYPE {name} gauge\n{name} {value:g}\n"
        for name, (meaning, value) in figures.items()
    ]
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    replace(folder() / FIGURES, "".join(lines).encode(), durable=False)


def replace(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Put a file in its place at once: readers see the old or the new one, also after a power cut."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with fresh.open("wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    if durable:
        sync_folder(path.parent)


def _read(name: str) -> str | None:
    try:
        # Bytes that are no text are found by whoever reads what they say; then the sequencer halts.
        return (folder() / name).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
