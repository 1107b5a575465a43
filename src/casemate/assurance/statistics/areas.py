"""The area under the ROC curve with its interval (DeLong, DeLong & Clarke-Pearson, Biometrics 44, 1988).

By ranks (Sun & Xu, IEEE Signal Processing Letters 21, 2014). The interval is taken on the scale of
log-odds, which keeps it within 0 and 1 (Pepe 2003, 5.2).
"""

from math import exp, log, sqrt
from typing import Any

import numpy as np

from casemate.assurance.statistics.intervals import LEVEL, Interval, clopper_pearson, require_level
from casemate.errors import BadInput

Flags = np.ndarray[Any, np.dtype[np.bool_]]
Vector = np.ndarray[Any, np.dtype[np.float64]]


def area_under_curve(scores: Vector, truth: "Vector | Flags", *, level: float = LEVEL) -> Interval:
    """The chance that one whose ``truth`` holds has the higher of two ``scores``; ties count half."""
    from scipy.stats import norm, rankdata

    require_level(level)
    holds = np.asarray(truth, dtype=bool)
    ones, zeros = np.asarray(scores)[holds], np.asarray(scores)[~holds]
    many, few = len(ones), len(zeros)
    if min(many, few) < 2:
        raise BadInput("the area under the curve needs two items of both kinds")
    ranks = rankdata(np.concatenate([ones, zeros]))
    of_ones = (ranks[:many] - rankdata(ones)) / few
    of_zeros = 1 - (ranks[many:] - rankdata(zeros)) / many
    area = float(of_ones.mean())
    error = sqrt(float(of_ones.var(ddof=1)) / many + float(of_zeros.var(ddof=1)) / few)
    if (
        error == 0 or not 0 < area < 1
    ):  # no spread to go by: the smaller side bounds what can be said
        side = min(many, few)
        exact = clopper_pearson(round(area * side), side, level=level)
        low, high = min(exact.low, area), max(exact.high, area)
        return Interval(area, low, high, "Clopper-Pearson on the smaller side", many + few, level)
    reach = float(norm.ppf((1 + level) / 2)) * error / (area * (1 - area))
    low, high = (1 / (1 + exp(-(log(area / (1 - area)) + sign * reach))) for sign in (-1, 1))
    return Interval(area, low, high, "DeLong (logit)", many + few, level)
