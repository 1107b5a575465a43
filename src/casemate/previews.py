"""What anyone may look at of open data: the first rows, small enough to be shown."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

PREVIEW_ROWS = 20
PREVIEW_COLUMNS = 100
"""Columns that a preview shows, at most: wider tables are read by a program."""
PREVIEW_CELL = 200
"""Characters of one cell that a preview shows."""

Cell = str | int | float | bool | None


@dataclass(frozen=True)
class Preview:
    """The first rows of open data. ``left_out`` columns are not shown, for there are too many."""

    dataset: str
    version: int
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    left_out: int


def cells(row: Iterable[Any]) -> tuple[Cell, ...]:
    """One row as people and JSON read it: what is no number, truth or text becomes text."""
    return tuple(_cell(value) for value in row)


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    text = str(value)
    return text if len(text) <= PREVIEW_CELL else text[: PREVIEW_CELL - 1] + "…"
