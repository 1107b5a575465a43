"""Runs with several seeds: how much of the spread is the items', how much the runs'.

Each item was scored in each run. A score is a mean, an item's part, a run's part and what is left; the
three variances are estimated from the mean squares of the two-way layout (Searle, Casella & McCulloch,
Variance Components, 1992, 4.3), those that come out negative taken for 0. The mean's standard error counts
all three: another benchmark would have other items, another run another seed. Repeating runs shrinks the
second and third part, never the first.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from casemate.assurance.statistics.intervals import LEVEL, Interval, require_level
from casemate.errors import BadInput

Matrix = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class RepeatedRuns:
    """The mean over items and runs with its interval, and the variance between items, runs and the rest."""

    mean: Interval
    between_items: float
    between_runs: float
    rest: float
    items: int
    runs: int


def repeated_runs(scores: Matrix, *, level: float = LEVEL) -> RepeatedRuns:
    """``scores`` has a row for each item and a column for each run. Needs two of both.

    The interval is Student's with the degrees of freedom of Satterthwaite (1946).
    """
    require_level(level)
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2 or min(table.shape) < 2 or not np.isfinite(table).all():
        raise BadInput(
            "repeated runs need a score for each of two items or more in two runs or more"
        )
    items, runs = table.shape
    centre = float(table.mean())
    of_items, of_runs = table.mean(axis=1), table.mean(axis=0)
    left = table - of_items[:, None] - of_runs[None, :] + centre
    squares = (
        runs * float(((of_items - centre) ** 2).sum()) / (items - 1),
        items * float(((of_runs - centre) ** 2).sum()) / (runs - 1),
        float((left**2).sum()) / ((items - 1) * (runs - 1)),
    )
    error, freedom = _error(squares, items, runs)
    method = "two-way variance components (Satterthwaite)"
    return RepeatedRuns(
        Interval(centre, *_around(centre, error, freedom, level), method, items, level),
        max((squares[0] - squares[2]) / runs, 0.0),
        max((squares[1] - squares[2]) / items, 0.0),
        squares[2],
        items,
        runs,
    )


def _error(squares: tuple[float, float, float], items: int, runs: int) -> tuple[float, float]:
    """The mean's standard error and its degrees of freedom.

    (MS items + MS runs - MS rest) / (items * runs) is the unbiased variance of the mean; it is kept at
    or above what either part gives alone.
    """
    of_items, of_runs, rest = squares
    of_both = items * runs
    variance = max(of_items + of_runs - rest, of_items, of_runs, 0.0) / of_both
    if variance == 0:
        return 0.0, 1.0
    parts = (of_items**2 / (items - 1), of_runs**2 / (runs - 1))
    if of_items + of_runs - rest > max(of_items, of_runs):
        return sqrt(variance), (variance * of_both) ** 2 / (
            sum(parts) + rest**2 / ((items - 1) * (runs - 1))
        )
    larger = 0 if of_items >= of_runs else 1
    return sqrt(variance), (squares[larger] ** 2) / parts[larger]


def _around(centre: float, error: float, freedom: float, level: float) -> tuple[float, float]:
    from scipy.stats import t

    reach = float(t.ppf((1 + level) / 2, freedom)) * error
    return centre - reach, centre + reach
