"""A stream that is stopped goes on; values that a hierarchy lacks; batches at the reader's pace."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from casemate.errors import BadInput, Conflict, IntegrityFailure
from casemate.protection import KAnonymity, Plan, groups, intervals
from casemate.protection.stream_windows import WindowReport
from casemate.protection.streams import StreamProtector

KEY = b"s" * 32
PLAN = Plan(
    quasi_identifiers={"age": intervals(10), "job": groups({"x": ["a", "b"], "y": ["c"]})},
    models=(KAnonymity(2),),
    pseudonymise=("pid",),
)


def protector(**change: Any) -> StreamProtector:
    given = {
        "plan": PLAN,
        "generalisation": {"age": 1, "job": 1},
        "key": KEY,
        "variables": ["pid", "age", "job"],
        "person": "pid",
        **change,
    }
    return StreamProtector(**given)


def batch(*rows: tuple[Any, ...]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["pid", "age", "job"], orient="row")


def test_a_stopped_stream_goes_on_with_what_it_held() -> None:
    reports: list[WindowReport] = []
    first = protector()
    assert len(first.push(batch(("p1", 31, "a"), ("p2", 55, "c")))) == 0
    kept = first.checkpoint(written=17)
    second = protector(on_window=reports.append)
    assert second.resume(kept) == 17
    assert second.came == 2
    found = second.push(batch(("p3", 38, "b"), ("p1", 39, "b")))
    assert found["age"].to_list() == ["[30, 40)"] * 3
    second.close()
    assert reports == [WindowReport(1, 4, 3, 1, 0, 2)]


def test_a_person_held_before_the_stop_is_the_same_person_after_it() -> None:
    first = protector()
    first.push(batch(("p1", 31, "a")))
    second = protector()
    second.resume(first.checkpoint())
    assert len(second.push(batch(("p1", 32, "a")))) == 0


def test_a_state_belongs_to_its_stream_and_key() -> None:
    first = protector()
    first.push(batch(("p1", 31, "a")))
    kept = first.checkpoint()
    others = [
        protector(key=b"t" * 32),
        protector(plan=replace(PLAN, models=(KAnonymity(3),))),
        protector(generalisation={"age": 0, "job": 1}),
        protector(rows=50),
        protector(person=None),
        protector(unknown_values="suppress"),
    ]
    for other in others:
        with pytest.raises(IntegrityFailure, match="state was changed, or is that of another"):
            other.resume(kept)
    for changed in (kept[:-1] + bytes([kept[-1] ^ 1]), kept[:20], b""):
        with pytest.raises(IntegrityFailure, match="state was changed"):
            protector().resume(changed)
    with pytest.raises(Conflict, match="records came already"):
        first.resume(kept)


def test_a_state_tells_nothing_and_needs_a_key() -> None:
    first = protector()
    first.push(batch(("person-one", 31, "a")))
    kept = first.checkpoint()
    assert b"person-one" not in kept
    assert KEY not in kept
    assert "hidden" in repr(first)
    keyless = protector(plan=replace(PLAN, pseudonymise=()), key=None, person=None)
    with pytest.raises(BadInput, match="give the stream a key"):
        keyless.checkpoint()


def test_values_that_a_hierarchy_lacks_are_refused_or_never_leave() -> None:
    rows = batch(("p1", 31, "z"), ("p2", 32, "a"), ("p3", 33, "b"), ("p4", 34, "w"))
    with pytest.raises(BadInput, match="lacks"):
        protector().push(rows)
    suppressing = protector(unknown_values="suppress")
    assert suppressing.push(rows)["age"].to_list() == ["[30, 40)"] * 2
    assert len(suppressing.push(batch(("p5", 35, "z")))) == 0  # remembered as unknown
    report = suppressing.close()
    assert report == WindowReport(1, 2, 2, 0, 0, 2, 3)
    assert report.share == 3 / 5
    with pytest.raises(BadInput, match="refuses unknown values or suppresses"):
        protector(unknown_values="ignore")


def test_a_slow_reader_holds_the_source_back() -> None:
    taken = 0

    def source() -> Iterator[pl.DataFrame]:
        nonlocal taken
        for number in range(1000):
            taken += 1
            yield batch((f"p{number}", 31, "a"), (f"q{number}", 32, "a"))

    stream = protector()
    leaving = stream.protect(source())
    assert len(next(leaving)) == 2
    assert taken == 1
    next(leaving)
    assert taken == 2


def test_the_generator_ends_the_stream() -> None:
    stream = protector()
    released = list(stream.protect([batch(("p1", 31, "a")), batch(("p2", 32, "a"))]))
    assert [len(part) for part in released] == [2]
    with pytest.raises(Conflict, match="closed"):
        stream.push(batch(("p3", 1, "a")))


def test_a_plan_with_what_a_stream_cannot_keep_is_refused() -> None:
    document = {**PLAN.to_dict(), "rounding": {"cost": "10"}}
    with pytest.raises(BadInput, match="'rounding'"):
        protector(plan=Plan.from_dict(document))
