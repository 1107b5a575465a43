"""Records of a fitted tree, weighed so that they meet further measured pairs as well.

Pairs that close circles would need a junction tree, whose cliques grow beyond bounds. Instead many
records are drawn from the tree's distribution, and weights are found for them: of the form exp(a sum of
potentials of the measured tables), so that they stand for the same distribution of greatest entropy as
Private-PGM's (McKenna, Sheldon and Miklau 2019), by Monte Carlo. Then records are taken by weight.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from casemate.protection.synthesis.domains import Codes
from casemate.protection.synthesis.tree import Floats, Measured

_STEPS = 150
_QUIET = 15


def reweighed(support: Mapping[int, Codes], measured: Sequence[Measured], total: float) -> Floats:
    """Weights of the records of ``support`` (they add up to ``total``) whose tables are nearest to
    those measured: mirror descent on the weighted squared error, which ends when it no longer falls."""
    cells = [_cells(support, one) for one in measured]
    potentials = [np.zeros(one.noisy.size) for one in measured]
    weights, error, slopes = _judged(cells, potentials, measured, total)
    step = 1 / (total * max(float(one.weight.max()) for one in measured))
    quiet = 0
    for _ in range(_STEPS):
        trial = [old - step * slope for old, slope in zip(potentials, slopes, strict=True)]
        tried, new, new_slopes = _judged(cells, trial, measured, total)
        if new > error:
            step /= 2
            quiet += 1
        else:
            quiet = quiet + 1 if error - new < 1e-4 * error else 0
            potentials, weights, error, slopes = trial, tried, new, new_slopes
            step *= 1.3
        if quiet > _QUIET:
            break
    return weights


def taken(support: Mapping[int, Codes], weights: Floats, records: int) -> dict[int, Codes]:
    """``records`` records by weight, evenly along their sorted order (systematic sampling: Madow and
    Madow 1944), so that chance adds little; then shuffled."""
    rng = np.random.default_rng()
    order = np.lexsort(list(support.values()))
    ends = np.cumsum(weights[order])
    points = (np.arange(records) + rng.random()) * (ends[-1] / records)
    places = np.searchsorted(ends, points, side="right").clip(max=len(order) - 1)
    picked = rng.permutation(order[places])
    return {column: codes[picked] for column, codes in support.items()}


def _cells(support: Mapping[int, Codes], one: Measured) -> Codes:
    codes = [support[column] for column in one.columns]
    found: Codes = np.ravel_multi_index(codes, one.noisy.shape).astype(np.int64)
    return found


def _judged(
    cells: Sequence[Codes], potentials: Sequence[Floats], measured: Sequence[Measured], total: float
) -> tuple[Floats, float, list[Floats]]:
    """The weights that potentials give, half the weighted squared error, and its slopes."""
    logs = np.zeros(len(cells[0]))
    for places, potential in zip(cells, potentials, strict=True):
        logs += potential[places]
    weights: Floats = np.exp(logs - logs.max())
    weights *= total / weights.sum()
    error, slopes = 0.0, []
    for places, one in zip(cells, measured, strict=True):
        gap = np.bincount(places, weights, minlength=one.noisy.size) - one.noisy.ravel()
        slopes.append(one.weight.ravel() * gap)
        error += 0.5 * float((slopes[-1] * gap).sum())
    return weights, error, slopes
