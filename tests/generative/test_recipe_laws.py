"""Laws of recipes: both sides give the same bytes, and expressions mean what the page says."""

import math
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from casemate.analysis import BadRecipe, People, compute, documents, recipe_from_json, render
from casemate.analysis.columns import Expr, column
from casemate.analysis.evaluate import select
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
from casemate.analysis.face import SUFFIX

NUMBERS = st.one_of(st.none(), st.integers(-5, 5), st.sampled_from([0.5, -2.25, 1e308]))
BANDS = st.sampled_from([None, "[0, 10)", "[10, 20)", "7", "odd"])
Record = dict[str, Any]


def frames(records: list[Record]) -> pl.DataFrame:
    schema = {"x": pl.Float64, "y": pl.Int64, "t": pl.String, "b": pl.Boolean}
    return pl.DataFrame(records, schema=schema)


records = st.lists(
    st.fixed_dictionaries(
        {"x": NUMBERS, "y": st.one_of(st.none(), st.integers(0, 4)), "t": BANDS,
         "b": st.one_of(st.none(), st.booleans())}
    ),
    min_size=1,
    max_size=12,
)  # fmt: skip


def numbers(depth: int) -> st.SearchStrategy[Expr]:
    leaves = st.one_of(
        st.sampled_from([column("x"), column("y")]),
        st.sampled_from([0, 1, 2.5, -3]).map(lambda value: Expr(Value(value=value))),
    )
    if depth == 0:
        return leaves
    inner = numbers(depth - 1)
    ops = st.sampled_from(["add", "subtract", "multiply", "divide"])
    functions = st.sampled_from(["log", "exp", "sqrt", "abs", "negative", "floor"])
    return st.one_of(
        leaves,
        st.builds(
            lambda op, a, b: Expr(Arithmetic(op=op, left=a.document, right=b.document)),
            ops, inner, inner,
        ),
        st.builds(lambda op, a: Expr(Function(op=op, of=a.document)), functions, inner),
        st.booleans().map(lambda whole: column("t").midpoint(whole=whole)),
        inner.map(lambda one: one.recode({0: 10, 1: 2.5}, otherwise=7)),
        st.just(column("t").recode({"7": 7})),
    )  # fmt: skip


def conditions(depth: int) -> st.SearchStrategy[Expr]:
    ops = st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"])
    one = numbers(1)
    leaves = st.one_of(
        st.just(column("b")),
        st.builds(
            lambda op, a, b: Expr(Compare(op=op, left=a.document, right=b.document)), ops, one, one
        ),
        st.builds(
            lambda op, value: Expr(
                Compare(op=op, left=Column(name="t"), right=Value(value=value))
            ), ops, st.sampled_from(["7", "[10, 20)"]),
        ),
        one.map(lambda a: a.is_missing()),
        one.map(lambda a: a.among([0, 1, 2.5])),
        st.just(column("t").among(["7", "odd"])),
        one.map(lambda a: a.cut([-1, 0, 2.5, 4]) == "[0, 2.5)"),
    )  # fmt: skip
    if depth == 0:
        return leaves
    inner = conditions(depth - 1)
    return st.one_of(
        leaves,
        inner.map(lambda a: ~a),
        st.builds(lambda a, b: a & b, inner, inner),
        st.builds(lambda a, b: a | b, inner, inner),
    )


def slow(expression: Any, record: Record) -> Any:
    """What ``expression`` is for one record, by the page's words; ``None`` is missing."""
    match expression:
        case Column(name=name):
            value = record[name]
            return float(value) if isinstance(value, int | float) and name in "xy" else value
        case Value(value=value):
            return float(value) if type(value) in (int, float) else value
        case Arithmetic() | Function():
            return slow_number(expression, record)
        case Compare(op=op, left=left, right=right):
            one, two = slow(left, record), slow(right, record)
            if one is None or two is None:
                return None
            return {
                "eq": one == two, "ne": one != two, "lt": one < two, "le": one <= two,
                "gt": one > two, "ge": one >= two,
            }[op]  # fmt: skip
        case Among(of=of, values=values):
            value = slow(of, record)
            return None if value is None else value in values
        case Missing(of=of):
            return slow(of, record) is None
        case Not(of=of):
            value = slow(of, record)
            return None if value is None else not value
        case Several(op=op, of=of):
            found = [slow(one, record) for one in of]
            decisive = op == "any_of"
            if decisive in found:
                return decisive
            return None if None in found else not decisive
    return slow_category(expression, record)


def slow_number(expression: Any, record: Record) -> float | None:
    parts = ("left", "right") if isinstance(expression, Arithmetic) else ("of",)
    values = [slow(getattr(expression, part), record) for part in parts]
    if None in values:
        return None
    functions: dict[str, Callable[..., float]] = {
        "add": lambda a, b: a + b, "subtract": lambda a, b: a - b,
        "multiply": lambda a, b: a * b, "divide": lambda a, b: a / b,
        "log": math.log, "exp": math.exp, "sqrt": math.sqrt, "abs": abs,
        "negative": lambda a: -a, "floor": lambda a: float(math.floor(a)),
    }  # fmt: skip
    try:
        result = functions[expression.op](*values)
    except (ArithmeticError, ValueError):
        return None
    return result if math.isfinite(result) else None


def slow_category(expression: Any, record: Record) -> Any:
    value = slow(expression.of, record)
    if value is None:
        return None
    match expression:
        case Cut(breaks=breaks):
            for low, high in pairwise(breaks):
                if low <= value < high:
                    return f"[{low:g}, {high:g})"
            return None
        case Midpoint(whole=whole):
            if value.startswith("["):
                low, high = value.strip("[)").split(", ")
                return (float(low) + float(high) - whole) / 2
            return float(value) if value.isdigit() else None
        case Recode(cases=cases, otherwise=otherwise):
            found = dict(cases).get(value, otherwise)
            return float(found) if isinstance(found, int) else found
    raise AssertionError(expression)


def same(one: Any, two: Any) -> bool:
    if isinstance(one, float) and isinstance(two, float):
        return math.isclose(one, two, rel_tol=1e-12)
    return bool(one == two)


@given(records, conditions(2))
@settings(max_examples=300, deadline=None)
def test_a_filter_is_three_valued_logic(rows: list[Record], condition: Expr) -> None:
    people = People("p", frames(rows), Path()).where(condition)
    kept = select(people.recipe("t.csv", documents.table([], n="count")), people.frame)
    expected = [at for at, row in enumerate(rows) if slow(condition.document, row) is True]
    assert kept["__row"].to_list() == expected


@given(records, numbers(3))
@settings(max_examples=300, deadline=None)
def test_a_derived_number_is_arithmetic_with_missing_values(
    rows: list[Record], number: Expr
) -> None:
    people = People("p", frames(rows), Path()).derive(z=number)
    made = select(people.recipe("t.csv", documents.table(["z"], n="count")), people.frame)["z"]
    for row, found in zip(rows, made, strict=True):
        assert same(slow(number.document, row), found), (row, found)


ANALYSES = st.one_of(
    st.builds(
        lambda by, margins: documents.table(
            by, margins=margins, n="count", m=("mean", "x"), s=("std", "y"), q=("quantile", "x", 0.3)
        ),
        st.sampled_from([[], ["t"], ["b", "t"], ["y"], ["z"]]), st.booleans(),
    ),
    st.just(documents.crosstab("t", "b", measure=("sum", "y"), margins=True)),
    st.just(documents.histogram("x", [-4, 0, 1.5, 5], by="t")),
    st.just(documents.quantiles("x", [0.5], by=["b"])),
    st.just(documents.survival("y", "b", [1, 2.5], by="t")),
    st.just(documents.regression("x ~ y + C(t)")),
)  # fmt: skip


@given(records, ANALYSES, conditions(1), numbers(2), st.integers(0, 8))
@settings(max_examples=200, deadline=None)
def test_both_sides_give_the_same_bytes(
    rows: list[Record], what: Any, condition: Expr, number: Expr, decimals: int
) -> None:
    """The researcher writes file and recipe; the checker has only them and the input."""
    with TemporaryDirectory() as folder:
        people = People("p", frames(rows), Path(folder)).derive(z=number).where(condition)
        file = "out.json"
        try:
            people.rounded(decimals).write(file, what)
        except BadRecipe:
            return
        recipe = recipe_from_json((people.out / (file + SUFFIX)).read_bytes())
        answer = compute(recipe, frames(rows))
        assert render(recipe, answer) == (people.out / file).read_bytes()
        assert len(answer.people) == (
            1 if recipe.what.analysis == "regression" else len(answer.rows)
        )


def test_the_number_of_threads_changes_no_byte(tmp_path: Path) -> None:
    """The checker may have other processors than the sandbox lets a job use."""
    program = f"""
import hashlib, polars as pl, numpy as np
from casemate.analysis import People, column
from pathlib import Path
dice = np.random.default_rng(3)
frame = pl.DataFrame({{"g": dice.integers(0, 9, 200_000), "x": dice.normal(0, 1e9, 200_000)}})
people = People("p", frame, Path({str(tmp_path)!r})).where(column("g") > 0).rounded(8)
people.table("t.csv", ["g"], margins=True, s=("sum", "x"), m=("mean", "x"), d=("std", "x"))
print(hashlib.sha256((people.out / "t.csv").read_bytes()).hexdigest())
"""
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"POLARS_MAX_THREADS": threads},
            capture_output=True,
            check=True,
        ).stdout
        for threads in ("1", "2", "7")
    }
    assert len(found) == 1
