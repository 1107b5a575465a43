"""Special uniques and quasi-identifier detection: speed, documents and bad input."""

import time
from typing import Any

import pandas as pd
import polars as pl
import pytest
from conftest import SHARED

from casemate.canonical import canonical_json
from casemate.errors import BadInput
from casemate.protection import without_floats
from casemate.protection.quasi_identifiers import distinguishing, greedy_key, minimal_keys
from casemate.protection.special_uniques import special_uniques

TABLE = pl.DataFrame({"a": [1, 1, 2, 2], "b": ["x", "y", "x", None], "c": [True] * 4})


def test_adult_is_searched_to_size_four_in_seconds() -> None:
    path = SHARED / "data/anonymisation/adult/adult.csv.gz"
    if not path.exists():
        pytest.skip("the shared Adult file is not here")
    table = pl.read_csv(path, separator=";")
    begun = time.process_time()
    found = special_uniques(table, table.columns, max_size=4)
    assert time.process_time() - begun < 5  # seen: 0.12 s
    assert found.sizes == {1: 2, 2: 1204, 3: 14890, 4: 26029}
    whole = special_uniques(table, table.columns, max_size=9)
    assert (whole.records["msus"] > 0).sum() == whole.uniques == 15512


def test_null_is_a_value_and_the_document_holds_counts_only() -> None:
    found = special_uniques(TABLE, ["a", "b", "c"])
    assert found.records["smallest"].to_list() == [2, 1, 2, 1]
    document = found.to_dict()
    assert document["sizes"] == {"1": 2, "2": 2, "3": 0}
    assert document["special_uniques"] == 4
    assert canonical_json(without_floats(document))


def test_copies_of_a_record_are_no_uniques() -> None:
    found = special_uniques(pl.concat([TABLE, TABLE]), TABLE.columns)
    assert (found.uniques, found.sets, found.file_risk) == (0, (), 0.0)
    assert found.records["smallest"].null_count() == 8
    assert set(found.contributions.values()) == {0.0}


def test_a_million_distinct_values_make_one_set() -> None:
    table = pl.DataFrame({"id": range(1_000_000), "x": [0, 1] * 500_000})
    found = special_uniques(table, ["id", "x"], max_size=2)
    assert [(one.attributes, one.records) for one in found.sets] == [(("id",), 1_000_000)]
    assert [key.attributes for key in minimal_keys(table)] == [("id",)]
    assert greedy_key(table).attributes == ("id",)


@pytest.mark.parametrize("convert", [lambda t: t, lambda t: t.to_pandas(), lambda t: t.to_arrow()])
def test_every_kind_of_table_is_measured_alike(convert: Any) -> None:
    table = TABLE.drop_nulls()
    assert (
        special_uniques(convert(table), ["a", "b"]).sets == special_uniques(table, ["a", "b"]).sets
    )
    assert distinguishing(convert(table)) == distinguishing(table)


def test_one_record_is_distinct_and_separates_no_pair() -> None:
    (found,) = distinguishing(pl.DataFrame({"a": [1]}))
    assert (found.distinction, found.separation) == (1.0, 1.0)


def test_greed_says_what_can_be_reached() -> None:
    doubled = pl.concat([TABLE, TABLE])
    with pytest.raises(BadInput, match=r"distinction of 0\.5000, below 1\.0"):
        greedy_key(doubled)
    assert set(greedy_key(doubled, distinction=0.5).attributes) == {"a", "b"}
    assert minimal_keys(doubled) == ()


WIDE = pl.DataFrame({f"c{place}": [0, 1] for place in range(60)})


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: special_uniques(TABLE.clear(), ["a"]), "no records"),
        (lambda: special_uniques(TABLE, []), "at least one attribute"),
        (lambda: special_uniques(TABLE, ["a", "a"]), "named twice"),
        (lambda: special_uniques(TABLE, ["z"]), "no column 'z'"),
        (lambda: special_uniques(TABLE, ["a"], max_size=0), "at least 1"),
        (lambda: special_uniques(TABLE, ["a"], sampling_fraction=0), "above 0"),
        (lambda: special_uniques(TABLE, ["a"], scoring="other"), "'elliot' or 'ihsn'"),  # type: ignore[arg-type]
        (lambda: special_uniques(pl.DataFrame({"a": [float("nan")]}), ["a"]), "NaN"),
        (lambda: special_uniques(pd.DataFrame({"a": [1, "x"]}), ["a"]), "mixes types"),
        (lambda: special_uniques(WIDE, WIDE.columns, max_size=12), "GiB"),
        (lambda: distinguishing(TABLE.clear()), "no records"),
        (lambda: distinguishing(TABLE, []), "no attribute"),
        (lambda: distinguishing(TABLE, ["a", "a"]), "named twice"),
        (lambda: distinguishing(TABLE, max_size=0), "at least 1"),
        (lambda: minimal_keys(TABLE, distinction=1.5), "from 0 to 1"),
        (lambda: minimal_keys(WIDE, max_size=6), "ask for smaller sets"),
        (lambda: minimal_keys(pl.DataFrame({"a": [float("inf")]})), "infinity"),
    ],
)
def test_bad_input_is_named_here(call: Any, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        call()
