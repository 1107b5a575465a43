"""Tables in files: read lazily, written whole or not at all.

A CSV file's cells are text; a column is read as numbers only if every cell is the plain spelling of
its number. So postcodes keep the zero they begin with, and a class "10.10" stays one.
"""

import csv
import errno
import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from casemate.errors import BadInput, NotFound, Unavailable
from casemate.protection.contents import written, written_float
from casemate.protection.plain_names import require_plain_names

CSV_ENDINGS = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz")
PARQUET_ENDINGS = (".parquet", ".pq")
_SEPARATORS = ",;\t|"
_LONGEST_HEADER = 1 << 20
_NUMBERS = (pl.Int64(), pl.Float64())


def scan_table(path: str | Path) -> pl.LazyFrame:
    """The table in a CSV or Parquet file, not yet read.

    Raises NotFound where there is no file, BadInput where it is no table of named columns.
    """
    path = Path(path)
    if not path.is_file():
        raise NotFound(f"there is no file {path}: check the path")
    with reading(path):
        if path.name.lower().endswith(PARQUET_ENDINGS):
            table = pl.scan_parquet(path, glob=False, hive_partitioning=False)
            require_plain_names(table.collect_schema().names(), path.name)
        elif path.name.lower().endswith(CSV_ENDINGS):
            table = _scan_csv(path)
        else:
            raise BadInput(
                f"{path.name} has an ending that is not known: give one of "
                f"{' '.join((*CSV_ENDINGS, *PARQUET_ENDINGS))}"
            )
        table.collect_schema()
        return table


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Raise BadInput where ``path`` turns out not to be the table that its ending promises."""
    try:
        yield
    except (pl.exceptions.PolarsError, OSError, EOFError) as error:
        first = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise BadInput(f"{path.name} cannot be read as a table: {first[:300]}") from None


def _scan_csv(path: Path) -> pl.LazyFrame:
    separator, names = _header(path)
    if repeated := [name for name in names if names.count(name) > 1]:
        raise BadInput(f"{path.name} has two columns named {repeated[0]!r}: rename one")
    require_plain_names(names, path.name)
    # Polars leaves quotes doubled in names
    quoted = _single_quotes if any('"' in name for name in names) else None
    text = pl.scan_csv(
        path, separator=separator, infer_schema=False, glob=False, with_column_names=quoted
    )
    return text.with_columns(_numbers(text))


def _header(path: Path) -> tuple[str, list[str]]:
    """The separator that cuts the first line into the most names, and the names."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    try:
        with (gzip.open if packed else open)(path, "rt", encoding="utf-8-sig") as text:
            line = text.readline(_LONGEST_HEADER)
            while line.count('"') % 2 and len(line) < _LONGEST_HEADER:  # a name of two lines
                more = text.readline(_LONGEST_HEADER)
                if not more:
                    break
                line += more
    except UnicodeDecodeError as error:
        raise BadInput(f"{path.name} is not UTF-8: save it as UTF-8 ({error})") from None
    cuts = {sign: next(csv.reader(StringIO(line), delimiter=sign), []) for sign in _SEPARATORS}
    separator = max(_SEPARATORS, key=lambda sign: len(cuts[sign]))
    return separator, cuts[separator]


def _single_quotes(names: list[str]) -> list[str]:
    return [name.replace('""', '"') for name in names]


def _numbers(text: pl.LazyFrame) -> list[pl.Expr]:
    """The columns whose every cell is the plain spelling of a number; one pass finds them."""
    names = text.collect_schema().names()
    tests = [
        (_spelt(name, kind) | pl.col(name).is_null()).all().alias(f"{kind} {place}")
        for place, name in enumerate(names)
        for kind in _NUMBERS
    ]
    some = [pl.col(name).is_not_null().any().alias(str(place)) for place, name in enumerate(names)]
    found = text.select(*tests, *some).collect(engine="streaming").row(0, named=True)
    casts = []
    for place, name in enumerate(names):
        fits = [kind for kind in _NUMBERS if found[f"{kind} {place}"] and found[str(place)]]
        if fits:
            casts.append(pl.col(name).cast(fits[0]))
    return casts


def _spelt(name: str, kind: Any) -> pl.Expr:
    """Whether a cell is written as its number would be; "1.0" and "1e-07" are also spelt so."""
    cell = pl.col(name)
    number = cell.cast(kind, strict=False)
    if kind == pl.Int64:
        return (number.cast(pl.String) == cell).fill_null(value=False)
    plain = cell.str.replace(r"\.0$", "").str.replace(r"e([+-]?)0+(\d)", "e$1$2")
    return (written_float(number) == plain).fill_null(value=False)


def write_table(table: pl.LazyFrame | pl.DataFrame, path: str | Path) -> None:
    """``table`` as CSV (cells as ``content_digest`` reads them) or Parquet, by the path's ending.

    The file appears when it is whole: until then it has another name, and is removed if it fails.
    """
    path = Path(path)
    with whole_file(path) as part, reading(path):
        if path.name.lower().endswith(PARQUET_ENDINGS):
            table.lazy().sink_parquet(part, compression="zstd")
        else:
            text = table.lazy().select(written(table.collect_schema()))
            text.sink_csv(part, separator="\t" if ".tsv" in path.name.lower() else ",")


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A file to write to, in a folder of its own beside ``path``; it becomes ``path`` if all goes well."""
    require_writable(path)
    try:
        with TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
            part = Path(folder) / path.name
            yield part
            part.replace(path)
    except OSError as error:
        kind = Unavailable if error.errno in (errno.ENOSPC, errno.EDQUOT) else BadInput
        raise kind(f"{path} cannot be written: {error.strerror or error}") from None


def require_writable(path: Path) -> None:
    """Raise BadInput unless a table can be written to ``path``: before the work, not after."""
    if not path.name.lower().endswith((*PARQUET_ENDINGS, ".csv", ".tsv")):
        raise BadInput(f"{path.name} is to be written as .csv, .tsv or .parquet: give that ending")
    if not path.parent.is_dir():
        raise BadInput(f"{path} cannot be written: there is no folder {path.parent}")
