"""The parts that decide fast, each against the plain way: rank over the rationals, symmetric differences of
sets, exact sums, and an integer programme of other code."""

from fractions import Fraction
from math import inf

import numpy as np
import numpy.typing as npt
import pytest
import scipy.sparse as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import LinearConstraint, milp

from casemate.enclave.differencing import DifferencingRules, Memory, Statement, decide
from casemate.enclave.differencing.pivots import Pivots
from casemate.enclave.differencing.sketches import Sketches
from casemate.enclave.differencing.span import Span
from casemate.enclave.differencing.statements import pack

PEOPLE = 12
some_groups = st.lists(
    st.frozensets(st.integers(0, PEOPLE - 1), min_size=1), min_size=1, max_size=14
)
matrices = st.integers(0, 2**32 - 1).map(np.random.default_rng)


def rank(rows: list[list[int]]) -> int:
    """Of the rows, over the rationals: schoolbook elimination."""
    left, found = [[Fraction(one) for one in row] for row in rows], 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((row for row in left if row[column]), None)
        if pivot is not None:
            found += 1
            left.remove(pivot)
            left = [
                [a - row[column] / pivot[column] * b for a, b in zip(row, pivot, strict=True)]
                for row in left
            ]
    return found


@given(groups=some_groups)
@settings(deadline=None, max_examples=80)
def test_a_group_is_new_exactly_where_the_rank_over_the_rationals_grows(
    groups: list[frozenset[int]],
) -> None:
    span, rows = Span(PEOPLE), list[list[int]]()
    for group in groups:
        people = np.array(sorted(group), dtype=np.uint32)
        rows.append([int(one in group) for one in range(PEOPLE)])
        is_new = rank(rows) > span.rank
        assert span.holds(people, pack(people, PEOPLE)) is not is_new
        assert span.add(people, pack(people, PEOPLE)) is is_new
    assert span.rank == len(span.groups) == rank(rows)


@given(draw=matrices, apart=st.integers(1, 30), nested=st.booleans())
@settings(deadline=None, max_examples=80)
def test_no_set_of_nearly_the_same_people_is_missed(
    draw: np.random.Generator, apart: int, nested: bool
) -> None:
    people = draw.permutation(400)
    one = people[:150]
    other = people[:150 + apart] if nested else people[apart // 2 : 150 + apart - apart // 2]  # fmt: skip
    sketches = Sketches(400)
    sketches.add(b"one", one.astype(np.uint32))
    found = sketches.has_close_to(b"other", other.astype(np.uint32), 9)
    differ = len(np.setxor1d(one, other))
    assert found or differ > 9
    assert not found or differ <= 9 or not nested, "sets within one another are told apart exactly"
    assert not sketches.has_close_to(b"one", one.astype(np.uint32), 9), "it is not near itself"


@given(draw=matrices, groups=st.integers(1, 8), classes=st.integers(1, 25))
@settings(deadline=None, max_examples=80)
def test_what_is_rounded_keeps_every_released_number(
    draw: np.random.Generator, groups: int, classes: int
) -> None:
    matrix = (draw.random((groups, classes)) < 0.5).astype(float)
    sizes = draw.integers(1, 30, classes)
    pivots = Pivots(sp.csr_array(matrix), sizes, inf)
    assert len(pivots.classes) == np.linalg.matrix_rank(matrix)
    made = pivots.made_of(np.arange(classes))
    if (matrix[:, pivots.classes] @ made != matrix).any():
        return  # no basis of whole numbers: nothing is claimed
    kernel = draw.normal(size=classes)
    kernel -= np.linalg.pinv(matrix) @ (matrix @ kernel)
    change = np.maximum(kernel, -0.5)
    sums = np.rint(matrix @ change).astype(np.int64)
    found = pivots.rounded(change, sums, -sizes)
    assume(found is not None)
    assert found is not None
    assert (found + sizes >= 0).all()
    if np.linalg.matrix_rank(np.column_stack([matrix, sums])) == len(pivots.classes):
        assert (matrix @ found == sums).all()


def cells(codes: npt.NDArray[np.int64], inside: npt.NDArray[np.bool_]) -> list[Statement]:
    """The cells of a table by ``codes``, of those inside."""
    return [
        Statement.of(np.flatnonzero(inside & (codes == one)), line=at)
        for at, one in enumerate(np.unique(codes[inside]), start=1)
    ]


def is_safe(statements: list[Statement], people: int, rules: DifferencingRules) -> bool:
    """By scipy's branch and bound, class by class, over all that was said."""
    rows = np.zeros((len(statements) + 1, people), dtype=np.int64)
    rows[-1] = 1
    for place, one in enumerate(statements):
        rows[place, one.records] = 1
    columns, sizes = np.unique(rows, axis=1, return_counts=True)
    told = columns @ sizes
    for at in np.flatnonzero(sizes < rules.threshold).tolist():
        low = np.zeros(len(sizes))
        low[at] = max(rules.threshold, sizes[at] + rules.margin)
        done = milp(
            np.zeros(len(sizes)), integrality=np.ones(len(sizes), dtype=np.int64),
            constraints=[LinearConstraint(columns, told, told), LinearConstraint(np.eye(len(sizes)), low)],
        )  # fmt: skip
        if done.status == 2:
            return False
    return True


@pytest.mark.parametrize("start", range(3))
def test_tables_in_a_row_pass_exactly_where_an_integer_programme_finds_room(start: int) -> None:
    draw, people = np.random.default_rng(start), 45
    rules = DifferencingRules(threshold=3, margin=2, seconds=120)
    columns = draw.integers(0, [[2], [2], [3], [3]], (4, people))
    memory, out = Memory(people), list[Statement]()
    outcomes = set()
    for _ in range(8):
        one, other, third = draw.permutation(4)[:3]
        codes = columns[one] * 10 + columns[other] * draw.integers(0, 2)
        inside = columns[third] != draw.integers(0, 8)
        table = cells(codes, inside)
        decision = decide(memory, table, rules)
        assert decision.passes == is_safe([*out, *table], people, rules)
        outcomes.add(decision.passes)
        if decision.passes:
            memory.add(table)
            out += table
    assert outcomes == {True, False}, "both are shown"


def test_what_time_does_not_suffice_for_never_passes() -> None:
    """Where something disclosed already, too: what was open before is no answer on what is new."""
    draw = np.random.default_rng(2)
    columns = draw.integers(0, 6, (3, 300))
    table = cells(columns[0] * 10 + columns[1], np.ones(300, dtype=bool))
    late = DifferencingRules(seconds=0)
    for has_disclosed in (False, True):
        memory = Memory(300)
        memory.add([Statement.of(np.arange(296))])
        memory.has_disclosed = has_disclosed
        decision = decide(memory, table, late)
        assert not decision.passes
        assert decision.undecided


def test_tables_that_follow_from_others_take_no_room() -> None:
    draw = np.random.default_rng(3)
    columns = draw.integers(0, 4, (3, 500))
    memory, everybody = Memory(500), np.ones(500, dtype=bool)
    memory.add(cells(columns[0] * 10 + columns[1], everybody))
    before = memory.rank, len(memory.rows()[0])
    memory.add(cells(columns[0], everybody))
    memory.add(cells(columns[1], columns[0] < 2))
    assert (memory.rank, len(memory.rows()[0])) == before
    assert decide(memory, cells(columns[0], columns[1] != 2), DifferencingRules()).passes
