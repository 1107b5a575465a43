"""The sensitivity that every query claims, on neighbouring tables: with and without one person."""

import math
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from casemate.protection.privacy_loss import Clipped, Count, Grouped, Histogram, Mean, Quantile, Sum
from casemate.protection.privacy_loss.queries import Query
from casemate.protection.privacy_loss.rows import Rows
from casemate.protection.synthesis.selection import dependence

SCHEMA = {"who": pl.Int64, "x": pl.Float64, "n": pl.Int64, "u": pl.UInt64, "g": pl.String}
FLOATS = st.one_of(
    st.none(),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([0.0, -0.0, 0.1, 0.3, 1e300, 5e-324, math.nan, 0.5000000000000001]),
)
RECORDS = st.tuples(
    FLOATS,
    st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
    st.one_of(st.none(), st.integers(0, 2**64 - 1)),
    st.sampled_from(["a", "b", "c", None]),
)
OTHERS = st.lists(st.tuples(st.integers(1, 4), RECORDS), max_size=12)

QUERIES: dict[str, Query] = {
    "count": Count(),
    "count where": Count(where={"g": ["a", None]}),
    "sum": Sum(Clipped("x", "-0.3", "1.7")),
    "sum far from zero": Sum(Clipped("x", 1000, 1001)),
    "sum of whole numbers": Sum(Clipped("n", -5, 2**21)),
    "sum of unsigned": Sum(Clipped("u", 0, 2**30, 1)),
    "sum in coarse units": Sum(Clipped("x", 0, 100, 7), where={"g": "a"}),
    "mean": Mean(Clipped("x", "-0.3", "1.7")),
    "mean of whole numbers": Mean(Clipped("n", 0, 7, 1)),
    "quantile": Quantile("x", "0.25", (-1.0, 0.0, 0.3, 0.5, 2.0)),
    "median": Quantile("n", "0.5", (-1.0, 0.0, 5.0)),
    "histogram": Histogram("x", (-1.0, 0.0, 0.5, 1.0)),
    "public groups": Grouped(("g",), (("a",), (None,), ("z",)), Clipped("x", -1, 3)),
}


def table(records: list[tuple[int, Any]]) -> pl.DataFrame:
    rows = [(who, *record) for who, record in records]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def apart(one: list[int], other: list[int]) -> tuple[int, float, int]:
    gaps = [abs(a - b) for a, b in zip(one, other, strict=True)]
    return sum(gaps), math.sqrt(sum(gap * gap for gap in gaps)), max(gaps)


def check(query: Query, without: Rows, with_: Rows) -> None:
    for claimed, one, other in zip(
        query.sensitivities(with_.contribution),
        query.exact(without),
        query.exact(with_),
        strict=True,
    ):
        l1, l2, linf = apart(one, other)
        assert l1 <= claimed.l1
        assert l2 <= claimed.l2 * (1 + 1e-12)
        assert linf <= claimed.linf


@pytest.mark.parametrize("name", QUERIES)
@settings(max_examples=60, deadline=None)
@given(others=OTHERS, mine=st.lists(RECORDS, min_size=1, max_size=3), data=st.data())
def test_one_person_moves_a_query_by_no_more_than_it_claims(
    name: str, others: list[Any], mine: list[Any], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(others)))
    more = others[:place] + [(0, record) for record in mine] + others[place:]
    without = Rows(table(others), contribution=len(mine), person=None)
    check(QUERIES[name], without, Rows(table(more), contribution=len(mine), person=None))


@pytest.mark.parametrize("name", QUERIES)
@settings(max_examples=40, deadline=None)
@given(
    others=OTHERS,
    mine=st.lists(st.tuples(st.integers(0, 12), RECORDS), min_size=1, max_size=6),
    contribution=st.integers(1, 2),
)
def test_a_person_with_more_rows_than_allowed_counts_for_no_more(
    name: str, others: list[Any], mine: list[Any], contribution: int
) -> None:
    more = list(others)
    for place, record in mine:
        more.insert(min(place, len(more)), (0, record))
    without, with_ = (
        Rows(table(rows), contribution=contribution, person="who") for rows in (others, more)
    )
    check(QUERIES[name], without, with_)


@settings(max_examples=60, deadline=None)
@given(others=OTHERS, mine=st.lists(RECORDS, min_size=1, max_size=3))
def test_unknown_groups_move_by_no_more_than_the_threshold_assumes(
    others: list[Any], mine: list[Any]
) -> None:
    query = Grouped(("g",))
    tables = []
    for records in (others, others + [(0, record) for record in mine]):
        rows = Rows(table(records), contribution=len(mine), person=None)
        keys, (counts,) = query.found(rows)
        tables.append(dict(zip(keys["g"].to_list(), counts, strict=True)))
    gaps = [abs(tables[1].get(key, 0) - tables[0].get(key, 0)) for key in tables[1]]
    changed = [gap for gap in gaps if gap]
    assert len(changed) <= len(mine)
    assert sum(changed) <= len(mine)


def test_the_claims_are_reached_so_they_are_not_loose() -> None:
    nobody, one = table([]), table([(0, (1.7, 3, 3, "a"))])
    for query, position in ((Count(), 0), (Sum(Clipped("x", "-0.3", "1.7")), 0)):
        before, after = (Rows(rows, contribution=1, person=None) for rows in (nobody, one))
        moved = abs(query.exact(after)[position][0] - query.exact(before)[position][0])
        assert moved == query.sensitivities(1)[position].l1


CODES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=20)


@settings(max_examples=150, deadline=None)
@given(
    codes=CODES,
    mine=st.tuples(st.integers(0, 3), st.integers(0, 2)),
    one=st.lists(st.floats(0, 50), min_size=4, max_size=4),
    other=st.lists(st.floats(0, 50), min_size=3, max_size=3),
    total=st.floats(1, 200),
)
def test_one_record_moves_the_choice_of_a_tree_by_a_thousand_thousandths(
    codes: list[Any], mine: Any, one: list[float], other: list[float], total: float
) -> None:
    assume(sum(one) > 0)
    estimates = [np.array(one), np.array(other)]
    scores = []
    for records in (codes, [*codes, mine]):
        columns = [np.array([r[place] for r in records], dtype=np.int64) for place in (0, 1)]
        scores.append(dependence(columns, estimates, (0, 1), total))
    assert abs(scores[1] - scores[0]) <= 1000
