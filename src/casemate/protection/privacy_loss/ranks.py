"""How many values of a column lie below and above each of many numbers, in one pass.

A value's cell in an even grid says on which side of almost every number it lies, because the cell
never falls as the value grows: subtraction, multiplication and truncation all keep order, in floats
too. Only values in a cell that holds one of the numbers are compared with them, by sorting them. So
the counts are exact, whatever the grid; the grid is of the numbers alone and no choice of the data.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
_CELLS = 1 << 14


@dataclass(frozen=True)
class Ranks:
    """Values below and above each number, and how many values there are; NaN is no value."""

    below: list[int]
    above: list[int]
    values: int


def ranks(columns: Iterable[Floats], numbers: Sequence[float]) -> Ranks:
    """The ranks of ``numbers``, which ascend, among all values of ``columns``."""
    wanted = np.array(numbers, dtype=np.float64)
    grid = _Grid(wanted)
    held = np.zeros(_CELLS + 2, dtype=np.int64)
    below, above = (np.zeros(len(wanted), dtype=np.int64) for _ in range(2))
    for column in columns:
        values = column[~np.isnan(column)] if np.isnan(column).any() else column
        cells = grid.cells(values)
        near = grid.crowded[cells]
        held += np.bincount(cells, minlength=_CELLS + 2)
        ordered = np.sort(values[near])
        below += np.searchsorted(ordered, wanted, side="left")
        above += len(ordered) - np.searchsorted(ordered, wanted, side="right")
    apart = np.cumsum(np.where(grid.crowded, 0, held))
    under = apart[grid.cells(wanted)]
    return Ranks(
        below=(below + under).tolist(),
        above=(above + apart[-1] - under).tolist(),
        values=int(held.sum()),
    )


class _Grid:
    """Even cells over the numbers; one for all where the numbers lie too far apart, or too close."""

    def __init__(self, numbers: Floats) -> None:
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            self._scale = _CELLS / (numbers[-1] - numbers[0])
        self._start = numbers[0]
        self._even = bool(np.isfinite(self._scale) and self._scale > 0)
        self.crowded = np.zeros(_CELLS + 2, dtype=bool)
        self.crowded[self.cells(numbers)] = True

    def cells(self, values: Floats) -> Counts:
        """The cell of each value, 0 to ``_CELLS`` + 1; never less for a larger value."""
        if not self._even:
            return np.zeros(len(values), dtype=np.int64)
        with np.errstate(over="ignore"):
            places = (values - self._start) * self._scale
        found: Counts = np.clip(places, -1, _CELLS).astype(np.int64) + 1
        return found
