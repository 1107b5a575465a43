"""Counts of people by group and kind: samples of them, and the jackknife, without touching a row.

To draw people anew within each group is to draw the counts of their kinds from a multinomial; to leave one
out is to lower one count, as many times as there are people of that kind.
"""

from typing import Any

import numpy as np

Cells = np.ndarray[Any, np.dtype[np.float64]]
RESAMPLES = 2000


def resampled(cells: Cells, seed: int, resamples: int = RESAMPLES) -> Cells:
    """(samples, groups, kinds): each group's people drawn anew from its own."""
    draw = np.random.default_rng(seed)
    drawn = [draw.multinomial(int(row.sum()), row / row.sum(), size=resamples) for row in cells]
    return np.stack(drawn, axis=1).astype(np.float64)


def without_one(cells: Cells) -> tuple[Cells, Cells]:
    """The counts without one person of each kind, and how many people are of that kind."""
    found, weights = [], []
    for place in np.ndindex(*cells.shape):
        if cells[place] > 0:
            less = cells.astype(np.float64)
            less[place] -= 1
            found.append(less)
            weights.append(float(cells[place]))
    return np.array(found), np.array(weights)
