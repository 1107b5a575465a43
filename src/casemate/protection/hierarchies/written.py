"""Hierarchies written out line by line: ARX's files, and tables that lead from fine to coarse."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from casemate.errors import BadInput
from casemate.protection.frames import open_frame, polars_columns, require_columns
from casemate.protection.hierarchies.base import (
    TOP,
    Key,
    Line,
    Meaning,
    keys_of,
    missing,
    plain_meaning,
)
from casemate.protection.values import text_of

SEPARATORS = ";,\t|"
LARGEST_FILE = 1 << 28
"""Bytes of a hierarchy file, unpacked: 256 MiB."""
Rows = list[tuple[str, ...]]
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Lines:
    """A hierarchy written out line by line, as ARX's files hold it; see ``from_csv``."""

    table: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        if not self.table:
            raise BadInput("the hierarchy has no lines")
        width = len(self.table[0])
        seen: set[str] = set()
        for number, line in enumerate(self.table, start=1):
            if len(line) != width or width < 2:
                raise BadInput(
                    f"line {number} of the hierarchy has {len(line)} cells and line 1 has {width}: "
                    "each needs the value and its label at every level"
                )
            if line[0] in seen:
                raise BadInput(f"the hierarchy lists the value {line[0]!r} twice")
            seen.add(line[0])

    def lines(self, attribute: str, values: Sequence[Any]) -> dict[Key, Line]:
        found: dict[Key, Line] = {line[0]: line[1:] for line in self.table}
        for key in keys_of(attribute, values):
            if key is None:
                found[None] = self._null_line()
            elif key not in found:
                raise missing(attribute, key)
        return found

    def _null_line(self) -> Line:
        last = {line[-1] for line in self.table}
        return (*(None for _ in self.table[0][1:-1]), last.pop() if len(last) == 1 else None)

    def meaning(self, label: Key, level: int) -> Meaning:
        if label is None or label == TOP:
            return plain_meaning(label)
        return Meaning("; ".join(line[0] for line in self.table if line[level] == label))

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "lines", "lines": [list(line) for line in self.table]}


def from_csv(path: str | Path, *, separator: str | None = None) -> Lines:
    """Read a hierarchy in ARX's form: no header, one line a value, ``value;level 1;...;*``.

    The file is UTF-8 CSV, packed by gzip or not. ``separator`` is found where it is not given: of
    semicolon, comma, tab and bar the one that cuts every line into equally many cells, the most if
    several do. Raises BadInput where the file is no such table. That a hierarchy is monotone and
    has every value is checked when it meets a column.
    """
    return Lines(tuple(_rows(_text_of_file(Path(path)), separator, path)))


def _text_of_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            packed = file.read(len(_GZIP)) == _GZIP
            file.seek(0)
            unpacked = gzip.GzipFile(fileobj=file) if packed else file
            raw = unpacked.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise BadInput(f"there is no hierarchy file {path}") from None
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"the hierarchy file {path} cannot be read: {error}") from None
    if len(raw) > LARGEST_FILE:
        raise BadInput(f"the hierarchy file {path} is larger than {LARGEST_FILE >> 20} MiB")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"the hierarchy file {path} is not UTF-8 CSV: {error}") from None


def _rows(text: str, separator: str | None, path: str | Path) -> Rows:
    """The cells of each line; where no separator fits, as the most frequent one cuts them."""
    if separator is not None:
        return _cut(text, separator, path)
    readings = []
    for candidate in SEPARATORS:
        with suppress(BadInput):
            readings.append(_cut(text, candidate, path))
    if not any(_fit(rows)[0] for rows in readings):
        return _cut(text, max(SEPARATORS, key=text.count), path)
    return max(readings, key=_fit)


def _fit(rows: Rows) -> tuple[bool, bool, int]:
    """How well a reading looks like a hierarchy: even lines, ``*`` at the end of each, many cells."""
    widths = [len(row) for row in rows]
    even = len(set(widths)) == 1 and widths[0] > 1
    return even, even and all(row[-1] == TOP for row in rows), sum(widths)


def _cut(text: str, separator: str, path: str | Path) -> Rows:
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        return [tuple(row) for row in reader if row]
    except (csv.Error, TypeError) as error:
        raise BadInput(f"the hierarchy file {path} is not UTF-8 CSV: {error}") from None


def from_table(table: Any, *columns: str) -> Lines:
    """A hierarchy from a table that lists, for each value, what it lies in: then ``*``.

    ``columns`` go from the value to the coarsest: ``from_table(places, "commune", "canton",
    "country")``. The table (polars, pandas, PyArrow) may list a value more than once, if it says
    the same each time. Raises BadInput naming the value that has no parent, or two.
    """
    if len(columns) < 2:
        raise BadInput("name the column of the values and at least one coarser column")
    frame = open_frame(table)
    require_columns(frame, columns, "a level of the hierarchy")
    rows: dict[str, tuple[str, ...]] = {}
    for cells in polars_columns(frame, columns).unique(maintain_order=True).iter_rows():
        value, *above = (text_of(cell, name) for cell, name in zip(cells, columns, strict=True))
        line = _complete(value, above, columns)
        if rows.setdefault(line[0], line) != line:
            raise BadInput(
                f"the table puts the {columns[0]} {value!r} in two places: "
                f"{' / '.join(rows[line[0]][1:-1])} and {' / '.join(line[1:-1])}"
            )
    _require_one_parent(rows, columns)
    return Lines(tuple(rows.values()))


def _complete(value: Key, above: Sequence[Key], columns: Sequence[str]) -> tuple[str, ...]:
    if value is None:
        raise BadInput(f"the table has a line without {columns[0]}")
    line = [value]
    for name, label in zip(columns[1:], above, strict=True):
        if label is None:
            raise BadInput(f"the table has no {name} for the {columns[0]} {value!r}")
        line.append(label)
    return (*line, TOP)


def _require_one_parent(rows: Mapping[str, tuple[str, ...]], columns: Iterable[str]) -> None:
    for level, (name, above) in enumerate(zip(list(columns)[1:], list(columns)[2:], strict=False)):
        parent: dict[str, str] = {}
        for line in rows.values():
            label, found = line[level + 1], line[level + 2]
            if parent.setdefault(label, found) != found:
                raise BadInput(
                    f"the {name} {label!r} lies in both {parent[label]!r} and {found!r} of "
                    f"{above}: a hierarchy needs one"
                )
