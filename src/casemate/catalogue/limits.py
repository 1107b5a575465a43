"""What every table must be, whatever it came from: named columns, some rows, sane cells."""

from collections import Counter
from collections.abc import Sequence

import polars as pl

from casemate.catalogue.description import MAX_NAME
from casemate.errors import BadInput

MAX_COLUMNS = 5_000
"""More columns than this is a matrix, not a described table; the largest cohort studies stay under."""
MAX_CELL = 100_000
"""Characters in one cell; a longer one is nearly always a lost quote or a document in a table."""

_PLAIN = (pl.String, pl.Boolean, pl.Date, pl.Datetime, pl.Time, pl.Decimal)


def check_names(names: Sequence[str], where: str) -> None:
    """Raise ``BadInput`` where a name is empty, doubled, over-long or holds control characters."""
    if not names:
        raise BadInput(f"{where} has no columns")
    if len(names) > MAX_COLUMNS:
        raise BadInput(
            f"{where} has {len(names):,} columns; the most is {MAX_COLUMNS:,}: "
            "publish the variables that are needed, or split the table"
        )
    for position, name in enumerate(names, start=1):
        if not name.strip():
            raise BadInput(f"{where}: column {position} has no name; give every column a name")
        if len(name) > MAX_NAME:
            raise BadInput(
                f"{where}: the name of column {position} has {len(name):,} characters; "
                f"the most is {MAX_NAME}"
            )
        if not name.isprintable():
            raise BadInput(f"{where}: the name of column {position} holds a control character")
    if doubled := [name for name, times in Counter(names).items() if times > 1]:
        places = [position for position, name in enumerate(names, start=1) if name == doubled[0]]
        raise BadInput(
            f"{where}: the column name {doubled[0]!r} occurs {len(places)} times "
            f"(columns {', '.join(map(str, places[:5]))}); every name must be unique"
        )


def check_table(frame: pl.DataFrame, where: str) -> pl.DataFrame:
    """``frame`` with its types made plain (categories as text), or ``BadInput`` saying what is wrong."""
    check_names(frame.columns, where)
    if frame.height == 0:
        raise BadInput(f"{where} has column names but no rows")
    frame = frame.with_columns(pl.col(pl.Categorical, pl.Enum, pl.Null).cast(pl.String))
    for name, dtype in frame.schema.items():
        if not (dtype.is_numeric() or isinstance(dtype, _PLAIN)):
            raise BadInput(
                f"{where}: the column {name!r} holds {_plain_name(dtype)}, not single values: "
                "flatten it into columns of its own, or leave it out"
            )
    check_cells(frame, where)
    return frame


def check_cells(frame: pl.DataFrame, where: str, first_row: int = 1) -> None:
    """Raise ``BadInput`` at the first cell that is over-long or holds a NUL character."""
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    if not texts:
        return
    longest = frame.select(pl.col(texts).str.len_chars().max())
    for name in texts:
        length = longest[name][0] or 0
        if length > MAX_CELL:
            row = first_row + int(frame[name].str.len_chars().arg_max() or 0)
            raise BadInput(
                f"{where}: row {row:,} of the column {name!r} holds {length:,} characters; the most "
                f"is {MAX_CELL:,}. A quotation mark may be missing, or a document is in the table"
            )
    holds = frame.select(pl.col(texts).str.contains("\0", literal=True).fill_null(False))
    for name in texts:
        if holds[name].any():
            row = first_row + int(holds[name].arg_max() or 0)
            raise BadInput(
                f"{where}: row {row:,} of the column {name!r} holds a NUL character; remove it"
            )


def _plain_name(dtype: pl.DataType) -> str:
    if isinstance(dtype, pl.List | pl.Array):
        return "lists"
    if isinstance(dtype, pl.Struct):
        return "nested records"
    return {pl.Binary: "raw bytes", pl.Duration: "durations"}.get(type(dtype), str(dtype).lower())
