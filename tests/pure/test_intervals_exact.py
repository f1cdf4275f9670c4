"""The interval of a share is the exact one of Clopper and Pearson."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mci_core import intervals
from mci_core.intervals import clopper_pearson


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # Closed forms at the ends: 1 - (alpha/2)^(1/n) and its mirror image; "rule of three" for n = 100.
        (0, 10, 0.0, 1 - 0.025 ** (1 / 10)),
        (10, 10, 0.025 ** (1 / 10), 1.0),
        (0, 100, 0.0, 1 - 0.025 ** (1 / 100)),
        # Published values: NIST/SEMATECH e-Handbook 7.2.4.1 (4 of 20, two-sided 90 % uses another alpha),
        # and the standard table of exact 95 % limits.
        (1, 10, 0.002529, 0.445016),
        (5, 10, 0.187086, 0.812914),
        (4, 20, 0.057334, 0.436614),
        (50, 500, 0.075141, 0.129729),
    ],
)
def test_known_values(successes: int, trials: int, low: float, high: float) -> None:
    found = clopper_pearson(successes, trials)
    assert found == pytest.approx((low, high), abs=2e-5)


def test_nothing_tried_says_nothing() -> None:
    assert clopper_pearson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("successes", "trials", "confidence"), [(-1, 5, 0.95), (6, 5, 0.95), (1, 5, 1.0), (1, 5, 0.0)]
)
def test_impossible_questions_are_refused(successes: int, trials: int, confidence: float) -> None:
    with pytest.raises(ValueError, match="must hold"):
        clopper_pearson(successes, trials, confidence=confidence)


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_share_lies_within_and_the_mirror_image_agrees(counts: tuple[int, int]) -> None:
    successes, trials = counts
    low, high = clopper_pearson(successes, trials)
    assert 0 <= low <= successes / trials <= high <= 1
    assert clopper_pearson(trials - successes, trials) == pytest.approx((1 - high, 1 - low), abs=1e-9)
    wider = clopper_pearson(successes, trials, confidence=0.99)
    assert wider[0] <= low
    assert wider[1] >= high


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.01, 0.99))
def test_the_bounds_cut_off_the_tails(counts: tuple[int, int], share: float) -> None:
    """By its definition: a share outside the interval makes what was seen less likely than 2.5 %."""
    successes, trials = counts
    low, high = clopper_pearson(successes, trials)
    terms = [math.comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(trials + 1)]
    if share < low - 1e-9:
        assert sum(terms[successes:]) <= 0.025 + 1e-6
    if share > high + 1e-9:
        assert sum(terms[: successes + 1]) <= 0.025 + 1e-6


@pytest.mark.parametrize(("successes", "trials"), [(30_000, 100_000), (5, 1_000_000), (999_000, 1_000_000)])
def test_many_trials_are_not_summed_one_by_one(
    successes: int, trials: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0
    term = intervals._log_term

    def counted(k: int, n: int, p: float) -> float:
        nonlocal asked
        asked += 1
        return term(k, n, p)

    monkeypatch.setattr(intervals, "_log_term", counted)
    low, high = clopper_pearson(successes, trials)
    share = successes / trials
    assert low < share < high < share + 5 * math.sqrt(max(successes, 2)) / trials
    assert asked < 1_500_000


@given(st.integers(1, 400), st.floats(0.001, 0.999), st.data())
def test_leaving_far_terms_out_changes_nothing(trials: int, p: float, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, trials))
    whole = math.fsum(math.exp(intervals._log_term(k, trials, p)) for k in range(successes + 1))
    assert intervals._at_most(successes, trials, p) == pytest.approx(whole, abs=1e-12)
