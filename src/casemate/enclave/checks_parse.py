"""Hostile text into a small table or document, within bounds of time and memory.

Everything is bounded on the bytes before a parser sees them: size, line length, columns, nesting,
digits of a number. The parsers are the standard library's, which allocate in proportion to input.
"""

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from casemate.enclave.checks_model import Rules

_MAX_LINE = 64 * 1024
_MAX_DEPTH = 8
_MAX_NUMBER = 40  # characters
_NULLS = frozenset({"", "nan", "none", "null", "na", "n/a", "<na>", "nat"})
# Possessive, and a string without an end is taken whole: linear time whatever the text is.
_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_CONTROLS = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
_FORMULA = re.compile(r"\s*(?:[=@＝＠\r]|[+-](?![\d.]|$)|[+-].*(?:[|!]|\w\())")
_PARTS = re.compile(r"[;\t]")
"""Where spreadsheets of other countries begin a new cell."""


class Malformed(Exception):
    """The text is not what it says, or is beyond the bounds; the message says which."""


@dataclass(frozen=True)
class Table:
    """Columns in order, and rows of canonical cells: ``None`` for missing, else text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]

    def column(self, name: str) -> list[str | None]:
        place = self.columns.index(name)
        return [row[place] for row in self.rows]


def canonical_cell(value: Any) -> str | None:
    """One form for equal values: ``1``, ``1.0`` and ``01`` are ``1``; words for missing are ``None``."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value).strip()
    if text.lower() in _NULLS:
        return None
    if text.lower() in {"true", "false"}:
        return text.lower()
    number = as_number(text)
    if number is None:
        return text
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def as_number(text: str | None) -> float | None:
    """``text`` as a finite number, or ``None``; a text longer than a number can be is none."""
    if text is None or len(text) > _MAX_NUMBER or not re.fullmatch(r"[-+0-9.eE]+", text):
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def decode(data: bytes) -> str:
    """UTF-8, strictly, without control characters; a byte order mark is dropped."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        raise Malformed(f"it is not UTF-8 text (byte {failure.start})") from None
    if found := _CONTROLS.search(text):
        raise Malformed(f"it holds a control character (place {found.start()})")
    return text


def is_formula(cell: str | None) -> bool:
    """Whether a spreadsheet would run ``cell``, or a part of it, rather than show it."""
    return cell is not None and any(_FORMULA.match(part) for part in _PARTS.split(cell))


def parse_csv(text: str, rules: Rules, separator: str = ",") -> Table:
    """The table in ``text``, whose first line names its columns."""
    lines = io.StringIO(text, newline="")  # splits where other readers of CSV do, and nowhere else
    rows: list[list[str]] = []
    try:
        for row in csv.reader(_short(lines), delimiter=separator, strict=True):
            rows.append(row)
            _bound(rows, rules)
    except csv.Error as failure:
        raise Malformed(f"it is not a well-formed table: {failure}") from None
    rows = [row for row in rows if row]
    if not rows:
        raise Malformed("it is empty")
    return _table(rows[0], rows[1:])


def _short(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if len(line) > _MAX_LINE:
            raise Malformed(f"a line is longer than {_MAX_LINE} characters")
        yield line


def _bound(rows: Sequence[Sequence[Any]], rules: Rules) -> None:
    if len(rows[-1]) > rules.max_columns:
        raise Malformed(f"it has more than {rules.max_columns} columns")
    if len(rows) > rules.max_rows + 1:
        raise Malformed(f"it has more than {rules.max_rows} rows: that is data, not a result")
    if len(rows) * len(rows[0]) > rules.max_cells:
        raise Malformed(f"it has more than {rules.max_cells} cells: that is data, not a result")


def _table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    names = [name.strip() for name in header]
    if len(set(names)) != len(names):
        raise Malformed("two columns have the same name")
    for number, row in enumerate(rows, start=1):
        if len(row) != len(names):
            raise Malformed(f"row {number} has {len(row)} cells where the header has {len(names)}")
    return Table(tuple(names), tuple(tuple(canonical_cell(cell) for cell in row) for row in rows))


def parse_json(text: str) -> Any:
    """The document in ``text``; no deep nesting, no repeated names, no NaN, no giant numbers."""
    depth = 0
    for token in _STRUCTURE.finditer(text):
        if token[0] in "[{":
            depth += 1
        elif token[0] in "]}":
            depth -= 1
        if depth > _MAX_DEPTH:
            raise Malformed(f"it is nested more than {_MAX_DEPTH} deep")
    try:
        return json.loads(
            text,
            object_pairs_hook=_distinct,
            parse_constant=_no_constant,
            parse_int=_short_integer,
            parse_float=_finite,
        )
    except (json.JSONDecodeError, RecursionError) as failure:
        raise Malformed(f"it is not JSON: {failure}") from None


def as_table(document: Any, rules: Rules) -> Table | None:
    """A list of flat records with the same names as a table, or ``None`` if it is no such list."""
    if not isinstance(document, list) or not document:
        return None
    if not all(isinstance(record, Mapping) for record in document):
        return None
    names = list(document[0])
    if not names or any(list(record) != names for record in document):
        return None
    cells = [list(record.values()) for record in document]
    if any(isinstance(cell, dict | list) for row in cells for cell in row):
        return None
    _bound([names, *cells], rules)
    return _table(names, cells)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise Malformed("a name stands twice in one object")
    return document


def _no_constant(text: str) -> Any:
    raise Malformed(f"it holds {text}, which is not JSON")


def _short_integer(text: str) -> int:
    if len(text) > _MAX_NUMBER:
        raise Malformed("it holds a number of too many digits")
    return int(text)


def _finite(text: str) -> float:
    number = float(text) if len(text) <= _MAX_NUMBER else math.inf
    if not math.isfinite(number):
        raise Malformed("it holds a number that is too large or has too many digits")
    return number
