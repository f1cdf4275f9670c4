"""Entries that are kept out of capture, whoever keeps them out: the person on a device or in the portal, or a
stop. They only add up: nobody's list takes from another's.
"""

from __future__ import annotations

from collections.abc import Iterable


def union(*lists: Iterable[str]) -> tuple[str, ...]:
    """Every entry that at least one list names, each once, in order."""
    return tuple(sorted({entry for entries in lists for entry in entries}))
