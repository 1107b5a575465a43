"""Recipes that lie, that carry data, that want one person's value, and that want to exhaust the checker."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from enclave_world import make_world

from casemate.access import OutputRules
from casemate.analysis import BadRecipe, Recipe, compute, recipe_from_json, render
from casemate.analysis.documents import regression, table
from casemate.clock import system_clock
from casemate.enclave import Output, OutputState, sandbox
from casemate.enclave.checks_model import Reason, Rules
from casemate.enclave.collect import CollectedFile
from casemate.enclave.recipes import Input, judge_by_recipe, pair, recompute_all
from casemate.enclave.recipes.recompute import recompute
from casemate.store import Base, Store

AUTOMATIC = OutputRules(review="automatic")
SCRIPT = b"""
import json, shutil
from casemate.analysis import *
people = read('people')

def told(name):
    return open('/out/' + name).read()

# a file changed after it was written
people.table('lie.csv', ['smoker'], n='count')
open('/out/lie.csv', 'a').write('maybe,12\\n')
# another output's recipe under this one's name
people.table('honest.csv', ['smoker'], n='count')
people.table('swapped.csv', ['sex'], n='count')
shutil.copy('/out/honest.csv.recipe.json', '/out/swapped.csv.recipe.json')
# a recipe on an input that is not the run's
recipe = json.loads(told('honest.csv.recipe.json'))
shutil.copy('/out/honest.csv', '/out/other.csv')
open('/out/other.csv.recipe.json', 'w').write(json.dumps({**recipe, 'file': 'other.csv', 'input': 'staff'}))
# a path instead of an input
shutil.copy('/out/honest.csv', '/out/path.csv')
open('/out/path.csv.recipe.json', 'w').write(
    json.dumps({**recipe, 'file': 'path.csv', 'input': '../../etc/passwd'}))
# somebody's value in the document, to come back in the checker's words
shutil.copy('/out/honest.csv', '/out/echo.csv')
open('/out/echo.csv.recipe.json', 'w').write(json.dumps({**recipe, 'weighs 83': 1}))
shutil.copy('/out/honest.csv', '/out/named.csv')
open('/out/named.csv.recipe.json', 'w').write(json.dumps(
    {**recipe, 'file': 'named.csv',
     'where': {'op': 'missing', 'of': {'op': 'column', 'name': 'weighs83'}}}))
# one person
one = people.where((column('weight') == 83) & (column('smoker') == True))
one.table('one.csv', ['sex'], n='count', weight=('mean', 'weight'))
# a recipe without its file, and a recipe of a recipe
open('/out/alone.csv.recipe.json', 'w').write('{}')
open('/out/honest.csv.recipe.json.recipe.json', 'w').write('{}')
"""


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Output]]:
    """What became of the outputs of the hostile program above."""
    folder = tmp_path_factory.mktemp("home")
    store = Store(f"sqlite:///{folder / 'casemate.db'}")
    Base.metadata.create_all(store.engine)
    for world in make_world(store, folder, system_clock):
        run = world.run(world.permit(AUTOMATIC), SCRIPT)
        yield world.outputs(run.id)
    store.close()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("lie.csv", "not what its recipe gives"),
        ("swapped.csv", "the recipe of another file"),
        ("other.csv", "an input that this run does not have"),
        ("path.csv", "its recipe is none"),
        ("echo.csv", "its recipe is none"),
        ("named.csv", "cannot be carried out"),
        ("one.csv", "10 people"),
    ],
)
def test_each_lie_is_refused(outputs: dict[str, Output], name: str, why: str) -> None:
    output = outputs[name]
    assert output.state is OutputState.refused, output.verdict
    assert why in output.why


def test_nothing_of_a_hostile_document_comes_back_in_the_checkers_words(
    outputs: dict[str, Output],
) -> None:
    for output in outputs.values():
        said = (output.without_evidence().verdict or {})["reasons"]
        assert "83" not in json.dumps(said)


def test_recipes_are_no_outputs(outputs: dict[str, Output]) -> None:
    assert outputs["honest.csv"].state is OutputState.released
    assert not [name for name in outputs if "recipe" in name]


def test_a_recipe_of_a_recipe_is_not_taken() -> None:
    files = [
        CollectedFile(name, b"", "")
        for name in ("a.csv", "a.csv.recipe.json", "a.csv.recipe.json.recipe.json")
    ]
    paired = pair(files)
    assert [one.name for one in paired.outputs] == ["a.csv"]
    assert [one.name for one in paired.alone] == ["a.csv.recipe.json.recipe.json"]


# ---- recipes that want to exhaust who carries them out, or to get out of their language

X = {"op": "column", "name": "x"}
HUGE = 10**400


def document(**changes: Any) -> dict[str, Any]:
    what = {"analysis": "table", "by": ["g"], "measures": [{"name": "n", "function": "count"}]}
    return {"recipe": 1, "file": "t.csv", "input": "p", "what": what, **changes}


def nested(depth: int) -> Any:
    one: Any = X
    for _ in range(depth):
        one = {"op": "negative", "of": one}
    return one


def derive(value: Any, name: str = "d") -> dict[str, Any]:
    return {"derive": [{"name": name, "value": value}], "what": {
        "analysis": "table", "by": [name], "measures": [{"name": "n", "function": "count"}]}}  # fmt: skip


def value(constant: Any) -> Any:
    return {"op": "compare", "left": X, "right": {"op": "value", "value": constant}}


NO_RECIPES: dict[str, Any] = {
    "deep": derive(nested(13)),
    "very deep": derive(nested(900)),
    "wide": {"where": {"op": "all_of", "of": [{"op": "missing", "of": X}] * 51}},
    "many": {"where": {"op": "any_of", "of": [
        {"op": "all_of", "of": [{"op": "missing", "of": X}] * 20}] * 20}},
    "huge whole number": {"where": {"op": "eq", "left": X, "right": {"op": "value", "value": HUGE}}},
    "row of ours": derive({"op": "column", "name": "__row"}),
    "name of ours": derive(X, "__members"),
    "unicode name": derive({"op": "column", "name": "\u202egap"}),
    "path": {"file": "../t.csv"},
    "code": {"what": {"analysis": "regression", "family": "ols", "response": "x", "terms": [
        {"factors": [{"name": "__import__('os').system('x')"}]}]}},
    "unknown analysis": {"what": {"analysis": "sql", "query": "select 1"}},
    "unknown field": {"hook": "x"},
    "many derived": {"derive": [{"name": f"d{n}", "value": X} for n in range(41)]},
    "long list": derive({"op": "cut", "of": X, "breaks": list(range(501))}),
    "figure as a table": {"file": "t.svg"},
}  # fmt: skip


@pytest.mark.timeout(30)
@pytest.mark.parametrize("name", NO_RECIPES)
def test_what_is_no_recipe_is_told_at_once(name: str) -> None:
    with pytest.raises(BadRecipe):
        recipe_from_json(json.dumps(document(**NO_RECIPES[name])))


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none_are_refused(literal: str) -> None:
    where = (
        '{"op": "eq", "left": {"op": "column", "name": "x"}, "right": {"op": "value", "value": %s}}'
    )
    text = json.dumps(document(where="W")).replace('"W"', where % literal)
    with pytest.raises(BadRecipe):
        recipe_from_json(text)
    quantile = {"analysis": "quantiles", "of": "x", "at": ["A"]}
    with pytest.raises(BadRecipe):
        recipe_from_json(json.dumps(document(what=quantile)).replace('"A"', literal))


def test_a_document_of_a_million_brackets_is_refused() -> None:
    with pytest.raises(BadRecipe):
        recipe_from_json("[" * 60_000)
    with pytest.raises(BadRecipe):
        recipe_from_json("[" * 1_000_000)


ROWS = 200_000


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    dice = np.random.default_rng(5)
    columns = {f"c{n}": dice.integers(0, 150, ROWS) for n in range(4)}
    return pl.DataFrame(
        {"g": [f"g{n % 7}" for n in range(ROWS)], "id": range(ROWS),
         "x": dice.normal(0, 1, ROWS), **columns, "l": [[1]] * ROWS}
    )  # fmt: skip


def terms(*factors: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"factors": list(factors)}]


CATEGORY = [{"name": f"c{n}", "categorical": True} for n in range(4)]
TOO_MUCH: dict[str, Any] = {
    "a row for everyone": {"what": {"analysis": "table", "by": ["id"],
                                    "measures": [{"name": "n", "function": "count"}]}},
    "a million cells": {"what": {"analysis": "table", "by": ["c0", "c1", "c2"], "margins": True,
                                 "measures": [{"name": "n", "function": "count"}]}},
    "a wide crosstab": {"what": {"analysis": "crosstab", "down": "id", "across": "id",
                                 "measure": {"name": "n", "function": "count"}}},
    "histograms": {"what": {"analysis": "histogram", "of": "x", "breaks": list(range(201)), "by": "id"}},
    "quantiles of text": {"what": {"analysis": "quantiles", "of": "g", "at": [0.5]}},
    "a mean of text": {"what": {"analysis": "table", "by": [],
                                "measures": [{"name": "m", "function": "mean", "of": "g"}]}},
    "a list column": {"what": {"analysis": "table", "by": ["l"],
                               "measures": [{"name": "n", "function": "count"}]}},
    "unknown column": {"what": {"analysis": "table", "by": ["nobody"],
                                "measures": [{"name": "n", "function": "count"}]}},
    "derived over a variable": derive(X, "g"),
    "text plus number": derive({"op": "add", "left": X, "right": {"op": "column", "name": "g"}}),
    "a product of factors": {"what": {"analysis": "regression", "family": "ols", "response": "x",
                                      "terms": terms(*CATEGORY)}},
    "200 columns": {"what": {"analysis": "regression", "family": "ols", "response": "x",
                             "terms": [{"factors": [CATEGORY[0]]}]}},
    "names twice": {"what": {"analysis": "table", "by": ["g"],
                             "measures": [{"name": "g", "function": "count"}]}},
}  # fmt: skip


@pytest.mark.timeout(30)  # carried out, it would take all memory first
@pytest.mark.parametrize("name", TOO_MUCH)
def test_what_is_too_much_ends_quickly(frame: pl.DataFrame, name: str) -> None:
    recipe = recipe_from_json(json.dumps(document(**TOO_MUCH[name])))
    with pytest.raises(BadRecipe):
        compute(recipe, frame)


def test_dividing_by_zero_gives_a_missing_value(frame: pl.DataFrame) -> None:
    zero = {"op": "divide", "left": X, "right": {"op": "value", "value": 0}}
    recipe = recipe_from_json(json.dumps(document(**derive(zero))))
    assert compute(recipe, frame).rows == ((None, ROWS),)


@pytest.mark.timeout(30)
def test_a_long_recode_and_a_long_cut_are_quick(frame: pl.DataFrame) -> None:
    cut = {"op": "cut", "of": X, "breaks": [n / 100 - 2.5 for n in range(500)]}
    recode = {"op": "recode", "of": {"op": "column", "name": "c0"},
              "cases": [[n, n % 5] for n in range(500)]}  # fmt: skip
    for one in (cut, recode):
        recipe = recipe_from_json(json.dumps(document(**derive(one))))
        compute(recipe, frame)


def test_beyond_its_cost_a_recipe_is_not_tried(frame: pl.DataFrame) -> None:
    many = pl.concat([frame.select("g", "x")] * 60, rechunk=True)
    recipe = Recipe(file="r.json", input="p", what=regression("x ~ C(g)"))
    found = recompute({"r": recipe}, {"p": Input(many, lambda: b"not read")})
    assert isinstance(found["r"], Reason)


def test_a_file_may_not_differ_by_one_byte() -> None:
    frame = pl.DataFrame({"g": ["a"] * 30 + ["b"] * 30})
    recipe = Recipe(file="t.csv", input="p", what=table(["g"], n="count"))
    honest = render(recipe, compute(recipe, frame))
    found = recompute_all(
        {"o": ("t.csv", recipe.to_json())}, {"p": Input(frame, lambda: b"not read")}
    )["o"]
    script = b"people.table('t.csv', ['g'], n='count') # p"
    judged = judge_by_recipe(honest, found, {"p": frame}, Rules(), script)
    assert judged.verdict.decision != "refuse"
    for place in range(len(honest)):
        changed = honest[:place] + bytes([honest[place] ^ 1]) + honest[place + 1 :]
        judged = judge_by_recipe(changed, found, {"p": frame}, Rules(), script)
        assert judged.verdict.decision == "refuse"


OUR_CODE = b"""
import importlib, json, os, sys
import casemate
found = {'path': list(casemate.__path__), 'written': [], 'imported': []}
for attempt in (
    lambda: open('/casemate.zip', 'ab').close(),
    lambda: os.remove('/casemate.zip'),
    lambda: os.rename('/casemate.zip', '/tmp/x'),
    lambda: os.mkdir('/casemate'),
    lambda: os.symlink('/tmp/mine', '/casemate'),
    lambda: os.chmod('/casemate.zip', 0o777),
):
    try:
        attempt()
        found['written'].append(True)
    except OSError:
        pass
for name in ('enclave', 'store', 'ledger', 'access', 'platform', 'errors', 'canonical', 'protection'):
    try:
        importlib.import_module('casemate.' + name)
        found['imported'].append(name)
    except ImportError:
        pass
open('/out/found.json', 'w').write(json.dumps(found))
"""


def test_a_job_sees_only_the_analysis_package_and_changes_nothing_of_it() -> None:
    result = sandbox.run(sandbox.Job(script=OUR_CODE), should_stop=lambda: None)
    (file,) = result.outputs
    assert json.loads(file.data) == {
        "path": ["/casemate.zip/casemate"],
        "written": [],
        "imported": [],
    }


def test_a_job_that_lies_to_itself_lies_to_nobody_else(tmp_path: Path) -> None:
    """The job's own copy of the package may be patched in its memory; the check has another."""
    frame = pl.DataFrame({"g": ["a"] * 30 + ["b"] * 30})
    frame.write_parquet(tmp_path / "p.parquet")
    script = b"""
import casemate.analysis.face as face
face.render = lambda recipe, answer: b'g,n\\na,29\\nb,31\\n'
face.read('p').table('t.csv', ['g'], n='count')
"""
    inputs = {"p.parquet": (tmp_path / "p.parquet").read_bytes()}
    result = sandbox.run(sandbox.Job(script=script, inputs=inputs), should_stop=lambda: None)
    paired = pair(result.outputs)
    (file,) = paired.outputs
    found = recompute_all(
        {"o": (file.name, paired.recipes[file.name])}, {"p": Input(frame, lambda: b"not read")}
    )
    judged = judge_by_recipe(file.data, found["o"], {"p": frame}, Rules(), script)
    assert judged.verdict.decision == "refuse"


def test_a_made_up_name_of_a_measure_does_not_come_back_in_the_checkers_words() -> None:
    frame = pl.DataFrame({"g": ["a"] * 30 + ["b"] * 3, "x": [1.0] * 33})
    recipe = Recipe(file="t.csv", input="p", what=table(["g"], weighs83=("sum", "x")))
    data = render(recipe, compute(recipe, frame))
    inputs = {"p": Input(frame, lambda: b"not read")}
    found = recompute_all({"o": ("t.csv", recipe.to_json())}, inputs)["o"]
    for script in (b"'t.csv' 'g' 'p' 'x'", b"'t.csv' 'g' 'p' 'x' weighs83"):
        verdict = judge_by_recipe(data, found, {"p": frame}, Rules(), script).verdict
        said = json.dumps([(one.rule, one.message, one.evidence) for one in verdict.reasons])
        assert ("weighs83" in said) == (b"weighs83" in script)
