"""Shares of a sample over its strata, and the order of the draw, for any population."""

from __future__ import annotations

import uuid
from collections import Counter
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from reviews.sampling import Candidate, allocate, commitment, draw, population_digest

SIZES = st.dictionaries(st.sampled_from("abcdefghij"), st.integers(1, 400), min_size=1)
WANTED = st.integers(1, 600)
SEEDS = st.binary(min_size=32, max_size=32).map(bytes.hex)
POPULATIONS = st.lists(
    st.builds(Candidate, st.uuids(version=4), st.sampled_from(["linux", "macos", "windows"])),
    unique_by=lambda candidate: candidate.id,
    max_size=60,
)


@given(SIZES, WANTED)
def test_shares_add_up_and_no_stratum_gives_more_than_it_has(sizes: dict[str, int], wanted: int) -> None:
    shares = allocate(sizes, wanted)
    assert shares.keys() == sizes.keys()
    assert sum(shares.values()) == min(wanted, sum(sizes.values()))
    assert all(0 <= shares[name] <= sizes[name] for name in sizes)


@given(SIZES, WANTED)
def test_every_stratum_is_seen_while_there_is_room(sizes: dict[str, int], wanted: int) -> None:
    shares = allocate(sizes, wanted)
    if wanted >= len(sizes):
        assert min(shares.values()) >= 1
    else:
        assert max(shares.values()) == 1


@given(SIZES, WANTED)
def test_shares_are_proportional_up_to_rounding_and_the_least_one(sizes: dict[str, int], wanted: int) -> None:
    shares, total = allocate(sizes, wanted), sum(sizes.values())
    wanted = min(wanted, total)
    lifted = sum(wanted * size / total < 1 for size in sizes.values())
    if wanted > len(sizes):
        for name, size in sizes.items():
            assert shares[name] <= max(1, wanted * size / total + 1)
            assert shares[name] >= min(1, wanted * size / total) - 1e-9
            assert shares[name] >= wanted * size / total - 1 - lifted


@given(SIZES)
def test_no_one_is_drawn_of_nothing(sizes: dict[str, int]) -> None:
    assert allocate({}, 5) == {}
    assert draw("00" * 32, [], 5) == []
    assert sum(allocate(sizes, 10**6).values()) == sum(sizes.values())


@given(SEEDS, POPULATIONS, st.integers(1, 70), st.randoms())
def test_the_draw_depends_on_seed_and_ids_only(
    seed: str, population: list[Candidate], size: int, chance: object
) -> None:
    chosen = draw(seed, population, size)
    shuffled = sorted(population, key=lambda candidate: sha256(candidate.id.bytes).digest())
    assert draw(seed, shuffled, size) == chosen
    assert len(chosen) == len(set(chosen)) == min(size, len(population))
    assert population_digest(shuffled) == population_digest(population)


@given(SEEDS, POPULATIONS, st.integers(1, 70))
def test_in_each_stratum_the_lowest_ranks_are_drawn(
    seed: str, population: list[Candidate], size: int
) -> None:
    """The rule that a sceptic repeats: SHA-256 of seed and id, the lowest of each stratum."""
    chosen = draw(seed, population, size)
    taken = Counter(candidate.stratum for candidate in chosen)
    for stratum, count in taken.items():
        ids = [candidate.id for candidate in population if candidate.stratum == stratum]
        ids.sort(key=lambda pk: sha256(bytes.fromhex(seed) + pk.bytes).digest())
        assert {c.id for c in chosen if c.stratum == stratum} == set(ids[:count])


def test_each_session_has_the_same_chance() -> None:
    """With 400 seeds, each of ten sessions is drawn about 400 times 3 in 10 (six standard deviations)."""
    population = [Candidate(uuid.UUID(int=n), "linux") for n in range(10)]
    seen = Counter(
        candidate.id
        for n in range(400)
        for candidate in draw(sha256(str(n).encode()).hexdigest(), population, 3)
    )
    assert all(65 < count < 175 for count in seen.values())
    assert sum(seen.values()) == 1200


@given(SEEDS, SEEDS)
def test_a_commitment_fits_one_seed(seed: str, other: str) -> None:
    assert (commitment(seed) == commitment(other)) is (seed == other)
    assert commitment(seed) == sha256(bytes.fromhex(seed)).hexdigest()
