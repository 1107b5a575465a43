"""Excel and OpenDocument workbooks: one named sheet is one table."""

from pathlib import Path

import fastexcel
import polars as pl

from casemate.catalogue.limits import check_names
from casemate.errors import BadInput


def read_workbook(path: Path, sheet: str | None = None) -> pl.DataFrame:
    """The table on ``sheet``, which may be left out where the workbook has only one.

    Raises ``BadInput`` for a workbook that cannot be opened, a sheet that is not there or has to be
    named, and for doubled or empty column names, which spreadsheet programs let pass.
    """
    try:
        book = fastexcel.read_excel(path)
    except fastexcel.FastExcelError:
        raise BadInput(
            f"{path.name} is not a workbook that can be opened: it is damaged, protected by a "
            "password, or another kind of archive"
        ) from None
    name = _choose(path, book.sheet_names, sheet)
    where = f"{path.name}, sheet {name!r}"
    try:
        header = book.load_sheet(name, header_row=None, n_rows=1, dtypes="string").to_polars()
        if header.height == 0:
            raise BadInput(f"{where} is empty: nothing to publish")
        names = [(cell or "").strip() for cell in header.row(0)]
        check_names(names, where)
        frame: pl.DataFrame = book.load_sheet(
            name,
            column_names=names,
            header_row=None,
            skip_rows=1,
            schema_sample_rows=None,
        ).to_polars()
    except fastexcel.FastExcelError as failure:
        raise BadInput(f"{where} cannot be read as one table: {failure.args[0]}") from None
    return _whole_numbers(frame)


def _choose(path: Path, sheets: list[str], wanted: str | None) -> str:
    listed = ", ".join(sheets)
    if wanted is not None:
        if wanted not in sheets:
            raise BadInput(f"{path.name} has no sheet {wanted!r}; it has: {listed}")
        return wanted
    if len(sheets) > 1:
        raise BadInput(
            f"{path.name} has {len(sheets)} sheets ({listed}): name one as {path.name}#SHEET"
        )
    return sheets[0]


def _whole_numbers(frame: pl.DataFrame) -> pl.DataFrame:
    """Workbooks store every number as floating point; whole ones are given back as integers."""
    whole = [
        name
        for name, dtype in frame.schema.items()
        if dtype == pl.Float64 and _is_whole(frame[name])
    ]
    return frame.with_columns(pl.col(whole).cast(pl.Int64)) if whole else frame


def _is_whole(values: pl.Series) -> bool:
    present = values.drop_nulls()
    return bool(len(present) and ((present.abs() < 2**53) & (present == present.floor())).all())
