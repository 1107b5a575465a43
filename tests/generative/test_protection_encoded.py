"""Columns as numbers by compiled loops: the values, the combinations and the results that Polars gives."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
from generative.test_protection_engines import HIERARCHIES, tables
from hypothesis import given, settings
from hypothesis import strategies as st

from casemate.errors import BadInput
from casemate.protection import DistinctLDiversity, KAnonymity, Result, anonymise, loops
from casemate.protection.classes import tally
from casemate.protection.engines import Packing, encoded, open_engine
from casemate.protection.engines.encoded import combinations, encode

TEXTS = st.one_of(
    st.none(),
    st.text(max_size=3),
    st.sampled_from(["twelve bytes", "thirteen byte", "sixteen of bytes", "seventeen of them"]),
    st.builds(lambda start, end: f"{'x' * start}{end}", st.integers(4, 40), st.sampled_from("abé")),
)
"""Texts that lie in a view, or only just not, and longer ones that differ at their end alone."""


@contextmanager
def compiled(*, two: bool = False) -> Iterator[None]:
    """The compiled loops at work however few the records are, in pieces, by many threads or ``two``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loops, "WORTH_COMPILING", 0.0)
        for limit in ("_FEWEST", "_IN_TWO", "_WHOLE", *([] if two else ["_IN_THREADS"])):
            patch.setattr(encoded, limit, 1)
        patch.setattr(loops, "_IN_TWO", 1)
        loops.load_if_worth(1.0)
        yield


@st.composite
def in_pieces(draw: st.DrawFn) -> pl.DataFrame:
    """Two columns of text and one of numbers, in pieces cut from a longer table."""
    rows = draw(st.lists(st.tuples(TEXTS, TEXTS, st.none() | st.integers(-3, 3)), max_size=40))
    kinds = {"a": pl.String, "b": pl.String, "n": pl.Int8}
    whole = pl.DataFrame(rows, schema=kinds, orient="row")
    cuts = sorted(draw(st.lists(st.integers(0, len(rows)), max_size=4)))
    return pl.concat([whole[low:high] for low, high in pairwise([0, *cuts])] or [whole])


@settings(max_examples=200, deadline=None)
@given(in_pieces(), st.booleans())
def test_each_number_stands_for_its_value(table: pl.DataFrame, two: bool) -> None:
    with compiled(two=two):
        found = encode(table)
    if found is None:
        assert not len(table)
        return
    for name in table.columns:
        assert found.values[name].to_list() == table[name].unique().sort().to_list()
        ranks = found.ranks[name][found.of(name)]
        assert found.values[name].gather(ranks).to_list() == table[name].to_list()


@settings(max_examples=200, deadline=None)
@given(in_pieces(), st.booleans(), st.booleans())
def test_each_combination_is_counted_once(table: pl.DataFrame, apart: bool, two: bool) -> None:
    with compiled(two=two):
        if (found := encode(table)) is None:
            return
        packing = Packing.of(found.values, apart=["n"] if apart else [])
        held = combinations(found, packing)
    expected = table.group_by(table.columns).len("*records")
    keys = packing.unpacked(pl.DataFrame(held.keys))
    columns = [packing.values[name].gather(keys[name]).alias(name) for name in table.columns]
    counted = pl.DataFrame([*columns, pl.Series("*records", held.sizes)])
    assert sorted(counted.rows(), key=str) == sorted(expected.rows(), key=str)
    assert table[held.first.tolist()].rows() == counted.select(table.columns).rows()
    assert counted.select(table.columns)[held.class_of.tolist()].rows() == table.rows()


@settings(max_examples=100, deadline=None)
@given(tables(), st.sampled_from([0, 0.3]), st.sampled_from(["polars", "pandas", "arrow"]))
def test_a_result_is_the_same_without_the_loops(
    table: pl.DataFrame, suppression: float, kind: str
) -> None:
    if kind != "polars":
        table = table.select(pl.exclude("wage"))  # pandas holds decimals as objects
    names = [name for name in table.columns if name in HIERARCHIES]
    models = [KAnonymity(2), DistinctLDiversity(2, "illness")]
    kinds: dict[str, Callable[[], Any]] = {
        "polars": table.clone, "pandas": table.to_pandas, "arrow": table.to_arrow,
    }  # fmt: skip
    as_kind = kinds[kind]

    def outcome() -> Result | str:
        try:
            return anonymise(
                as_kind(), {name: HIERARCHIES[name] for name in names},
                models=models, suppression=suppression,
            )  # fmt: skip
        except BadInput as refusal:
            return str(refusal)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loops, "_loaded", [])
        patch.setattr(loops, "WORTH_COMPILING", float("inf"))
        slow = outcome()
    with compiled():
        quick = outcome()
    if isinstance(slow, str) or isinstance(quick, str):
        assert slow == quick
        return
    assert quick.to_dict() == slow.to_dict()
    assert type(quick.table) is type(slow.table)
    if kind == "pandas":
        assert quick.table.equals(slow.table)
        assert (quick.table.index == slow.table.index).all()
    else:
        assert quick.table.equals(slow.table)


def test_a_column_of_very_many_values_goes_through_polars() -> None:
    many = pl.DataFrame({"id": [f"number {place:>9}" for place in range(1 << 16)]})
    with compiled():
        assert encode(many) is None
        assert encode(many[1:]) is not None
        nothing = pl.DataFrame({"id": [None]}, schema=many.schema)
        assert encode(pl.concat([many[1:], nothing])) is not None
        assert encode(pl.concat([nothing, many])) is None
        survey = open_engine(many).survey(["id"])
    assert survey.values["id"].equals(many["id"])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 2**62 - 1) | st.integers(0, 5)), st.data())
def test_keys_are_put_in_order_and_taken_apart(keys: list[int], data: st.DataObject) -> None:
    held = np.array(keys, dtype=np.int64)
    order = np.array(data.draw(st.permutations(range(len(keys)))), dtype=np.int64)
    strides = sorted(data.draw(st.lists(st.integers(2, 2**60), max_size=4)), reverse=True)
    strides = [stride for stride in strides if max(keys, default=0) // stride < 1 << 31]
    with compiled():
        found = loops.order_of(held, order).tolist()
        codes = loops.digits(held, strides)
    assert found == sorted(order.tolist(), key=lambda place: keys[place])
    for row, key in enumerate(keys):
        left = key
        for at, stride in enumerate(strides):
            assert codes[at, row] == left // stride
            left %= stride


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 4), st.integers(0, 3)), min_size=1),
    st.integers(5, 7),
)
def test_sensitive_values_are_tallied_alike_both_ways(
    entries: list[tuple[int, int, int]], radix: int
) -> None:
    classes, values, counts = (
        np.array(part, dtype=np.int64) for part in zip(*entries, strict=True)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loops, "_loaded", [])
        patch.setattr(loops, "WORTH_COMPILING", float("inf"))
        slow = tally(classes, values, counts, radix)
    with compiled():
        quick = tally(classes, values, counts, radix)
    expected: Counter[tuple[int, int]] = Counter()
    for one, value, count in entries:
        expected[one, value] += count
    there = [(*key, count) for key, count in sorted(expected.items()) if count]
    for found in (slow, quick):
        assert list(zip(*(part.tolist() for part in found), strict=True)) == there
