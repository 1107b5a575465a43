"""Figures made of people's values: dominance, equal values, few who differ, quantiles, digits.

Each function judges the contributions of the people behind one figure, one number a person.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from casemate.enclave.checks_model import Rules

Values = npt.NDArray[np.float64]
_CLOSE = 1e-6  # values that differ by less, for their size, are the same for a reader


def is_dominated(values: Values, rules: Rules) -> bool:
    """The (n, k) rule, the share of the largest and the p % rule, on the sizes of the contributions.

    Hundepool et al. 2012, 4.2; ESSnet's 50 % for the largest; acro ``safe_nk_*``, ``safe_pratio_p``.
    """
    sizes = np.sort(np.abs(values))[::-1]
    total = float(sizes.sum())
    if len(sizes) == 0 or total == 0:
        return False
    largest = float(sizes[0])
    top = float(sizes[: rules.dominance_top].sum())
    rest = float(sizes[2:].sum())
    return (
        top * 1000 >= rules.dominance_permille * total * (1 - 1e-12)
        or largest * 1000 > rules.largest_permille * total * (1 + 1e-12)
        or rest * 100 < rules.p_percent * largest * (1 - 1e-12)
    )


def stands_out(values: Values, rules: Rules) -> bool:
    """Whether few people make up what the values differ by: who knows the usual value learns theirs.

    The (n, k) rule on distances from the median. Ours: dominance does not see one person whose value
    stands out from many equal or nearly equal ones.
    """
    if len(values) == 0 or all_equal(values):
        return False
    sizes = np.sort(np.abs(values - np.median(values)))[::-1]
    top = float(sizes[: rules.dominance_top].sum())
    return top > 0 and top * 1000 >= rules.dominance_permille * float(sizes.sum())


def dominance_text(rules: Rules) -> str:
    """The dominance rules in words."""
    return (
        f"{rules.dominance_top} people make up {rules.dominance_permille / 10:g} % or more, one "
        f"more than {rules.largest_permille / 10:g} %, or the largest value can be estimated "
        f"within {rules.p_percent} %"
    )


def all_equal(values: Values) -> bool:
    """Whether a mean or total gives everybody's value (acro ``check_all_same``)."""
    if len(values) == 0:
        return False
    return bool(np.ptp(values) <= _CLOSE * np.abs(values).max())


def few_differ(values: npt.NDArray[Any], least: int) -> bool:
    """Whether fewer than ``least`` people, but some, have another value than most.

    A share of yes and no that counts a small group, and a total that only few people add to. Where
    there are more than two values, the usual one must be that of most people: else nobody stands out.
    """
    if len(values) == 0:
        return False
    times = np.unique(values, return_counts=True)[1]
    usual = int(times.max())
    others = len(values) - usual
    return 0 < others < least and (len(times) == 2 or usual > others)


def is_yes_no(values: Values) -> bool:
    """Whether there are no values but 0 and 1."""
    return bool(((values == 0) | (values == 1)).all())


def tells_of_all(values: Values) -> bool:
    """Whether a share says yes, or no, of everybody (SACRO: class disclosure)."""
    return len(values) > 0 and len(np.unique(values != 0)) == 1


def rests_on_few(people: int, at: Sequence[float], least: int) -> bool:
    """Whether fewer than ``least`` people lie beyond a quantile, or between two of them.

    A quantile is a value of one or two people; in a tail it is an extreme (acro's statbarn "position").
    """
    bounds = np.array([0.0, *sorted(set(at)), 1.0])
    return people > 0 and bool((np.diff(bounds) * people < least * (1 - 1e-9)).any())


def has_many_digits(figure: float, decimals: int, people: int, rules: Rules) -> bool:
    """Whether a figure has more significant digits than one of so many people can mean."""
    if people <= 0 or figure == 0 or not math.isfinite(figure):
        return False
    written = round(abs(figure) * 10**decimals)
    digits = len(str(written).rstrip("0"))
    return digits > math.floor(math.log10(people)) + rules.digits_beyond_count
