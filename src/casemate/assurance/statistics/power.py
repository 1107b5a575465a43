"""What a test could have found: "no difference seen" on few items says little, and this says how little.

Differences of independent shares by Cohen's effect size h (Cohen, Statistical Power Analysis, 1988,
chapter 6), through statsmodels; of paired ones by the normal approximation of McNemar's test (Connor,
Biometrics 43, 1987, 207-211), solved here for the difference.
"""

from importlib import import_module
from math import asin, ceil, pi, sin, sqrt
from typing import Any

from casemate.assurance.statistics.intervals import LEVEL, require_level
from casemate.errors import BadInput

POWER = 0.8


def power_of(first: float, second: float, n: int, other_n: int, *, level: float = LEVEL) -> float:
    """The chance that two groups of ``n`` and ``other_n`` with these shares are told apart."""
    effect = abs(_angle(first) - _angle(second))
    _require(n, other_n, level)
    if effect == 0:
        return 1 - level
    return float(
        _normal().power(
            effect, nobs1=n, ratio=other_n / n, alpha=1 - level, alternative="two-sided"
        )
    )


def items_needed(first: float, second: float, *, power: float = POWER, level: float = LEVEL) -> int:
    """How many items each of two groups needs for these shares to be told apart."""
    effect = abs(_angle(first) - _angle(second))
    if effect == 0:
        raise BadInput("two equal shares are told apart by no number of items")
    _require(1, 1, level, power)
    found = _normal().solve_power(effect, alpha=1 - level, power=power, alternative="two-sided")
    return ceil(float(found))


def least_detectable(
    share: float, n: int, other_n: int, *, power: float = POWER, level: float = LEVEL
) -> float:
    """The smallest difference from ``share`` that two groups of these sizes tell, in points of share.

    Upwards or downwards, whichever is possible; where both are, the larger of the two. 1.0 where the
    groups are too small to tell any.
    """
    angle = _angle(share)
    _require(n, other_n, level, power)
    effect = float(
        _normal().solve_power(
            nobs1=n, ratio=other_n / n, alpha=1 - level, power=power, alternative="two-sided"
        )
    )
    reached = [sin(one / 2) ** 2 for one in (angle + effect, angle - effect) if 0 <= one <= pi]
    return max((abs(one - share) for one in reached), default=1.0)


def least_detectable_paired(
    n: int, discordant: float, *, power: float = POWER, level: float = LEVEL
) -> float:
    """The smallest difference of two systems on ``n`` items of which they differ on a share ``discordant``.

    It is never more than ``discordant`` itself: that value means that none is told.
    """
    from scipy.stats import norm

    _require(n, n, level, power)
    if not 0.0 <= discordant <= 1.0:
        raise BadInput(f"the share of items that are answered differently is not {discordant}")
    tail, wanted = float(norm.ppf((1 + level) / 2)), float(norm.ppf(power))
    low, high = 0.0, discordant
    for _ in range(60):  # what is asked falls with the difference: bisection finds where it is met
        middle = (low + high) / 2
        asked = tail * sqrt(discordant) + wanted * sqrt(max(discordant - middle**2, 0.0))
        low, high = (low, middle) if middle * sqrt(n) >= asked else (middle, high)
    return high


def _angle(share: float) -> float:
    if not 0.0 <= share <= 1.0:
        raise BadInput(f"a share is between 0 and 1, not {share}")
    return 2 * asin(sqrt(share))


def _require(n: int, other_n: int, level: float, power: float = POWER) -> None:
    require_level(level)
    if n < 1 or other_n < 1 or not 1 - level < power < 1:
        raise BadInput(
            f"power needs items in both groups and a wish below 1: {n}, {other_n}, {power}"
        )


def _normal() -> Any:
    return import_module("statsmodels.stats.power").NormalIndPower()
