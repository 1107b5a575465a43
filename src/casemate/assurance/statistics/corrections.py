"""Many comparisons at once: of twenty with nothing in them, one comes out "significant" by chance.

``holm`` (Holm 1979) keeps the chance of even one false finding below the level: for claims on a system.
``benjamini_hochberg`` (1995) keeps the share of false ones among the findings below it: for looking where
to look further. Both give adjusted p-values, in the order given. Holm's is ours: that of statsmodels
collects garbage at each call, which in a large process takes longer than all of the tests.
"""

from collections.abc import Sequence

import numpy as np

from casemate.errors import BadInput


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjusted for the family-wise error rate, whatever the dependence of the tests."""
    _require(p_values)
    given = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(given, kind="stable")
    stepped = np.maximum.accumulate(given[order] * np.arange(len(given), 0, -1))
    adjusted = np.empty_like(given)
    adjusted[order] = np.minimum(stepped, 1.0)
    return tuple(float(one) for one in adjusted)


def benjamini_hochberg(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjusted for the false discovery rate, for tests that are independent or positively dependent."""
    from scipy.stats import false_discovery_control

    _require(p_values)
    return tuple(float(one) for one in false_discovery_control(p_values)) if p_values else ()


def _require(p_values: Sequence[float]) -> None:
    if not all(0.0 <= one <= 1.0 for one in p_values):
        raise BadInput("a p-value lies between 0 and 1")
