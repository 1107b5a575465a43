"""A table from a file, for a model: what can only be numbers are numbers, in whatever spelling.

Protection keeps a cell as it is written, and with it a column in which one number is written as ``-0.0``.
A model wants the number. A column with a zero in front (a postcode) stays text here too.
"""

from pathlib import Path

import polars as pl

from casemate.protection.files import reading, scan_table

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_ZERO_IN_FRONT = r"^[+-]?0\d"


def read_rows(path: Path) -> pl.DataFrame:
    """The rows of a CSV or Parquet file. Raises ``NotFound``, or ``BadInput`` where it is no table."""
    table = scan_table(path)
    with reading(path):
        rows = table.collect()
        return rows.with_columns(
            one.cast(pl.Float64) for one in rows.get_columns() if _are_numbers(one)
        )


def _are_numbers(column: pl.Series) -> bool:
    if column.dtype != pl.String or column.null_count() == len(column):
        return False
    known = column.drop_nulls()
    return bool(known.str.contains(_NUMBER).all() and not known.str.contains(_ZERO_IN_FRONT).any())
