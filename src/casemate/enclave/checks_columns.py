"""What the columns of a table may be: keys, a count, statistics of a variable; and what never leaves."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

_COUNTS = frozenset({"n", "count", "counts", "freq", "frequency", "size", "len", "people", "total"})
_STATISTICS: Mapping[str, str] = {
    "mean": "mean",
    "avg": "mean",
    "average": "mean",
    "sum": "sum",
    "total": "sum",
    "std": "std",
    "sd": "std",
    "median": "median",
    "count": "count",
    "n": "count",
}
_EXTREME = re.compile(r"(^|_)(min|max|minimum|maximum)(_|$)")


@dataclass(frozen=True)
class Measure:
    """``statistic`` of ``variable`` within a cell."""

    statistic: str
    variable: str


def is_count(column: str, frame: pl.DataFrame) -> bool:
    """Whether ``column`` says how many people are in a cell."""
    return column.lower() in _COUNTS and column not in frame.columns


def is_extreme(column: str) -> bool:
    """Whether ``column`` is named for a minimum or maximum: one person's value."""
    return bool(_EXTREME.search(column.lower()))


def measures(column: str, frame: pl.DataFrame) -> tuple[Measure, ...]:
    """What ``column`` may be: ``mean_x``, ``x_mean``, ``mean`` (of any), or ``x`` (its mean, else sum)."""
    numeric = [name for name in frame.columns if _is_numeric(frame, name)]
    if column in numeric:
        return (Measure("mean", column), Measure("sum", column))
    lowered = column.lower()
    for word, statistic in _STATISTICS.items():
        if lowered == word:
            return tuple(Measure(statistic, name) for name in numeric)
        for name in numeric:
            if lowered in (f"{word}_{name}".lower(), f"{name}_{word}".lower()):
                return (Measure(statistic, name),)
    return ()


def _is_numeric(frame: pl.DataFrame, name: str) -> bool:
    return frame.schema[name].is_numeric() or frame.schema[name] == pl.Boolean
