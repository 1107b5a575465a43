"""Tables without a recipe: one is inferred and must give the table, or it is a person's to decide."""

import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from enclave_world import CHECKER, World, make_world
from hypothesis import given
from hypothesis import strategies as st

from casemate.access import OutputRules
from casemate.analysis import compute
from casemate.clock import system_clock
from casemate.enclave import Output, OutputState, WouldDisclose
from casemate.enclave.checks import CheckContext
from casemate.enclave.recipes import infer
from casemate.store import Base, Store

PEOPLE = pl.DataFrame(
    {
        "sex": [row % 2 for row in range(600)],
        "ill": [None if row % 40 == 7 else ("no", "yes", "unsure")[row % 3] for row in range(600)],
        "weight": [50 + row % 41 for row in range(600)],
    }
)
CONTEXT = CheckContext({"people": PEOPLE})
COUNTS = pl.len().alias("count")


def written(table: pl.DataFrame) -> bytes:
    return table.write_csv().encode()


def test_counts_and_means_are_read_off_the_table() -> None:
    table = PEOPLE.group_by("sex").agg(
        COUNTS, pl.col("weight").mean().round(2).alias("mean_weight")
    )
    inferred = infer("t.csv", written(table), CONTEXT)
    assert inferred is not None
    assert inferred.is_whole
    assert (inferred.recipe.input, inferred.recipe.decimals, inferred.base) == ("people", 2, 1)
    assert [measure.function for measure in inferred.recipe.what.measures] == ["count", "mean"]  # type: ignore[union-attr]
    assert [int(str(row[0])) for row in inferred.answer.rows] == table["sex"].to_list()


def test_missing_keys_that_the_file_leaves_out_are_a_filter() -> None:
    table = PEOPLE.drop_nulls("ill").group_by("ill").agg(COUNTS)
    inferred = infer("t.csv", written(table), CONTEXT)
    assert inferred is not None
    assert inferred.recipe.where is not None
    assert not inferred.hidden
    assert sum(len(one) for one in inferred.answer.people) == int(table["count"].sum())


def test_a_crosstab_with_totals_has_margins_and_suppressed_cells_are_hidden() -> None:
    held = PEOPLE.drop_nulls("ill")
    lines = ["ill,0,1,All"]
    for at, ill in enumerate(("no", "unsure", "yes")):
        cells = [str(held.filter(ill=ill, sex=sex).height) for sex in (0, 1)]
        total = held.filter(ill=ill).height
        cells = [("*" if at == sex else cell) for sex, cell in enumerate(cells)]
        lines.append(f"{ill},{cells[0]},{cells[1]},{total}")
    inferred = infer("t.csv", "\n".join(lines).encode(), CONTEXT)
    assert inferred is not None
    assert inferred.recipe.what.margins  # type: ignore[union-attr]
    assert inferred.hidden == {0, 4}


def test_rounded_counts_tell_an_interval() -> None:
    off = PEOPLE.vstack(PEOPLE.head(2))
    table = off.group_by("sex").agg(((pl.len() + 2) // 5 * 5).alias("count"))
    inferred = infer("t.csv", written(table), CheckContext({"people": off}))
    assert inferred is not None
    assert inferred.base == 5


def test_a_column_that_nothing_explains_makes_it_a_part_only() -> None:
    table = PEOPLE.group_by("sex").agg(COUNTS, pl.lit(0.5).alias("p_value"))
    inferred = infer("t.csv", written(table), CONTEXT)
    assert inferred is not None
    assert not inferred.is_whole


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"sex,count\n0,299\n1,301\n",
        b"name,count\nJane,300\n",
        b"sex,count\n0,300\n0,300\n",
        b"\xff",
    ],
)
def test_what_no_recipe_gives_has_none(content: bytes) -> None:
    assert infer("t.csv", content, CONTEXT) is None


@given(
    st.lists(st.sampled_from(["sex", "ill"]), min_size=1, max_size=2, unique=True), st.booleans()
)
def test_an_inferred_recipe_gives_the_table_again(keys: list[str], with_missing: bool) -> None:
    people = PEOPLE if with_missing else PEOPLE.drop_nulls(keys)
    table = people.group_by(keys).agg(COUNTS)
    inferred = infer("t.csv", written(table), CONTEXT)
    assert inferred is not None
    again = compute(inferred.recipe, PEOPLE)
    assert sorted(row[-1] for row in again.rows) == sorted(table["count"])  # type: ignore[type-var]


# ---- in runs

HEAD = b"import json, polars as pl\npeople = pl.read_parquet('/in/people.parquet')\n"
AUTOMATIC = OutputRules(review="automatic")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    store = Store(f"sqlite:///{tmp_path / 'casemate.db'}")
    Base.metadata.create_all(store.engine)
    yield from make_world(store, tmp_path, system_clock)
    store.close()


def left(world: World, script: bytes, rules: OutputRules = AUTOMATIC) -> dict[str, Output]:
    return world.outputs(world.run(world.permit(rules), HEAD + script).id)


BY_SMOKER = b"people.group_by('smoker').len('count').sort('smoker').write_csv('/out/all.csv')\n"
BY_SEX = b"people.group_by('sex').len('count').sort('sex').write_csv('/out/all.csv')\n"
WOMEN_BUT_FEW = b"""
from casemate.analysis import column, read
few = read('people').where((column('sex') == 'f') & (column('weight') > 51))
few.table('few.csv', [], n='count')
"""
ESTIMATE = b"""
json.dump({'estimate': 1.5, 'ci_low': 1.0, 'ci_high': 2.0, 'n': 300, 'parameters': 2},
          open('/out/effect.json', 'w'))
"""


def test_a_table_without_a_recipe_is_remembered_as_if_it_had_one(world: World) -> None:
    """The second table, with a recipe, differs from the first by few: it is refused."""
    (first,) = left(world, BY_SEX).values()
    assert first.state is OutputState.released, first.verdict
    assert first.recipe is not None
    assert "its recipe was inferred" in json.dumps(first.verdict)
    (second,) = left(world, WOMEN_BUT_FEW).values()
    assert second.state is OutputState.refused
    assert "together with what was released" in json.dumps(second.verdict)


def test_what_no_recipe_explains_never_passes_by_machine(world: World) -> None:
    outputs = left(world, ESTIMATE + b"open('/out/words.txt', 'w').write('nothing found')")
    effect = outputs["effect.json"]
    assert (effect.state, effect.decision) == (OutputState.held, "review")
    assert "no recipe" in json.dumps(effect.verdict)


def release(world: World, output: Output) -> None:
    with world.store.transaction() as tx:
        world.enclave.outputs.review(tx, CHECKER, output.id, clear=True, reason="looked at")
    with world.store.transaction() as tx:
        world.enclave.outputs.release(tx, CHECKER, output.id)


def test_what_a_person_let_out_unread_is_shown_to_who_decides_next(world: World) -> None:
    effect = left(world, ESTIMATE)["effect.json"]
    table = left(world, BY_SMOKER, OutputRules(review="required"))["all.csv"]
    with world.store.read() as tx:
        run = world.enclave.runs.get(tx, table.run)
        assert world.enclave.memory.opaque(tx, run) == ()
    release(world, effect)
    with world.store.read() as tx:
        assert world.enclave.memory.opaque(tx, run) == (effect.id,)


def test_what_became_disclosing_after_it_was_cleared_is_held_again(world: World) -> None:
    """Both are cleared while nothing is out; when one has left, the other tells of few people."""
    required = OutputRules(review="required")
    few = left(world, WOMEN_BUT_FEW, required)["few.csv"]
    everybody = left(world, BY_SEX, required)["all.csv"]
    outputs = world.enclave.outputs
    assert few.decision == "pass", "it must be harmless by itself"
    for output in (few, everybody):
        with world.store.transaction() as tx:
            outputs.review(tx, CHECKER, output.id, clear=True, reason="fine")
    with world.store.transaction() as tx:
        outputs.release(tx, CHECKER, everybody.id)
    with pytest.raises(WouldDisclose) as refusal, world.store.transaction() as tx:
        outputs.release(tx, CHECKER, few.id)
    with world.store.transaction() as tx:
        held = outputs.hold_again(tx, few.id, refusal.value.reasons)
    assert (held.state, held.decision, held.cleared_by) == (OutputState.held, "review", ())
    assert "together with what was released" in held.why
    assert "output.held_again" in world.acts(few.id)
    with world.store.transaction() as tx:  # a second clearing changes nothing of that
        outputs.review(tx, CHECKER, few.id, clear=True, reason="fine again")
    with pytest.raises(WouldDisclose), world.store.transaction() as tx:
        outputs.release(tx, CHECKER, few.id)
