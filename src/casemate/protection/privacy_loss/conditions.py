"""Which rows a question is about: conditions on single columns, data and never code.

A condition says of one row alone whether it counts, by values that the asker gives. So tables that
differ in one person's rows still differ in at most those rows once filtered, and no sensitivity
changes with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import polars as pl

from casemate.errors import BadInput

Value = str | int | float | bool | Decimal | date | datetime | time | None
_OUT_OF_ORDER = (pl.Boolean, pl.Categorical, pl.Enum)


@dataclass(frozen=True)
class Range:
    """Values from ``at_least``, or ``above`` it, up to ``at_most``, or ``below`` it; one end may be
    open. Text goes by its code points. Null and NaN are in no range."""

    at_least: Value = None
    above: Value = None
    at_most: Value = None
    below: Value = None

    def __post_init__(self) -> None:
        if all(bound is None for bound in self._bounds().values()):
            raise BadInput("a range has a bound: at_least, above, at_most or below")
        for one, other in (("at_least", "above"), ("at_most", "below")):
            if getattr(self, one) is not None and getattr(self, other) is not None:
                raise BadInput(f"a range begins or ends once: give {one} or {other}")

    def _bounds(self) -> dict[str, Value]:
        return {name: getattr(self, name) for name in ("at_least", "above", "at_most", "below")}

    def met(self, name: str, dtype: pl.DataType) -> pl.Expr:
        """Whether a row is in it. Raises BadInput for bounds that are not of the column's type."""
        if isinstance(dtype, _OUT_OF_ORDER) or dtype in _OUT_OF_ORDER or dtype.is_nested():
            raise BadInput(f"the column {name!r} holds {dtype}, which has no ranges: give a list")
        given = {side: bound for side, bound in self._bounds().items() if bound is not None}
        typed = as_type(list(given.values()), dtype, name)
        _require_order(typed, name)
        column, met = pl.col(name), pl.lit(value=True)
        for place, side in enumerate(given):
            bound = pl.lit(typed.slice(place, 1)).first()
            match side:
                case "at_least":
                    met = met & (column >= bound)
                case "above":
                    met = met & (column > bound)
                case "at_most":
                    met = met & (column <= bound)
                case _:
                    met = met & (column < bound)
        return met & column.is_not_nan() if dtype.is_float() else met


@dataclass(frozen=True)
class NoneOf:
    """Any value but these; null counts, unless it is one of them."""

    values: Sequence[Value]

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", tuple(self.values))
        if not self.values:
            raise BadInput("none_of names at least one value")

    def met(self, name: str, dtype: pl.DataType) -> pl.Expr:
        """Whether a row has none of them. Raises BadInput for values of another type."""
        return ~one_of(self.values, name, dtype)


Condition = Value | Sequence[Value] | Range | NoneOf
Conditions = Mapping[str, Condition]


def met(wanted: Condition, name: str, dtype: pl.DataType) -> pl.Expr:
    """Whether a row's column meets ``wanted``: a value, one of several, a range, or none of several.

    Raises BadInput where what is given is not of the column's type.
    """
    if isinstance(wanted, Range | NoneOf):
        return wanted.met(name, dtype)
    values = list(wanted) if isinstance(wanted, list | tuple | set | frozenset) else [wanted]
    return one_of(values, name, dtype)


def one_of(values: Sequence[Any], name: str, dtype: pl.DataType) -> pl.Expr:
    """Whether the column is one of ``values``; null is a value."""
    return pl.col(name).is_in(as_type(values, dtype, name).implode(), nulls_equal=True)


def as_type(values: Sequence[Any], dtype: pl.DataType, name: str) -> pl.Series:
    """``values`` as a column of the type that column ``name`` has. Raises BadInput if they do not fit."""
    try:
        if isinstance(dtype, pl.Categorical | pl.Enum):
            return pl.Series(name, values, dtype=pl.String).cast(dtype)
        return pl.Series(name, values, dtype=dtype, strict=True)
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
        raise BadInput(f"not all values given for {name!r} are of its type, {dtype}") from None


def _require_order(bounds: pl.Series, name: str) -> None:
    if bounds.dtype.is_float() and bounds.is_nan().any():
        raise BadInput(f"a bound of {name!r} is no number")
    if len(bounds) == 2 and bounds[0] > bounds[1]:
        raise BadInput(f"the range of {name!r} ends before it begins")
