"""What was made from a person's data elsewhere: each app says how it takes its share away.

An erasure calls every registered purge inside one transaction; a purge deletes or flags rows and returns how
many. It may be called again for the same scope and then finds nothing. Caches and search rows register here,
and so does whoever hands data on: an export that held the data is flagged, and stays flagged until its
recipient has acknowledged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Scope:
    """Whose data goes; ``sessions`` are the erased ones, ``everything`` says that the person goes."""

    subject: UUID
    sessions: tuple[UUID, ...]
    everything: bool


Purge = Callable[[Scope], int]
_purges: dict[str, Purge] = {}


def register(name: str, purge: Purge) -> None:
    """Called once for each kind of derived data, when its app is ready."""
    _purges[name] = purge


def purge_all(scope: Scope) -> dict[str, int]:
    """Take everything derived away; how many rows of which kind."""
    return {name: purge(scope) for name, purge in sorted(_purges.items())}
