"""Confidence intervals for proportions and for the difference of two.

- Wilson (1927): inverts the score test. Its coverage is near the level on average, also for few items and
  for shares near 0 and 1; the default for a share.
- Clopper and Pearson (1934): covers at least at the level, always; wider. For claims that must not fail.
- Newcombe (1998, Statistics in Medicine 17, 873-890, method 10): the difference of two independent
  shares, from the two Wilson intervals.
- Newcombe (1998, Statistics in Medicine 17, 2635-2650, method 10): the difference of two shares of the
  same items, from the Wilson intervals and the correlation of the two.
"""

from dataclasses import dataclass
from importlib import import_module
from math import sqrt
from typing import Any

from casemate.errors import BadInput

LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """An estimate with its confidence interval, the method that made it, and how many items it is of."""

    estimate: float
    low: float
    high: float
    method: str
    n: int
    level: float = LEVEL

    def covers(self, value: float) -> bool:
        """Whether ``value`` is inside."""
        return self.low <= value <= self.high


def wilson(found: int, of: int, *, level: float = LEVEL) -> Interval:
    """The share ``found / of`` with Wilson's score interval."""
    return _share(found, of, level, "wilson", "Wilson (score)")


def clopper_pearson(found: int, of: int, *, level: float = LEVEL) -> Interval:
    """The share ``found / of`` with Clopper and Pearson's exact interval."""
    return _share(found, of, level, "beta", "Clopper-Pearson (exact)")


def newcombe(
    found: int, of: int, other_found: int, other_of: int, *, level: float = LEVEL
) -> Interval:
    """``found / of`` less ``other_found / other_of``, of two sets of items that share none."""
    first, second = _counts(found, of), _counts(other_found, other_of)
    require_level(level)
    difference = found / of - other_found / other_of
    low, high = _proportions().confint_proportions_2indep(
        *first, *second, method="newcomb", compare="diff", alpha=1 - level
    )
    # rounding of the last place must not put the estimate outside
    low, high = min(float(low), difference), max(float(high), difference)
    return Interval(difference, low, high, "Newcombe (hybrid score)", of + other_of, level)


def newcombe_paired(
    both: int, only_first: int, only_second: int, neither: int, *, level: float = LEVEL
) -> Interval:
    """The first system's share less the second's, where both were tried on the same items."""
    counts = (both, only_first, only_second, neither)
    n = sum(counts)
    if n < 1 or min(counts) < 0:
        raise BadInput(f"a paired comparison needs counts of 0 or more and an item; not {counts}")
    one = wilson(both + only_first, n, level=level)
    two = wilson(both + only_second, n, level=level)
    difference = one.estimate - two.estimate
    phi = _phi(both, only_first, only_second, neither)
    below, above = one.estimate - one.low, one.high - one.estimate
    under, over = two.estimate - two.low, two.high - two.estimate
    low = difference - sqrt(max(below**2 - 2 * phi * below * over + over**2, 0.0))
    high = difference + sqrt(max(above**2 - 2 * phi * above * under + under**2, 0.0))
    return Interval(
        difference, max(low, -1.0), min(high, 1.0), "Newcombe (paired hybrid score)", n, level
    )


def _phi(both: int, only_first: int, only_second: int, neither: int) -> float:
    """The correlation of the two answers, corrected for continuity where it is above 0 (Newcombe)."""
    n = both + only_first + only_second + neither
    margins = (
        (both + only_first)
        * (only_second + neither)
        * (both + only_second)
        * (only_first + neither)
    )
    if margins == 0:
        return 0.0
    product = float(both * neither - only_first * only_second)
    if product > 0:
        product = max(product - n / 2, 0.0)
    return product / sqrt(margins)


def _share(found: int, of: int, level: float, method: str, name: str) -> Interval:
    _counts(found, of)
    require_level(level)
    low, high = _proportions().proportion_confint(found, of, alpha=1 - level, method=method)
    share = found / of
    low, high = max(min(float(low), share), 0.0), min(max(float(high), share), 1.0)
    return Interval(share, low, high, name, of, level)


def _counts(found: int, of: int) -> tuple[int, int]:
    if of < 1 or not 0 <= found <= of:
        raise BadInput(
            f"a share needs at least one item, and 0 to all of them found: {found} of {of}"
        )
    return found, of


def require_level(level: float) -> None:
    """Raise ``BadInput`` unless ``level`` can be one of confidence."""
    if not 0.0 < level < 1.0:
        raise BadInput(f"a confidence level is between 0 and 1, not {level}")


def _proportions() -> Any:
    return import_module("statsmodels.stats.proportion")  # a second to load, and without types
