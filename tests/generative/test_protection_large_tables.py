"""What tables of many millions of tuples are searched by gives what small ones are searched by."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casemate.errors import IntegrityFailure
from casemate.protection import (
    Hierarchy,
    KAnonymity,
    Result,
    anonymise,
    groups,
    intervals,
    kernels_large,
    suppressible,
)
from casemate.protection.checks import check_smallest_size
from casemate.protection.engines import open_engine

PLACES = ["z", "a", "m", "never"]
HIERARCHIES: dict[str, Hierarchy] = {
    "place": groups({"south": ["a", "m"], "north": ["z", "never"]}),
    "age": intervals(5, 10, 20),
    "sex": suppressible(),
}


@contextmanager
def all_tables_large() -> Iterator[None]:
    """From one tuple on, as from 2^21."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("casemate.protection.loops.LARGE", 1)
        patch.setattr("casemate.protection.tuples.LARGE", 1)
        patch.setattr("casemate.protection.loops.WORTH_COMPILING", 0.0)
        patch.setattr("casemate.protection.rollup._FEW", 2)
        yield


@st.composite
def people(draw: st.DrawFn) -> pl.DataFrame:
    rows = draw(st.integers(4, 60))

    def column(values: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(values, min_size=rows, max_size=rows))

    nulls = st.none() if draw(st.booleans()) else st.nothing()
    return pl.DataFrame(
        {
            "place": pl.Series(column(st.sampled_from(PLACES[:3]) | nulls), dtype=pl.Enum(PLACES)),
            "age": pl.Series(column(st.integers(18, 60)), dtype=pl.UInt8),
            "sex": column(st.sampled_from("FM") | nulls),
        }
    )


def outcome(result: Result) -> tuple[Any, ...]:
    rows = Counter(result.table.collect().rows())
    return result.generalisation, result.loss, result.suppressed, result.risk, result.codebook, rows


@settings(max_examples=30, deadline=None)
@given(table=people(), k=st.integers(2, 4))
def test_the_search_of_a_large_table_finds_what_that_of_a_small_one_finds(
    table: pl.DataFrame, k: int
) -> None:
    hierarchies = dict(HIERARCHIES)
    if table["place"].null_count():
        del hierarchies["place"]
    models = [KAnonymity(k)]
    small = anonymise(table.lazy(), hierarchies, models=models, suppression="0.3")
    with all_tables_large():
        large = anonymise(table.lazy(), hierarchies, models=models, suppression="0.3")
    assert outcome(large) == outcome(small)


@settings(max_examples=50, deadline=None)
@given(keys=st.lists(st.integers(0, 40) | st.integers(0, 2**61), min_size=1, max_size=200))
def test_classes_in_parts_are_the_distinct_keys_with_their_first_rows_and_sums(
    keys: list[int],
) -> None:
    counts = np.arange(1, len(keys) + 1)
    class_of, first, sizes = kernels_large.classes_by_parts(np.array(keys), counts)
    assert len(first) == len(set(keys))
    for number, row in enumerate(first):
        members = [at for at, key in enumerate(keys) if key == keys[row]]
        assert row == members[0]
        assert sizes[number] == counts[members].sum()
        assert (class_of[members] == number).all()


@settings(max_examples=50, deadline=None)
@given(
    class_of=st.lists(st.integers(0, 5), min_size=1, max_size=50),
    chosen=st.lists(st.booleans(), min_size=6, max_size=6),
)
def test_the_rows_of_chosen_classes_come_in_order(class_of: list[int], chosen: list[bool]) -> None:
    found = kernels_large.chosen_rows(np.array(chosen), np.array(class_of, dtype=np.int32))
    assert found.tolist() == [at for at, number in enumerate(class_of) if chosen[number]]


@settings(max_examples=30, deadline=None)
@given(table=people())
def test_bounds_hold_every_value_that_a_survey_finds_in_the_same_order(table: pl.DataFrame) -> None:
    engine = open_engine(table.lazy())
    exact, bounds = engine.survey(table.columns), engine.bounds(table.columns)
    assert bounds.records == exact.records
    for name, held in exact.values.items():
        listed = bounds.values[name].to_list()
        assert [value for value in listed if value in set(held.to_list())] == held.to_list()


def test_an_integer_column_of_wide_range_and_an_empty_table_are_surveyed_exactly() -> None:
    wide = pl.LazyFrame({"id": [5, 10**12]})
    assert open_engine(wide).bounds(["id"]).values["id"].to_list() == [5, 10**12]
    empty = open_engine(wide.filter(pl.lit(value=False)))
    assert empty.bounds(["id"]).records == 0


def test_the_check_of_counted_classes_refuses_one_that_is_too_small() -> None:
    check_smallest_size(np.array([5, 7]), ["age"], 5)
    with pytest.raises(IntegrityFailure, match="4 records"):
        check_smallest_size(np.array([5, 4]), ["age"], 5)
