"""Expressions and selections carried out by polars: the rows and columns that a recipe speaks of."""

from collections.abc import Callable
from functools import reduce
from itertools import pairwise
from operator import and_, or_
from typing import Any

import polars as pl

from casemate.analysis.expressions import (
    Among,
    Arithmetic,
    Column,
    Compare,
    Cut,
    Function,
    Missing,
    Not,
    Recode,
    Several,
    Value,
)
from casemate.analysis.recipes import BadRecipe, Recipe

ROW = "__row"
"""The place of each record in the input, kept through the selection; no recipe can name it."""

_FUNCTIONS: dict[str, Callable[[pl.Expr], pl.Expr]] = {
    "log": pl.Expr.log,
    "exp": pl.Expr.exp,
    "sqrt": pl.Expr.sqrt,
    "abs": pl.Expr.abs,
    "negative": pl.Expr.neg,
    "floor": pl.Expr.floor,
}


def select(recipe: Recipe, frame: pl.DataFrame) -> pl.DataFrame:
    """The records of ``frame`` that the recipe is of, with its derived columns and ``ROW``.

    Raises BadRecipe for a column that is not there, a derived one named like a variable, and operations
    that do not fit the types.
    """
    table = frame.with_row_index(ROW)
    for derived in recipe.derive:
        if derived.name in table.columns:
            raise BadRecipe(f"the derived column {derived.name!r} is named like one that is there")
        column = to_polars(derived.value, table.columns)
        table = _try(derived.name, table.with_columns, column.alias(derived.name))
    if recipe.where is not None:
        condition = to_polars(recipe.where, table.columns)
        table = _try("the filter", table.filter, condition)
    return table


def to_polars(expression: Any, columns: list[str]) -> pl.Expr:
    """The polars expression for one of ours, over a table with ``columns``."""
    match expression:
        case Column(name=name):
            if name not in columns or name == ROW:
                raise BadRecipe(f"the input has no column {name!r}")
            return pl.col(name)
        case Value(value=value):
            return pl.lit(value)
        case Arithmetic(op=op, left=left, right=right):
            return _arithmetic(op, to_polars(left, columns), to_polars(right, columns))
        case Function(op=op, of=of):
            return _finite(_FUNCTIONS[op](to_polars(of, columns).cast(pl.Float64)))
        case Compare(op=op, left=left, right=right):
            found: pl.Expr = getattr(to_polars(left, columns), op)(to_polars(right, columns))
            return found
        case Among(of=of, values=values):
            return _either(to_polars(of, columns), values)
        case Missing(of=of):
            return to_polars(of, columns).is_null()
        case Not(of=of):
            return to_polars(of, columns).not_()
        case Several(op=op, of=of):
            return reduce(and_ if op == "all_of" else or_, [to_polars(one, columns) for one in of])
        case Cut(of=of, breaks=breaks):
            return _cut(to_polars(of, columns), breaks)
        case Recode(of=of, cases=cases, otherwise=otherwise):
            return _recode(to_polars(of, columns), cases, otherwise)
    raise BadRecipe(f"no expression: {type(expression).__name__}")


def _arithmetic(op: str, left: pl.Expr, right: pl.Expr) -> pl.Expr:
    # in floats throughout: integers would overflow in silence
    left, right = left.cast(pl.Float64), right.cast(pl.Float64)
    both = {
        "add": left + right,
        "subtract": left - right,
        "multiply": left * right,
        "divide": left / right,
    }
    return _finite(both[op])


def _finite(column: pl.Expr) -> pl.Expr:
    """The column, with NaN and infinity as missing values."""
    number = column.cast(pl.Float64, strict=False)
    return pl.when(number.is_nan() | number.is_infinite()).then(None).otherwise(column)


def _either(column: pl.Expr, values: tuple[Any, ...]) -> pl.Expr:
    return reduce(or_, [column == pl.lit(value) for value in values])


def _cut(column: pl.Expr, breaks: tuple[float, ...]) -> pl.Expr:
    if any(low >= high for low, high in pairwise(breaks)):
        raise BadRecipe("the breaks of a cut must increase")
    chain: Any = pl
    for low, high in pairwise(breaks):
        inside = (column >= low) & (column < high)
        chain = chain.when(inside).then(pl.lit(f"[{low:g}, {high:g})"))
    cut: pl.Expr = chain.otherwise(None)
    return cut


def _recode(column: pl.Expr, cases: tuple[tuple[Any, Any], ...], otherwise: Any) -> pl.Expr:
    chain: Any = pl
    for before, after in cases:
        chain = chain.when(column == pl.lit(before)).then(pl.lit(after))
    other = pl.when(column.is_null()).then(None).otherwise(pl.lit(otherwise))
    recoded: pl.Expr = chain.otherwise(other)
    return recoded


def _try(what: str, work: Callable[[pl.Expr], pl.DataFrame], column: pl.Expr) -> pl.DataFrame:
    try:
        return work(column)
    except pl.exceptions.PolarsError:
        # its message may quote values: ours does not
        raise BadRecipe(f"{what!r} does not fit the types of the columns it reads") from None
