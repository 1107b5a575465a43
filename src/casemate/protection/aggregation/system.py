"""The additive system of one table or several linked ones: which cells add up to which."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from casemate.protection.aggregation.dimensions import Dimension
from casemate.protection.aggregation.solver import Flags, Floats, Ints


@dataclass(frozen=True)
class System:
    """Equations in compressed rows: the first entry of each is the total, the rest add up to it."""

    cells: int
    starts: Ints
    indices: Ints
    values: Floats

    @property
    def rows(self) -> int:
        return len(self.starts)

    @property
    def row_of(self) -> Ints:
        """The equation of each entry."""
        return np.repeat(np.arange(self.rows), np.diff(np.append(self.starts, len(self.indices))))

    def members(self, row: int) -> Ints:
        end = self.starts[row + 1] if row + 1 < self.rows else len(self.indices)
        return self.indices[self.starts[row] : end]

    def restricted(self, kept: Flags) -> "System":
        """The system of the ``kept`` cells, renumbered; the others are known to be 0."""
        number = np.cumsum(kept) - 1
        entries = kept[self.indices]
        rows = self.row_of[entries]
        present, starts = np.unique(rows, return_index=True)
        return System(
            int(kept.sum()),
            starts.astype(np.int64)[: len(present)],
            number[self.indices[entries]],
            self.values[entries],
        )

    def transposed_times(self, multipliers: Floats) -> Floats:
        """For each cell, the sum of its coefficients times the multipliers of their equations."""
        weights = self.values * multipliers[self.row_of]
        found: Floats = np.bincount(self.indices, weights, self.cells).astype(np.float64)
        return found

    def line_counts(self, flags: Flags) -> Ints:
        """How many flagged cells each equation has."""
        return np.bincount(self.row_of, flags[self.indices], self.rows).astype(np.int64)


def numbered(tables: Sequence[Sequence[Dimension]]) -> list[Ints]:
    """For each table, the number of each of its cells; a cell that two tables share has one number.

    A cell is what it says: the categories and sub-totals of the dimensions that are not at their
    total. Two tables of the same records share their common margins.
    """
    if len(tables) == 1:
        return [np.arange(int(np.prod([len(d) for d in tables[0]])))]
    known: dict[frozenset[tuple[str, int]], int] = {}
    numbers: list[Ints] = []
    for dimensions in tables:
        shape = tuple(len(dimension) for dimension in dimensions)
        ids = np.empty(int(np.prod(shape)), dtype=np.int64)
        for at, nodes in enumerate(np.ndindex(shape)):
            identity = frozenset(
                (dimension.name, node)
                for dimension, node in zip(dimensions, nodes, strict=True)
                if node != dimension.total
            )
            ids[at] = known.setdefault(identity, len(known))
        numbers.append(ids)
    return numbers


def system_of(tables: Sequence[Sequence[Dimension]], numbers: Sequence[Ints]) -> System:
    """Every published sum of the tables once."""
    rows: list[Ints] = []
    for dimensions, ids in zip(tables, numbers, strict=True):
        shaped = ids.reshape([len(dimension) for dimension in dimensions])
        for axis, dimension in enumerate(dimensions):
            front = np.moveaxis(shaped, axis, 0)
            for parent, children in dimension.families():
                rows.extend(front[[parent, *children]].reshape(1 + len(children), -1).T)
    if len(tables) > 1:
        rows = list({row.tobytes(): row for row in rows}.values())
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    starts = np.cumsum(lengths) - lengths
    indices = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)
    values = np.ones(len(indices))
    values[starts] = -1.0
    cells = 1 + max(int(ids.max()) for ids in numbers)
    return System(cells, starts, indices, values)
