"""Runs whose outputs have recipes: recomputed by trusted code, compared, judged, released."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from enclave_world import CHECKER, RESEARCHER, World, make_world

from casemate.access import OutputRules
from casemate.clock import system_clock
from casemate.enclave import Output, OutputState, RunState
from casemate.store import Base, Store

HEAD = b"from casemate.analysis import *\npeople = read('people')\n"
AUTOMATIC = OutputRules(review="automatic", allowed_types=("csv", "json", "svg"))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    store = Store(f"sqlite:///{tmp_path / 'casemate.db'}")
    Base.metadata.create_all(store.engine)
    yield from make_world(store, tmp_path, system_clock)
    store.close()


def checked(world: World, script: bytes, rules: OutputRules = AUTOMATIC) -> dict[str, Output]:
    run = world.run(world.permit(rules), HEAD + script)
    assert run.state is not RunState.failed, run.reason
    return world.outputs(run.id)


def fetched(world: World, output: Output) -> bytes:
    with world.store.transaction() as tx:
        return world.enclave.outputs.fetch(tx, RESEARCHER, output.id)


def test_a_table_that_is_what_its_recipe_gives_is_released_by_the_machine(world: World) -> None:
    (table,) = checked(
        world, b"people.table('smokers.csv', ['smoker'], n='count', weight=('mean', 'weight'))"
    ).values()
    assert table.state is OutputState.released
    assert table.why == "reproduced from its recipe: 2 rows, 3 columns"
    assert fetched(world, table).startswith(b"smoker,n,weight\n")


def test_a_model_is_fitted_again_behind_the_walls(world: World) -> None:
    script = b"people.model('model.json', 'weight ~ C(smoker)')"
    (model,) = checked(world, script).values()
    assert model.state is OutputState.released, model.verdict
    document = json.loads(fetched(world, model))
    assert [row["term"] for row in document["rows"]] == ["intercept", "smoker[True]"]


def test_a_figure_is_drawn_by_trusted_code(world: World) -> None:
    script = b"""
people.figure('weights.svg', histogram('weight', range(50, 101, 10)), 'bar', title='Weight')
assert open('/out/weights.svg').read().startswith('weight,count')
"""
    (figure,) = checked(world, script).values()
    assert figure.state is OutputState.released, figure.verdict
    drawing = fetched(world, figure)
    assert drawing.startswith(b'<svg role="img" aria-label="Weight"')
    assert "output.made_anew" in world.acts(figure.id)


def test_small_cells_are_left_out_with_what_would_give_them_away(world: World) -> None:
    script = b"""
old = people.derive(heavy=column('weight').cut([50, 51, 100])).suppressing()
old.table('heavy.csv', ['smoker', 'heavy'], margins=True, n='count')
"""
    (table,) = checked(world, script).values()
    assert table.decision != "refuse", table.verdict
    with world.store.transaction() as tx:
        shown = world.enclave.outputs.evidence(tx, CHECKER, table.id).decode()
    cells = {(smoker, heavy): n for smoker, heavy, n in csv.reader(shown.splitlines())}
    assert cells["True", "[50, 51)"] == "c"
    assert sum(value == "c" for value in cells.values()) >= 4
    assert cells["All", "All"] == "300"


def test_without_suppression_small_cells_are_refused(world: World) -> None:
    script = b"people.table('age.csv', ['weight', 'smoker'], n='count')"
    (table,) = checked(world, script).values()
    assert table.state is OutputState.refused
    assert "reproduced from its recipe" not in table.why


def test_a_file_without_a_recipe_goes_the_old_way(world: World) -> None:
    script = b"""
import polars as pl
pl.read_parquet('/in/people.parquet').group_by('smoker').len('count').write_csv('/out/counts.csv')
people.table('smokers.csv', ['smoker'], n='count')
"""
    outputs = checked(world, script)
    assert set(outputs) == {"counts.csv", "smokers.csv"}
    assert outputs["counts.csv"].state is OutputState.released
    assert "recomputed from people" in outputs["counts.csv"].why


def test_what_the_script_does_not_spell_out_is_for_a_person(world: World) -> None:
    script = b"""
import polars as pl
secret = str(pl.read_parquet('/in/people.parquet')['weight'][0])
coded = people.derive(word=column('smoker').recode({True: 'weighs ' + secret, False: 'other'}))
coded.table('words.csv', ['word'], n='count')
"""
    (table,) = checked(world, script).values()
    assert table.state is OutputState.held
    assert table.decision == "review"
