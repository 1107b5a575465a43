"""A fit by other versions than the checker's: the checker's own figures leave in its place."""

import json

import numpy as np
import polars as pl
import pytest

from casemate.analysis import Recipe, compute, render
from casemate.analysis.documents import regression, table
from casemate.enclave.checks_model import Rules
from casemate.enclave.recipes import Recomputed, judge_by_recipe
from casemate.enclave.recipes.comparing import compare

DRAWN = np.random.default_rng(1)
FRAME = pl.DataFrame(
    {"x": DRAWN.normal(size=200), "group": DRAWN.integers(0, 2, 200)}
).with_columns(y=2 * pl.col("x") + pl.Series(DRAWN.normal(size=200)))
SCRIPT = b"'m.csv' 'm.json' 'p' y ~ x 'ols' group n"


def fitted(file: str) -> tuple[Recipe, bytes]:
    recipe = Recipe(file=file, input="p", what=regression("y ~ x"))
    return recipe, render(recipe, compute(recipe, FRAME))


def moved(data: bytes, by: float) -> bytes:
    """The first estimate moved in its last places."""
    document = json.loads(data)
    document["rows"][0]["estimate"] = round(document["rows"][0]["estimate"] + by, 4)
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


def test_what_the_last_place_tells_apart_is_close_and_no_more() -> None:
    recipe, data = fitted("m.json")
    answer = compute(recipe, FRAME)
    assert compare(data, recipe, answer) == "same"
    assert compare(moved(data, 0.0001), recipe, answer) == "close"
    assert compare(moved(data, 0.001), recipe, answer) == "different"


@pytest.mark.parametrize("change", [(b'"n": 200', b'"n": 201'), (b"intercept", b"intercepx")])
def test_counts_and_words_have_no_tolerance(change: tuple[bytes, bytes]) -> None:
    recipe, data = fitted("m.json")
    assert change[0] in data
    assert compare(data.replace(*change), recipe, compute(recipe, FRAME)) == "different"


def test_tables_have_none_either() -> None:
    recipe = Recipe(file="m.csv", input="p", what=table(["group"], n="count", y=("mean", "y")))
    answer = compute(recipe, FRAME)
    data = render(recipe, answer)
    other = data[:-2] + bytes([data[-2] ^ 1]) + data[-1:]
    assert compare(other, recipe, answer) == "different"


def test_what_leaves_are_the_checkers_own_figures_and_the_record_names_its_versions() -> None:
    recipe, data = fitted("m.json")
    answer = compute(recipe, FRAME)
    judged = judge_by_recipe(
        moved(data, 0.0001), Recomputed(recipe, answer), {"p": FRAME}, Rules(), SCRIPT
    )
    assert judged.instead == data
    (told,) = [one for one in judged.verdict.reasons if one.rule == "tolerance"]
    assert set(told.evidence["checker"]) == {"python", "numpy", "scipy", "statsmodels"}
    same = judge_by_recipe(data, Recomputed(recipe, answer), {"p": FRAME}, Rules(), SCRIPT)
    assert same.instead is None
