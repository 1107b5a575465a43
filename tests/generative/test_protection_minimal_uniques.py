"""Minimal sample uniques and keys against their definitions, on random small tables."""

from itertools import combinations
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from casemate.protection.quasi_identifiers import distinguishing, greedy_key, minimal_keys
from casemate.protection.special_uniques import msu_score, special_uniques


@st.composite
def tables(draw: st.DrawFn) -> pl.DataFrame:
    columns = draw(st.integers(1, 5))
    value = st.one_of(st.none(), st.integers(0, draw(st.integers(1, 4))))
    rows = draw(st.lists(st.tuples(*[value] * columns), min_size=1, max_size=14))
    names = [f"c{place}" for place in range(columns)]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Int64), orient="row")


def brute_force(table: pl.DataFrame, max_size: int) -> dict[tuple[str, ...], list[int]]:
    """By the definition: unique in the set, and in no proper subset of it."""
    rows = list(table.iter_rows(named=True))

    def unique(row: dict[str, Any], names: tuple[str, ...]) -> bool:
        return sum(all(other[name] == row[name] for name in names) for other in rows) == 1

    found: dict[tuple[str, ...], list[int]] = {}
    for size in range(1, max_size + 1):
        for names in combinations(table.columns, size):
            for place, row in enumerate(rows):
                smaller = (sub for k in range(1, size) for sub in combinations(names, k))
                if unique(row, names) and not any(unique(row, sub) for sub in smaller):
                    found.setdefault(names, []).append(place)
    return found


@settings(max_examples=150, deadline=None)
@given(tables(), st.integers(1, 5), st.sampled_from(["elliot", "ihsn"]))
def test_the_search_finds_every_minimal_unique_and_no_other(
    table: pl.DataFrame, max_size: int, scoring: Any
) -> None:
    expected = brute_force(table, min(max_size, table.width))
    found = special_uniques(table, table.columns, max_size=max_size, scoring=scoring)
    assert {one.attributes: one.records for one in found.sets} == {
        names: len(rows) for names, rows in expected.items()
    }
    for place, record in enumerate(found.records.iter_rows(named=True)):
        mine = [names for names, rows in expected.items() if place in rows]
        assert record["msus"] == len(mine)
        assert record["smallest"] == min(map(len, mine), default=None)
        scores = [msu_score(len(names), table.width, max_size, scoring) for names in mine]
        assert abs(record["score"] - sum(scores)) < 1e-9
        assert 0 <= record["dis_score"] <= 1


@settings(max_examples=100, deadline=None)
@given(tables(), st.permutations(range(5)))
def test_the_order_of_attributes_and_records_does_not_matter(
    table: pl.DataFrame, order: list[int]
) -> None:
    turned = table.select([table.columns[place] for place in order if place < table.width])
    first = special_uniques(table, table.columns, max_size=3)
    second = special_uniques(turned.reverse(), turned.columns, max_size=3)
    assert {(frozenset(one.attributes), one.records) for one in first.sets} == {
        (frozenset(one.attributes), one.records) for one in second.sets
    }
    assert first.records["msus"].to_list() == second.records["msus"].reverse().to_list()


@settings(max_examples=100, deadline=None)
@given(tables())
def test_distinction_and_separation_count_tuples_and_pairs(table: pl.DataFrame) -> None:
    rows = list(table.iter_rows(named=True))
    for one in distinguishing(table, max_size=table.width):
        values = [tuple(row[name] for name in one.attributes) for row in rows]
        pairs = list(combinations(values, 2))
        assert one.distinction == len(set(values)) / len(values)
        differ = sum(left != right for left, right in pairs)
        assert one.separation == (differ / len(pairs) if pairs else 1.0)


@settings(max_examples=100, deadline=None)
@given(tables(), st.floats(0, 1))
def test_keys_are_all_the_minimal_sets_and_greed_finds_one(
    table: pl.DataFrame, share: float
) -> None:
    measured = {
        frozenset(one.attributes): one.distinction
        for one in distinguishing(table, max_size=table.width)
    }
    enough = {names for names, distinction in measured.items() if distinction >= share}
    minimal = {names for names in enough if not any(other < names for other in enough)}
    keys = minimal_keys(table, max_size=table.width, distinction=share)
    assert {frozenset(key.attributes) for key in keys} == minimal
    if enough:
        greedy = greedy_key(table, distinction=share)
        assert greedy.distinction >= share
        assert not greedy.attributes or frozenset(greedy.attributes) in minimal
