"""The table a query reads: as a lazy polars frame, with at most so many rows of one person.

Everything done to rows here keeps neighbouring tables neighbours: what happens to a row depends on
that row alone, or, where a person's rows are cut off, on the rows of that person alone.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import narwhals as nw
import polars as pl
import pyarrow as pa

from casemate.errors import BadInput

Value = str | int | float | bool | date | datetime | None
_KEPT = "casemate kept row"


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
        if person is not None:
            self.require([person])
            self._rows = _cut_off(self._rows, table, person, contribution)

    def require(self, columns: Sequence[str]) -> None:
        """Raise BadInput unless each of ``columns`` is there."""
        for name in columns:
            if name not in self.schema:
                raise BadInput(f"the table has no column {name!r}")

    def where(self, conditions: Mapping[str, Value | Sequence[Value]]) -> pl.LazyFrame:
        """The rows whose columns have the given value, or one of the values given."""
        found = self._rows
        for name, wanted in conditions.items():
            values = list(wanted) if isinstance(wanted, list | tuple | set) else [wanted]
            column = as_type(values, self.schema[name], name)
            found = found.filter(pl.col(name).is_in(column.implode(), nulls_equal=True))
        return found


def as_type(values: Sequence[Any], dtype: pl.DataType, name: str) -> pl.Series:
    """``values`` as a column of the type that column ``name`` has. Raises BadInput if they do not fit."""
    try:
        if isinstance(dtype, pl.Categorical | pl.Enum):
            return pl.Series(name, values, dtype=pl.String).cast(dtype)
        return pl.Series(name, values, dtype=dtype, strict=True)
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
        raise BadInput(f"not all values given for {name!r} are of its type, {dtype}") from None


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
