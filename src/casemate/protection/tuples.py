"""The distinct tuples of a table, as integer codes, and their grouping at a node of the lattice."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from casemate.protection.hierarchies import Hierarchy
from casemate.protection.ladders import Codes, Ladder, build_ladder

Node = tuple[int, ...]
"""A level for each quasi-identifier, in their order; 0 is the value as collected."""

COUNT = "records"


@dataclass(frozen=True)
class Grouping:
    """The classes of a node: how many records each holds (0 for numbers not in use), and whose."""

    sizes: npt.NDArray[np.int64]
    class_of: Codes


class Tuples:
    """Distinct tuples at a ``base`` node, with the number of records that hold each.

    ``rolled_up`` gives the coarser set at a higher base: while the search goes on, nodes below the
    meet of those still open are never looked at again, so their detail is dropped.
    """

    def __init__(
        self, ladders: Sequence[Ladder], base: Node, codes: Sequence[Codes], counts: Codes
    ) -> None:
        self.ladders = tuple(ladders)
        self.base = base
        self.codes = tuple(codes)
        self.counts = counts
        self._columns: dict[tuple[int, int], Codes] = {}

    @property
    def records(self) -> int:
        return int(self.counts.sum())

    def column(self, attribute: int, level: int) -> Codes:
        """The label code of each tuple in one attribute at ``level``, which is not below the base."""
        place = (attribute, level)
        if place not in self._columns:
            up = self.ladders[attribute].up(self.base[attribute], level)
            self._columns[place] = up[self.codes[attribute]]
        return self._columns[place]

    def group(self, node: Node) -> Grouping:
        """The classes that the tuples form at ``node``."""
        columns = [self.column(place, level) for place, level in enumerate(node)]
        radices = [len(self.ladders[place].labels[level]) for place, level in enumerate(node)]
        keys, radix = _joint_keys(columns, radices, len(self.counts))
        # float64 holds every count below 2^53 exactly
        sizes = np.bincount(keys, weights=self.counts, minlength=radix).astype(np.int64)
        return Grouping(sizes, keys)

    def rolled_up(self, base: Node) -> "Tuples":
        """The distinct tuples at a higher ``base``."""
        grouping = self.group(base)
        present = np.flatnonzero(grouping.sizes)
        member = np.zeros(len(grouping.sizes), dtype=np.int64)
        member[grouping.class_of] = np.arange(len(grouping.class_of))
        chosen = member[present]
        codes = [self.column(place, level)[chosen] for place, level in enumerate(base)]
        return Tuples(self.ladders, base, codes, grouping.sizes[present])


def _joint_keys(columns: Sequence[Codes], radices: Sequence[int], length: int) -> tuple[Codes, int]:
    """One number for each distinct combination; gaps are allowed while counting by array is cheap."""
    limit = max(8 * length, 1 << 16)
    keys = np.zeros(length, dtype=np.int64)
    radix = 1
    for column, size in zip(columns, radices, strict=True):
        if size == 1:
            continue
        if radix * size > limit:
            keys, radix = _without_gaps(keys, radix, limit)
        keys = keys * size + column
        radix *= size
    return _without_gaps(keys, radix, limit) if radix > limit else (keys, radix)


def _without_gaps(keys: Codes, radix: int, limit: int) -> tuple[Codes, int]:
    if radix > 8 * limit:
        distinct, dense = np.unique(keys, return_inverse=True)
        return dense.astype(np.int64), len(distinct)
    seen = np.zeros(radix, dtype=bool)
    seen[keys] = True
    present = np.flatnonzero(seen)
    rank = np.empty(radix, dtype=np.int64)
    rank[present] = np.arange(len(present))
    return rank[keys], len(present)


def distinct_tuples(
    columns: pl.DataFrame, hierarchies: Sequence[Hierarchy]
) -> tuple[Tuples, pl.DataFrame]:
    """One pass over the records: the distinct tuples as codes, and as a frame in the same order."""
    names = [str(place) for place in range(columns.width)]
    attributes = columns.columns
    columns = columns.rename(dict(zip(attributes, names, strict=True)))
    distinct = columns.group_by(names).len(COUNT)
    ladders, codes = [], []
    for name, attribute, hierarchy in zip(names, attributes, hierarchies, strict=True):
        values = distinct[name].unique().sort()
        ladders.append(build_ladder(attribute, hierarchy, values.to_list()))
        codes.append(_codes(distinct[name], values))
    # an order of their own makes every sum, and so every tie, the same from run to run
    order = np.lexsort(codes[::-1])
    counts = distinct[COUNT].to_numpy().astype(np.int64)
    ordered = [code[order] for code in codes]
    base = (0,) * len(ladders)
    frame = distinct[order].drop(COUNT).rename(dict(zip(names, attributes, strict=True)))
    return Tuples(ladders, base, ordered, counts[order]), frame


def _codes(column: pl.Series, values: pl.Series) -> Codes:
    table = pl.DataFrame({"value": values, "code": np.arange(len(values), dtype=np.int64)})
    found = column.to_frame("value").join(
        table, on="value", how="left", nulls_equal=True, maintain_order="left"
    )
    return found["code"].to_numpy().astype(np.int64)
