"""Protected tables against brute force: every table of whole numbers that agrees with what is published."""

import dataclasses
import itertools
from typing import Any

import numpy as np
import polars as pl
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from casemate.protection.aggregation import AggregateTable, PTable, Rules, aggregate, audit
from casemate.protection.aggregation.dimensions import Dimension

SLOW = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
KEY = b"a secret of 16 b"


def spread(counts: np.ndarray[Any, Any]) -> pl.DataFrame:
    """Records that give a table of these counts, with an identifier each."""
    places = np.repeat(np.arange(counts.size), counts.ravel())
    nodes = np.unravel_index(places, counts.shape)
    columns = {f"d{axis}": [f"{node}" for node in at] for axis, at in enumerate(nodes)}
    return pl.DataFrame({**columns, "id": np.arange(len(places))})


def table_of(counts: np.ndarray[Any, Any], **options: Any) -> AggregateTable:
    names = [f"d{axis}" for axis in range(counts.ndim)]
    trees = {
        name: {f"{node}": None for node in range(size)}
        for name, size in zip(names, counts.shape, strict=True)
    }
    options = {"trees": trees, **options}
    return aggregate(spread(counts), rows=names[:1], columns=names[1:], **options)


@st.composite
def small(draw: st.DrawFn, most: int = 4, shapes: Any = None) -> np.ndarray[Any, Any]:
    shape = draw(st.sampled_from(shapes or [(2, 2), (2, 3), (3, 3), (4,), (2, 2, 2)]))
    size = int(np.prod(shape))
    counts = np.array(draw(st.lists(st.integers(0, most), min_size=size, max_size=size)))
    assume(counts.sum() > 0)
    return counts.reshape(shape)


def totals(dimensions: tuple[Dimension, ...], leaves: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Margins by the definition: for flat dimensions, a last place with the sum along each axis."""
    for axis in range(len(dimensions)):
        leaves = np.concatenate([leaves, leaves.sum(axis=axis, keepdims=True)], axis=axis)
    return leaves


def consistent(table: AggregateTable, ceiling: int) -> np.ndarray[Any, Any]:
    """All whole-number tables (flattened, with margins) that agree with the published one."""
    shape = table.shape
    hidden = table.hidden.reshape(shape)
    published = np.nan_to_num(table.additive["count"].reshape(shape), nan=-1).astype(int)
    inner = tuple(slice(0, size - 1) for size in shape)
    unknown = np.argwhere(hidden[inner])
    assume(ceiling ** len(unknown) <= 5_000)
    found = []
    for guess in itertools.product(range(1, ceiling + 1), repeat=len(unknown)):
        leaves = np.maximum(published[inner], 0)
        for place, value in zip(unknown, guess, strict=True):
            leaves[tuple(place)] = value
        whole = totals(table.dimensions, leaves)
        if np.array_equal(whole[~hidden], published[~hidden]):
            found.append(whole.ravel())
    return np.array(found)


@SLOW
@given(small())
def test_the_audit_finds_exactly_what_brute_force_finds(counts: np.ndarray[Any, Any]) -> None:
    table = table_of(counts, rules=Rules(min_frequency=3))
    assume(table.hidden.any())
    assume(not table.hidden[-1])  # with the grand total hidden there is no end to the guesses
    guesses = consistent(table, int(counts.sum()))
    assert len(guesses)
    labels = table.labels()
    names = [dimension.name for dimension in table.dimensions]
    place = {
        tuple(sorted((n, v) for n, v in zip(names, cell, strict=True) if v != "Total")): at
        for at, cell in enumerate(labels)
    }
    verdict = audit(table, integers=True)
    assert verdict.passed
    assert len(verdict.cells) == table.hidden.sum()
    for cell in verdict.cells:
        values = guesses[:, place[cell.cell]]
        assert (cell.lower, cell.upper) == (values.min(), values.max())


@SLOW
@given(small())
def test_no_small_count_can_be_told_to_be_small(counts: np.ndarray[Any, Any]) -> None:
    table = table_of(counts, rules=Rules(min_frequency=3))
    true = table.truth.counts
    small_cells = np.flatnonzero((true > 0) & (true < 3))
    assert table.hidden[small_cells].all()
    if not len(small_cells) or table.hidden[-1]:
        return
    guesses = consistent(table, int(counts.sum()))
    assert np.all(guesses[:, small_cells].max(axis=0) >= 3)
    assert np.all(np.ptp(guesses[:, small_cells], axis=0) >= 2)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(small(most=8, shapes=[(2, 2), (1, 3), (4,), (2, 3)]), st.booleans())
def test_no_cheaper_pattern_passes_the_audit(counts: np.ndarray[Any, Any], insiders: bool) -> None:
    rules = Rules(min_frequency=3, insiders=insiders)
    table = table_of(counts, rules=rules, cost="cells")
    assert table.report.search in ("optimal", "none")
    true = table.truth.counts
    primary = (true > 0) & (true < 3)
    free = np.flatnonzero(~primary & (true > 0))
    for size in range(int(table.report.cost)):
        for chosen in itertools.combinations(free, size):
            hidden = primary.copy()
            hidden[list(chosen)] = True
            other = dataclasses.replace(
                table,
                markers=tuple("c" if flag else "" for flag in hidden),
                additive={"count": np.where(hidden, np.nan, true)},
            )
            assert not audit(other, integers=True).passed


@SLOW
@given(small(most=30), st.integers(2, 12))
def test_controlled_rounding_adds_up_to_adjacent_multiples(
    counts: np.ndarray[Any, Any], base: int
) -> None:
    table = table_of(counts, method="rounding", base=base)
    values = table.additive["count"].reshape(table.shape)
    inner = tuple(slice(0, size - 1) for size in table.shape)
    assert np.array_equal(values, totals(table.dimensions, values[inner]))
    assert not np.any(values % base)
    true = table.truth.counts.reshape(table.shape)
    if not table.report.notes:
        assert np.all(np.abs(values - true) < base)
        assert np.array_equal(values[true % base == 0], true[true % base == 0])
    else:
        assert len(table.shape) > 2  # a table of two ways always has a zero-restricted rounding


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(small(most=9, shapes=[(2, 2), (2, 3), (4,)]), st.integers(2, 6))
def test_controlled_rounding_is_the_nearest(counts: np.ndarray[Any, Any], base: int) -> None:
    table = table_of(counts, method="rounding", base=base)
    true = table.truth.counts
    best = None
    options = [sorted({value // base * base, -(-value // base) * base}) for value in counts.ravel()]
    for guess in itertools.product(*options):
        whole = totals(table.dimensions, np.array(guess).reshape(counts.shape)).ravel()
        if np.all(np.abs(whole - true) < base):
            distance = np.abs(whole - true).sum()
            best = distance if best is None else min(best, distance)
    assert table.report.search == "optimal"
    assert table.report.cost == best


@SLOW
@given(small(most=40), st.integers(2, 8), st.floats(0.3, 1.8), st.integers(0, 1))
def test_perturbation_stays_in_bounds(
    counts: np.ndarray[Any, Any], maximum: int, variance: float, threshold: int
) -> None:
    low = threshold and maximum > 1
    ptable = PTable(
        variance=variance + (0.8 if low else 0), maximum=maximum + 1, threshold=threshold
    )
    table = table_of(counts, method="cell_key", key=KEY, record_id="id", ptable=ptable)
    values, true = table.additive["count"], table.truth.counts
    assert np.all(values >= 0)
    assert np.all(values[true == 0] == 0)
    assert np.all(np.abs(values - true) <= ptable.maximum)
    assert not np.any((values > 0) & (values <= threshold))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 12), st.floats(0.05, 0.95), st.integers(1, 60))
def test_a_ptable_has_mean_zero_its_variance_and_most_entropy(
    maximum: int, share: float, count: int
) -> None:
    ptable = PTable(variance=share * maximum, maximum=maximum)
    probabilities, v = ptable.probabilities(count), ptable.deviations
    assert abs(probabilities.sum() - 1) < 1e-12
    assert abs(probabilities @ v) < 1e-9
    assert abs(probabilities @ v**2 - share * maximum) < 1e-8
    assert not probabilities[count + v < 0].any()
    # any other distribution with these moments has less entropy: try along a direction that keeps them
    support = np.flatnonzero(probabilities)
    if len(support) >= 4:
        chosen = support[:4]
        moments = np.stack([np.ones(4), v[chosen], v[chosen] ** 2])
        direction = np.linalg.svd(moments)[2][-1]
        step = 0.01 * probabilities[chosen].min()
        for sign in (1, -1):
            other = probabilities.copy()
            other[chosen] += sign * step * direction
            assert entropy(other) <= entropy(probabilities) + 1e-12


def entropy(probabilities: np.ndarray[Any, Any]) -> float:
    positive = probabilities[probabilities > 0]
    return float(-(positive * np.log(positive)).sum())


@SLOW
@given(small(most=6, shapes=[(2, 3), (3, 3)]), st.randoms(use_true_random=False))
def test_no_sensitive_total_can_be_bounded_too_tightly(
    counts: np.ndarray[Any, Any], random: Any
) -> None:
    """Totals by definition: the protected table leaves each sensitive total its p % of doubt."""
    records = spread(counts).with_columns(
        pl.Series(
            "pay", [random.choice([0.0, 1.0, 10.0, 250.5, 4000.0]) for _ in range(counts.sum())]
        )
    )
    assume(records["pay"].sum() > 0)
    table = aggregate(records, rows=["d0"], columns=["d1"], measure="pay")
    verdict = audit(table)
    assert verdict.passed
    for cell in verdict.cells:
        if cell.layer == "sum" and cell.required is not None:
            assert not cell.determined
            rows = records
            for name, label in cell.cell:
                rows = rows.filter(pl.col(name) == label)
            paid = rows["pay"].sort(descending=True).to_list()
            # the second largest must not come within 10 % of the largest from above
            others = sum(paid[1:2])
            assert cell.upper - others >= paid[0] * 1.1 * (1 - 1e-6)
