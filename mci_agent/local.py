"""What the person at this computer decided: pause, exclusions, forget and purge. All of it only tightens.

Pause and exclusions are facts in `local.json`; a running agent reads them again within a fraction of a
second. Forget and purge are orders: files in `control/` that the running agent carries out and answers;
without a running agent the command line carries them out itself.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from mci_agent import files
from mci_agent.config import State
from mci_agent.errors import StateBroken

MAX_PAUSE_MINUTES = 24 * 60
MAX_FORGET_MINUTES = 24 * 60
ORDERS = {"forget", "purge"}


@dataclass(frozen=True)
class Choices:
    """Paused until a time in unix seconds (0: not paused); ids of policy entries never captured here."""

    paused_until: int = 0
    exclusions: tuple[str, ...] = ()

    def paused(self, now: int) -> bool:
        return now < self.paused_until


def read_choices(state: State) -> Choices:
    """The person's decisions; a broken file raises StateBroken, because it may have said pause."""
    try:
        value = files.read_json(state.local)
        if value is None:
            return Choices()
        return Choices(int(value["paused_until"]), tuple(str(one) for one in value["exclusions"]))
    except (ValueError, KeyError, TypeError) as error:
        raise StateBroken("local_broken", "The file local.json in the state folder is broken.") from error


def change_choices(state: State, change: Callable[[Choices], Choices]) -> Choices:
    """Read, change and write in one step, whoever else does the same."""
    with files.locked(state.folder / "local.lock", wait=True):
        changed = change(read_choices(state))
        files.write_json(state.local, asdict(changed))
    return changed


def pause(state: State, minutes: int, now: int) -> Choices:
    return change_choices(state, lambda old: replace(old, paused_until=now + minutes * 60))


def resume(state: State) -> Choices:
    return change_choices(state, lambda old: replace(old, paused_until=0))


def exclude(state: State, entry: str) -> Choices:
    """Never capture in this entry of the policy, whatever the policy says."""
    return change_choices(state, lambda old: replace(old, exclusions=tuple(sorted({*old.exclusions, entry}))))


def include(state: State, entry: str) -> Choices:
    """Take back an own exclusion; the policy alone decides again."""
    return change_choices(
        state, lambda old: replace(old, exclusions=tuple(one for one in old.exclusions if one != entry))
    )


class Watcher:
    """Reads `local.json` again when it changed."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._stamp: tuple[int, int] | None = None
        self.choices = read_choices(state)

    def look(self) -> bool:
        """Whether the decisions changed since the last look."""
        try:
            found = self._state.local.stat()
            stamp = (found.st_mtime_ns, found.st_ino)
        except FileNotFoundError:
            stamp = (0, 0)
        if stamp == self._stamp:
            return False
        before, self._stamp = self.choices, stamp
        self.choices = read_choices(self._state)
        return self.choices != before


@dataclass(frozen=True)
class Order:
    """Something to delete now."""

    id: str
    kind: str
    minutes: int
    path: Path


def give_order(state: State, kind: str, minutes: int = 0) -> Path:
    """Leave an order for the running agent; it deletes the file when it is done."""
    files.make_folder(state.control)
    path = state.control / f"{time.time_ns():020d}-{uuid.uuid4().hex}.json"
    files.write_json(path, {"kind": kind, "minutes": minutes})
    return path


def read_orders(state: State) -> list[Order]:
    """Orders in the order in which they were given; what cannot be read counts as a purge.

    Deleting too much is the harmless mistake: somebody asked for something to be deleted.
    """
    if not state.control.is_dir():
        return []
    return [_order(path) for path in sorted(state.control.glob("[0-9]*.json"))]


def _order(path: Path) -> Order:
    try:
        value = json.loads(path.read_bytes())
        kind, minutes = value["kind"], int(value["minutes"])
        if kind not in ORDERS:
            raise ValueError(kind)
    except (ValueError, KeyError, TypeError):
        return Order(path.stem, "purge", 0, path)
    return Order(path.stem, kind, minutes, path)


def wait_until_gone(path: Path, seconds: float, sleep: Callable[[float], None] = time.sleep) -> bool:
    """Whether the running agent carried out an order in time."""
    ends = time.monotonic() + seconds
    while path.exists():
        if time.monotonic() > ends:
            return False
        sleep(0.05)
    return True
