"""Micro-aggregation inside classes: a value of the whole class instead of a label.

The classes are those that the search found, so the models hold as before: who shares a class shares
the value too. For numbers the mean keeps the class's total, and so the table's. ARX calls this the
attribute kind "microaggregation"; the idea is Defays and Nanopoulos's (1993).

What a value tells: a mean is nobody's value, unless all of the class have the same. A median or mode
is the value of a record of the class; an interval shows the smallest and the largest value of it.
"""

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from casemate.errors import BadInput
from casemate.protection.values import text_of

_FUNCTIONS: dict[str, Callable[[str], pl.Expr]] = {
    "mean": lambda name: pl.col(name).mean(),
    "median": lambda name: pl.col(name).quantile(0.5, interpolation="lower"),
    # the least of the commonest, so that a run gives what the last one gave
    "mode": lambda name: pl.col(name).drop_nulls().mode().min(),
    "interval": lambda name: pl.struct(
        pl.col(name).min().alias("low"), pl.col(name).max().alias("high")
    ),
}
CLASS_FUNCTIONS = tuple(_FUNCTIONS)
"""The values that a class may have: mean and median of numbers, mode and interval of anything in order."""


def require_functions(aggregated: Mapping[str, str]) -> None:
    """Raise BadInput unless each value of ``aggregated`` is one of ``CLASS_FUNCTIONS``."""
    for name, function in aggregated.items():
        if function not in _FUNCTIONS:
            raise BadInput(
                f"the class value of {name!r} is one of {', '.join(CLASS_FUNCTIONS)}, not {function!r}"
            )


def class_values(
    values: pl.DataFrame, class_of: pl.Series, aggregated: Mapping[str, str]
) -> pl.DataFrame:
    """For each record the value of its class, a column for each name of ``aggregated``.

    ``values`` are those collected and ``class_of`` numbers the class of each record. Nulls are left
    out of account; a class without any value has null. Raises BadInput for a mean or median of what
    is no number.
    """
    require_functions(aggregated)
    for name, function in aggregated.items():
        if function in ("mean", "median") and not values[name].dtype.is_numeric():
            raise BadInput(
                f"{name!r} holds {values[name].dtype} values, which have no {function}: choose the "
                "mode or the interval of its classes"
            )
    table = values.select(list(aggregated)).with_columns(class_of.alias("*class"))
    of_class = table.group_by("*class", maintain_order=True).agg(
        _FUNCTIONS[function](name).alias(name) for name, function in aggregated.items()
    )
    written = of_class.with_columns(
        _intervals(of_class[name]) for name, what in aggregated.items() if what == "interval"
    )
    found = table.select("*class").join(written, on="*class", how="left", maintain_order="left")
    return found.select(list(aggregated))


def _intervals(ends: pl.Series) -> pl.Series:
    """The interval of each class as text, ``[low, high]``; one value alone is written as itself."""
    texts: list[str | None] = []
    for pair in ends.to_list():
        low, high = (text_of(pair[end], repr(ends.name)) for end in ("low", "high"))
        texts.append(low if low is None or low == high else f"[{low}, {high}]")
    return pl.Series(ends.name, texts, dtype=pl.String)


def classes_of(table: pl.DataFrame, quasi_identifiers: Sequence[str]) -> pl.Series:
    """The number of each record's class by ``quasi_identifiers``; null is a value of its own."""
    if not quasi_identifiers:
        return pl.zeros(len(table), dtype=pl.Int64, eager=True)
    columns = table.select(quasi_identifiers)
    columns.columns = [str(place) for place in range(columns.width)]
    return columns.select(pl.struct(pl.all()).rank("dense").cast(pl.Int64)).to_series()
