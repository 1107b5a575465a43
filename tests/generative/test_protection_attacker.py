"""Thresholds on risk and k-map against their definitions, on every node of small lattices."""

import itertools
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casemate.errors import BadInput
from casemate.protection import (
    AverageRisk,
    Budget,
    Discernibility,
    Hierarchy,
    HighestRisk,
    KAnonymity,
    KMap,
    Loss,
    Population,
    PrivacyModel,
    RecordsAtRisk,
    anonymise,
    intervals,
    suppressible,
)
from casemate.protection.grouping import distinct_tuples, group_table
from casemate.protection.heuristic import find_good
from casemate.protection.judging import Infeasible
from casemate.protection.search import find_optimum

HIERARCHIES: dict[str, Hierarchy] = {"age": intervals(2, 4, domain=(0, 11)), "sex": suppressible()}
ROW = st.tuples(st.integers(0, 11), st.sampled_from(["f", "m"]))
Row = tuple[int, str]


def label(row: Row, node: Sequence[int]) -> tuple[Any, ...]:
    age, sex = row
    bands = [age, age // 2, age // 4, "*"]
    return bands[node[0]], [sex, "*"][node[1]]


def suppressed_by(model: PrivacyModel, rows: list[Row], people: list[Row], node: Any) -> set[Any]:
    """The classes that a model suppresses at a node, from its definition."""
    sizes = Counter(label(row, node) for row in rows)
    if isinstance(model, HighestRisk):
        return {key for key, size in sizes.items() if Fraction(1, size) > model.risk}
    if isinstance(model, KMap):
        known = Counter(label(row, node) for row in people)
        return {key for key in sizes if known[key] < model.k}
    for least in sorted({*sizes.values(), len(rows) + 1}):
        kept = [size for size in sizes.values() if size >= least]
        if not kept:
            break
        if isinstance(model, AverageRisk):
            good = sum(Fraction(1, size) * size for size in kept) / sum(kept) <= model.risk
        else:
            assert isinstance(model, RecordsAtRisk)
            good = sum(size for size in kept if size < model.k) <= model.share * sum(kept)
        if good:
            return {key for key, size in sizes.items() if size < least}
    return set(sizes)


def best_of(model: PrivacyModel, rows: list[Row], people: list[Row], limit: Fraction) -> int | None:
    best = None
    for node in itertools.product(range(4), range(2)):
        sizes = Counter(label(row, node) for row in rows)
        gone = suppressed_by(model, rows, people, node)
        lost = sum(sizes[key] for key in gone)
        if lost > limit * len(rows):
            continue
        score = sum(size**2 for key, size in sizes.items() if key not in gone) + lost * len(rows)
        best = score if best is None else min(best, score)
    return best


@settings(max_examples=250, deadline=None)
@given(
    rows=st.lists(ROW, min_size=1, max_size=30),
    more=st.lists(ROW, max_size=30),
    kind=st.sampled_from(["highest", "average", "at risk", "map"]),
    risk=st.sampled_from(["0.1", "0.2", "0.3", "0.5", "1"]),
    k=st.integers(1, 6),
    share=st.sampled_from(["0", "0.1", "0.25", "0.5"]),
    limit=st.sampled_from(["0", "0.1", "0.4", "0.8"]),
)
def test_the_optimum_is_that_of_every_node_tried(
    rows: list[Row], more: list[Row], kind: str, risk: str, k: int, share: str, limit: str
) -> None:
    people = [*rows, *more]
    frame = pl.DataFrame(people, schema={"age": pl.Int64, "sex": pl.String}, orient="row")
    models: dict[str, PrivacyModel] = {
        "highest": HighestRisk(risk),
        "average": AverageRisk(risk),
        "at risk": RecordsAtRisk(k, share),
        "map": KMap(k, Population.from_table(frame, ["sex", "age"])),
    }
    model = models[kind]

    def run() -> Any:
        return anonymise(
            frame.head(len(rows)),
            HIERARCHIES,
            models=[model],
            suppression=limit,
            measure=Discernibility(),
        )

    best = best_of(model, rows, people, Fraction(limit))
    if best is None or len(rows) < model.smallest_table():
        with pytest.raises(BadInput, match=r"no generalisation reaches|too few"):
            run()
        return
    result = run()
    assert result.score == best
    held = Counter(result.table.select("age", "sex").rows())
    if kind == "average" and held:
        assert Fraction(len(held), sum(held.values())) <= Fraction(risk)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(ROW, min_size=1, max_size=30),
    k=st.integers(1, 5),
    limit=st.sampled_from(["0", "0.1", "0.4"]),
)
def test_the_heuristic_search_left_to_finish_finds_the_optimum(
    rows: list[Row], k: int, limit: str
) -> None:
    """On a lattice small enough to open every node that may do, the two searches agree."""
    frame = pl.DataFrame(rows, schema={"age": pl.Int64, "sex": pl.String}, orient="row")
    tuples = distinct_tuples(group_table(frame, frame.columns), list(HIERARCHIES.values()))
    highs = tuple(ladder.height - 1 for ladder in tuples.ladders)
    arguments = (tuples, [KAnonymity(k)], Loss(), int(Fraction(limit) * len(rows)), (0, 0), highs)
    try:
        best = find_optimum(*arguments)
    except Infeasible:
        with pytest.raises(Infeasible):
            find_good(*arguments, Budget())
        return
    found = find_good(*arguments, Budget())
    assert found.gap == 0
    assert found.score == pytest.approx(best.score, rel=1e-9, abs=1e-12)
    assert find_good(*arguments, Budget(nodes=1)).bound <= best.score
