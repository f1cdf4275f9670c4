"""How sure a measured leak rate is: the exact (Clopper-Pearson) interval of a proportion.

Source: C. J. Clopper and E. S. Pearson, Biometrika 26 (1934), 404-413. Found by bisection on the binomial
tail, which is exact enough at any sample size used here and needs no library.
"""

from __future__ import annotations

import math
from collections.abc import Callable

_STEPS = 60
#: Terms further than this from the mean add less than a double can tell: what is summed grows with the square
#: root of the trials. The least reach is for the long tail that a small mean has.
_DEVIATIONS, _LEAST_REACH = 12, 60


def _log_term(successes: int, trials: int, p: float) -> float:
    choose = math.lgamma(trials + 1) - math.lgamma(successes + 1) - math.lgamma(trials - successes + 1)
    return choose + successes * math.log(p) + (trials - successes) * math.log1p(-p)


def _at_most(successes: int, trials: int, p: float) -> float:
    """P(X <= successes) for X ~ Binomial(trials, p), 0 < p < 1."""
    mean = trials * p
    reach = _DEVIATIONS * math.sqrt(mean * (1 - p)) + _LEAST_REACH
    first, last = max(0, math.floor(mean - reach)), min(successes, math.ceil(mean + reach))
    return math.fsum(math.exp(_log_term(k, trials, p)) for k in range(first, last + 1))


def clopper_pearson(successes: int, trials: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Lower and upper bound of the true share, both in [0, 1]; (0, 1) when nothing was tried.

    Raises ValueError unless 0 <= successes <= trials and 0 < confidence < 1.
    """
    if not 0 <= successes <= trials or not 0 < confidence < 1:
        raise ValueError("0 <= successes <= trials and 0 < confidence < 1 must hold")
    if trials == 0:
        return 0.0, 1.0
    tail = (1 - confidence) / 2
    lower = 0.0 if successes == 0 else _bisect(lambda p: 1 - _at_most(successes - 1, trials, p) < tail)
    upper = 1.0 if successes == trials else _bisect(lambda p: _at_most(successes, trials, p) > tail)
    return lower, upper


def _bisect(too_small: Callable[[float], bool]) -> float:
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if too_small(middle):
            low = middle
        else:
            high = middle
    return (low + high) / 2
