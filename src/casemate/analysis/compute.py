"""What a recipe gives: the same code for the researcher's program and for the checker."""

import math
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import polars as pl

from casemate.analysis.evaluate import ROW, select
from casemate.analysis.recipes import (
    BadRecipe,
    Crosstab,
    Figure,
    Histogram,
    Measure,
    Quantiles,
    Recipe,
    Regression,
    Survival,
    Table,
)

MARGIN = "All"
MAX_CELLS = 50_000
Cell = str | int | float | bool | None


@dataclass(frozen=True)
class Answer:
    """Figures in long form: the first ``keys`` columns tell the cell, the others are its figures.

    ``people`` has the rows of the input behind each line, where lines are groups of people (tables,
    crosstabs, histograms, quantiles, survival); it never leaves the trusted side. ``notes`` are figures
    of the whole, such as n.
    """

    columns: tuple[str, ...]
    keys: int
    rows: tuple[tuple[Cell, ...], ...]
    people: tuple[np.ndarray[Any, np.dtype[np.uint32]], ...] = field(default=(), repr=False)
    notes: tuple[tuple[str, Cell], ...] = ()


def compute(recipe: Recipe, frame: pl.DataFrame) -> Answer:
    """Carry ``recipe`` out on the input ``frame``. Raises BadRecipe where it does not fit."""
    table = select(recipe, frame)
    what = recipe.what.of if isinstance(recipe.what, Figure) else recipe.what
    match what:
        case Table():
            return _table(what, table)
        case Crosstab():
            by = (what.down, what.across)
            return _table(Table(by=by, measures=(what.measure,), margins=what.margins), table)
        case Histogram():
            return _histogram(what, table)
        case Quantiles():
            return _quantiles(what, table)
        case Survival():
            return _survival(what, table)
        case Regression():
            from casemate.analysis.regression import fit  # statsmodels takes a second to load

            return fit(what, table)


def _table(what: Table, table: pl.DataFrame) -> Answer:
    _require(table, (*what.by, *(one.of for one in what.measures if one.of)))
    names = [one.name for one in what.measures]
    if len({*what.by, *names}) != len(what.by) + len(names):
        raise BadRecipe("two columns of the table have one name")
    figures = [_figure(one, table).alias(one.name) for one in what.measures]
    rows: list[tuple[Cell, ...]] = []
    people = []
    for kept in _margins(what):
        for line in _grouped(table, kept, figures):
            *values, members = line
            found = dict(zip(kept, values, strict=False))
            keys = tuple(_text(found[name]) if name in found else MARGIN for name in what.by)
            rows.append((*keys, *values[len(kept) :]))
            people.append(members)
    if len(rows) > MAX_CELLS:
        raise BadRecipe(f"the table has {len(rows)} rows; at most {MAX_CELLS} are computed")
    return Answer((*what.by, *names), len(what.by), tuple(rows), tuple(people))


def _margins(what: Table) -> list[tuple[str, ...]]:
    """The sets of keys to group by: all of them, then with margins every smaller one."""
    if not what.margins:
        return [what.by]
    sizes = range(len(what.by), -1, -1)
    return [kept for size in sizes for kept in combinations(what.by, size)]


def _grouped(
    table: pl.DataFrame, keys: tuple[str, ...], figures: list[pl.Expr]
) -> list[tuple[Any, ...]]:
    members = pl.col(ROW)
    if not keys:
        line = table.select(*figures).row(0)
        return [(*line, table.get_column(ROW).to_numpy())] if len(table) else []
    grouped = table.group_by(keys).agg(*figures, members.alias("__members"))
    grouped = grouped.sort(keys, nulls_last=True)
    plain = grouped.drop("__members").rows()
    behind = [one.to_numpy() for one in grouped.get_column("__members")]
    return [(*line, who) for line, who in zip(plain, behind, strict=True)]


def _figure(measure: Measure, table: pl.DataFrame) -> pl.Expr:
    if measure.of is None:
        return pl.len()
    column = pl.col(measure.of)
    if measure.function == "valid":
        return column.count()
    if not (table.schema[measure.of].is_numeric() or table.schema[measure.of] == pl.Boolean):
        raise BadRecipe(f"{measure.of!r} is not a number: it has no {measure.function}")
    number = column.cast(pl.Float64)
    match measure.function:
        case "sum":
            return number.sum()
        case "mean":
            return number.mean()
        case "std":
            return number.std(ddof=1)
        case "median":
            return number.median()
        case "quantile":
            assert measure.at is not None
            return number.quantile(measure.at, interpolation="linear")
    return (number != 0).mean()  # a share


def _histogram(what: Histogram, table: pl.DataFrame) -> Answer:
    _require(table, (what.of, *([what.by] if what.by else [])))
    _require_number(table, what.of)
    edges = what.breaks
    if any(low >= high for low, high in pairwise(edges)):
        raise BadRecipe("the breaks of a histogram must increase")
    rows: list[tuple[Cell, ...]] = []
    people = []
    for first, group in _groups(table, what.by):
        values = group.get_column(what.of).cast(pl.Float64).to_numpy()
        for low, high in pairwise(edges):
            last = high == edges[-1]
            inside = (values >= low) & ((values <= high) if last else (values < high))
            members = group.get_column(ROW).to_numpy()[inside]
            rows.append((*first, f"[{low:g}, {high:g}{']' if last else ')'}", len(members)))
            people.append(members)
    names = (*([what.by] if what.by else []), what.of, "count")
    return Answer(names, len(names) - 1, tuple(rows), tuple(people))


def _quantiles(what: Quantiles, table: pl.DataFrame) -> Answer:
    _require(table, (what.of, *what.by))
    _require_number(table, what.of)
    held = table.filter(pl.col(what.of).is_not_null())
    number = pl.col(what.of).cast(pl.Float64)
    figures = [number.quantile(at, interpolation="linear").alias(f"q{at:g}") for at in what.at]
    rows, people = [], []
    for line in _grouped(held, what.by, [pl.len().alias("count"), *figures]):
        *values, members = line
        width = len(what.by)
        for at, value in zip(what.at, values[width + 1 :], strict=True):
            rows.append((*(_text(key) for key in values[:width]), f"{at:g}", values[width], value))
            people.append(members)
    return Answer(
        (*what.by, "quantile", "count", what.of), len(what.by) + 1, tuple(rows), tuple(people)
    )


def _survival(what: Survival, table: pl.DataFrame) -> Answer:
    """Kaplan & Meier 1958, by hand: the risk sets are what the rules need."""
    used = (what.duration, what.event, *([what.by] if what.by else []))
    _require(table, used)
    _require_number(table, what.duration)
    held = table.filter(pl.all_horizontal(pl.col(name).is_not_null() for name in used))
    if any(low >= high for low, high in pairwise(what.times)):
        raise BadRecipe("the times of a survival analysis must increase")
    rows: list[tuple[Cell, ...]] = []
    people = []
    for first, group in _groups(held, what.by):
        for line, members in _steps(what, group):
            rows.append((*first, *line))
            people.append(members)
    names = (*([what.by] if what.by else []), "time", "at_risk", "events", "survival")
    return Answer(names, len(names) - 3, tuple(rows), tuple(people))


def _steps(what: Survival, group: pl.DataFrame) -> list[tuple[tuple[Cell, ...], Any]]:
    duration = group.get_column(what.duration).cast(pl.Float64).to_numpy()
    event = group.get_column(what.event).cast(pl.Float64).to_numpy() != 0
    members = group.get_column(ROW).to_numpy()
    found: list[tuple[tuple[Cell, ...], Any]] = []
    survival, before = 1.0, -math.inf
    for time in what.times:
        for moment in np.unique(duration[event & (duration > before) & (duration <= time)]):
            risk = int((duration >= moment).sum())
            survival *= 1 - int((event & (duration == moment)).sum()) / risk
        at_risk = duration >= time
        events = int((event & (duration > before) & (duration <= time)).sum())
        found.append(((f"{time:g}", int(at_risk.sum()), events, survival), members[at_risk]))
        before = time
    return found


def _groups(table: pl.DataFrame, by: str | None) -> list[tuple[tuple[Cell, ...], pl.DataFrame]]:
    """(key, records) for each value of ``by`` in order, missing last; all of them where it is None."""
    if by is None:
        return [((), table)]
    groups = table.partition_by(by, maintain_order=True)
    groups.sort(key=lambda group: _order(group[by][0]))
    return [((_text(group[by][0]),), group) for group in groups]


def _require(table: pl.DataFrame, names: tuple[str, ...]) -> None:
    for name in names:
        if name not in table.columns or name == ROW:
            raise BadRecipe(f"the input has no column {name!r}")


def _require_number(table: pl.DataFrame, name: str) -> None:
    if not table.schema[name].is_numeric():
        raise BadRecipe(f"{name!r} is not a number")


def _text(value: Any) -> Cell:
    """A key as it is written: whole numbers without a point, dates as ISO 8601, missing as missing."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return None if value is None else str(value)


def _order(value: Any) -> tuple[bool, float, str]:
    number = float(value) if isinstance(value, int | float) else 0.0
    return (value is None, number, str(value))
