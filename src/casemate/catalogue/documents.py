"""JSON: an array of flat records, or one record a line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from casemate.catalogue.encodings import find_encoding
from casemate.catalogue.limits import MAX_COLUMNS, check_names
from casemate.errors import BadInput


class _Doubled(Exception):
    """A record names one field twice."""


def read_json(path: Path, encoding: str | None = None) -> pl.DataFrame:
    """The table of the records in ``path``.

    A field that a record lacks is missing there. Raises ``BadInput`` with line or record number for
    what is not JSON, nested, doubled, or of two types in one column.
    """
    codec = find_encoding(path, encoding).name
    first = _first_sign(path, codec)
    records = _array(path, codec) if first == "[" else list(_lines(path, codec))
    if not records:
        raise BadInput(f"{path.name} holds no records")
    columns: dict[str, list[Any]] = {}
    for number, record in enumerate(records):
        _check_record(path, record, number + 1)
        for name in record:
            if name not in columns:
                columns[name] = [None] * number
        if len(columns) > MAX_COLUMNS:
            check_names(list(columns), path.name)
        for name, values in columns.items():
            values.append(record.get(name))
    check_names(list(columns), path.name)
    return pl.DataFrame([_series(path, name, values) for name, values in columns.items()])


def _first_sign(path: Path, codec: str) -> str:
    with path.open(encoding=codec) as file:
        while sign := file.read(1):
            if not sign.isspace():
                return sign
    return ""


def _array(path: Path, codec: str) -> list[Any]:
    try:
        found = json.loads(path.read_text(encoding=codec), object_pairs_hook=_record)
    except json.JSONDecodeError as failure:
        raise BadInput(
            f"{path.name} is not valid JSON: {failure.msg} in line {failure.lineno:,}, "
            f"column {failure.colno:,}"
        ) from None
    except _Doubled as doubled:
        raise BadInput(f"{path.name}: a record names the field {str(doubled)!r} twice") from None
    except RecursionError:
        raise BadInput(f"{path.name} is nested too deeply to be a table of flat records") from None
    except ValueError:  # Python reads no whole number of more than 4,300 digits
        raise BadInput(
            f"{path.name} holds a number of thousands of digits, which is no data"
        ) from None
    assert isinstance(found, list)
    return found


def _lines(path: Path, codec: str) -> Iterator[Any]:
    with path.open(encoding=codec) as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                yield json.loads(line, object_pairs_hook=_record)
            except json.JSONDecodeError as failure:
                raise BadInput(
                    f"{path.name}: line {number:,} is not a JSON record: {failure.msg} at column "
                    f"{failure.colno:,}. Give an array of records, or one record a line"
                ) from None
            except ValueError:
                raise BadInput(
                    f"{path.name}: line {number:,} holds a number of thousands of digits"
                ) from None
            except _Doubled as doubled:
                raise BadInput(
                    f"{path.name}: line {number:,} names the field {str(doubled)!r} twice"
                ) from None
            except RecursionError:
                raise BadInput(f"{path.name}: line {number:,} is nested too deeply") from None


def _record(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _ in pairs]
        raise _Doubled(next(name for name in names if names.count(name) > 1))
    return record


def _check_record(path: Path, record: Any, number: int) -> None:
    if not isinstance(record, dict):
        raise BadInput(
            f"{path.name}: record {number:,} is not an object with named fields but {_kind(record)}"
        )
    for name, value in record.items():
        if isinstance(value, dict | list):
            raise BadInput(
                f"{path.name}: record {number:,} holds {_kind(value)} in the field {name!r}; "
                "a table needs single values: flatten it into fields of its own"
            )


def _series(path: Path, name: str, values: list[Any]) -> pl.Series:
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int, float}:
        kinds = {float}
    if len(kinds) > 1:
        first = next(v for v in values if v is not None)
        number, other = next(
            (n, v) for n, v in enumerate(values, 1) if v is not None and type(v) is not type(first)
        )
        raise BadInput(
            f"{path.name}: the field {name!r} holds {_kind(first)} first and {_kind(other)} in "
            f"record {number:,}; give it one type"
        )
    dtypes = {int: pl.Int64, float: pl.Float64, bool: pl.Boolean}
    dtype = dtypes.get(kinds.pop() if kinds else str, pl.String)
    try:
        return pl.Series(name, values, dtype=dtype, strict=dtype != pl.Float64)
    except (OverflowError, pl.exceptions.PolarsError, TypeError):
        raise BadInput(
            f"{path.name}: the field {name!r} holds a whole number beyond 64 bits; write it as text"
        ) from None


def _kind(value: Any) -> str:
    names = {
        dict: "an object",
        list: "a list",
        str: "text",
        bool: "a truth value",
        type(None): "null",
    }
    return names.get(type(value), "a number")
