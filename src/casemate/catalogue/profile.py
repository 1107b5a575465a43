"""A public profile of a table: its shape and spread, and nobody's value.

What is shown must hold for at least ``THRESHOLD`` people. Counts are rounded to fives, and a count
under the threshold is given as ``"<10"``; bounds are the 10th (or 1st-percentile) person's value
rounded outwards to a coarse grid, never an extreme; bins with few people are joined with their
neighbours; of a direct identifier only counts are given. A row counts as one person unless the
description names the variable that tells people apart (``person``).
"""

import math
from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl

from casemate.catalogue.content import type_of
from casemate.catalogue.description import (
    DatasetDescription,
    VariableDescription,
    VariableRole,
    VariableType,
)

THRESHOLD = 10
"""People that must share what is shown, at least."""
ROUNDING = 5
MAX_CATEGORIES = 20
MAX_SHOWN_TEXT = 100
SMALLEST_WIDTH, GREATEST_WIDTH = 1e-200, 1e200
"""Beyond these a grid would leave the range of floating point."""
_GRID_STEPS = 20
_PERSON = "\0person"

Count = int | str


def profile_table(frame: pl.DataFrame, description: DatasetDescription) -> dict[str, Any]:
    """``{"rows", "people", "threshold", "variables": {name: {...}}}``, fit for everybody's eyes."""
    people = frame[description.person] if description.person else None
    persons = (people if people is not None else pl.Series(range(frame.height))).alias(_PERSON)
    return {
        "rows": frame.height,
        "people": safe_count(persons.n_unique()) if people is not None else frame.height,
        "threshold": THRESHOLD,
        "variables": {
            name: _profile_variable(frame[name], persons, description) for name in frame.columns
        },
    }


def safe_count(count: int) -> Count:
    """``count`` to the nearest five; ``"<10"`` where it is small and not nought."""
    if 0 < count < THRESHOLD:
        return f"<{THRESHOLD}"
    return ROUNDING * round(count / ROUNDING)


def _profile_variable(
    values: pl.Series, persons: pl.Series, description: DatasetDescription
) -> dict[str, Any]:
    variable = description.variables[values.name]
    found = type_of(values.dtype)
    facts: dict[str, Any] = {
        "type": str(variable.type or found),
        "missing": safe_count(values.null_count()),
        "distinct": safe_count(values.drop_nulls().n_unique()),
    }
    if variable.role == VariableRole.DIRECT_IDENTIFIER or values.name == description.person:
        return facts
    present = pl.DataFrame([values.alias("value"), persons]).drop_nulls("value")
    if _is_categorical(present["value"], variable, found):
        facts["categories"] = _categories(present)
    if found in (VariableType.INTEGER, VariableType.NUMBER):
        facts |= _spread(_as_numbers(present), _number)
        facts["outliers"] = _outliers(present["value"].cast(pl.Float64))
    elif found in (VariableType.DATE, VariableType.DATETIME):
        years = present.with_columns(pl.col("value").dt.year().cast(pl.Float64))
        facts |= _spread(years, lambda year: str(date(int(year), 1, 1).year))
    return facts


def _is_categorical(present: pl.Series, variable: VariableDescription, found: VariableType) -> bool:
    """Whether single values mean something by themselves: text, codes, few whole numbers."""
    if found in (VariableType.TEXT, VariableType.BOOLEAN) or variable.codes:
        return True
    if variable.type == VariableType.CATEGORY:
        return True
    if not present.dtype.is_numeric() or present.n_unique() > MAX_CATEGORIES:
        return False
    if found == VariableType.INTEGER:
        return True
    return bool(present.is_finite().all() and (present == present.floor()).all())


def _as_numbers(present: pl.DataFrame) -> pl.DataFrame:
    numbers = present.with_columns(pl.col("value").cast(pl.Float64))
    return numbers.filter(pl.col("value").is_finite())


def _categories(present: pl.DataFrame) -> list[dict[str, Any]]:
    """The most common values that enough people share, the most common first."""
    people = (
        present.group_by("value")
        .agg(pl.col(_PERSON).n_unique().alias("people"))
        .filter(pl.col("people") >= THRESHOLD)
        .sort(["people", "value"], descending=[True, False])
        .head(MAX_CATEGORIES)
    )
    return [
        {"value": _shown(value), "people": safe_count(count)} for value, count in people.iter_rows()
    ]


def _shown(value: Any) -> Any:
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return _number(value)
    text = str(value)
    return text if len(text) <= MAX_SHOWN_TEXT else text[: MAX_SHOWN_TEXT - 1] + "…"


def _spread(present: pl.DataFrame, shown: Callable[[float], Any]) -> dict[str, Any]:
    """Range, quartiles and histogram on a coarse grid; nothing where too few people have a value."""
    if present["value"].is_empty():
        return {}
    each = present.group_by(_PERSON).agg(
        pl.col("value").min().alias("low"), pl.col("value").max().alias("high")
    )
    people = each.height
    if people < 2 * THRESHOLD:
        return {}
    rank = max(THRESHOLD, math.ceil(people / 100))
    low = float(each["low"].sort()[rank - 1])
    high = float(each["high"].sort(descending=True)[rank - 1])
    if not SMALLEST_WIDTH < high - low < GREATEST_WIDTH:
        return {}
    step = _grid_step(high - low)
    bottom, top = math.floor(low / step) * step, math.ceil(high / step) * step
    quartiles = [present["value"].quantile(share, "nearest") for share in (0.25, 0.5, 0.75)]
    return {
        "range": [shown(_tidy(bottom, step)), shown(_tidy(top, step))],
        "quartiles": [shown(_tidy(round((q or 0.0) / step) * step, step)) for q in quartiles],
        "histogram": _histogram(present, bottom, top, step, shown),
    }


def _grid_step(width: float) -> float:
    """The roundest of 1, 2, 5 times a power of ten that divides ``width`` into about twenty."""
    power: float = 10.0 ** math.floor(math.log10(width / _GRID_STEPS))
    return next(m * power for m in (1, 2, 5, 10) if m * power * _GRID_STEPS >= width)


def _tidy(value: float, step: float) -> float:
    """``value`` without the dust of binary fractions."""
    return round(value, max(0, -math.floor(math.log10(step))) if step < 1 else 0)


def _number(value: float) -> float | int:
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _histogram(
    present: pl.DataFrame, bottom: float, top: float, step: float, shown: Callable[[float], Any]
) -> list[dict[str, Any]]:
    """People in each bin; the first bin is open below and the last above, so no extreme shows."""
    bins = max(round((top - bottom) / step), 1)
    index = ((pl.col("value") - bottom) / step).floor().clip(0, bins - 1).cast(pl.Int64)
    placed = present.select(index.alias("bin"), _PERSON)
    joined = _join_small(placed, bins)
    edges: list[dict[str, Any]] = []
    for first, last, people in joined:
        edges.append(
            {
                "from": None if first == 0 else shown(_tidy(bottom + first * step, step)),
                "to": None if last == bins - 1 else shown(_tidy(bottom + (last + 1) * step, step)),
                "people": safe_count(people),
            }
        )
    return edges


def _join_small(placed: pl.DataFrame, bins: int) -> list[tuple[int, int, int]]:
    """Neighbouring bins joined until each has enough people: (first, last, people)."""

    def people_in(first: int, last: int) -> int:
        inside = placed.filter(pl.col("bin").is_between(first, last))
        return inside[_PERSON].n_unique()

    joined: list[tuple[int, int, int]] = []
    first = 0
    for last in range(bins):
        if (people := people_in(first, last)) >= THRESHOLD:
            joined.append((first, last, people))
            first = last + 1
    if first < bins and joined:
        start = joined.pop()[0]
        joined.append((start, bins - 1, people_in(start, bins - 1)))
    return joined


def _outliers(values: pl.Series) -> Count:
    """How many values lie beyond Tukey's fences (1.5 times the interquartile range); never which."""
    low, high = values.quantile(0.25), values.quantile(0.75)
    if low is None or high is None:
        return 0
    reach = 1.5 * (high - low)
    return safe_count(int(((values < low - reach) | (values > high + reach)).sum()))
