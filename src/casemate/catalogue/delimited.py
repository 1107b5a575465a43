"""CSV and its relatives: delimiter and encoding found, every line accounted for.

The file is read twice as a stream: once to judge (encoding, shape, cell lengths, types), once to
convert. So only the typed columns and one block of text are ever in memory. A file that is not
UTF-8 is recoded on the way, never on a disk.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl
import pyarrow as pa
import pyarrow.csv as pacsv

from casemate.catalogue.encodings import CHUNK, Encoding, find_encoding
from casemate.catalogue.inference import ColumnType, convert_all, look
from casemate.catalogue.limits import MAX_CELL, check_cells, check_names
from casemate.errors import BadInput

DELIMITERS = ",;\t|"
SAMPLE_RECORDS = 200
BLOCK = 1 << 24
"""Bytes parsed in one go: 16 MiB; one record must fit."""

csv.field_size_limit(1 << 30)  # our own limit, with a better sentence, is checked after


@dataclass(frozen=True)
class Dialect:
    """How one file is written."""

    path: Path
    encoding: Encoding
    delimiter: str
    names: list[str]


def read_delimited(
    path: Path, *, encoding: str | None = None, delimiter: str | None = None
) -> pl.DataFrame:
    """The table in ``path``; raises ``BadInput`` naming line, column or byte where it is not one."""
    dialect = find_dialect(path, encoding=encoding, delimiter=delimiter)
    types = {name: ColumnType() for name in dialect.names}
    rows = 0
    for block in _blocks(dialect):
        check_cells(block, path.name, first_row=rows + 1)
        look(types, block)
        rows += block.height
    if rows == 0:
        raise BadInput(f"{path.name} has column names but no rows")
    _refuse_open_quote(dialect)
    comma = dialect.delimiter != ","
    decimal_comma = comma and _writes_comma(types)
    return pl.concat(
        [convert_all(block, types, decimal_comma=decimal_comma) for block in _blocks(dialect)],
        rechunk=True,
    )


def find_dialect(path: Path, *, encoding: str | None, delimiter: str | None) -> Dialect:
    """Encoding, delimiter and column names of the file."""
    found = find_encoding(path, encoding)
    with path.open(encoding=found.name, newline="") as file:
        sample = _sample(file)
    if delimiter is None:
        delimiter = _best_delimiter(sample)
    elif len(delimiter) != 1 or delimiter in '"\r\n':
        raise BadInput(f"{delimiter!r} cannot be a delimiter: give one character")
    names = next(iter(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)), [])
    names = [name.strip() for name in names]
    check_names(names, path.name)
    if len(names) > 1 and all(_is_number(name) for name in names):
        raise BadInput(
            f"{path.name}: the first line holds numbers, not column names; add a line of names"
        )
    return Dialect(path, found, delimiter, names)


def _sample(file: io.TextIOWrapper) -> str:
    """The first records as text: whole lines, at most as many as one block holds."""
    lines = []
    size = 0
    for line in file:
        lines.append(line)
        size += len(line)
        if len(lines) > SAMPLE_RECORDS or size > BLOCK:
            break
    return "".join(lines).lstrip("\r\n")


def _best_delimiter(sample: str) -> str:
    """The delimiter by which the most records have as many fields as the first, and the most fields."""

    def score(delimiter: str) -> tuple[float, int, int]:
        records = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
        widths = [len(record) for record in records if record]
        if len(widths) > 2:
            widths = widths[:-1]  # the sample may end inside a record
        if not widths or widths[0] < 2:
            return (0.0, 0, 0)
        agreeing = sum(width == widths[0] for width in widths) / len(widths)
        return (agreeing, widths[0], -DELIMITERS.index(delimiter))

    best = max(DELIMITERS, key=score)
    return best if score(best)[1] else ","


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _writes_comma(types: dict[str, ColumnType]) -> bool:
    """Whether some column is numbers with a decimal comma and none needs the point."""
    kinds = [(set(t.candidates), t.seen) for t in types.values()]
    needs_comma = any(seen and "comma number" in c and "number" not in c for c, seen in kinds)
    needs_point = any(seen and "number" in c and "comma number" not in c for c, seen in kinds)
    return needs_comma and not needs_point


def _blocks(dialect: Dialect) -> Iterator[pl.DataFrame]:
    """The file as frames of text, in order."""
    with dialect.path.open("rb") as raw:
        source: Any = raw if dialect.encoding.is_utf8 else _Recoded(raw, dialect.encoding.name)
        try:
            reader = pacsv.open_csv(
                pa.PythonFile(source, mode="r"),
                read_options=_read_options(dialect),
                parse_options=_parse_options(dialect),
                convert_options=_convert_options(dialect),
            )
            for batch in reader:
                frame = pl.from_arrow(batch)
                assert isinstance(frame, pl.DataFrame)
                yield frame
        except pa.ArrowInvalid as failure:
            raise _explain(dialect, str(failure)) from None


def _read_options(dialect: Dialect) -> Any:
    return pacsv.ReadOptions(
        use_threads=False, block_size=BLOCK, column_names=dialect.names, skip_rows_after_names=1
    )


def _parse_options(dialect: Dialect) -> Any:
    return pacsv.ParseOptions(
        delimiter=dialect.delimiter,
        newlines_in_values=True,
        # In a table of one column a blank line is a missing value; in others it is only a gap.
        ignore_empty_lines=len(dialect.names) > 1,
    )


def _convert_options(dialect: Dialect) -> Any:
    return pacsv.ConvertOptions(
        column_types=dict.fromkeys(dialect.names, pa.large_string()),
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        null_values=[""],
    )


def _explain(dialect: Dialect, arrow_says: str) -> BadInput:
    """The parser's failure with the line in the file, found by reading again line by line."""
    name = dialect.path.name
    wanted = len(dialect.names)
    for start, end, record in _records(dialect):
        if record and len(record) != wanted:
            where = f"line {start:,}" if start == end else f"lines {start:,} to {end:,}"
            return BadInput(
                f"{name}: {where} has {len(record)} fields where the first line has {wanted}; "
                "a delimiter or a quotation mark is missing or too many there"
            )
        if sum(map(len, record)) > BLOCK // 4:
            field = max(range(len(record)), key=lambda index: len(record[index]))
            return BadInput(
                f"{name}: line {start:,} of the column {dialect.names[field]!r} holds "
                f"{len(record[field]):,} characters; the most is {MAX_CELL:,}. "
                "A quotation mark may be missing"
            )
    return BadInput(f"{name} cannot be read as CSV: {arrow_says.splitlines()[0][:200]}")


def _records(dialect: Dialect) -> Iterator[tuple[int, int, list[str]]]:
    """First line, last line and fields of each record, by the slow and patient reader."""
    with dialect.path.open(encoding=dialect.encoding.name, newline="") as file:
        reader = csv.reader(file, delimiter=dialect.delimiter)
        before = 0
        for record in reader:
            yield before + 1, reader.line_num, record
            before = reader.line_num


def _refuse_open_quote(dialect: Dialect) -> None:
    """Raise ``BadInput`` where a quotation mark is opened and never closed.

    The fast parser takes all that follows for one cell. Quotation marks come in pairs, so only a
    file with an odd number of them is read again to look.
    """
    quotes = 0
    with dialect.path.open("rb") as raw:
        while chunk := raw.read(CHUNK):
            quotes += chunk.count(b'"')
    if quotes % 2 == 0:
        return
    with dialect.path.open(encoding=dialect.encoding.name, newline="") as file:
        reader = csv.reader(file, delimiter=dialect.delimiter, strict=True)
        line = 1
        try:
            for _record in reader:
                line = reader.line_num + 1
        except csv.Error:
            raise BadInput(
                f"{dialect.path.name}: a quotation mark in line {line:,} is not closed properly: "
                "double it inside a cell, or close the cell"
            ) from None


class _Recoded(io.RawIOBase):
    """The bytes of ``raw`` as UTF-8, recoded while they are read."""

    def __init__(self, raw: BinaryIO, encoding: str) -> None:
        super().__init__()
        self._text = io.TextIOWrapper(raw, encoding=encoding, newline="")
        self._rest = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        wanted = CHUNK if size is None or size < 0 else size
        while len(self._rest) < wanted:
            text = self._text.read(CHUNK)
            if not text:
                break
            self._rest += text.encode()
        given, self._rest = self._rest[:wanted], self._rest[wanted:]
        return given

    def close(self) -> None:
        self._text.detach()
        super().close()
