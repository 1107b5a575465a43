"""From records to cells: contributors, totals and largest contributions, margins and all."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from casemate.errors import BadInput
from casemate.protection.aggregation.dimensions import Dimension
from casemate.protection.aggregation.rules import Facts
from casemate.protection.aggregation.solver import Floats, Ints

LARGEST_TABLE = 200_000
Tensor = npt.NDArray[Any]


def require_size(dimensions: Sequence[Dimension]) -> None:
    """Raise BadInput for a table of more cells than can be protected in a sensible time."""
    size = 1
    for dimension in dimensions:
        size *= len(dimension)
    if size > LARGEST_TABLE:
        raise BadInput(
            f"the table would have {size:,} cells, more than {LARGEST_TABLE:,}: use fewer dimensions "
            "or coarser categories"
        )


def tabulate(
    dimensions: Sequence[Dimension], codes: Sequence[Ints], measure: Floats | None, tops: int
) -> Facts:
    """The facts of every cell in the order of the nodes (the last dimension runs fastest)."""
    shape = tuple(len(dimension.leaves) for dimension in dimensions)
    cell = np.ravel_multi_index(tuple(codes), shape)
    size = int(np.prod(shape))
    counts = roll_up(np.bincount(cell, minlength=size).reshape(shape), dimensions)
    if measure is None:
        return Facts(counts.ravel().astype(np.int64), None, None, None)
    sums = roll_up(np.bincount(cell, measure, size).reshape(shape), dimensions)
    sizes = np.abs(measure)
    absolutes = roll_up(np.bincount(cell, sizes, size).reshape(shape), dimensions)
    largest = _merge_up(_largest(cell, sizes, size, tops).reshape(*shape, tops), dimensions, tops)
    return Facts(
        counts.ravel().astype(np.int64),
        sums.ravel(),
        absolutes.ravel(),
        largest.reshape(-1, tops),
    )


def _largest(cell: Ints, sizes: Floats, cells: int, tops: int) -> Floats:
    """The ``tops`` largest contributions to each cell, largest first, 0 where there are fewer."""
    order = np.lexsort((-sizes, cell))
    ordered = cell[order]
    first = np.searchsorted(ordered, ordered, side="left")
    rank = np.arange(len(ordered)) - first
    kept = rank < tops
    found = np.zeros((cells, tops))
    found[ordered[kept], rank[kept]] = sizes[order[kept]]
    return found


def roll_up(leaves: Tensor, dimensions: Sequence[Dimension]) -> Tensor:
    """Add sub-totals and totals along every dimension."""
    return _along(leaves, dimensions, lambda whole, part: whole + part)


def _merge_up(leaves: Tensor, dimensions: Sequence[Dimension], tops: int) -> Tensor:
    """The largest contributions of a union are among the largest of its parts."""

    def merge(whole: Tensor, part: Tensor) -> Tensor:
        both = np.concatenate([whole, part], axis=-1)
        return -np.sort(-both, axis=-1)[..., :tops]

    return _along(leaves, dimensions, merge)


def _along(
    leaves: Tensor, dimensions: Sequence[Dimension], combine: Callable[[Tensor, Tensor], Tensor]
) -> Tensor:
    for axis, dimension in enumerate(dimensions):
        front = np.moveaxis(leaves, axis, 0)
        nodes = np.zeros((len(dimension), *front.shape[1:]), dtype=front.dtype)
        nodes[list(dimension.leaves)] = front
        for node, parent in enumerate(dimension.parents):
            if parent >= 0:
                nodes[parent] = combine(nodes[parent], nodes[node])
        leaves = np.moveaxis(nodes, 0, axis)
    return leaves
