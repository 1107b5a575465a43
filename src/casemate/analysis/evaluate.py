"""Expressions and selections carried out by polars: the rows and columns that a recipe speaks of.

Every value is of one of three kinds: number (a 64-bit float in expressions), boolean, text. Dates are
text in ISO 8601, which sorts as they do. NaN and infinity are missing values. Kinds are checked before
anything is computed, so that the engine's own conversions never decide what a recipe means.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from operator import and_, or_
from typing import Any, Literal

import polars as pl

from casemate.analysis.expressions import (
    Among,
    Arithmetic,
    Column,
    Compare,
    Cut,
    Function,
    Midpoint,
    Missing,
    Not,
    Recode,
    Several,
    Value,
)
from casemate.analysis.recipes import BadRecipe, Recipe
from casemate.analysis.words import interval

ROW = "__row"
"""The place of each record in the input, kept through the selection; no recipe can name it."""
Kind = Literal["number", "boolean", "text"]

_FUNCTIONS: dict[str, Callable[[pl.Expr], pl.Expr]] = {
    "log": pl.Expr.log,
    "exp": pl.Expr.exp,
    "sqrt": pl.Expr.sqrt,
    "abs": pl.Expr.abs,
    "negative": pl.Expr.neg,
    "floor": pl.Expr.floor,
}
_NUMBER = r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"


@dataclass(frozen=True)
class Built:
    """A polars expression and the kind of its values."""

    column: pl.Expr
    kind: Kind


def select(recipe: Recipe, frame: pl.DataFrame) -> pl.DataFrame:
    """The records of ``frame`` that the recipe is of, with the columns that it names and ``ROW``.

    Raises BadRecipe for a column that is not there, a derived one named like a variable, and operations
    that do not fit the kinds.
    """
    table = _named(recipe, frame)
    kinds = {name: _kind(name, dtype) for name, dtype in table.schema.items()}
    for derived in recipe.derive:
        if derived.name in frame.columns:
            raise BadRecipe(f"the derived column {derived.name!r} is named like one that is there")
        built = build(derived.value, kinds)
        table = table.with_columns(built.column.alias(derived.name))
        kinds[derived.name] = built.kind
    table = table.with_row_index(ROW)
    if recipe.where is not None:
        condition = _of_kind("boolean", build(recipe.where, kinds), "a filter")
        table = table.filter(condition)
    return table.rechunk()  # sums in one order, however many threads filtered


def _named(recipe: Recipe, frame: pl.DataFrame) -> pl.DataFrame:
    """The variables that the recipe names, with missing values only where they are missing."""
    names = sorted(recipe.variables - {one.name for one in recipe.derive})
    for name in names:
        if name not in frame.columns:
            raise BadRecipe(f"the input has no column {name!r}")
    plain = [_plain(name, frame.schema[name]) for name in names]
    if not plain:  # a count of all records names no variable
        return frame.select(pl.repeat(True, pl.len()).alias("__all"))
    return frame.select(plain)


def _plain(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if dtype.is_float():
        return finite(column.cast(pl.Float64))
    if isinstance(dtype, pl.Decimal):
        return column.cast(pl.Float64)
    if dtype == pl.Date:
        return column.dt.to_string("%Y-%m-%d")
    if isinstance(dtype, pl.Datetime):
        return column.dt.to_string("%Y-%m-%dT%H:%M:%S")
    if isinstance(dtype, pl.Categorical | pl.Enum):
        return column.cast(pl.String)
    return column


def _kind(name: str, dtype: pl.DataType) -> Kind:
    if dtype == pl.Boolean:
        return "boolean"
    if dtype == pl.String:
        return "text"
    if dtype.is_numeric():
        return "number"
    raise BadRecipe(f"{name!r} is neither a number, nor text, a date or true and false")


def build(expression: Any, kinds: Mapping[str, Kind]) -> Built:
    """The polars expression for one of ours, over columns of these ``kinds``. Raises BadRecipe."""
    match expression:
        case Column(name=name):
            return _column(name, kinds)
        case Value(value=value):
            return Built(_literal(value), _kind_of_value(value))
        case Arithmetic(op=op, left=left, right=right):
            numbers = [_of_kind("number", build(part, kinds), op) for part in (left, right)]
            return Built(_arithmetic(op, *numbers), "number")
        case Function(op=op, of=of):
            number = _of_kind("number", build(of, kinds), op)
            return Built(finite(_FUNCTIONS[op](number)), "number")
        case Compare(op=op, left=left, right=right):
            return Built(_compare(op, build(left, kinds), build(right, kinds)), "boolean")
        case Among(of=of, values=values):
            return Built(_among(build(of, kinds), values), "boolean")
        case Missing(of=of):
            return Built(build(of, kinds).column.is_null(), "boolean")
        case Not(of=of):
            return Built(_of_kind("boolean", build(of, kinds), "not").not_(), "boolean")
        case Several(op=op, of=of):
            conditions = [_of_kind("boolean", build(one, kinds), op) for one in of]
            return Built(reduce(and_ if op == "all_of" else or_, conditions), "boolean")
        case Cut(of=of, breaks=breaks):
            return Built(_cut(_of_kind("number", build(of, kinds), "cut"), breaks), "text")
        case Midpoint(of=of, whole=whole):
            label = build(of, kinds)
            if label.kind == "number":  # not in bands: each is its own middle
                return label
            return Built(_midpoint(_of_kind("text", label, "midpoint"), whole), "number")
        case Recode(of=of, cases=cases, otherwise=otherwise):
            return _recode(build(of, kinds), cases, otherwise)
    raise BadRecipe(f"no expression: {type(expression).__name__}")


def finite(column: pl.Expr) -> pl.Expr:
    """The number, with NaN and infinity as missing values."""
    return pl.when(column.is_finite()).then(column)


def _column(name: str, kinds: Mapping[str, Kind]) -> Built:
    if name not in kinds:
        raise BadRecipe(f"the input has no column {name!r}")
    column, kind = pl.col(name), kinds[name]
    return Built(column.cast(pl.Float64) if kind == "number" else column, kind)


def _literal(value: Any) -> pl.Expr:
    if _kind_of_value(value) == "number":
        return pl.lit(float(value), dtype=pl.Float64)
    return pl.lit(value)


def _kind_of_value(value: Any) -> Kind:
    if isinstance(value, bool):
        return "boolean"
    return "text" if isinstance(value, str) else "number"


def _of_kind(kind: Kind, built: Built, who: str) -> pl.Expr:
    if built.kind != kind:
        raise BadRecipe(f"{who} is of {kind} values; here it is given {built.kind}")
    return built.column


def _compare(op: str, left: Built, right: Built) -> pl.Expr:
    if left.kind != right.kind:
        raise BadRecipe(f"a {left.kind} is compared with a {right.kind}")
    if left.kind == "boolean" and op not in {"eq", "ne"}:
        raise BadRecipe("true and false have no order: compare them with == or !=")
    compared: pl.Expr = getattr(left.column, op)(right.column)
    return compared


def _arithmetic(op: str, left: pl.Expr, right: pl.Expr) -> pl.Expr:
    both = {
        "add": left + right,
        "subtract": left - right,
        "multiply": left * right,
        "divide": left / right,
    }
    return finite(both[op])


def _series(values: tuple[Any, ...], kind: Kind) -> pl.Series:
    """Constants as a column; BadRecipe where they are not all of ``kind``."""
    if any(_kind_of_value(value) != kind for value in values):
        raise BadRecipe(f"a list of {kind} values holds something else")
    if kind == "number":
        return pl.Series([float(value) for value in values], dtype=pl.Float64)
    return pl.Series(values, dtype=pl.Boolean if kind == "boolean" else pl.String)


def _among(of: Built, values: tuple[Any, ...]) -> pl.Expr:
    listed = _series(values, of.kind)
    return pl.when(of.column.is_not_null()).then(of.column.is_in(listed.implode()))


def _cut(column: pl.Expr, breaks: tuple[float, ...]) -> pl.Expr:
    if any(low >= high for low, high in pairwise(breaks)):
        raise BadRecipe("the breaks of a cut must increase")
    labels = pl.Series([None, *(interval(*pair) for pair in pairwise(breaks)), None])
    edges = pl.lit(pl.Series(breaks, dtype=pl.Float64))
    place = edges.search_sorted(column, side="right")  # missing comes before all edges
    return pl.lit(labels).gather(pl.when(column.is_not_null()).then(place).otherwise(0))


def _midpoint(column: pl.Expr, whole: bool) -> pl.Expr:
    pattern = rf"^\[({_NUMBER}), ({_NUMBER})\)$"
    low = column.str.extract(pattern, 1).cast(pl.Float64, strict=False)
    high = column.str.extract(pattern, 2).cast(pl.Float64, strict=False)
    alone = column.str.extract(rf"^({_NUMBER})$", 1).cast(pl.Float64, strict=False)
    return finite(pl.coalesce((low + high - (1 if whole else 0)) / 2, alone))


def _recode(of: Built, cases: tuple[tuple[Any, Any], ...], otherwise: Any) -> Built:
    before = _series(tuple(case[0] for case in cases), of.kind)
    if before.n_unique() != len(before):
        raise BadRecipe("a value is recoded twice")
    kind = _kind_of_value(cases[0][1])
    after = _series(tuple(case[1] for case in cases), kind)
    other = pl.lit(None) if otherwise is None else pl.lit(_series((otherwise,), kind).first())
    recoded = of.column.replace_strict(before, after, default=other, return_dtype=after.dtype)
    return Built(pl.when(of.column.is_not_null()).then(recoded), kind)
