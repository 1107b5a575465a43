"""The bootstrap: BCa intervals (Efron 1987), stratified and paired, from a seed.

A statistic is a function of the places of the items that are in the sample. Paired comparisons need no
more than that: whoever reads two systems' answers at the same places keeps each pair together. Strata are
drawn from each on its own, so that every sample has as many items of each as the data.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from casemate.assurance.statistics.intervals import LEVEL, Interval, require_level
from casemate.errors import BadInput

Vector = np.ndarray[Any, np.dtype[np.float64]]
Places = np.ndarray[Any, np.dtype[np.int64]]
RESAMPLES = 2000
_BLOCKS = 200
"""From this many items on, the jackknife leaves out blocks in place of single items."""


def bootstrap(
    statistic: Callable[[Places], float],
    n: int,
    *,
    seed: int,
    strata: "np.ndarray[Any, Any] | None" = None,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
) -> Interval:
    """``statistic`` of ``n`` items with its BCa interval. ``strata`` gives each item's stratum.

    Raises ``BadInput`` where the statistic is no number on the data, or on a sample.
    """
    if n < 2 or resamples < 100:
        raise BadInput(f"a bootstrap needs 2 items and 100 samples, not {n} and {resamples}")
    labels = (
        np.zeros(n, dtype=np.int64) if strata is None else np.unique(strata, return_inverse=True)[1]
    )
    if len(labels) != n:
        raise BadInput(f"there are {n} items and strata of {len(labels)}")
    groups = [np.flatnonzero(labels == one) for one in range(int(labels.max()) + 1)]
    draw = np.random.default_rng(seed)
    drawn = np.array([statistic(_sample(groups, draw)) for _ in range(resamples)])
    left_out = np.array([statistic(kept) for kept in _jackknife(labels, seed)])
    everything = float(statistic(np.arange(n)))
    return bca(everything, drawn, left_out, n=n, level=level)


def bca(
    estimate: float,
    drawn: Vector,
    left_out: Vector,
    *,
    n: int,
    weights: Vector | None = None,
    level: float = LEVEL,
) -> Interval:
    """The bias-corrected and accelerated interval of samples ``drawn`` and the jackknife ``left_out``.

    ``weights``: how many items each value of the jackknife stands for. Efron, JASA 82 (1987), 171-185;
    Efron & Tibshirani, An Introduction to the Bootstrap (1993), 14.3. Where every sample gives the same
    value the interval is that value, and says so in its method.
    """
    from scipy.stats import norm

    require_level(level)
    if not (np.isfinite(estimate) and np.isfinite(drawn).all() and np.isfinite(left_out).all()):
        raise BadInput("the statistic is no number on every sample: it needs more items")
    if np.ptp(drawn) == 0:
        return Interval(estimate, estimate, estimate, "bootstrap (every sample alike)", n, level)
    below = float((drawn < estimate).mean() + (drawn == estimate).mean() / 2)
    below = min(max(below, 0.5 / len(drawn)), 1 - 0.5 / len(drawn))
    bias = float(norm.ppf(below))
    pull = _acceleration(left_out, np.ones(len(left_out)) if weights is None else weights)
    ends = []
    for tail in ((1 - level) / 2, (1 + level) / 2):
        reached = bias + float(norm.ppf(tail))
        ends.append(float(norm.cdf(bias + reached / (1 - pull * reached))))
    low, high = np.quantile(drawn, ends)
    return Interval(estimate, float(low), float(high), "bootstrap (BCa)", n, level)


def _acceleration(left_out: Vector, weights: Vector) -> float:
    apart = np.average(left_out, weights=weights) - left_out
    spread = float((weights * apart**2).sum())
    return 0.0 if spread <= 0 else float((weights * apart**3).sum() / (6 * spread**1.5))


def _sample(groups: list[Places], draw: np.random.Generator) -> Places:
    return np.concatenate([group[draw.integers(0, len(group), len(group))] for group in groups])


def _jackknife(labels: Places, seed: int) -> list[Places]:
    """The places that are kept, for each item or block left out; a lone item of a stratum stays."""
    n = len(labels)
    alone = np.bincount(labels)[labels] == 1
    free = np.flatnonzero(~alone)
    if len(free) <= _BLOCKS:
        parts = [np.array([one]) for one in free]
    else:
        parts = np.array_split(np.random.default_rng(seed).permutation(free), _BLOCKS)
    every = np.arange(n)
    kept = [np.delete(every, part) for part in parts]
    return kept or [every]
