"""Streams: no window ever has a released class under k, and nothing is held back without need."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from casemate.protection import KAnonymity, Plan, intervals, suppressible
from casemate.protection.stream_windows import WindowReport
from casemate.protection.streams import StreamProtector

PLAN = Plan(
    quasi_identifiers={"age": intervals(5, 10), "sex": suppressible()},
    models=(KAnonymity(3),),
    pseudonymise=("pid",),
)
LEVELS = {"age": 1, "sex": 0}
SCHEMA = {"pid": pl.Int64, "age": pl.Int64, "sex": pl.String, "day": pl.Date, "row": pl.Int64}
RECORD = st.tuples(
    st.integers(1, 8),
    st.one_of(st.none(), st.integers(0, 14)),
    st.sampled_from(["f", "m", None]),
    st.integers(0, 12),
)
STREAM = st.lists(st.lists(RECORD, max_size=12), max_size=8)
Rows = list[tuple[Any, ...]]


def batches_of(stream: list[Rows]) -> list[pl.DataFrame]:
    """The records as frames, each with a number of its own that travels along."""
    number, found = 0, []
    for batch in stream:
        rows = []
        for pid, age, sex, day in batch:
            rows.append((pid, age, sex, date(2020, 1, 1) + timedelta(days=day), number))
            number += 1
        found.append(pl.DataFrame(rows, schema=SCHEMA, orient="row"))
    return found


def people_by_class(released: pl.DataFrame, by_person: bool) -> list[int]:
    people = defaultdict(set)
    for window, pid, age, sex, row in released.select(
        "window", "pid", "age", "sex", "row"
    ).iter_rows():
        people[window, age, sex].add(pid if by_person else row)
    return [len(members) for members in people.values()]


@settings(max_examples=40, deadline=None)
@given(STREAM, st.integers(3, 20), st.booleans(), st.booleans())
def test_no_window_ever_shows_a_class_under_k(
    stream: list[Rows], rows: int, by_time: bool, by_person: bool
) -> None:
    reports: list[WindowReport] = []
    protector = StreamProtector(
        PLAN,
        LEVELS,
        b"k" * 32,
        ["pid", "age", "sex", "row"],
        rows=rows,
        time="day" if by_time else None,
        every=timedelta(days=4) if by_time else None,
        person="pid" if by_person else None,
        window_column="window",
        on_window=reports.append,
    )
    released = []
    for batch in batches_of(stream):
        released.append(protector.push(batch))
        assert all(size >= 3 for size in people_by_class(pl.concat(released), by_person))
    protector.close()
    came = sum(len(batch) for batch in stream)
    left = sum(len(batch) for batch in released)
    assert sum(report.released for report in reports) == left
    assert sum(r.released + r.suppressed + r.late for r in reports) == came
    assert all(report.smallest_class >= 3 or not report.released for report in reports)
    assert all(report.records <= rows for report in reports)


@settings(max_examples=40, deadline=None)
@given(STREAM, st.integers(3, 20))
def test_windows_by_count_release_exactly_the_records_of_full_classes(
    stream: list[Rows], rows: int
) -> None:
    protector = StreamProtector(PLAN, LEVELS, b"k" * 32, ["age", "sex", "row"], rows=rows)
    released = [protector.push(batch)["row"].to_list() for batch in batches_of(stream)]
    found = {row for batch in released for row in batch}
    everyone = [record for batch in stream for record in batch]
    expected = set()
    for start in range(0, len(everyone), rows):
        part = everyone[start : start + rows]
        classes = [(None if age is None else age // 5, sex) for _, age, sex, _ in part]
        sizes = Counter(classes)
        expected |= {start + at for at, one in enumerate(classes) if sizes[one] >= 3}
    assert found == expected


@settings(max_examples=20, deadline=None)
@given(STREAM)
def test_how_the_stream_is_cut_into_batches_changes_nothing(stream: list[Rows]) -> None:
    whole = pl.concat([*batches_of(stream), pl.DataFrame(schema=SCHEMA)])
    results = []
    for size in (2, 5, 1000):
        protector = StreamProtector(
            PLAN, LEVELS, b"k" * 32, ["pid", "age", "sex", "row"], rows=7, window_column="window"
        )
        out = [protector.push(part) for part in whole.iter_slices(size)] if len(whole) else []
        results.append(pl.concat([*out, protector.push(whole.clear())]).sort("row"))
    assert results[0].equals(results[1])
    assert results[0].equals(results[2])


@settings(max_examples=15, deadline=None)
@given(STREAM, st.integers(3, 20), st.integers(0, 8), st.booleans())
def test_a_stop_between_two_batches_changes_nothing(
    stream: list[Rows], rows: int, stop: int, by_time: bool
) -> None:
    def fresh() -> StreamProtector:
        return StreamProtector(
            PLAN,
            LEVELS,
            b"k" * 32,
            ["pid", "age", "sex", "row"],
            rows=rows,
            time="day" if by_time else None,
            every=timedelta(days=4) if by_time else None,
            person="pid",
            window_column="window",
        )

    batches = batches_of(stream)
    whole, stopped = fresh(), fresh()
    for number, batch in enumerate(batches):
        if number == stop:
            goes_on = fresh()
            goes_on.resume(stopped.checkpoint())
            stopped = goes_on
        assert stopped.push(batch).equals(whole.push(batch))
    assert stopped.close() == whole.close()
