"""Local recoding by each measure: the score means what it means in the search, and bounds hold."""

import itertools
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from casemate.errors import BadInput
from casemate.protection import (
    Ambiguity,
    AverageClassSize,
    Discernibility,
    DistinctLDiversity,
    Hierarchy,
    KAnonymity,
    KLDivergence,
    Loss,
    Measure,
    NonUniformEntropy,
    Plan,
    Precision,
    PrivacyModel,
    anonymise,
    groups,
    intervals,
    suppressible,
)
from casemate.protection.transformations import anonymise_locally
from casemate.protection.transformations.local_recoding import at_node, collected
from casemate.protection.transformations.local_scores import LOCAL_MEASURES, LocalScore
from casemate.protection.transformations.regions import TupleRecoding, merged

HIERARCHIES: dict[str, Hierarchy] = {
    "age": intervals(2, 4, domain=(0, 7)),
    "sex": suppressible(),
    "home": groups({"north": ["a", "b"], "south": ["c", "d"]}),
}
NAMES = list(HIERARCHIES)
MEASURES: list[Measure] = [
    *(kind() for kind in LOCAL_MEASURES),
    Loss({"age": 3}),
    Precision({"home": 2}),
]
BY_NAME = pytest.mark.parametrize("measure", MEASURES, ids=repr)


@st.composite
def tables(draw: st.DrawFn) -> pl.DataFrame:
    many = draw(st.integers(4, 30))
    values = {"age": st.integers(0, 7), "sex": st.sampled_from(["f", "m", None])}
    values |= {"home": st.sampled_from("abcd"), "ill": st.sampled_from("xyz")}
    cells = {
        name: draw(st.lists(one, min_size=many, max_size=many)) for name, one in values.items()
    }
    kinds = {"age": pl.Int64, "sex": pl.String, "home": pl.String, "ill": pl.String}
    return pl.DataFrame(cells, schema=kinds)


@BY_NAME
@settings(deadline=None, max_examples=15)
@given(tables(), st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(0, 2)))
def test_of_one_node_the_score_is_that_of_the_search(
    measure: Measure, table: pl.DataFrame, levels: tuple[int, int, int]
) -> None:
    fixed = dict(zip(NAMES, levels, strict=True))
    try:
        single = anonymise(
            table, HIERARCHIES, models=[KAnonymity(2)], suppression="0.9", measure=measure,
            levels=fixed,
        )  # fmt: skip
    except BadInput:
        assume(False)
    tuples = collected(table, HIERARCHIES, [KAnonymity(2)], {}).tuples
    recoding = at_node(tuples, [KAnonymity(2)], levels)
    assert LocalScore(tuples, measure).of(recoding) == pytest.approx(single.score, abs=1e-9)


@BY_NAME
@settings(deadline=None, max_examples=15)
@given(
    tables(),
    st.sampled_from([(KAnonymity(2),), (KAnonymity(2), DistinctLDiversity(2, "ill"))]),
    st.sampled_from(["0", "0.3"]),
)
def test_local_recoding_scores_no_worse_than_one_node_and_no_better_than_its_bound(
    measure: Measure, table: pl.DataFrame, models: tuple[PrivacyModel, ...], share: str
) -> None:
    try:
        local = anonymise_locally(
            table, HIERARCHIES, models=models, suppression=share, measure=measure
        )
    except BadInput:
        assume(False)
    single = anonymise(table, HIERARCHIES, models=models, suppression=share, measure=measure)
    assert local.score <= single.score * (1 + 1e-9) + 1e-9
    assert local.single_node_score == pytest.approx(single.score)
    assert 0 <= local.gap <= 1
    tuples = collected(table, HIERARCHIES, models, {}).tuples
    bound = LocalScore(tuples, measure).bound(models, (0, 0, 0))
    assert bound <= local.score + 1e-9
    if local.score:
        assert local.gap == pytest.approx(max(0.0, 1 - bound / local.score), abs=1e-9)


@settings(deadline=None, max_examples=15)
@given(tables(), st.sampled_from(["0", "0.3"]))
def test_scores_are_recounted_from_the_table_and_its_regions(
    table: pl.DataFrame, share: str
) -> None:
    """Discernibility and class size from the rows, precision from the levels: nothing of the search."""
    found = {}
    for measure in (Discernibility(), AverageClassSize(), Precision()):
        try:
            found[measure.name] = anonymise_locally(
                table, HIERARCHIES, models=[KAnonymity(2)], suppression=share, measure=measure
            )
        except BadInput:
            assume(False)
    many = len(table)
    one = found["discernibility"]
    sizes = one.table.group_by(NAMES).len()["len"]
    assert one.score == int((sizes * sizes).sum()) + many * one.suppressed
    two = found["average-class-size"]
    classes = two.table.select(NAMES).n_unique() + (two.suppressed > 0)
    assert two.score == pytest.approx(many / classes)
    three = found["precision"]
    heights = {"age": 3, "sex": 1, "home": 2}
    high = sum(
        region.records * region.levels[name] / height
        for region in three.regions
        for name, height in heights.items()
    )
    assert three.score == pytest.approx((high / 3 + three.suppressed) / many)


@BY_NAME
@settings(deadline=None, max_examples=8)
@given(
    st.lists(st.tuples(st.integers(0, 7), st.sampled_from("abcd")), min_size=3, max_size=5),
    st.integers(2, 3),
)
def test_no_recoding_at_all_scores_below_the_bound(
    measure: Measure, rows: list[tuple[int, str]], k: int
) -> None:
    """Every choice of levels for every tuple, and of who is suppressed, is tried."""
    if not isinstance(measure, Loss | Precision) or not measure.weights:
        by = {name: HIERARCHIES[name] for name in ("age", "home")}
        table = pl.DataFrame(rows, schema={"age": pl.Int64, "home": pl.String}, orient="row")
        tuples = collected(table, by, [KAnonymity(k)], {}).tuples
        assume(len(tuples.counts) <= 3)
        score, best = LocalScore(tuples, measure), np.inf
        nodes = [*itertools.product(range(4), range(3)), None]
        for chosen in itertools.product(nodes, repeat=len(tuples.counts)):
            recoding = TupleRecoding(
                levels=np.array([node or (3, 2) for node in chosen], dtype=np.int64),
                kept=np.array([node is not None for node in chosen]),
                judged=0,
                finished=True,
            )
            sizes = merged(tuples, recoding).sizes
            if all(size == 0 or size >= k for size in sizes):
                best = min(best, score.of(recoding))
        assert score.bound([KAnonymity(k)], (0, 0)) <= best + 1e-9


PEOPLE = pl.DataFrame(
    {"age": [1] * 9 + [6] * 9 + [0, 2, 3, 5], "sex": ["f", "m"] * 11, "home": ["a"] * 22}
)


@pytest.mark.parametrize("kind", ["lazy", "duckdb", "pandas"])
def test_lazy_tables_are_recoded_where_they_lie(kind: str) -> None:
    given: Any = {"lazy": PEOPLE.lazy(), "pandas": PEOPLE.to_pandas()}.get(kind)
    if kind == "duckdb":
        import duckdb

        given = duckdb.connect().from_arrow(PEOPLE.to_arrow())
    for measure in (Loss(), Discernibility(), Ambiguity()):
        rest: dict[str, Any] = {"models": [KAnonymity(2)], "suppression": 0, "measure": measure}
        made = anonymise_locally(given, HIERARCHIES, **rest)
        expected = anonymise_locally(PEOPLE, HIERARCHIES, **rest)
        assert type(made.table) is type(given)
        frame = {"lazy": lambda t: t.collect(), "duckdb": lambda t: t.pl()}.get(kind, pl.DataFrame)(
            made.table
        )
        assert frame.sort(NAMES).equals(expected.table.sort(NAMES))
        assert (made.score, made.gap) == (expected.score, expected.gap)


def test_the_gap_says_how_far_from_the_bound() -> None:
    """Each class of two at least: 22 records in no more than 11 classes."""
    made = anonymise_locally(
        PEOPLE, HIERARCHIES, models=[KAnonymity(2)], suppression=0, measure=AverageClassSize()
    )
    assert made.gap == pytest.approx(1 - (22 / 12) / made.score)
    by_loss = anonymise_locally(PEOPLE, HIERARCHIES, models=[KAnonymity(2)], suppression=0)
    assert 0 < by_loss.gap < 1
    entropy = anonymise_locally(
        PEOPLE, HIERARCHIES, models=[KAnonymity(2)], suppression=0, measure=NonUniformEntropy()
    )
    assert entropy.gap == 1


def test_measures_of_one_node_are_refused_by_name() -> None:
    with pytest.raises(BadInput, match="no meaning for the measure 'kl-divergence'"):
        anonymise_locally(PEOPLE, HIERARCHIES, models=[KAnonymity(2)], measure=KLDivergence())
    with pytest.raises(BadInput, match="no meaning for the measure 'kl-divergence'"):
        Plan.from_dict({"recoding": "local", "measure": "kl-divergence"})
    Plan.from_dict({"recoding": "local", "measure": "discernibility"})
