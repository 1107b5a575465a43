"""One door for every source: a path or an address in, a checked table out.

| source | written as |
| --- | --- |
| CSV, TSV | ``visits.csv`` |
| Parquet, JSON, NDJSON | ``visits.parquet``, ``visits.json``, ``visits.ndjson`` |
| Excel, OpenDocument | ``visits.xlsx`` or ``visits.xlsx#Sheet`` |
| Stata, SPSS, SAS | ``visits.dta``, ``.sav``, ``.zsav``, ``.por``, ``.sas7bdat``, ``.xpt`` |
| a table in a database | ``sqlite:///file.db#table``, ``duckdb:///file.duckdb#table``, |
| | ``postgresql://user@host/database#schema.table`` |
"""

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from casemate.catalogue.bombs import (
    JSON_GROWS,
    require_parquet_fits,
    require_text_fits,
    require_workbook_fits,
)
from casemate.catalogue.databases import read_database_table
from casemate.catalogue.delimited import read_delimited
from casemate.catalogue.documents import read_json
from casemate.catalogue.hints import Hint
from casemate.catalogue.limits import check_table
from casemate.catalogue.signatures import kind_of
from casemate.catalogue.surveys import read_survey
from casemate.catalogue.workbooks import read_workbook
from casemate.errors import BadInput


@dataclass(frozen=True)
class Source:
    """A table as it was read, and what its file says of the variables."""

    frame: pl.DataFrame
    hints: dict[str, Hint] = field(default_factory=dict)


def read_table(
    source: Path | str, *, encoding: str | None = None, delimiter: str | None = None
) -> pl.DataFrame:
    """The table at ``source``; ``encoding`` and ``delimiter`` are for text files that need telling.

    Raises ``NotFound`` where it is not there, ``BadInput`` with the file, the line or column and the
    remedy where it is not one table of named columns and single values, ``Unavailable`` where a
    database server does not answer.
    """
    return read_source(source, encoding=encoding, delimiter=delimiter).frame


def read_source(
    source: Path | str, *, encoding: str | None = None, delimiter: str | None = None
) -> Source:
    """As ``read_table``, with the labels and codes that Stata, SPSS and SAS files carry."""
    if isinstance(source, str) and "://" in source:
        where = f"the table {source.partition('#')[2]!r}"
        return Source(check_table(read_database_table(source), where))
    path, part = _path_and_part(source)
    kind = kind_of(path)
    hints: dict[str, Hint] = {}
    match kind:
        case "CSV":
            require_text_fits(path)
            frame = read_delimited(path, encoding=encoding, delimiter=delimiter)
        case "Parquet":
            require_parquet_fits(path)
            frame = _read_parquet(path)
        case "JSON":
            require_text_fits(path, grows=JSON_GROWS)
            frame = read_json(path, encoding)
        case "Excel":
            require_workbook_fits(path)
            frame = read_workbook(path, part)
        case _:
            frame, hints = read_survey(path, encoding)
    return Source(check_table(frame, path.name), hints)


def _path_and_part(source: Path | str) -> tuple[Path, str | None]:
    """A path, and the sheet after ``#`` where the whole is not itself a file's name."""
    path = Path(source)
    text = str(source)
    if "#" in text and not path.exists():
        name, _, part = text.rpartition("#")
        return Path(name), part
    return path, None


def _read_parquet(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path, glob=False, hive_partitioning=False)
    except (pl.exceptions.PolarsError, OSError) as failure:
        reason = str(failure).splitlines()[0][:200]
        raise BadInput(
            f"{path.name} cannot be read as Parquet: {reason}; export it again"
        ) from None
