"""What a recipe gives: the same code for the researcher's program and for the checker."""

from collections.abc import Callable
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
    WeightedEffect,
)
from casemate.analysis.words import Cell, interval, key, plain

MARGIN = "All"
MAX_CELLS = 50_000
Rows = np.ndarray[Any, np.dtype[np.uint32]]


@dataclass(frozen=True)
class Answer:
    """Figures in long form: the first ``keys`` columns tell the cell, the others are its figures.

    ``people`` has the rows of the input behind each line, where lines are groups of people (tables,
    crosstabs, histograms, quantiles, survival), and one entry, the rows used, for a model; it never
    leaves the trusted side. ``notes`` are figures of the whole, such as n.
    """

    columns: tuple[str, ...]
    keys: int
    rows: tuple[tuple[Cell, ...], ...]
    people: tuple[Rows, ...] = field(default=(), repr=False)
    notes: tuple[tuple[str, Cell], ...] = ()


def compute(recipe: Recipe, frame: pl.DataFrame) -> Answer:
    """Carry ``recipe`` out on the input ``frame``. Raises BadRecipe where it does not fit."""
    try:
        return _analysis(recipe)(select(recipe, frame))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as problem:
        # its message may quote values: ours does not
        kind = type(problem).__name__
        raise BadRecipe(f"the recipe does not fit the columns it reads ({kind})") from None


def _analysis(recipe: Recipe) -> Callable[[pl.DataFrame], Answer]:
    what = recipe.what.of if isinstance(recipe.what, Figure) else recipe.what
    match what:
        case Table():
            return lambda table: _table(what, table)
        case Crosstab():
            by = (what.down, what.across)
            long = Table(by=by, measures=(what.measure,), margins=what.margins)
            return lambda table: _wide_enough(_table(long, table))
        case Histogram():
            return lambda table: _histogram(what, table)
        case Quantiles():
            return lambda table: _quantiles(what, table)
        case Survival():
            return lambda table: _survival(what, table)
        case Regression():
            from casemate.analysis.fitting import fit  # statsmodels takes a second to load

            return lambda table: fit(what, table)
        case WeightedEffect():
            from casemate.analysis.weighting import effect

            return lambda table: effect(what, table)


def _table(what: Table, table: pl.DataFrame) -> Answer:
    names = [one.name for one in what.measures]
    if len({*what.by, *names}) != len(what.by) + len(names):
        raise BadRecipe("two columns of the table have one name")
    if what.margins and any((table[name] == MARGIN).any() for name in _texts(table, what.by)):
        raise BadRecipe(f"a category is named {MARGIN!r}, as the margins are: recode it")
    figures = [_figure(one, table).alias(one.name) for one in what.measures]
    rows: list[tuple[Cell, ...]] = []
    people: list[Rows] = []
    for kept in _margins(what):
        for line in _grouped(table, kept, figures, room=MAX_CELLS - len(rows)):
            *values, members = line
            found = dict(zip(kept, values, strict=False))
            keys = tuple(key(found[name]) if name in found else MARGIN for name in what.by)
            rows.append((*keys, *values[len(kept) :]))
            people.append(members)
    return Answer((*what.by, *names), len(what.by), tuple(rows), tuple(people))


def _texts(table: pl.DataFrame, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if table.schema[name] == pl.String]


def _margins(what: Table) -> list[tuple[str, ...]]:
    """The sets of keys to group by: all of them, then with margins every smaller one."""
    if not what.margins:
        return [what.by]
    sizes = range(len(what.by), -1, -1)
    return [kept for size in sizes for kept in combinations(what.by, size)]


def _wide_enough(answer: Answer) -> Answer:
    """A crosstab is written with every category along its side and its top."""
    down, across = ({row[place] for row in answer.rows} for place in (0, 1))
    _require_cells(len(down) * len(across), MAX_CELLS)
    return answer


def _require_cells(wanted: int, room: int) -> None:
    if wanted > room:
        raise BadRecipe(f"the recipe asks for too many cells: at most {MAX_CELLS} are computed")


def _grouped(
    table: pl.DataFrame, keys: tuple[str, ...], figures: list[pl.Expr], *, room: int = MAX_CELLS
) -> list[tuple[Any, ...]]:
    """For each group, in order: its keys, its figures, the rows in it."""
    if not keys:
        line = table.select(*figures).row(0)
        return [(*line, table[ROW].to_numpy())] if len(table) else []
    _require_cells(table.select(pl.struct(keys).n_unique()).item() if len(table) else 0, room)
    grouped = table.group_by(keys).agg(*figures, pl.col(ROW).alias("__members"))
    grouped = grouped.sort(keys, nulls_last=True)
    behind = [one.to_numpy() for one in grouped["__members"]]
    lines = grouped.drop("__members").rows()
    return [(*line, who) for line, who in zip(lines, behind, strict=True)]


def _figure(measure: Measure, table: pl.DataFrame) -> pl.Expr:
    if measure.of is None:
        return pl.len()
    column = pl.col(measure.of)
    if measure.function == "valid":
        return column.count()
    _require_number(table, measure.of)
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
    _require_number(table, what.of)
    edges = what.breaks
    if any(low >= high for low, high in pairwise(edges)):
        raise BadRecipe("the breaks of a histogram must increase")
    labels = [interval(low, high, closed=high == edges[-1]) for low, high in pairwise(edges)]
    rows: list[tuple[Cell, ...]] = []
    people: list[Rows] = []
    groups = _groups(table, what.by, each=len(labels))
    for first, group in groups:
        values = group[what.of].cast(pl.Float64).to_numpy()
        place = np.searchsorted(edges, values, side="right") - 1  # missing: past the last
        place[values == edges[-1]] = len(labels) - 1
        members = group[ROW].to_numpy()
        order = np.argsort(place, kind="stable")
        starts = np.searchsorted(place[order], np.arange(len(labels) + 1))
        for at, label in enumerate(labels):
            inside = np.sort(members[order[starts[at] : starts[at + 1]]])
            rows.append((*first, label, len(inside)))
            people.append(inside)
    names = (*([what.by] if what.by else []), what.of, "count")
    return Answer(names, len(names) - 1, tuple(rows), tuple(people))


def _quantiles(what: Quantiles, table: pl.DataFrame) -> Answer:
    _require_number(table, what.of)
    held = table.filter(pl.col(what.of).is_not_null()).rechunk()
    number = pl.col(what.of).cast(pl.Float64)
    figures = [
        number.quantile(share, interpolation="linear").alias(f"__q{place}")
        for place, share in enumerate(what.at)
    ]
    rows: list[tuple[Cell, ...]] = []
    people: list[Rows] = []
    width = len(what.by)
    room = MAX_CELLS // len(what.at)
    for line in _grouped(held, what.by, [pl.len().alias("__n"), *figures], room=room):
        *values, members = line
        keys = tuple(key(one) for one in values[:width])
        for share, value in zip(what.at, values[width + 1 :], strict=True):
            rows.append((*keys, plain(share), values[width], value))
            people.append(members)
    columns = (*what.by, "quantile", "count", what.of)
    return Answer(columns, width + 1, tuple(rows), tuple(people))


def _survival(what: Survival, table: pl.DataFrame) -> Answer:
    """Kaplan & Meier 1958, by hand: the risk sets are what the rules need."""
    used = (what.duration, what.event, *([what.by] if what.by else []))
    _require_number(table, what.duration)
    _require_number(table, what.event)
    held = table.filter(pl.all_horizontal(pl.col(name).is_not_null() for name in used)).rechunk()
    if any(low >= high for low, high in pairwise(what.times)):
        raise BadRecipe("the times of a survival analysis must increase")
    rows: list[tuple[Cell, ...]] = []
    people: list[Rows] = []
    for first, group in _groups(held, what.by, each=len(what.times)):
        for line, members in _steps(what, group):
            rows.append((*first, *line))
            people.append(members)
    names = (*([what.by] if what.by else []), "time", "at_risk", "events", "survival")
    return Answer(names, len(names) - 3, tuple(rows), tuple(people))


def _steps(what: Survival, group: pl.DataFrame) -> list[tuple[tuple[Cell, ...], Rows]]:
    """For each time: at risk then, events since the time before it, the share that survives it."""
    duration = group[what.duration].cast(pl.Float64).to_numpy()
    event = group[what.event].cast(pl.Float64).to_numpy() != 0
    members = group[ROW].to_numpy()
    moments, deaths = np.unique(duration[event], return_counts=True)
    risk = len(duration) - np.searchsorted(np.sort(duration), moments, side="left")
    curve = np.concatenate(([1.0], np.cumprod(1 - deaths / risk)))
    died = np.concatenate(([0], np.cumsum(deaths)))
    found: list[tuple[tuple[Cell, ...], Rows]] = []
    before = 0
    for time in what.times:
        at = int(np.searchsorted(moments, time, side="right"))
        at_risk = members[duration >= time]
        events = int(died[at] - died[before])
        found.append(((plain(time), len(at_risk), events, float(curve[at])), at_risk))
        before = at
    return found


def _groups(
    table: pl.DataFrame, by: str | None, *, each: int
) -> list[tuple[tuple[Cell, ...], pl.DataFrame]]:
    """(key, records) for each value of ``by`` in order, missing last; all of them where it is None."""
    if by is None:
        return [((), table)]
    _require_cells(table[by].n_unique() * each, MAX_CELLS)
    groups = table.sort(by, nulls_last=True, maintain_order=True)
    return [((key(group[by][0]),), group) for group in groups.partition_by(by, maintain_order=True)]


def _require_number(table: pl.DataFrame, name: str) -> None:
    if not (table.schema[name].is_numeric() or table.schema[name] == pl.Boolean):
        raise BadRecipe(f"{name!r} is not a number")
