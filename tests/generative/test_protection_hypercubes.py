"""Hypercubes: what they protect no programme attacks; a false witness convinces nobody."""

import dataclasses
import itertools
import math
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casemate.errors import Unavailable
from casemate.protection.aggregation import (
    AggregateTable,
    Rules,
    aggregate,
    aggregate_linked,
    audit,
    audit_programmes,
    flows,
    hiding,
    suppression,
)
from casemate.protection.aggregation.hypercube import Witness, reach


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


@settings(max_examples=15, deadline=None)
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
    assert "may hide more than it must" in made.report.notes[0]


def lied_to(made: AggregateTable, false: list[Witness]) -> tuple[Any, ...]:
    truth = dataclasses.replace(made.truth, witnesses=tuple(false))
    return audit(dataclasses.replace(made, truth=truth), only_sensitive=True, witnesses=True).cells


def test_a_witness_that_unbalances_a_sum_shows_nothing() -> None:
    made = protected(table_of(7, (5, 4), 150), 2)
    honest = audit(made, only_sensitive=True).cells
    false = [
        Witness(0, np.array([cell]), np.array([move]))
        for cell in np.flatnonzero(made.hidden)
        for move in (1.0, -1.0)
    ]
    assert lied_to(made, false) == honest
    # nor does one that is hardly off, nor all hidden cells together
    hidden = np.flatnonzero(made.hidden)
    assert lied_to(made, [Witness(0, hidden, np.ones(len(hidden)))]) == honest


def test_a_witness_that_moves_a_published_cell_shows_nothing() -> None:
    made = protected(table_of(7, (5, 4), 150), 2)
    honest = audit(made, only_sensitive=True).cells
    hidden = made.hidden.reshape(made.shape)
    false = []
    for one, other in itertools.combinations(range(made.shape[0] - 1), 2):
        for left, right in itertools.combinations(range(made.shape[1] - 1), 2):
            corners = [(one, left), (one, right), (other, left), (other, right)]
            if not all(hidden[corner] for corner in corners):
                cells = np.array([np.ravel_multi_index(corner, made.shape) for corner in corners])
                false += [Witness(0, cells, way * np.array([1.0, -1, -1, 1])) for way in (1, -1)]
    assert any(hidden[np.unravel_index(one.cells, made.shape)].any() for one in false)
    assert lied_to(made, false) == honest


def test_small_cells_share_the_load_of_one_that_none_could_carry_alone() -> None:
    # every cell but the margins is small: one hypercube of small corners cannot carry a whole need
    counts = np.full((4, 4, 4), 5)
    at = np.repeat(np.indices(counts.shape).reshape(3, -1), counts.ravel(), axis=1)
    made = aggregate(
        pl.DataFrame({f"d{axis}": nodes for axis, nodes in enumerate(at)}),
        rows=["d0"],
        columns=["d1", "d2"],
        rules=Rules(min_frequency=10),
        seconds=1e-3,  # too little for joint flows: the hypercubes stay
    )
    assert made.report.search == "heuristic"
    assert made.report.secondary == 0
    assert max(abs(one.moves).max() for one in made.truth.witnesses) >= 2
    assert all((one.moves == one.moves.round()).all() for one in made.truth.witnesses)
    assert audit(made, only_sensitive=True).passed


@pytest.mark.parametrize("measured", [False, True])
@pytest.mark.parametrize("sizes", [(5, 4), (4, 3, 3), (3, 3, 2, 2)])
def test_joint_flows_protect_and_their_bound_holds_for_every_pattern(
    sizes: tuple[int, ...], measured: bool
) -> None:
    asked = {"measure": "value"} if measured else {}
    table = table_of(1, sizes, 120)
    quick = protected(table, len(sizes), **asked)
    assert audit(quick, only_sensitive=True).passed
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hiding, "MOST_BY_PROGRAMMES", 10**9)
        best = protected(table, len(sizes), seconds=1, **asked)
    assert quick.report.bound <= best.report.cost * (1 + 1e-9)
    if best.report.search == "optimal":
        assert best.report.cost <= quick.report.cost * (1 + 1e-9)


def test_large_linked_tables_are_protected_together() -> None:
    table = table_of(11, (6, 5, 4, 3), 600)
    made = aggregate_linked(
        table, [(["d0"], ["d1", "d2"]), (["d0"], ["d2", "d3"])], rules=Rules(min_frequency=4)
    )
    assert made[0].report.notes
    assert audit(made, only_sensitive=True).passed


def test_progress_hears_of_every_sensitive_cell() -> None:
    heard: list[tuple[int, int]] = []
    protected(table_of(5, (6, 5, 4), 900), 3, progress=lambda done, of: heard.append((done, of)))
    assert heard
    assert heard[-1][0] == heard[-1][1]


def test_a_table_too_large_for_joint_flows_needs_no_programme_but_the_bound() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(suppression, "LARGEST_JOINT", 0)
        patch.setattr(flows.Flows, "__init__", never)
        patch.setattr(audit_programmes.Attack, "interval", never)
        for seed in range(3):
            # many cells have one contributor, who must not work out another cell
            made = protected(table_of(seed, (12, 9, 7), 900), 3)
            assert made.report.search == "heuristic"
            assert all((one.moves == one.moves.round()).all() for one in made.truth.witnesses)
    assert audit(made, only_sensitive=True, witnesses=True).passed


def never(*_: Any) -> Any:
    raise AssertionError("a programme was asked for")


@pytest.mark.parametrize("most", [0, 10**9])
def test_out_of_time_nothing_is_given_back(most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hiding, "MOST_BY_PROGRAMMES", most)
        patch.setattr(hiding, "LONGEST", 0.0)
        with pytest.raises(Unavailable, match="cannot be shown to be protected in the time"):
            protected(table_of(5, (6, 5, 4), 900), 3, seconds=1e-9)


def test_an_audit_without_time_passes_only_what_witnesses_show() -> None:
    made = protected(table_of(5, (6, 5, 4), 900), 3, seconds=1e-3)
    assert audit(made, only_sensitive=True, witnesses=True, seconds=0).passed
    late = audit(made, only_sensitive=True, seconds=0)
    assert not late.passed
    assert not late.in_time
    assert late.problems == ("0 seconds did not suffice to attack all cells",)
    assert not audit(made, witnesses=True, seconds=0).passed


@pytest.mark.parametrize("most", [0, 10**9])
def test_where_empty_cells_are_hidden_too_they_do_not_count_as_unknowns(most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hiding, "MOST_BY_PROGRAMMES", most)
        for seed, records in ((1, 40), (5, 150)):
            table = table_of(seed, (6, 5), records)
            made = aggregate(
                table, rows=["d0"], columns=["d1"], rules=Rules(zeros=True), seconds=0.1
            )
            assert audit(made, only_sensitive=True).passed


def test_counts_go_along_whole_moves_a_whole_number_of_times() -> None:
    moves, below = np.array([2.0, -2.0]), np.array([5.0, 3.0])
    rise, fall = reach(moves, below, whole=False)
    assert (rise.tolist(), fall.tolist()) == ([3.0, 5.0], [5.0, 3.0])
    rise, fall = reach(moves, below, whole=True)
    assert (rise.tolist(), fall.tolist()) == ([2.0, 4.0], [4.0, 2.0])
