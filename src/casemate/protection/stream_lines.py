"""Records as lines, NDJSON or CSV: read in batches for a stream, written as they may leave.

Every value is read as text (1, 1.0 and "1" are one value, true is "true"); null, and in CSV what is
empty, is null. A line that is none ends the stream with an error that names its number, not its text.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import polars as pl

from casemate.errors import BadInput
from casemate.protection.values import text_of

FORMATS = ("ndjson", "csv")
Record = dict[str, str | None]


def read_batches(
    lines: Iterable[str],
    kind: str,
    names: Sequence[str],
    *,
    size: int,
    skip: int = 0,
    moment: str | None = None,
) -> Iterator[pl.DataFrame]:
    """Batches of at most ``size`` records with the columns ``names``, after the first ``skip``.

    ``moment`` is a column of moments in ISO 8601 form; those without a zone are in UTC. Raises
    BadInput for a line that is no record.
    """
    if kind not in FORMATS:
        raise BadInput(f"records come as {' or '.join(FORMATS)}, not {kind!r}")
    if size < 1:
        raise BadInput("a batch has at least one record")
    records = islice(_ndjson(lines, names) if kind == "ndjson" else _csv(lines, names), skip, None)
    while batch := list(islice(records, size)):
        columns: dict[str, pl.Series] = {
            name: pl.Series([record[name] for record in batch], dtype=pl.String) for name in names
        }
        if moment is not None:
            moments = [_moment(record[moment], moment) for record in batch]
            columns[moment] = pl.Series(moments, dtype=pl.Datetime("us", "UTC"))
        yield pl.DataFrame(columns)


def _ndjson(lines: Iterable[str], names: Sequence[str]) -> Iterator[Record]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            document = json.loads(line)
        except (ValueError, RecursionError):
            raise BadInput(f"line {number} of the records is no JSON object") from None
        if not isinstance(document, dict):
            raise BadInput(f"line {number} of the records is no JSON object")
        yield {
            name: text_of(document.get(name), f"{name!r} in line {number} of the records")
            for name in names
        }


def _csv(lines: Iterable[str], names: Sequence[str]) -> Iterator[Record]:
    rows = csv.reader(lines, strict=True)
    try:
        header = next(rows, None)
        if header is None:
            return
        if header:
            header[0] = header[0].removeprefix("\ufeff")
        for name in names:
            if header.count(name) != 1:
                raise BadInput(f"the records' header does not have the column {name!r} once")
        places = {name: header.index(name) for name in names}
        for row in rows:
            if len(row) != len(header):
                raise BadInput(
                    f"line {rows.line_num} of the records has {len(row)} fields, and the header "
                    f"{len(header)}"
                )
            yield {name: row[place] or None for name, place in places.items()}
    except csv.Error:
        raise BadInput(f"line {rows.line_num} of the records is no CSV") from None


def _moment(text: str | None, name: str) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(
            f"the column {name!r} has a moment that is not of the form 2020-01-31T12:00:00Z"
        ) from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def written(table: pl.DataFrame, kind: str, *, header: bool = False) -> str:
    """``table`` as lines; ``header`` puts the names in front (CSV)."""
    buffer = io.StringIO()
    if kind == "csv":
        writer = csv.writer(buffer, lineterminator="\n")
        if header:
            writer.writerow(table.columns)
        writer.writerows(table.iter_rows())
        return buffer.getvalue()
    for row in table.iter_rows(named=True):
        buffer.write(json.dumps(row, ensure_ascii=False, default=_iso) + "\n")
    return buffer.getvalue()


def _iso(value: Any) -> str:
    return str(value.isoformat())
