"""Does a plan fit the data? Asked before it is approved, not found out at the first run."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from casemate.errors import BadInput
from casemate.protection.classes import PrivacyModel, SensitiveColumn
from casemate.protection.frames import open_frame, polars_columns
from casemate.protection.hierarchies import Hierarchy
from casemate.protection.hierarchies.bands import Intervals, Suppressible
from casemate.protection.hierarchies.dates import Dates
from casemate.protection.ladders import build_ladder
from casemate.protection.levels import Bound
from casemate.protection.plan import Plan


def check_plan(
    plan: Plan,
    data: Any,
    *,
    variables: Sequence[str] | None = None,
    secret: bool = True,
    records: int | None = None,
) -> None:
    """Raise BadInput, naming the attribute, where ``plan`` cannot be applied to ``data``.

    ``data`` is a table of any kind that ``anonymise`` takes in memory, or each column's distinct
    values by name; of a column that is described only, an empty Polars series of its type, and
    ``records`` says how many there are. ``variables`` are those asked for; all, where none are
    named. While the data are ``secret``, a message names the attribute and never a value.

    Looked at: each hierarchy has every value, is monotone and has the levels that the plan fixes;
    orders and trees of the models have every value; numbers and dates are what they must be; the
    models could be met by so few records (of a table only). That a generalisation exists that meets
    them is found by the search alone.
    """
    values, counted = _values(plan, data)
    records = counted if records is None else records
    asked = [name for name in values if variables is None or name in variables]
    if lost := [name for name in variables or () if name not in values]:
        raise BadInput(f"the data have no column {lost[0]!r}, which is asked for")
    for name in sorted(plan.looked_at() - set(values)):
        if variables is None or name in variables:
            raise BadInput(f"the plan names {name!r}, a column that the data do not have")
    for name, hierarchy in plan.quasi_identifiers.items():
        if name in asked:
            _require_covered(name, hierarchy, plan.levels.get(name), values[name], secret=secret)
    for model in plan.models_for(asked):
        if records is not None and records < model.smallest_table():
            raise BadInput(f"the data have {records} records, too few for {model.describe()}")
        if model.attribute is not None:
            _require_judged(model, values[model.attribute], secret=secret)
    _require_kinds(plan, {name: values[name] for name in asked})


def _values(plan: Plan, data: Any) -> tuple[dict[str, pl.Series], int | None]:
    """The distinct values of each column that the plan looks at, and how many records there are."""
    if isinstance(data, Mapping):
        try:
            return {name: _distinct(name, held) for name, held in data.items()}, None
        except (TypeError, pl.exceptions.PolarsError):
            raise BadInput("a column's values mix types: give every value one type") from None
    frame = open_frame(data)
    looked_at = [name for name in frame.columns if name in plan.looked_at()]
    columns = polars_columns(frame, looked_at)
    held = {name: columns[name].unique() for name in looked_at}
    rest = {name: pl.Series(name, [], dtype=pl.Null) for name in frame.columns if name not in held}
    return held | rest, len(frame)


def _distinct(name: str, held: Any) -> pl.Series:
    values = held if isinstance(held, pl.Series) else pl.Series(name, list(held))
    return values.alias(name).unique()


def _require_covered(
    name: str, hierarchy: Hierarchy, bound: Bound | None, values: pl.Series, *, secret: bool
) -> None:
    _require_readable(name, hierarchy, values)
    if values.is_empty():
        # null is a line of its own in the open hierarchies, and tells how many levels they have
        if not isinstance(hierarchy, Intervals | Suppressible | Dates):
            return
        values = pl.Series(name, [None])
    try:
        ladder = build_ladder(name, hierarchy, values.sort().to_list())
    except BadInput:
        if not secret:
            raise
        raise BadInput(
            f"the hierarchy of {name!r} does not fit the data: it lacks a value that they hold, or "
            "a coarser level parts what a finer one joins"
        ) from None
    low, high = (bound, bound) if isinstance(bound, int) else bound or (0, None)
    if not low <= (high if high is not None else ladder.height - 1) < ladder.height:
        raise BadInput(
            f"the hierarchy of {name!r} has the levels 0 to {ladder.height - 1}; the plan asks for "
            f"{low} to {'the last' if high is None else high}"
        )


def _require_readable(name: str, hierarchy: Hierarchy, values: pl.Series) -> None:
    """Bands are of numbers and calendar units of dates; text may hold either."""
    kind, text = values.dtype, values.dtype in (pl.String, pl.Categorical, pl.Null)
    if isinstance(hierarchy, Intervals) and not (kind.is_numeric() or text):
        raise BadInput(f"the plan puts {name!r} in intervals of numbers, and it holds {kind}")
    if isinstance(hierarchy, Dates) and not (isinstance(kind, pl.Date | pl.Datetime) or text):
        raise BadInput(f"the plan puts {name!r} in units of dates, and it holds {kind}")


def _require_judged(model: PrivacyModel, values: pl.Series, *, secret: bool) -> None:
    """The order or tree of a model has every value of its attribute that is known."""
    if values.is_empty():
        return
    ordered = values.sort()
    column = SensitiveColumn(
        ordered.name, tuple(ordered.to_list()), np.ones(len(ordered), dtype=np.int64)
    )
    try:
        model.judge({ordered.name: column})
    except BadInput:
        if not secret:
            raise
        raise BadInput(
            f"{model.describe()} does not fit the data: its order or hierarchy lacks a value that "
            f"{ordered.name!r} holds"
        ) from None


def _require_kinds(plan: Plan, values: Mapping[str, pl.Series]) -> None:
    grouped = [name for one in plan.microaggregation for name in one.columns]
    means = [name for name, what in plan.aggregated.items() if what in ("mean", "median")]
    for name in (*plan.top_bottom, *plan.rounding, *grouped, *means):
        if name in values and not (
            values[name].dtype.is_numeric() or values[name].dtype == pl.Null
        ):
            raise BadInput(
                f"the plan treats {name!r} as numbers, and it holds {values[name].dtype}"
            )
    for name in grouped:
        if name in values and values[name].null_count():
            raise BadInput(
                f"the plan micro-aggregates {name!r}, which has nulls: they have no distance"
            )
    moved = () if plan.date_shift is None else plan.date_shift.columns
    for name in moved:
        kind = values[name].dtype if name in values else pl.Date()
        if not isinstance(kind, pl.Date | pl.Datetime) and kind != pl.Null:
            raise BadInput(f"the plan shifts the dates of {name!r}, and it holds {kind}")
