"""How well an attack tells two groups apart, with intervals: the figures that go on the record."""

from dataclasses import dataclass
from typing import Any

import numpy as np

LEVEL = 0.95
_FALSE_POSITIVES = 0.01
_Z = 1.959963984540054  # of the standard normal, for LEVEL
Vector = np.ndarray[Any, np.dtype[np.float64]]
Matrix = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % confidence interval."""

    value: float
    low: float
    high: float

    def permille(self) -> list[int]:
        """Estimate and bounds in thousandths, as they go into records, which hold no floats."""
        return [round(1000 * one) for one in (self.value, self.low, self.high)]


@dataclass(frozen=True)
class Score:
    """An attack's success on members against non-members.

    ``auc``: the chance that a member scores above a non-member (Hanley & McNeil 1982 for its interval).
    ``tpr``: members found where 1 % of non-members are taken for members (Clopper & Pearson 1934).
    ``advantage``: true less false positives at the threshold named in advance (Yeom et al. 2018).
    """

    attack: str
    auc: Interval
    tpr: Interval
    advantage: Interval

    def record(self) -> dict[str, Any]:
        """The score for the record, in thousandths."""
        return {
            "attack": self.attack,
            "auc": self.auc.permille(),
            "tpr_at_1_percent_fpr": self.tpr.permille(),
            "advantage": self.advantage.permille(),
        }


def score(attack: str, members: Vector, others: Vector, threshold: float) -> Score:
    """``members`` and ``others`` are the attack's scores, higher for "was in"; both hold at least one."""
    cut = float(np.quantile(others, 1 - _FALSE_POSITIVES, method="higher"))
    found = int((members > cut).sum())
    true, false = float((members >= threshold).mean()), float((others >= threshold).mean())
    return Score(
        attack,
        _auc(members, others),
        proportion(found, len(members)),
        difference(true, len(members), false, len(others)),
    )


def _auc(members: Vector, others: Vector) -> Interval:
    many, few = len(members), len(others)
    from scipy.stats import rankdata  # scipy takes half a second to load

    ranks = rankdata(np.concatenate([members, others]))
    area = float((ranks[:many].sum() - many * (many + 1) / 2) / (many * few))
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (many - 1) * (one - area**2) + (few - 1) * (two - area**2)
    error = _Z * float(np.sqrt(max(spread, 0.0) / (many * few)))
    return Interval(area, max(area - error, 0.0), min(area + error, 1.0))


def proportion(found: int, of: int) -> Interval:
    """The share ``found / of`` with Clopper and Pearson's interval."""
    from scipy.stats import beta

    tail = (1 - LEVEL) / 2
    low = float(beta.ppf(tail, found, of - found + 1)) if found else 0.0
    high = float(beta.ppf(1 - tail, found + 1, of - found)) if found < of else 1.0
    return Interval(found / of, low, high)


def difference(one: float, many: int, two: float, few: int) -> Interval:
    """The difference of two shares, with Wald's interval."""
    error = _Z * float(np.sqrt(one * (1 - one) / many + two * (1 - two) / few))
    return Interval(one - two, max(one - two - error, -1.0), min(one - two + error, 1.0))
