"""Dates shifted per person: which shifts there are, across tables and types, and what is refused."""

import copy
from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
import polars as pl
import pytest

from casemate.errors import BadInput
from casemate.protection.date_shift import DateShifter

KEY = b"d" * 32
DAY = date(2020, 2, 29)


def shifts_of(shifter: DateShifter, people: int) -> list[int]:
    table = pl.DataFrame({"pid": range(people), "day": [DAY] * people})
    return [(day - DAY).days for day in shifter.shift(table, "pid", ["day"])["day"]]


def test_every_shift_in_range_is_about_equally_likely_and_none_is_zero() -> None:
    counts = Counter(shifts_of(DateShifter(KEY, days=3), 6000))
    assert sorted(counts) == [-3, -2, -1, 1, 2, 3]
    assert all(800 < count < 1200 for count in counts.values())
    weeks = Counter(shifts_of(DateShifter(KEY, days=20, step=7), 1000))
    assert sorted(weeks) == [-14, -7, 7, 14]


def test_two_tables_of_one_person_move_together_and_two_keys_do_not() -> None:
    one = pl.DataFrame({"pid": [1, 2], "born": [DAY, DAY]})
    other = pl.DataFrame({"person": ["2", "1"], "seen": [datetime(2020, 3, 1, 9, tzinfo=UTC)] * 2})
    shifter = DateShifter(KEY)
    born = shifter.shift(one, "pid", ["born"])["born"]
    seen = shifter.shift(other, "person", ["seen"])["seen"]
    assert (seen[1].date() - born[0]).days == (seen[0].date() - born[1]).days == 1
    assert shifts_of(DateShifter(b"e" * 32), 50) != shifts_of(shifter, 50)


def test_pandas_and_time_zones_stay() -> None:
    moments = [datetime(2020, 3, 28, 12, tzinfo=UTC), datetime(2020, 3, 30, 12, tzinfo=UTC)]
    frame = pd.DataFrame({"pid": ["a", "a"], "at": moments, "x": [1, 2]}, index=[5, 6])
    moved = DateShifter(KEY).shift(frame, "pid", ["at"])
    assert list(moved.index) == [5, 6]
    assert moved["at"].dtype == frame["at"].dtype
    assert (moved["at"].iloc[1] - moved["at"].iloc[0]).days == 2


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"pid": [None], "day": [DAY]}, "without its person"),
        ({"pid": ["a"], "day": ["2020-01-01"]}, "give dates"),
        ({"pid": ["a"], "day": [date(9999, 12, 31)]}, "leave the calendar"),
        ({"pid": ["a"], "day": [date(1, 1, 1)]}, "leave the calendar"),
        ({"pid": ["a"]}, "no column 'day'"),
    ],
)
def test_what_cannot_be_shifted_is_refused(table: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        DateShifter(KEY, days=1, step=1).shift(pl.DataFrame(table), "pid", ["day"])


def test_the_end_of_a_type_is_no_silent_wrap() -> None:
    last = pl.Series([2**63 - 1]).cast(pl.Datetime("ns"))
    with pytest.raises(BadInput, match="leave the calendar"):
        DateShifter(KEY).shift(pl.DataFrame({"pid": ["a"], "at": last}), "pid", ["at"])


def test_nulls_stay_null() -> None:
    rows = {"pid": ["a", None], "day": [None, None]}
    table = pl.DataFrame(rows, schema={"pid": pl.String, "day": pl.Date})
    assert DateShifter(KEY).shift(table, "pid", ["day"]).equals(table)


@pytest.mark.parametrize(("days", "step"), [(0, 1), (5, 0), (5, 6), (36_526, 1), (-1, -1)])
def test_a_range_without_shifts_is_refused(days: int, step: int) -> None:
    with pytest.raises(BadInput, match="dates shift by up to days"):
        DateShifter(KEY, days, step)


def test_the_key_is_not_shown_or_copied() -> None:
    assert repr(DateShifter(KEY)) == "DateShifter(days=182, step=1, key hidden)"
    with pytest.raises(TypeError, match="secret key"):
        copy.copy(DateShifter(KEY))
    with pytest.raises(BadInput, match="16 secret bytes"):
        DateShifter(b"short")
    with pytest.raises(BadInput, match="both the person and a date"):
        DateShifter(KEY).shift(pl.DataFrame({"pid": [DAY]}), "pid", ["pid"])
