"""Repair: what is suggested passes, is computed by trusted code, and keeps what can be kept."""

import csv
import io
from typing import Any

import numpy as np
import polars as pl
import pytest

from casemate.analysis import Recipe, column, compute
from casemate.analysis.documents import crosstab, histogram, quantiles, regression, survival, table
from casemate.analysis.recipes import Figure
from casemate.enclave.checks_model import Rules
from casemate.enclave.repair import Suggestion, carry_out, repair
from casemate.enclave.rules import apply_rules
from casemate.errors import BadInput, NotAllowed

RULES = Rules()


def people(count: int = 300) -> pl.DataFrame:
    drawn = np.random.default_rng(1)
    age = drawn.integers(20, 80, count)
    band = [f"[{low}, {low + 5})" for low in age // 5 * 5]
    return pl.DataFrame(
        {
            "sex": drawn.integers(0, 2, count),
            "town": [f"t{at}" for at in drawn.integers(0, 12, count) ** 2 // 12],
            "age": age,
            "band": band,
            "weight": drawn.normal(70, 10, count).round(2),
            "years": drawn.exponential(10, count),
            "died": drawn.integers(0, 2, count),
        }
    )


def recipe(what: Any, **parts: Any) -> Recipe:
    return Recipe(file="out.csv", input="people", what=what, **parts)


REFUSED = [
    recipe(crosstab("town", "sex")),
    recipe(crosstab("town", "sex", margins=True)),
    recipe(table(["town", "sex"], n="count", w=("mean", "weight"), margins=True)),
    recipe(table(["band", "sex"], n="count")),
    recipe(
        table(["years5", "sex"], n="count"),
        derive=({"name": "years5", "value": column("age").cut(list(range(20, 85, 5))).document},),
    ),
    recipe(histogram("weight", [0, 40, 50, 60, 70, 80, 90, 100, 120])),
    recipe(quantiles("weight", [0.001, 0.25, 0.5, 0.75])),
    recipe(survival("years", "died", [1, 1.01, 10, 80])),
]


@pytest.mark.parametrize("asked", REFUSED, ids=lambda one: one.what.analysis)
def test_each_suggestion_passes_and_is_computed_anew(asked: Recipe) -> None:
    frame = people()
    assert apply_rules(asked, compute(asked, frame), frame, RULES).decision == "refuse"
    suggestions = list(repair(asked, frame, RULES))
    assert suggestions
    for suggestion in suggestions:
        repaired = carry_out(suggestion, frame, RULES)
        assert repaired.findings.decision != "refuse"
        assert suggestion.effect is not None
        assert 0 < suggestion.effect.kept_permille <= 1000
        assert bool(repaired.hidden) == (suggestion.kind == "suppression")
        again = Suggestion.from_document(suggestion.to_document())
        assert carry_out(again, frame, RULES).data == repaired.data


def kinds(asked: Recipe) -> set[str]:
    return {one.kind for one in repair(asked, people(), RULES, dataset="people")}


def test_every_way_is_offered_for_a_table() -> None:
    assert kinds(REFUSED[0]) == {"suppression", "rounding", "coarser", "fewer keys", "noise"}


def test_what_passes_needs_no_repair() -> None:
    assert repair(recipe(table(["sex"], n="count")), people(), RULES) == ()


def chosen(asked: Recipe, kind: str) -> Suggestion:
    return next(one for one in repair(asked, people(), RULES) if one.kind == kind)


def test_suppression_hides_more_than_the_small_cells() -> None:
    repaired = carry_out(chosen(REFUSED[1], "suppression"), people(), RULES)
    rows = list(csv.reader(io.StringIO(repaired.data.decode())))
    for row in rows[1:]:
        assert row.count("c") != 1, "a cell hidden alone follows from its total"


def test_a_figure_is_drawn_without_what_it_hides() -> None:
    figure = Figure(of=crosstab("town", "sex"), mark="bar")
    asked = Recipe(file="out.svg", input="people", what=figure)
    repaired = carry_out(chosen(asked, "suppression"), people(), RULES)
    assert repaired.data.startswith(b"<svg")
    assert repaired.hidden


def test_rounded_counts_add_up() -> None:
    repaired = carry_out(chosen(REFUSED[1], "rounding"), people(), RULES)
    rows = list(csv.reader(io.StringIO(repaired.data.decode())))[1:]
    cells = np.array([[int(cell) for cell in row[1:]] for row in rows])
    assert (cells % 10 == 0).all()
    assert (cells[:, :-1].sum(axis=1) == cells[:, -1]).all()
    assert (cells[:-1].sum(axis=0) == cells[-1]).all()


def test_too_many_digits_are_cut() -> None:
    asked = recipe(table(["sex"], total=("sum", "years")), decimals=8)
    suggestion = chosen(asked, "fewer digits")
    assert suggestion.recipe.decimals < 8
    assert carry_out(suggestion, people(), RULES).findings.decision == "pass"


def test_a_regression_without_the_term_that_tells() -> None:
    frame = people().with_columns(one=(pl.int_range(pl.len()) == 7).cast(pl.Int64))
    asked = recipe(regression("weight ~ age + one"))
    (suggestion,) = repair(asked, frame, RULES)
    assert suggestion.text == "without the terms of one"


def test_noise_is_a_question_for_the_budget() -> None:
    (noise,) = [
        one for one in repair(REFUSED[5], people(), RULES, dataset="p") if one.kind == "noise"
    ]
    assert noise.question is not None
    assert noise.question["kind"] == "histogram"
    assert all(isinstance(edge, str) for edge in noise.question["edges"])
    with pytest.raises(BadInput, match="permit ask"):
        carry_out(noise, people(), RULES)


def test_a_forged_suggestion_is_judged_like_any_other() -> None:
    honest = chosen(REFUSED[0], "rounding")

    def forged(base: int | None) -> Suggestion:
        wanted = honest.recipe.model_copy(update={"round_to": base}).to_json().decode()
        return Suggestion.from_document({**honest.to_document(), "recipe": wanted})

    with pytest.raises(NotAllowed):
        carry_out(forged(None), people(), RULES)
    with pytest.raises(BadInput):
        carry_out(forged(2), people(), RULES)


def test_who_ran_the_program_is_told_the_kind_and_roughly_the_effect() -> None:
    """Lines, intervals and labels may be somebody's value that the program put there."""
    suggestions = repair(REFUSED[4], people(), RULES, dataset="people")
    assert {one.kind for one in suggestions} >= {"suppression", "coarser"}
    for one in suggestions:
        told = one.for_team()
        assert set(told) == {"kind", "text", "effect"}
        assert not any(character.isdigit() for character in told["text"].replace("years5", ""))
        assert told["effect"] is None or told["effect"].endswith("stay")
