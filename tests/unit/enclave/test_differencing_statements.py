"""What a recipe's output says of the records, in the rows of the published table."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from casemate.analysis import compute, recipe_from_json
from casemate.analysis.columns import column
from casemate.analysis.recipes import (
    Derived,
    Measure,
    Quantiles,
    Recipe,
    Regression,
    Survival,
    Table,
    Term,
    WeightedEffect,
)
from casemate.enclave.differencing import (
    DifferencingRules,
    Memory,
    Statement,
    decide,
    statements_of,
)
from casemate.enclave.differencing.statements import decode, encode
from casemate.errors import BadInput, IntegrityFailure

ROWS = 60
FRAME = pl.DataFrame(
    {
        "sex": ["f" if n % 2 else "m" for n in range(ROWS)],
        "weight": [None if n < 5 else 50.0 + n for n in range(ROWS)],
        "died": [n % 3 == 0 for n in range(ROWS)],
        "years": [float(n % 7) for n in range(ROWS)],
    }
)
ORIGIN = np.arange(ROWS, dtype=np.uint32)[::-1] + 40
"""Row n of the view was made from record 99 - n."""


def said(what: Any, **parts: Any) -> tuple[Statement, ...]:
    recipe = Recipe(file="t.csv", input="people", what=what, **parts)
    assert recipe_from_json(recipe.to_json()) == recipe
    return statements_of(recipe, compute(recipe, FRAME), FRAME, ORIGIN)


def measure(function: Any, of: str | None = None) -> Measure:
    return Measure(name=function, function=function, of=of)


def test_a_table_tells_counts_and_means_of_those_with_a_value() -> None:
    found = said(Table(by=("sex",), measures=(measure("count"), measure("mean", "weight"))))
    assert [(one.figure, one.low, one.line) for one in found] == [
        ("count", 30, 1), ("of weight", 28, 1), ("count", 30, 2), ("of weight", 27, 2),
    ]  # fmt: skip
    women = {99 - n for n in range(ROWS) if n % 2}
    assert set(found[0].records.tolist()) == women


def test_a_share_tells_how_many_are_true() -> None:
    found = said(Table(by=(), measures=(measure("share", "died"),)))
    assert sorted(len(one.records) for one in found) == [20, 60]


def test_margins_quantiles_survival_and_regressions_are_statements_too() -> None:
    margins = said(Table(by=("sex",), measures=(measure("count"),), margins=True))
    assert [one.low for one in margins] == [30, 30, 60]
    quantiles = said(Quantiles(of="weight", at=(0.25, 0.5)))
    assert {(one.figure, one.low) for one in quantiles} == {("count", 55), ("of weight", 55)}
    survival = said(Survival(duration="years", event="died", times=(1.0, 3.0)))
    assert len(survival) == 4
    term = Term.model_validate({"factors": [{"name": "years"}]})
    fit = said(Regression(family="ols", response="weight", terms=(term,)))
    assert [(one.figure, one.low) for one in fit] == [("of weight", 55)]
    effect = said(WeightedEffect(outcome="weight", treatment="died", terms=(term,)))
    assert [(one.figure, one.low) for one in effect] == [("of weight", 55)]


def test_the_same_derived_variable_is_the_same_under_another_name() -> None:
    heavy = (column("weight") * 2).document
    names = []
    for name in ("heavy", "twice"):
        derive = (Derived(name=name, value=heavy),)
        what = Table(by=(), measures=(measure("mean", name),))
        names.append(said(what, derive=derive)[0].figure)
    assert names[0] == names[1] != "of weight"


def test_hidden_lines_say_nothing_and_rounded_counts_an_interval() -> None:
    what = Table(by=("sex",), measures=(measure("count"),))
    recipe = Recipe(file="t.csv", input="people", what=what)
    answer = compute(recipe, FRAME)
    (shown,) = statements_of(recipe, answer, FRAME, ORIGIN, hidden=[0], base=5)
    assert (shown.line, shown.low, shown.high) == (2, 28, 32)
    with pytest.raises(BadInput, match="60 rows"):
        statements_of(recipe, answer, FRAME, ORIGIN[:-1])


def test_two_recipes_that_differ_by_few_people_are_caught() -> None:
    everybody = said(Table(by=(), measures=(measure("mean", "years"),)))
    fewer = said(
        Table(by=(), measures=(measure("mean", "years"),)),
        where=(column("weight").is_missing() & (column("sex") == "f")).__invert__().document,
    )
    memory = Memory(100)
    memory.add(everybody)
    assert decide(memory, fewer, DifferencingRules()).discloses == (1,)


def test_statements_are_stored_and_read_as_they_are() -> None:
    found = said(Table(by=("sex",), measures=(measure("count"), measure("mean", "weight"))))
    data = encode(found, 100)
    records, again = decode(data)
    assert records == 100
    assert [(a.records.tolist(), a.figure, a.low, a.high, a.line) for a in again] == [
        (a.records.tolist(), a.figure, a.low, a.high, a.line) for a in found
    ]
    with pytest.raises(IntegrityFailure, match="altered"):
        decode(data[:-3])
