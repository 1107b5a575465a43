"""Three tables as numbers that compare: what an attack sees of source, control and synthetic records."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from casemate.errors import BadInput
from casemate.protection.privacy_loss.rows import Rows
from casemate.protection.synthesis.attack_kernels import Codes, Floats

FEWEST = 10


@dataclass(frozen=True)
class Tables:
    """Records as rows of numbers: numbers as they are, other values by their place in a list that all
    three tables share. What is missing is NaN among numbers and a value of its own elsewhere."""

    columns: tuple[str, ...]
    numeric: tuple[bool, ...]
    source: Floats
    control: Floats
    synthetic: Floats

    def distinct(self) -> tuple[Floats, Floats, Floats]:
        """Each table's records, each once."""
        one, two, three = (
            np.unique(table, axis=0) for table in (self.source, self.control, self.synthetic)
        )
        return one, two, three

    def scaled(self) -> "Tables":
        """Numbers divided by their range over all three tables, so that they differ by at most 1."""
        whole = np.concatenate([self.source, self.control, self.synthetic])
        factor = np.ones(len(self.columns))
        for place in np.flatnonzero(self.numeric):
            known = whole[~np.isnan(whole[:, place]), place]
            width = np.ptp(known) if len(known) else 0.0
            factor[place] = 1 / width if width > 0 else 1.0
        tables = [t * factor for t in (self.source, self.control, self.synthetic)]
        return Tables(self.columns, self.numeric, *tables)

    def places(self, names: Sequence[str]) -> Codes:
        """Where columns are. Raises BadInput for one that is not there."""
        if odd := [name for name in names if name not in self.columns]:
            raise BadInput(f"the tables attacked have no column {odd[0]!r}")
        return np.array([self.columns.index(name) for name in names], dtype=np.int64)


def tables_of(
    source: Any, control: Any, synthetic: Any, columns: Sequence[str] | None = None
) -> Tables:
    """Read the columns that are compared: those of ``synthetic``, or the ones given.

    Raises BadInput for a table that lacks one, or has fewer than ten records.
    """
    read = [Rows(table, contribution=1, person=None) for table in (source, control, synthetic)]
    names = list(read[2].schema) if columns is None else list(columns)
    frames = []
    for rows in read:
        rows.require(names)
        frames.append(rows.where({}).select(names).collect())
    if min(map(len, frames)) < FEWEST:
        raise BadInput(f"an attack needs at least {FEWEST} records of each table")
    numeric = tuple(all(frame.schema[name].is_numeric() for frame in frames) for name in names)
    coded = [
        _numbers(frames, name) if number else _categories(frames, name)
        for name, number in zip(names, numeric, strict=True)
    ]
    made = [np.stack([column[at] for column in coded], axis=1) for at in range(3)]
    return Tables(tuple(names), numeric, *made)


def _numbers(frames: Sequence[pl.DataFrame], name: str) -> list[Floats]:
    return [frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for frame in frames]


def _categories(frames: Sequence[pl.DataFrame], name: str) -> list[Floats]:
    columns = [frame[name].cast(pl.String) for frame in frames]
    values = pl.concat(columns).unique().sort()
    code = pl.DataFrame({"value": values, "code": np.arange(len(values), dtype=np.float64)})
    return [
        column.to_frame("value")
        .join(code, on="value", how="left", nulls_equal=True, maintain_order="left")["code"]
        .to_numpy()
        for column in columns
    ]
