"""Micro-aggregation of numbers by MDAV: groups of at least k records that are near each other.

Maximum distance to average vector, with groups of k: Domingo-Ferrer and Mateo-Sanz, "Practical
data-oriented microaggregation for statistical disclosure control", IEEE TKDE 14(1), 2002, in the form
of Domingo-Ferrer and Torra, "Ordinal, continuous and heterogeneous k-anonymity through
microaggregation", Data Mining and Knowledge Discovery 11, 2005 (algorithm 2). Distances are Euclidean
over columns of mean 0 and variance 1. Finding the best groups is NP-hard (Oganian and Domingo-Ferrer
2001); this is a heuristic, of the order of n²/k steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from casemate.errors import BadInput
from casemate.protection.frames import (
    given_back,
    open_frame,
    polars_columns,
    require_columns,
    with_columns,
)
from casemate.protection.ladders import Codes, Floats


@dataclass(frozen=True)
class Microaggregated:
    """The ``table`` with each value replaced by its group's mean.

    ``groups`` were made, each of ``k`` to 2k - 1 records. ``loss`` is SSE/SST over the standardised
    columns: the sum of squares within the groups over the whole, 0 (nothing lost) to 1 (all one).
    """

    table: Any
    groups: int
    smallest: int
    largest: int
    loss: float


def microaggregate(table: Any, columns: Sequence[str], k: int) -> Microaggregated:
    """``table`` with the numeric ``columns`` micro-aggregated together, in groups of at least ``k``.

    The mean of each column stays as it was, its variance falls by what is lost. Over ``columns`` as
    quasi-identifiers the result is k-anonymous; over others as well it need not be. Raises BadInput
    for a column that holds no numbers or a null, for k below 2, and for fewer records than ``k``.
    """
    frame = open_frame(table)
    if not columns:
        raise BadInput("name at least one numeric column to micro-aggregate")
    require_columns(frame, columns, "a column to micro-aggregate")
    if len(set(columns)) != len(columns):
        raise BadInput("a column to micro-aggregate is named twice")
    values = polars_columns(frame, columns)
    _require_numbers(values, k)
    points = values.cast(pl.Float64).to_numpy()
    spread = points.std(axis=0)
    scaled = (points - points.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    group_of = mdav_groups(scaled, k)
    sizes = np.bincount(group_of)
    new = {
        name: pl.Series(_means(points[:, place], group_of, sizes)[group_of])
        for place, name in enumerate(columns)
    }
    return Microaggregated(
        given_back(with_columns(frame, new).to_native(), table),
        len(sizes), int(sizes.min()), int(sizes.max()), _loss(scaled, group_of, sizes),
    )  # fmt: skip


def mdav_groups(points: Floats, k: int) -> Codes:
    """The number of each record's group; ``points`` has a row a record, on one scale.

    Ties go to the record that comes first.
    """
    from casemate.protection.transformations import mdav_kernel  # numba loads when it is needed

    return mdav_kernel.groups(np.ascontiguousarray(points, dtype=np.float64), k)


def _require_numbers(values: pl.DataFrame, k: int) -> None:
    if isinstance(k, bool) or not isinstance(k, int) or k < 2:
        raise BadInput(f"micro-aggregation needs groups of at least k = 2 records, not {k!r}")
    if len(values) < k:
        raise BadInput(f"the table has {len(values)} records, too few for groups of {k}")
    for column in values:
        if not column.dtype.is_numeric():
            raise BadInput(
                f"{column.name!r} holds {column.dtype} values: micro-aggregation by MDAV needs numbers"
            )
        if column.null_count():
            raise BadInput(
                f"{column.name!r} has {column.null_count()} nulls, which have no distance: fill or "
                "leave out these records first"
            )


def _means(values: Floats, group_of: Codes, sizes: Codes) -> Floats:
    # from the column's own mean, so that large values lose no digits
    centre = values.mean()
    means: Floats = centre + np.bincount(group_of, weights=values - centre) / sizes
    return means


def _loss(scaled: Floats, group_of: Codes, sizes: Codes) -> float:
    total = float((scaled**2).sum())
    within = 0.0
    for column in scaled.T:
        within += float(((column - _means(column, group_of, sizes)[group_of]) ** 2).sum())
    return within / total if total else 0.0
