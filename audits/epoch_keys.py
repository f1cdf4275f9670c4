"""The keys of the days, each a file outside the database: destroying one reaches every copy of the rows.

A dump of the database holds person keys wrapped by the epoch of its day and nothing that opens them. Each
file is sealed with a key derived from the master key and, where a key management service is set, by that
service besides. The folder is mirrored for safety but never archived: an old copy of it would undo erasures.

A destroyed key leaves a mark beside it, so that its number is never given to another key.
"""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings

from audits import kek, kms
from audits.sealed_keys import sync_folder, write_once
from mci_core import envelope
from mci_core.errors import Conflict, Unavailable

KEY, GONE = ".key", ".destroyed"


class EpochDestroyed(Conflict):
    """The key of this epoch was destroyed; what it wrapped is gone for good."""

    code = "epoch_destroyed"


class EpochMissing(Unavailable):
    """The key of a living epoch is not in the folder: a fault of operation, not an erasure."""

    code = "epoch_missing"


#: Opened keys by file. An entry counts only while that very file is there.
_opened: dict[tuple[Path, int], bytes] = {}


def folder() -> Path:
    place: Path = settings.EPOCHS_DIR
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    return place


def make(number: int) -> None:
    """See to it that the epoch has a key. Of several processes the first wins; what is there stays."""
    if is_destroyed(number):
        raise EpochDestroyed("This epoch is over.")
    if not _path(number).exists():
        inner = envelope.seal(_sealing_key(), envelope.new_key(), _about(number))
        write_once(_path(number), kms.seal(number, inner))
    # Also when another process has just made it: nothing may be wrapped with a key that could still be lost.
    _sync()
    key(number)


def key(number: int) -> bytes:
    """32 bytes. Raises `EpochDestroyed` or `EpochMissing`."""
    path = _path(number)
    try:
        place = (path, path.stat().st_ino)
    except FileNotFoundError:
        _forget(path)
        if is_destroyed(number):
            raise EpochDestroyed("The key of this epoch was destroyed.") from None
        raise EpochMissing(f"The key of epoch {number} is not in EPOCHS_DIR.") from None
    if place not in _opened:
        inner = kms.open_(number, path.read_bytes())
        # A process that lives for weeks drops the keys of days gone by when it opens that of a new one.
        for known in [one for one, _inode in _opened if one == path or not one.exists()]:
            _forget(known)
        _opened[place] = envelope.open_(_sealing_key(), inner, _about(number))
    return _opened[place]


def destroy(number: int) -> None:
    """Make the key unreadable everywhere it can be reached from here; again changes nothing.

    The mark comes first: after a crash in between, the epoch counts as destroyed and the rest follows.
    """
    _mark(number).touch(mode=0o600)
    _sync()
    path = _path(number)
    if path.exists():
        kms.forget(number)
        # A crash while the file was made may have left a second name of it, of which a mirror makes a copy.
        for one in (*folder().glob(f".{path.name}.*"), path):
            _wipe(one)
        _sync()
    _forget(path)


def _wipe(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(os.urandom(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def is_destroyed(number: int) -> bool:
    return _mark(number).exists()


def is_there(number: int) -> bool:
    """Whether the key still lies in the folder, destroyed by its mark or not."""
    return _path(number).exists()


def numbers() -> list[int]:
    """Epochs whose key lies in the folder."""
    return sorted(int(path.stem.removeprefix("epoch-")) for path in folder().glob(f"epoch-*{KEY}"))


def next_number(last: int) -> int:
    """The first number above ``last`` that was never destroyed (an older database knows fewer)."""
    number = last + 1
    while is_destroyed(number):
        number += 1
    return number


def _path(number: int) -> Path:
    return folder() / f"epoch-{number:06d}{KEY}"


def _mark(number: int) -> Path:
    return folder() / f"epoch-{number:06d}{GONE}"


def _forget(path: Path) -> None:
    for known in [place for place in _opened if place[0] == path]:
        del _opened[known]


def _sync() -> None:
    sync_folder(folder())


def _sealing_key() -> bytes:
    return kek.derived_key("key-epochs")


def _about(number: int) -> bytes:
    return f"mci-key-epoch/{number}".encode()
