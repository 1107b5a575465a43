"""The search's short cuts change nothing: compiled loops, rolled-up tuples and aim, against groupings
and optima without them."""

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
    Result,
    anonymise,
    loops,
    rollup,
    small_search,
)
from casemate.protection.detail import Detail
from casemate.protection.grouping import distinct_tuples, group_table
from casemate.protection.hierarchies import from_table, intervals
from casemate.protection.ladders import build_ladder
from casemate.protection.rollup import Rollup
from casemate.protection.tuples import Tuples


@contextmanager
def by(way: str) -> Iterator[None]:
    """Only the numpy loops, or only the compiled ones; tuples rolled up however few they are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loops, "_loaded", [])
        patch.setattr(loops, "WORTH_COMPILING", 0.0 if way == "compiled" else float("inf"))
        patch.setattr(rollup, "_FEW", 1)
        patch.setattr(small_search, "_FEW", 1)
        loops.load_if_worth(1.0)
        assert bool(loops._loaded) == (way == "compiled")
        yield


def frame_of(names: list[str], rows: list[Row]) -> pl.DataFrame:
    kinds = {name: pl.String if name in ("job", "sex") else pl.Int64 for name in names}
    return pl.DataFrame(rows, schema=kinds, orient="row")


@st.composite
def coded(draw: st.DrawFn) -> tuple[Tuples, tuple[int, ...]]:
    """Tuples of many quasi-identifiers, whose joint keys do not fit 64 bits, and a node."""
    many = draw(st.integers(1, 9))
    size = draw(st.sampled_from([2, 6, 300]))
    names = [str(value) for value in range(size)]
    first = pl.DataFrame({"value": names, "first": [f"{name[0]}.." for name in names]})
    ladder = build_ladder("a", from_table(first, "value", "first"), names)
    rows = draw(
        st.lists(
            st.tuples(*[st.integers(0, size - 1)] * many), min_size=1, max_size=30, unique=True
        )
    )
    counts = draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows)))
    codes = np.array(rows, dtype=np.int64)
    tuples = Tuples([ladder] * many, (0,) * many, list(codes.T), np.array(counts))
    return tuples, tuple(draw(st.lists(st.integers(0, 2), min_size=many, max_size=many)))


def classes_of(tuples: Tuples, node: tuple[int, ...]) -> Counter[tuple[tuple[int, ...], int]]:
    """The labels of each class and its records, from the grouping."""
    grouping = tuples.group(node)
    labels = zip(*(grouping.labels(at).tolist() for at in range(len(node))), strict=True)
    return Counter(zip(labels, grouping.sizes.tolist(), strict=True))


@settings(max_examples=100, deadline=None)
@given(coded(), st.sampled_from(["numpy", "compiled"]))
def test_tuples_are_grouped_by_all_their_labels(
    drawn: tuple[Tuples, tuple[int, ...]], way: str
) -> None:
    tuples, node = drawn
    expected: Counter[tuple[int, ...]] = Counter()
    columns = [tuples.column(at, level).tolist() for at, level in enumerate(node)]
    for labels, count in zip(zip(*columns, strict=True), tuples.counts.tolist(), strict=True):
        expected[labels] += count
    with by(way):
        assert classes_of(tuples, node) == Counter(expected.items())
        grouping = tuples.group(node)
        for at, level in enumerate(node):
            of_class = grouping.labels(at)
            assert (of_class[grouping.class_of] == tuples.column(at, level)).all()


@settings(max_examples=60, deadline=None)
@given(coded())
def test_labels_are_counted_alike_both_ways(drawn: tuple[Tuples, tuple[int, ...]]) -> None:
    tuples, _ = drawn
    rows = np.arange(0, len(tuples.counts), 2)
    found = []
    for way in ("numpy", "compiled"):
        with by(way):
            found.append(loops.label_sums(tuples.matrix, rows, tuples.counts[rows], tuples.labels))
    assert (found[0] == found[1]).all()
    at = tuples.labels.sums_at[0, 1]
    labels = tuples.column(0, 1)[rows]
    for code in range(tuples.labels.radices[0, 1]):
        assert found[0][at + code] == tuples.counts[rows][labels == code].sum()


@settings(max_examples=60, deadline=None)
@given(tables(), st.data())
def test_a_node_rolled_up_has_the_classes_it_has_from_the_records(
    table: tuple[list[str], list[Row]], data: st.DataObject
) -> None:
    names, rows = table
    hierarchies = [HIERARCHIES[name] for name in names]
    tuples = distinct_tuples(group_table(frame_of(names, rows), names), hierarchies)
    highs = tuple(ladder.height - 1 for ladder in tuples.ladders)
    with by(data.draw(st.sampled_from(["numpy", "compiled"]))):
        short_cut = Rollup(tuples, Detail(tuples), highs)
        for _ in range(6):
            node = tuple(data.draw(st.integers(0, high)) for high in highs)
            source = short_cut.source(node)
            assert all(base <= level for base, level in zip(source.base, node, strict=True))
            assert classes_of(source, node) == classes_of(tuples, node)
            grouping = source.group(node)
            chosen = grouping.sizes < 3
            kept = tuples.group(node)
            assert (
                grouping.finest_rows(chosen).tolist() == kept.finest_rows(kept.sizes < 3).tolist()
            )


@settings(max_examples=100, deadline=None)
@given(
    table=tables(),
    k=st.integers(1, 4),
    limit=st.sampled_from(["0", "0.05", "0.1", "0.3", "0.6"]),
    measure=st.sampled_from([Loss(), Discernibility()]),
    way=st.sampled_from(["numpy", "compiled"]),
)
def test_the_optimum_is_the_same_by_either_way(
    table: tuple[list[str], list[Row]],
    k: int,
    limit: str,
    measure: Loss | Discernibility,
    way: str,
) -> None:
    names, rows = table
    best, _ = brute_force(names, rows, k, Fraction(limit), measure.name)
    hierarchies = {name: HIERARCHIES[name] for name in names}
    with by(way):
        try:
            result = anonymise(
                frame_of(names, rows),
                hierarchies,
                models=[KAnonymity(k)],
                suppression=limit,
                measure=measure,
            )
        except BadInput:
            assert best is None
            return
    assert best is not None
    assert result.score == pytest.approx(float(best), rel=1e-9, abs=1e-12)
    assert result.gap == 0


@pytest.mark.parametrize("measure", [Loss(), Discernibility(), NonUniformEntropy()])
@pytest.mark.parametrize("levels", [{}, {"a": (1, 2), "c": (1, None), "e": 0}])
def test_a_table_of_many_nodes_has_one_optimum_by_both_ways(
    measure: Loss | Discernibility | NonUniformEntropy, levels: dict[str, int | tuple[int, None]]
) -> None:
    random = np.random.default_rng(7)
    table = pl.DataFrame({name: random.geometric(0.2, 2000) % 16 for name in "abcde"})
    hierarchies = {name: intervals(2, 4, 8) for name in "abcde"}

    def found(way: str) -> Result:
        with by(way):
            return anonymise(
                table, hierarchies, models=[KAnonymity(3)], suppression="0.1",
                measure=measure, levels=levels,
            )  # fmt: skip

    slow, fast = found("numpy"), found("compiled")
    assert fast.score == pytest.approx(slow.score, rel=1e-12)
    assert fast.suppressed <= 200
    assert fast.gap == slow.gap == 0
    assert 1 < fast.nodes < fast.lattice
