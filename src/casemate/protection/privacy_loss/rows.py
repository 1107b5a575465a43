"""The table a query reads: as a lazy polars frame, with at most so many rows of one person.

Everything done to rows here keeps neighbouring tables neighbours: what happens to a row depends on
that row alone, or, where a person's rows are cut off, on the rows of that person alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from casemate.errors import BadInput
from casemate.protection.plain_names import require_plain_names
from casemate.protection.privacy_loss.conditions import Conditions, met

_KEPT = "casemate kept row"
_BATCH = 1 << 18
"""Rows in memory at once while numbers are counted."""


class Rows:
    """A table in memory, a lazy one, or a Parquet or CSV file, and what one person is in it."""

    def __init__(self, table: Any, *, contribution: int, person: str | None) -> None:
        """``contribution``: the most rows of one person. With a ``person`` column it is enforced: the
        first so many rows of each person count, and rows of nobody (null) do not. Without one it is
        the caller's word."""
        if isinstance(contribution, bool) or not isinstance(contribution, int) or contribution < 1:
            raise BadInput(f"one person contributes at least 1 row, not {contribution!r}")
        if contribution > 10**6:
            raise BadInput("a contribution above a million rows of one person protects nothing")
        self.contribution = contribution
        self._rows = _lazy(table)
        self.schema: Mapping[str, pl.DataType] = self._rows.collect_schema()
        require_plain_names(self.schema, "the table")
        if person is not None:
            self.require([person])
            self._rows = _cut_off(self._rows, table, person, contribution)

    def require(self, columns: Sequence[str]) -> None:
        """Raise BadInput unless each of ``columns`` is there."""
        for name in columns:
            if name not in self.schema:
                raise BadInput(f"the table has no column {name!r}")

    def where(self, conditions: Conditions) -> pl.LazyFrame:
        """The rows that meet every condition; see ``conditions``."""
        found = self._rows
        for name, wanted in conditions.items():
            found = found.filter(met(wanted, name, self.schema[name]))
        return found

    def floats(self, column: str, conditions: Conditions) -> Iterator[npt.NDArray[np.float64]]:
        """The numbers of ``column`` in those rows, a batch at a time; null is NaN."""
        found = self.where(conditions).select(pl.col(column).cast(pl.Float64))
        for batch in found.collect_batches(chunk_size=_BATCH, maintain_order=False):
            yield batch[column].to_numpy()


def _lazy(table: Any) -> pl.LazyFrame:
    if isinstance(table, pl.LazyFrame):
        return table
    if isinstance(table, pl.DataFrame):
        return table.lazy()
    if isinstance(table, str | Path):
        return _scan(Path(table))
    try:
        if isinstance(table, pa.Table):
            return pl.DataFrame(table).lazy()
        if nw.dependencies.is_pandas_dataframe(table):
            return pl.from_pandas(table, nan_to_null=True).lazy()
    except (TypeError, ValueError, pa.ArrowInvalid, pl.exceptions.PolarsError) as error:
        raise BadInput(f"the table mixes types or repeats a column: {error}") from None
    raise BadInput(
        f"a {type(table).__name__} cannot be queried: give a polars, pandas or PyArrow table, "
        "or the path of a Parquet or CSV file"
    )


def _scan(path: Path) -> pl.LazyFrame:
    if not path.is_file():
        raise BadInput(f"there is no file {path}")
    if path.suffix == ".parquet":
        return pl.scan_parquet(path)
    if path.suffix == ".csv":
        return pl.scan_csv(path)
    raise BadInput(f"{path.name} is no .parquet and no .csv file")


def _cut_off(rows: pl.LazyFrame, table: Any, person: str, contribution: int) -> pl.LazyFrame:
    """Without the rows of a person after the first ``contribution``; found once where in memory."""
    kept = pl.col(person).cum_count().over(person).is_between(1, contribution)
    kept &= pl.col(person).is_not_null()
    if isinstance(table, str | Path | pl.LazyFrame):
        return rows.filter(kept)
    flags = rows.select(kept.alias(_KEPT)).collect()[_KEPT]
    return rows.with_columns(flags).filter(pl.col(_KEPT)).drop(_KEPT)
