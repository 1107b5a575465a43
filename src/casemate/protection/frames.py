"""The door for tables: polars, pandas, PyArrow and DuckDB come in, and go out as they came."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import narwhals as nw
import polars as pl

from casemate.errors import BadInput
from casemate.protection.plain_names import require_plain_names

Frame = nw.DataFrame[Any]
_VIEW = "casemate given"


def open_frame(table: Any) -> Frame:
    """``table`` as a Narwhals frame; BadInput if it is no table in memory or repeats a column."""
    for name, count in Counter(_column_names(table)).items():
        if count > 1:
            raise BadInput(f"the table has two columns named {str(name)!r}: rename one")
    require_plain_names(_column_names(table), "the table")
    try:
        native = table.pl() if nw.dependencies.is_duckdb_relation(table) else table
        frame: Frame = nw.from_native(native, eager_only=True)
    except (TypeError, ValueError) as error:
        raise BadInput(
            f"a {type(table).__name__} cannot be protected: give a polars, pandas or PyArrow table "
            f"in memory or a DuckDB relation (collect a lazy one first); {_first_line(error)}"
        ) from None
    return frame


def _column_names(table: Any) -> list[Any]:
    if nw.dependencies.is_pyarrow_table(table):
        return list(table.column_names)
    if (
        isinstance(table, pl.DataFrame)
        or nw.dependencies.is_pandas_dataframe(table)
        or nw.dependencies.is_duckdb_relation(table)
    ):
        return list(table.columns)
    return []


def given_back(native: Any, like: Any) -> Any:
    """``native`` as a relation on the connection of ``like`` where that is one; else as it is."""
    if not nw.dependencies.is_duckdb_relation(like):
        return native
    protected = native.to_arrow()
    relation = like.query(_VIEW, "SELECT * FROM protected")
    del protected  # the relation holds it
    return relation


def require_columns(frame: Frame, names: Sequence[str], what: str) -> None:
    """Raise BadInput unless ``frame`` has each of ``names``."""
    here = set(frame.columns)
    for name in names:
        if name not in here:
            raise BadInput(f"the table has no column {name!r}, which was named as {what}")


def polars_columns(frame: Frame, names: Sequence[str]) -> pl.DataFrame:
    """Some columns of ``frame`` as polars; the NaN of pandas is null, as pandas means it.

    Raises BadInput for a column of mixed types, one with NaN (polars, PyArrow: use null there) and
    one whose values are lists or objects.
    """
    return pl.DataFrame({name: _polars_column(frame, name) for name in names})


def _polars_column(frame: Frame, name: str) -> pl.Series:
    try:
        native = frame.to_native()
        column = native[name] if isinstance(native, pl.DataFrame) else frame[name].to_polars()
    except (TypeError, ValueError, pl.exceptions.PolarsError) as error:
        raise BadInput(
            f"the column {name!r} mixes types: give every value one type ({_first_line(error)})"
        ) from None
    if isinstance(column.dtype, pl.Categorical | pl.Enum):
        column = column.cast(pl.String)
    if column.dtype.is_nested() or column.dtype in (pl.Object, pl.Binary):
        raise BadInput(
            f"the column {name!r} holds {column.dtype} values, or mixes types: "
            "give text, numbers, dates or booleans"
        )
    if column.dtype.is_float() and not column.drop_nulls().is_finite().all():
        raise BadInput(f"the column {name!r} holds NaN or infinity: use null for what is missing")
    return column.alias(name)


def with_columns(frame: Frame, columns: dict[str, pl.Series]) -> Frame:
    """``frame`` with some columns replaced or added, in the same kind of table."""
    native = frame.to_native()
    if isinstance(native, pl.DataFrame):
        held = {column.name: column for column in native.get_columns()}
        return nw.from_native(pl.DataFrame(held | columns), eager_only=True)  # names of "" stay
    series = [_series_for(frame, column.alias(name)) for name, column in columns.items()]
    return frame.with_columns(*series) if series else frame


def only(frame: Frame, flags: pl.Series) -> Frame:
    """The records of ``frame`` that are marked in ``flags``."""
    return frame.filter(_series_for(frame, flags))


def _series_for(frame: Frame, column: pl.Series) -> nw.Series[Any]:
    """``column`` as the kind of column that ``frame`` has, and with its index where it has one."""
    kind = frame.implementation
    native: Any
    if kind.is_polars():
        native = column
    elif kind.is_pyarrow():
        import pyarrow as pa  # long to load, and not needed where no such table is

        native = pa.chunked_array([column.to_arrow(compat_level=pl.CompatLevel.oldest())])
    elif kind.is_pandas():
        native = column.to_pandas()
        native.index = frame.to_native().index
    else:
        raise BadInput(f"a table of {kind} cannot be given back: give polars, pandas or PyArrow")
    series: nw.Series[Any] = nw.from_native(native, series_only=True)
    return series.alias(column.name)  # a PyArrow column has no name of its own


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
