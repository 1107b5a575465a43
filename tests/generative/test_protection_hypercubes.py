"""Hypercubes: what they protect no programme attacks; a false witness convinces nobody."""

import dataclasses
import math
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casemate.protection.aggregation import AggregateTable, Rules, aggregate, audit, hiding
from casemate.protection.aggregation.hypercube import Witness


def table_of(seed: int, sizes: tuple[int, ...], records: int) -> pl.DataFrame:
    chance = np.random.default_rng(seed)
    cells = int(np.prod(sizes))
    at = np.unravel_index(chance.choice(cells, records, p=chance.dirichlet(np.ones(cells))), sizes)
    columns: dict[str, Any] = {f"d{axis}": nodes for axis, nodes in enumerate(at)}
    return pl.DataFrame({**columns, "value": chance.lognormal(3, 1, records)})


def protected(table: pl.DataFrame, axes: int, **asked: Any) -> AggregateTable:
    names = [f"d{axis}" for axis in range(axes)]
    return aggregate(
        table, rows=names[:1], columns=names[1:], rules=Rules(min_frequency=4), **asked
    )


@pytest.fixture(autouse=True, scope="module")
def always_hypercubes() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hiding, "MOST_BY_PROGRAMMES", 0)
        yield


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from([(5, 4), (4, 3, 3), (3, 3, 2, 2)]),
    st.sampled_from([60, 250]),
    st.booleans(),
)
def test_what_hypercubes_protect_no_programme_can_attack(
    seed: int, sizes: tuple[int, ...], records: int, measured: bool
) -> None:
    asked = {"measure": "value"} if measured else {}
    made = protected(table_of(seed, sizes, records), len(sizes), **asked)
    attacked = audit(made, only_sensitive=True)
    assert attacked.passed, attacked.problems
    shown = audit(made, only_sensitive=True, witnesses=True)
    assert shown.passed
    for one, other in zip(attacked.cells, shown.cells, strict=True):
        # what is shown possible is never more than what is
        assert other.lower >= one.lower - 1e-6 * max(1.0, abs(one.lower))
        assert other.upper <= one.upper + 1e-6 * max(1.0, abs(one.upper)) or math.isinf(one.upper)


def test_sub_totals_are_part_of_hypercubes() -> None:
    tree = {"a": ["0", "1", "2"], "b": ["3", "4"]}
    made = protected(table_of(3, (5, 4), 150), 2, trees={"d0": tree})
    assert made.truth.witnesses
    assert audit(made, only_sensitive=True).passed


def test_a_large_table_is_protected_and_says_what_that_costs() -> None:
    made = protected(table_of(5, (12, 12, 12), 20_000), 3)
    assert audit(made, only_sensitive=True, witnesses=True).passed
    assert "hides more than it must" in made.report.notes[0]


def test_a_witness_that_unbalances_a_sum_or_moves_a_published_cell_shows_nothing() -> None:
    made = protected(table_of(7, (5, 4), 150), 2)
    honest = audit(made, only_sensitive=True)
    (published, *_) = np.flatnonzero(~made.hidden)
    (hidden, *_) = np.flatnonzero(made.hidden)
    huge = (1e9,), (1e9,)
    for cells in ([hidden], [published], sorted([hidden, published])):
        false = Witness(np.array(cells), np.ones(len(cells), dtype=np.int64), *huge)
        truth = dataclasses.replace(made.truth, witnesses=(false,))
        lied = audit(dataclasses.replace(made, truth=truth), only_sensitive=True, witnesses=True)
        assert lied.cells == honest.cells
