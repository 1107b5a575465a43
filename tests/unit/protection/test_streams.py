"""Streams: windows by count and by time, people who come twice, and what is refused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from casemate.errors import BadInput, Conflict, IntegrityFailure
from casemate.protection import KAnonymity, Plan, Pseudonymiser, groups, intervals
from casemate.protection.diversity import DistinctLDiversity
from casemate.protection.stream_windows import TumblingWindow, WindowReport
from casemate.protection.streams import StreamProtector

KEY = b"s" * 32
PLAN = Plan(
    quasi_identifiers={"age": intervals(10), "job": groups({"x": ["a", "b"], "y": ["c"]})},
    models=(KAnonymity(2),),
    pseudonymise=("pid",),
    drop=("name",),
)
LEVELS = {"age": 1, "job": 1}
NAMES = ["pid", "age", "job"]


def batch(*rows: tuple[Any, ...]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["pid", "age", "job"], orient="row")


def test_records_wait_for_their_class_and_are_suppressed_at_the_end() -> None:
    reports: list[WindowReport] = []
    stream = StreamProtector(PLAN, LEVELS, KEY, NAMES, rows=4, on_window=reports.append)
    assert len(stream.push(batch(("p1", 31, "a"), ("p2", 55, "c")))) == 0
    found = stream.push(batch(("p3", 38, "b")))
    assert found["age"].to_list() == ["[30, 40)"] * 2
    assert found["job"].to_list() == ["x", "x"]
    pseudonyms = [Pseudonymiser(KEY).pseudonym(person, "pid") for person in ("p1", "p3")]
    assert found["pid"].to_list() == sorted(str(value) for value in pseudonyms)
    assert len(stream.push(batch(("p4", 39, "a")))) == 1  # its class is full: it leaves at once
    assert reports == [WindowReport(1, 4, 3, 1, 0, 3)]
    assert reports[0].share == 0.25
    assert len(stream.push(batch(("p5", 55, "c")))) == 0  # p2 waited in another window
    assert stream.close() == WindowReport(2, 1, 0, 1, 0, 0)
    with pytest.raises(Conflict, match="closed"):
        stream.push(batch(("p6", 1, "a")))
    with pytest.raises(Conflict, match="closed"):
        stream.close()


def test_one_person_who_comes_twice_is_one_person() -> None:
    stream = StreamProtector(PLAN, LEVELS, KEY, NAMES, person="pid")
    assert len(stream.push(batch(("p1", 31, "a"), ("p1", 32, "a"), (None, 33, "a")))) == 3
    stream = StreamProtector(PLAN, LEVELS, KEY, NAMES, person="pid")
    assert len(stream.push(batch(("p1", 31, "a"), ("p1", 32, "a")))) == 0
    assert len(stream.push(batch((None, 31, "c"), (None, 32, "c")))) == 0
    careless = StreamProtector(PLAN, LEVELS, KEY, NAMES)
    assert len(careless.push(batch(("p1", 31, "a"), ("p1", 32, "a")))) == 2


def test_windows_by_time_end_with_the_period_and_late_records_stay() -> None:
    start = datetime(2020, 1, 1, tzinfo=UTC)
    reports: list[WindowReport] = []
    stream = StreamProtector(
        PLAN,
        LEVELS,
        KEY,
        ["age", "job"],
        time="at",
        every=timedelta(hours=1),
        on_window=reports.append,
        window_column="window",
    )

    def at(*minutes: int) -> pl.DataFrame:
        moments = [start + timedelta(minutes=minute) for minute in minutes]
        return pl.DataFrame({"age": [31] * len(minutes), "job": "a", "at": moments})

    assert len(stream.push(at(10))) == 0
    assert stream.push(at(70, 59))["window"].to_list() == [1, 1]  # by time within one batch
    assert len(stream.push(at(20, 130))) == 0  # 20 is late; 130 ends the hour of 70
    assert reports == [WindowReport(1, 2, 2, 0, 0, 2), WindowReport(2, 1, 0, 1, 1, 0)]
    assert stream.push(at(131)).columns == ["age", "job", "window"]
    assert stream.close().released == 2


def test_the_kind_of_table_comes_back() -> None:
    rows = batch(("p1", 31, "a"), ("p2", 32, "b"))
    stream = StreamProtector(PLAN, LEVELS, KEY, NAMES)
    assert isinstance(stream.push(rows.to_pandas()), pd.DataFrame)
    assert isinstance(stream.push(rows.to_arrow()), pa.Table)


def test_a_plan_without_quasi_identifiers_waits_for_k_people_in_all() -> None:
    plan = Plan(models=(KAnonymity(2),), pseudonymise=("pid",))
    stream = StreamProtector(plan, {}, KEY, ["pid"], person="pid")
    assert len(stream.push(batch(("p1", 1, "a"), ("p1", 1, "a")))) == 0
    assert len(stream.push(batch(("p2", 1, "a")))) == 3


def test_a_batch_that_is_refused_was_not_taken_in() -> None:
    stream = StreamProtector(PLAN, LEVELS, KEY, NAMES)
    with pytest.raises(BadInput, match="lacks"):
        stream.push(batch((1, 31, "a"), (2, 32, "z")))
    assert len(stream.push(batch(("p1", 31, "a")))) == 0  # pid is text from here on
    with pytest.raises(BadInput, match="was String in the stream's first batch"):
        stream.push(batch((1, 31, "a")))
    with pytest.raises(BadInput, match="no column 'job'"):
        stream.push(pl.DataFrame({"pid": ["p"], "age": [1]}))
    assert stream.close().records == 1


def test_a_batch_of_nulls_takes_the_stream_s_types() -> None:
    stream = StreamProtector(PLAN, LEVELS, KEY, NAMES)
    stream.push(batch(("p1", None, "a")))
    stream = StreamProtector(PLAN, LEVELS, KEY, NAMES)
    stream.push(batch(("p1", 31, "a")))
    assert len(stream.push(batch((None, None, "b"), (None, None, "b")))) == 2


def test_memory_stays_bounded_by_a_window() -> None:
    stream = StreamProtector(PLAN, LEVELS, KEY, NAMES, rows=50)
    for number in range(40):
        stream.push(batch(*((f"p{number}-{at}", 10 * at, "a") for at in range(25))))
    window = stream._require_open()
    assert window.number == 21
    assert sum(len(people) for people in window._people.values()) <= 50


def test_the_window_judges_its_release_a_second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def everything(
        self: TumblingWindow, rows: pl.DataFrame, keys: pl.DataFrame
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        return rows, rows.clear()

    monkeypatch.setattr(TumblingWindow, "_split", everything)
    stream = StreamProtector(PLAN, LEVELS, KEY, NAMES)
    with pytest.raises(IntegrityFailure, match="a class of 1 where 2 are needed"):
        stream.push(batch(("p1", 31, "a")))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"key": None}, "pseudonym key is needed"),
        ({"generalisation": {"age": 1}}, "no level for the quasi-identifier 'job'"),
        ({"generalisation": {**LEVELS, "age": -1}}, "no level"),
        ({"variables": ["name"]}, "never leaves"),
        ({"variables": []}, "at least one variable"),
        ({"variables": ["*person"]}, "rename it"),
        ({"rows": 1}, "cannot hold a class of 2"),
        ({"time": "at"}, "windows by time need"),
        ({"time": "at", "every": timedelta(0)}, "windows by time need"),
        ({"window_column": "age"}, "is a variable's name"),
        ({"plan": replace(PLAN, levels={"age": (2, 2)})}, "allows 'age' levels 2 to 2"),
        (
            {"plan": replace(PLAN, models=(DistinctLDiversity(2, "ill"),), sensitive=("ill",))},
            "keeps k-anonymity alone",
        ),
    ],
)
def test_what_a_stream_cannot_keep_is_refused(change: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {
        "plan": PLAN,
        "generalisation": LEVELS,
        "key": KEY,
        "variables": NAMES,
        **change,
    }
    with pytest.raises(BadInput, match=message):
        StreamProtector(**given)


@pytest.mark.parametrize(
    ("column", "message"), [(["noon"], "give moments"), ([None], "give moments|without a moment")]
)
def test_a_time_that_is_none_is_refused(column: list[Any], message: str) -> None:
    stream = StreamProtector(PLAN, LEVELS, KEY, ["age"], time="at", every=timedelta(1))
    with pytest.raises(BadInput, match=message):
        stream.push(pl.DataFrame({"age": [1], "at": column}))


def test_a_level_that_the_hierarchy_lacks_is_refused() -> None:
    stream = StreamProtector(PLAN, {**LEVELS, "age": 9}, KEY, NAMES)
    with pytest.raises(BadInput, match="levels 0 to 2"):
        stream.push(batch(("p1", 31, "a")))
