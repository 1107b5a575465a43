"""The sensitivity that every query claims, on neighbouring tables: with and without one person."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from casemate.protection.privacy_loss import (
    Clipped,
    Count,
    Grouped,
    Histogram,
    Mean,
    NoneOf,
    PrivacyLoss,
    Quantile,
    Range,
    Sum,
)
from casemate.protection.privacy_loss.queries import Query
from casemate.protection.privacy_loss.ranks import ranks
from casemate.protection.privacy_loss.release import price, release
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
    "count in a range": Count(where={"n": Range(at_least=-5, below=10), "x": Range(above=-0.3)}),
    "count of others": Count(where={"g": NoneOf(["a", None]), "u": Range(at_most=2**40)}),
    "sum in a range": Sum(
        Clipped("x", 0, 2), where={"x": Range(at_most=1.5), "g": Range(above="a")}
    ),
    "median of others": Quantile("x", "0.5", (0.0, 0.5, 1.0), where={"n": NoneOf([0, 1])}),
    "histogram in a range": Histogram("x", (-1.0, 0.0, 2.0), where={"g": Range(at_most="b")}),
    "groups in a range": Grouped(("g",), (("a",), ("b",)), where={"n": Range(at_least=0)}),
    "sum": Sum(Clipped("x", "-0.3", "1.7")),
    "sum far from zero": Sum(Clipped("x", 1000, 1001)),
    "sum of whole numbers": Sum(Clipped("n", -5, 2**21)),
    "sum of unsigned": Sum(Clipped("u", 0, 2**30, 1)),
    "sum in coarse units": Sum(Clipped("x", 0, 100, 7), where={"g": "a"}),
    "mean": Mean(Clipped("x", "-0.3", "1.7")),
    "mean of whole numbers": Mean(Clipped("n", 0, 7, 1)),
    "quantile": Quantile("x", "0.25", (-1.0, 0.0, 0.3, 0.5, 2.0)),
    "quantile of many candidates": Quantile("x", "0.9", tuple(n / 8 for n in range(-500, 500))),
    "sum of the widest whole numbers": Sum(Clipped("n", -(2**31) + 1, 2**31 - 1, 1)),
    "mean of unsigned": Mean(Clipped("u", 0, 2**31 - 1, 1)),
    "sum in the finest units": Sum(Clipped("x", 0, "1e-300")),
    "median": Quantile("n", "0.5", (-1.0, 0.0, 5.0)),
    "histogram": Histogram("x", (-1.0, 0.0, 0.5, 1.0)),
    "public groups": Grouped(("g",), (("a",), (None,), ("z",)), Clipped("x", -1, 3)),
    "groups of two variables": Grouped(
        ("g", "n"), (("a", 0), ("b", 1), (None, None)), where={"g": ["a", None]}
    ),
    "sums of integers by group": Grouped(
        ("g",), (("a",), ("b",)), Clipped("n", -(2**30), 2**30, 1)
    ),
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


@pytest.mark.parametrize(
    "query",
    [
        Count(),
        Sum(Clipped("x", "-0.3", "1.7")),
        Mean(Clipped("x", "-0.3", "1.7")),
        Quantile("x", "0.25", (0.0, 1.0, 2.0)),
        Histogram("x", (0.0, 1.0, 2.0)),
        Grouped(("g",), (("a",), ("b",)), Clipped("x", -1, "1.7")),
    ],
    ids=lambda query: type(query).__name__,
)
def test_the_claims_are_reached_so_they_are_not_loose(query: Query) -> None:
    nobody, one = table([]), table([(0, (1.7, 3, 3, "a"))])
    before, after = (query.exact(Rows(rows, contribution=1, person=None)) for rows in (nobody, one))
    for claimed, old, new in zip(query.sensitivities(1), before, after, strict=True):
        assert apart(old, new)[2] >= claimed.linf - 1  # the middle may lie half a unit off


def test_two_vectors_of_one_query_are_paid_for_both() -> None:
    # A mean and a grouped sum release two vectors: each must be noised for half of the loss.
    for query in (Mean(Clipped("x", 0, 1)), Grouped(("g",), (("a",),), Clipped("x", 0, 1))):
        loss = PrivacyLoss.epsilon("0.5", "1e-9")
        parts = query.sensitivities(1)
        shares = [price(query, loss).split(len(parts)) for _ in parts]
        assert len(parts) == 2
        assert sum(share.amount for share in shares) == loss.amount


@settings(max_examples=150, deadline=None)
@given(
    records=OTHERS,
    candidates=st.sets(
        st.one_of(st.floats(-2, 2), st.sampled_from([0.0, 0.1, 0.3, 1e300, -1e300])), min_size=2
    ),
)
def test_scores_by_search_are_those_by_comparison(
    records: list[Any], candidates: set[float]
) -> None:
    numbers = tuple(sorted(candidates))
    frame = table(records)
    column = frame["x"].drop_nulls().drop_nans().to_list()
    found = Rows(frame, contribution=1, person=None).floats("x", {})
    ranked = ranks(found, numbers)
    assert ranked.below == [sum(value < number for value in column) for number in numbers]
    assert ranked.above == [sum(value > number for value in column) for number in numbers]
    assert ranked.values == len(column)
    (scores,) = Quantile("x", "0.3", numbers).exact(Rows(frame, contribution=1, person=None))
    places = zip(ranked.below, ranked.above, strict=True)
    assert scores == [abs(7 * under - 3 * over) for under, over in places]


@settings(max_examples=150, deadline=None)
@given(
    values=st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=60),
    edges=st.lists(
        st.one_of(st.floats(-9, 9), st.sampled_from([-math.inf, math.inf, 1e308, -1e308, 5e-324])),
        min_size=2, max_size=9, unique=True,
    ),
    parts=st.integers(1, 4),
)  # fmt: skip
def test_bins_hold_what_lies_between_their_edges(
    values: list[float], edges: list[float], parts: int
) -> None:
    edges = sorted(edges)
    pieces = [np.array(values[at::parts], dtype=np.float64) for at in range(parts)]
    ranked = ranks(iter(pieces), edges)
    kept = [value for value in values if not math.isnan(value)]
    assert ranked.below == [sum(value < edge for value in kept) for edge in edges]
    assert ranked.above == [sum(value > edge for value in kept) for edge in edges]
    frame = pl.DataFrame({"x": values}, schema={"x": pl.Float64})
    (bins,) = Histogram("x", tuple(edges)).exact(Rows(frame, contribution=1, person=None))
    last = len(edges) - 2
    assert bins == [
        sum(low <= value < high or (at == last and value == high) for value in kept)
        for at, (low, high) in enumerate(pairwise(edges))
    ]


def test_the_order_of_rows_moves_no_sum_of_floats() -> None:
    # Casacuberta and others (2022): added up as floats, 2^53 and many ones give sums that
    # differ with the order of the rows by far more than any one row. In whole units they cannot.
    values = [2.0**53] + [1.0] * 1000
    sums = set()
    for order in (values, values[::-1]):
        rows = Rows(pl.DataFrame({"x": order}), contribution=1, person=None)
        sums.add(Sum(Clipped("x", 0, 2**53, 2**24)).exact(rows)[0][0])
        # Bounds of 0 and 1: a thousand and one rows of 1 each, whatever the first one was.
        assert Sum(Clipped("x", 0, 1)).exact(rows)[0][0] == 1001 * Clipped("x", 0, 1).most
    assert len(sums) == 1
    assert sum(values) != sum(values[::-1])  # what would have happened


def test_no_sum_of_whole_numbers_wraps_around() -> None:
    # Casacuberta and others (2022): in 8 bits 127 and one more row make -128.
    full = pl.DataFrame({"n": pl.Series([127] * 3, dtype=pl.Int8)})
    for frame, exact in ((full, 381), (full.head(1), 127)):
        rows = Rows(frame, contribution=1, person=None)
        assert Sum(Clipped("n", 0, 127, 1)).exact(rows) == [[exact]]
        grouped = Grouped(("n",), ((127,),), Clipped("n", 0, 127, 1))
        assert grouped.exact(rows)[1] == [exact]


@pytest.mark.parametrize("concentrated", [False, True], ids=["laplace", "gaussian"])
@pytest.mark.parametrize("share", [1, 2], ids=["one vector", "two vectors"])
def test_the_noise_of_a_query_has_the_scale_that_its_sensitivity_asks_for(
    concentrated: bool, share: int
) -> None:
    """4,000 draws: the standard error of their mean square is 3.5 % for Laplace and 2.2 % for Gaussian
    noise. A quarter off is seven of them, so that chance alone does not fail this in a lifetime of
    runs; a scale that is wrong by a quarter, let alone by a shared loss's missing half, does."""
    make = PrivacyLoss.rho if concentrated else PrivacyLoss.epsilon
    values = Clipped("x", 0, 40, 1)
    keys = tuple((key,) for key in range(4_000))
    query = Grouped(("k",), keys, values if share == 2 else None)
    rows = Rows(pl.DataFrame({"k": [1], "x": [1.0]}), contribution=2, person=None)
    answer = release(query, rows, make(share))
    assert isinstance(answer, pl.DataFrame)
    noise = [answer["count"].to_numpy()]
    noise += [answer["sum"].to_numpy()] if share == 2 else []
    for draws, sensitivity in zip(noise, (2, 80), strict=False):
        scale = float(sensitivity)  # one unit of the loss for each vector
        square = scale**2 / 2 if concentrated else 2 * scale**2
        assert abs(float(np.mean(np.square(draws.astype(float)))) / square - 1) < 0.25


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
