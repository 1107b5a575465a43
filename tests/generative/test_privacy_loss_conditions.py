"""Conditions of a question: rows meet them as a plain loop says, in any type, and never by code."""

import math
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casemate.errors import BadInput
from casemate.protection import Count, NoneOf, PrivacyBudget, PrivacyLoss, PrivateTable, Range
from casemate.protection.privacy_loss.questions import SIDES, read_question
from casemate.protection.privacy_loss.rows import Rows

COLUMNS: dict[str, tuple[pl.DataType, st.SearchStrategy[Any]]] = {
    "whole": (pl.Int64(), st.integers(-5, 5)),
    "small": (pl.UInt8(), st.integers(0, 5)),
    "real": (pl.Float64(), st.sampled_from([-1.5, -0.0, 0.0, 0.1, 2.0, math.inf])),
    "text": (pl.String(), st.sampled_from(["", "a", "b", "é", "*", "^a$"])),
    "day": (pl.Date(), st.dates(date(2024, 1, 1), date(2024, 1, 9))),
}


def holds(value: Any, wanted: Any) -> bool:
    """What a condition means, one value at a time."""
    if isinstance(wanted, NoneOf):
        return all(not same(value, one) for one in wanted.values)
    if isinstance(wanted, Range):
        if value is None or value != value:
            return False
        return not (
            (wanted.at_least is not None and value < wanted.at_least)
            or (wanted.above is not None and value <= wanted.above)
            or (wanted.at_most is not None and value > wanted.at_most)
            or (wanted.below is not None and value >= wanted.below)
        )
    return any(same(value, one) for one in (wanted if isinstance(wanted, list) else [wanted]))


def same(one: Any, other: Any) -> bool:
    return one is other or (one is not None and other is not None and bool(one == other))


@st.composite
def ranges(draw: st.DrawFn, values: st.SearchStrategy[Any]) -> Range:
    low, high = sorted([draw(values), draw(values)])
    bounds = {
        draw(st.sampled_from(["at_least", "above"])): low,
        draw(st.sampled_from(["at_most", "below"])): high,
    }
    kept = draw(st.sampled_from([bounds, *({name: one} for name, one in bounds.items())]))
    return Range(**kept)


@st.composite
def cases(draw: st.DrawFn) -> tuple[pl.DataFrame, dict[str, Any]]:
    many = draw(st.integers(0, 12))
    names = draw(st.lists(st.sampled_from(list(COLUMNS)), min_size=1, max_size=3, unique=True))
    frame = pl.DataFrame(
        {
            name: pl.Series(
                name,
                draw(st.lists(st.none() | COLUMNS[name][1], min_size=many, max_size=many)),
                dtype=COLUMNS[name][0],
            )
            for name in names
        }
    )
    where = {}
    for name in names:
        values = COLUMNS[name][1]
        several = st.lists(st.none() | values, min_size=1, max_size=3)
        where[name] = draw(
            st.one_of(st.none() | values, several, several.map(NoneOf), ranges(values))
        )
    return frame, where


@settings(max_examples=200, deadline=None)
@given(cases())
def test_rows_meet_conditions_as_a_plain_loop_says(
    case: tuple[pl.DataFrame, dict[str, Any]],
) -> None:
    frame, where = case
    found = Rows(frame, contribution=1, person=None).where(where).collect()
    expected = [
        row
        for row in frame.iter_rows(named=True)
        if all(holds(row[name], wanted) for name, wanted in where.items())
    ]
    assert found.to_dicts() == expected


@settings(max_examples=100, deadline=None)
@given(cases())
def test_a_condition_is_of_one_row_alone(case: tuple[pl.DataFrame, dict[str, Any]]) -> None:
    """So a table with a row more keeps at most that row more: the sensitivity argument."""
    frame, where = case
    kept = [
        Rows(one, contribution=1, person=None).where(where).collect().height
        for one in frame.iter_slices(1)
    ]
    assert Rows(frame, contribution=1, person=None).where(where).collect().height == sum(kept)


PEOPLE = pl.DataFrame(
    {
        "age": [18, 40, 64, 65, None],
        "pay": [1.5, 2.5, None, math.nan, 9.0],
        "sex": ["f", "m", "f", None, "x"],
        "day": [date(2024, 1, number) for number in range(1, 6)],
    }
)


def counted(where: dict[str, Any]) -> int:
    document = {
        "dataset": "people", "kind": "count", "where": where,
        "cost": {"accounting": "epsilon", "amount": 1},
    }  # fmt: skip
    question = read_question(document)
    assert read_question(document | {"where": dict(where)}).identity() == question.identity()
    query = question.query(PEOPLE.schema)
    return query.exact(Rows(PEOPLE, contribution=1, person=None))[0][0]


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ({"age": {"at_least": 18, "below": 65}}, 3),
        ({"age": {"above": 18}}, 3),
        ({"pay": {"at_least": 0}}, 3),
        ({"pay": {"above": 1.5, "at_most": "9"}}, 2),
        ({"sex": {"none_of": ["f"]}}, 3),
        ({"sex": {"none_of": ["f", None]}}, 2),
        ({"day": {"at_least": date(2024, 1, 2), "at_most": "2024-01-03"}}, 2),
        ({"age": {"at_least": 18, "below": 65}, "sex": ["f"]}, 2),
    ],
)
def test_a_question_in_a_document_names_ranges(where: dict[str, Any], rows: int) -> None:
    assert counted(where) == rows


@pytest.mark.parametrize(
    ("where", "complaint"),
    [
        ({"age": {}}, "give bounds"),
        ({"age": {"at_least": 1, "none_of": [2]}}, "give bounds"),
        ({"age": {"at_least": 1, "above": 0}}, "at_least or above"),
        ({"age": {"from": 1}}, "where.age.limits.from"),
        ({"age": {"at_least": 9, "below": 8}}, "ends before it begins"),
        ({"age": {"at_least": "old"}}, "'age' are of its type"),
        ({"age": {"at_least": "1.5"}}, "'age' are of its type"),
        ({"pay": {"at_least": "nan"}}, "not of its type|no number|finite"),
        ({"age": {"none_of": []}}, "none_of"),
        ({"day": {"below": "soon"}}, "'day' is not of its type"),
        ({"age": [[1]]}, "where.age"),
    ],
)
def test_what_is_no_condition_is_refused_and_costs_nothing(
    where: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(BadInput, match=complaint):
        counted(where)


def test_a_range_that_does_not_fit_is_refused_before_it_is_paid() -> None:
    loss = PrivacyLoss.epsilon(1)
    budget = PrivacyBudget(loss)
    table = PrivateTable(PEOPLE.with_columns(pl.col("sex").cast(pl.Categorical)))
    for where in (
        {"sex": Range(at_least="f")},
        {"age": Range(below="many")},
        {"pay": Range(above=math.nan)},
    ):
        with pytest.raises(BadInput):
            table.ask(Count(where=where), loss, budget)
    assert not budget.account.spends
    assert set(SIDES) == set(Range.__dataclass_fields__)
