"""Tuples as keys of 64 bits are judged as tuples as rows of codes are, and lead to the same optimum."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from generative.test_protection_optimum import HIERARCHIES, Row, brute_force, tables
from hypothesis import given, settings
from hypothesis import strategies as st

from casemate.errors import BadInput
from casemate.protection import (
    Discernibility,
    KAnonymity,
    Loss,
    NonUniformEntropy,
    Precision,
    Result,
    anonymise,
    intervals,
    kernels_packed,
    loops,
    rollup,
    small_search,
)
from casemate.protection.grouping import distinct_tuples, group_table
from casemate.protection.judging import Bench
from casemate.protection.measures import Measure
from casemate.protection.packed import Layout, Packed, packed_search
from casemate.protection.tuples import Tuples

MEASURES: list[Measure] = [Loss(), Discernibility(), NonUniformEntropy(), Precision()]


@contextmanager
def packing(parts: bool) -> Iterator[None]:
    """Compiled loops, and no table too small to be packed; or to be dealt out in ``parts``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loops, "WORTH_COMPILING", 0.0)
        patch.setattr(small_search, "MOST_TUPLES", -1)
        patch.setattr(rollup, "_FEW", 1)
        if parts:
            patch.setattr(kernels_packed, "_ROWS_OF_A_PART", 0)
        loops.load_if_worth(1.0)
        yield


def tuples_of(names: list[str], rows: list[Row]) -> Tuples:
    kinds = {name: pl.String if name in ("job", "sex") else pl.Int64 for name in names}
    frame = pl.DataFrame(rows, schema=kinds, orient="row")
    return distinct_tuples(group_table(frame, names), [HIERARCHIES[name] for name in names])


def node_of(tuples: Tuples, data: st.DataObject, low: tuple[int, ...]) -> tuple[int, ...]:
    heights = [ladder.height for ladder in tuples.ladders]
    return tuple(
        data.draw(st.integers(least, height - 1))
        for least, height in zip(low, heights, strict=True)
    )


@settings(max_examples=80, deadline=None)
@given(table=tables(), data=st.data(), k=st.integers(1, 4), parts=st.booleans())
def test_a_look_at_packed_tuples_sees_what_a_look_at_tuples_sees(
    table: tuple[list[str], list[Row]], data: st.DataObject, k: int, parts: bool
) -> None:
    tuples = tuples_of(*table)
    measure = data.draw(st.sampled_from(MEASURES))
    most = data.draw(st.integers(0, tuples.records))
    base = node_of(tuples, data, (0,) * len(tuples.ladders))
    node = node_of(tuples, data, base)
    scorer, models = measure.scorer(tuples), [KAnonymity(k)]
    with packing(parts):
        found = packed_search(tuples, models, scorer, most, base)
        assert found is not None
        ours = found[0].look_at(found[1], node)
    exact = Bench(tuples, models, scorer, most).look_at(tuples, node)
    assert (ours.classes, ours.suppressed) == (exact.classes, exact.suppressed)
    assert ours.score == pytest.approx(exact.score, rel=1e-12)
    assert ours.floor == pytest.approx(exact.floor, rel=1e-12)
    assert (ours.surcharge is None) == (exact.surcharge is None)
    if ours.surcharge is not None and exact.surcharge is not None:
        for place, (low, known) in enumerate(
            zip(ours.surcharge.by_level, exact.surcharge.by_level, strict=True)
        ):
            assert low[base[place] :] == pytest.approx(known[base[place] :])
            assert (low <= known + 1e-9).all()  # never too much: a bound on finer nodes


@settings(max_examples=60, deadline=None)
@given(table=tables(), data=st.data(), parts=st.booleans())
def test_packed_tuples_are_rolled_up_to_the_classes_of_a_node(
    table: tuple[list[str], list[Row]], data: st.DataObject, parts: bool
) -> None:
    tuples = tuples_of(*table)
    layout = Layout(tuples.labels)
    with packing(parts):
        packed = Packed(
            layout,
            tuples.base,
            kernels_packed.pack(tuples.matrix, layout.shifts),
            tuples.counts.astype(np.int32),
        )
        base = node_of(tuples, data, tuples.base)
        node = node_of(tuples, data, base)
        found = packed.rolled_up(base).rolled_up(node)
    assert len(set(found.keys.tolist())) == len(found.keys)
    assert Counter(found.counts.tolist()) == Counter(tuples.group(node).sizes.tolist())


@settings(max_examples=60, deadline=None)
@given(
    table=tables(),
    k=st.integers(1, 4),
    limit=st.sampled_from(["0", "0.05", "0.1", "0.3", "0.6"]),
    measure=st.sampled_from([Loss(), Discernibility()]),
    parts=st.booleans(),
)
def test_the_optimum_of_packed_tuples_is_that_of_all_nodes(
    table: tuple[list[str], list[Row]],
    k: int,
    limit: str,
    measure: Loss | Discernibility,
    parts: bool,
) -> None:
    names, rows = table
    best, _ = brute_force(names, rows, k, Fraction(limit), measure.name)
    kinds = {name: pl.String if name in ("job", "sex") else pl.Int64 for name in names}
    frame = pl.DataFrame(rows, schema=kinds, orient="row")
    hierarchies = {name: HIERARCHIES[name] for name in names}
    with packing(parts):
        try:
            result = anonymise(
                frame, hierarchies, models=[KAnonymity(k)], suppression=limit, measure=measure
            )
        except BadInput:
            assert best is None
            return
    assert best is not None
    assert result.score == pytest.approx(float(best), rel=1e-9, abs=1e-12)
    assert result.gap == 0


@pytest.mark.parametrize("measure", MEASURES)
def test_a_table_of_many_nodes_has_the_same_optimum_packed(measure: Measure) -> None:
    random = np.random.default_rng(7)
    table = pl.DataFrame({name: random.geometric(0.2, 2000) % 16 for name in "abcde"})
    hierarchies = {name: intervals(2, 4, 8) for name in "abcde"}
    levels: dict[str, int | tuple[int, int | None]] = {"a": (1, 2), "c": (1, None), "e": 0}

    def found() -> Result:
        return anonymise(
            table, hierarchies, models=[KAnonymity(3)], suppression="0.1", measure=measure,
            levels=levels,
        )  # fmt: skip

    plain = found()
    with packing(parts=True):
        packed = found()
    assert packed.score == pytest.approx(plain.score, rel=1e-12)
    assert packed.gap == 0
