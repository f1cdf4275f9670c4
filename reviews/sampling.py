"""How a sample is drawn so that nobody can steer it to a person, and anybody can repeat it.

The seed is made and its SHA-256 is written to the log before the draw. The draw ranks every session of the
population by ``SHA-256(seed || session id)`` and takes the lowest ranks of each stratum; then the seed is
revealed. Whoever holds the seed and the list of session ids gets the same sample. Strata are (platform,
release): never a person, a department or a device.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID


@dataclass(frozen=True)
class Candidate:
    """A session as the draw sees it: an id and a stratum, nothing about the person."""

    id: UUID
    stratum: str


def commitment(seed: str) -> str:
    """What is published before the draw: hex SHA-256 of the seed (64 hex characters)."""
    return sha256(bytes.fromhex(seed)).hexdigest()


def population_digest(candidates: Iterable[Candidate]) -> str:
    """Digest of the sorted session ids, so that the population cannot be changed afterwards."""
    ids = sorted(str(candidate.id) for candidate in candidates)
    return sha256("\n".join(ids).encode()).hexdigest()


def rank(seed: str, session_id: UUID) -> bytes:
    """The place of a session in the draw; lower comes first."""
    return sha256(bytes.fromhex(seed) + session_id.bytes).digest()


def draw(seed: str, candidates: Sequence[Candidate], size: int) -> list[Candidate]:
    """`size` sessions, shared among the strata in proportion, at least one from each while there is room."""
    strata: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        strata[candidate.stratum].append(candidate)
    for members in strata.values():
        members.sort(key=lambda c: rank(seed, c.id))
    shares = allocate({name: len(members) for name, members in strata.items()}, size)
    chosen = [candidate for name in sorted(strata) for candidate in strata[name][: shares[name]]]
    return sorted(chosen, key=lambda c: rank(seed, c.id))


def allocate(sizes: dict[str, int], wanted: int) -> dict[str, int]:
    """Largest-remainder shares of `wanted` over strata of these sizes, each at least 1 while that fits."""
    total = sum(sizes.values())
    wanted = min(wanted, total)
    names = sorted(sizes, key=lambda name: (-sizes[name], name))
    if wanted <= len(names):
        return {name: int(position < wanted) for position, name in enumerate(names)}
    exact = {name: wanted * sizes[name] / total for name in names}
    shares = {name: min(sizes[name], max(1, math.floor(exact[name]))) for name in names}
    while sum(shares.values()) != wanted:
        step = 1 if sum(shares.values()) < wanted else -1
        open_names = [n for n in names if (shares[n] < sizes[n] if step > 0 else shares[n] > 1)]
        best = max(open_names, key=lambda n: (step * (exact[n] - shares[n]), n))
        shares[best] += step
    return shares
