"""Two systems, or two groups: does what was seen differ by more than chance?

Two systems that answered the same items are compared item by item (McNemar 1947; paired permutation,
Fisher 1935): what both get right or both get wrong says nothing on which is better. Two groups that share
no item are compared by Fisher's exact test, which holds for any number of items.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from casemate.assurance.statistics.intervals import LEVEL, Interval, newcombe, newcombe_paired
from casemate.errors import BadInput

Vector = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Comparison:
    """A difference with its interval, and how likely one as large is where there is none."""

    difference: Interval
    p_value: float
    test: str


def mcnemar(first: Flags, second: Flags, *, level: float = LEVEL) -> Comparison:
    """Whether the first system's share of right answers differs from the second's; exact, two-sided."""
    if len(first) != len(second) or not len(first):
        raise BadInput(f"both systems need answers to the same items: {len(first)}, {len(second)}")
    one, two = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    counts = [int(cell.sum()) for cell in (one & two, one & ~two, ~one & two, ~one & ~two)]
    tables: Any = import_module("statsmodels.stats.contingency_tables")
    found = tables.mcnemar([counts[:2], counts[2:]], exact=True)
    p_value = min(float(found.pvalue), 1.0) if counts[1] + counts[2] else 1.0
    return Comparison(newcombe_paired(*counts, level=level), p_value, "McNemar (exact)")


def paired_permutation(
    first: Vector, second: Vector, *, seed: int, resamples: int = 9999, level: float = LEVEL
) -> Comparison:
    """Whether the mean scores of two systems on the same items differ; the signs of differences are drawn.

    Exact where there are no more signs than ``resamples``. The interval is a paired bootstrap's.
    """
    from scipy.stats import permutation_test

    from casemate.assurance.statistics.bootstrap import bootstrap

    if len(first) != len(second) or len(first) < 2:
        raise BadInput(
            f"both systems need scores of the same items, at least two: {len(first)}, {len(second)}"
        )
    apart = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    found = permutation_test(
        (apart,),
        lambda values, axis: values.mean(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=resamples,
        rng=np.random.default_rng(seed),
    )
    interval = bootstrap(lambda at: float(apart[at].mean()), len(apart), seed=seed, level=level)
    return Comparison(interval, min(float(found.pvalue), 1.0), "paired permutation")


def fisher(
    found: int, of: int, other_found: int, other_of: int, *, level: float = LEVEL
) -> Comparison:
    """Whether two groups that share no item have different shares; exact, two-sided."""
    from scipy.stats import fisher_exact

    interval = newcombe(found, of, other_found, other_of, level=level)
    table = np.array([[found, of - found], [other_found, other_of - other_found]])
    return Comparison(interval, float(fisher_exact(table).pvalue), "Fisher (exact)")
