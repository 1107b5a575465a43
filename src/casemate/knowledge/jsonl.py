"""Rows of JSON, one object a line, gzipped or not: how collections of laws and questions are published."""

import gzip
import io
import json
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from casemate.errors import BadInput

Row = tuple[int, dict[str, Any]]
"""A line's number and what it holds."""

_GZIP = b"\x1f\x8b"


def rows_in(path: Path) -> Iterator[Row]:
    """The rows of a file; blank lines are left out. Raises ``BadInput`` with file and line."""
    try:
        with path.open("rb") as file:
            packed = file.read(2) == _GZIP
        with gzip.open(path, "rb") if packed else path.open("rb") as lines:
            yield from _rows(lines, str(path))
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"{path}: cannot be read: {error}") from error


def rows_of(content: bytes, name: str) -> Iterator[Row]:
    """The rows of what was read already, told of as ``name``. Raises ``BadInput`` with the line."""
    return _rows(io.BytesIO(content), name)


def _rows(lines: Iterable[bytes], name: str) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield number, _row(name, number, line)


def _row(name: str, number: int, line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{name}, line {number}: this is no JSON: {error}") from error
    if not isinstance(row, dict):
        raise BadInput(f"{name}, line {number}: this is no JSON object")
    return row
