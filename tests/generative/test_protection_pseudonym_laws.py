"""Laws of pseudonyms and of shifted dates, on identifiers and dates that nobody chose."""

import hmac
from datetime import date, datetime, time, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from casemate.protection.date_shift import DateShifter, TimeUnit
from casemate.protection.keyed_hash import keyed_hashes
from casemate.protection.pseudonym_policies import PseudonymDomain, PseudonymPolicy
from casemate.protection.pseudonym_recovery import ReversiblePseudonymiser, recover
from casemate.protection.pseudonyms import Pseudonymiser

KEYS = st.binary(min_size=16, max_size=100)
TEXTS = st.lists(st.one_of(st.none(), st.text(max_size=80)), min_size=1, max_size=30)
DATES = st.dates(date(1900, 1, 1), date(2100, 1, 1))


def column(values: list[str | None]) -> pl.DataFrame:
    return pl.DataFrame({"id": pl.Series(values, dtype=pl.String)})


@settings(deadline=None)
@given(KEYS, TEXTS)
def test_keyed_hashes_are_hmac(key: bytes, texts: list[str | None]) -> None:
    found = keyed_hashes(key, pl.Series(texts, dtype=pl.String))
    for text, value in zip(texts, found, strict=True):
        expected = None if text is None else hmac.digest(key, text.encode(), "sha256")[:16].hex()
        assert value == expected


@settings(deadline=None)
@given(KEYS, TEXTS)
def test_pseudonyms_keep_equality_difference_and_null(key: bytes, texts: list[str | None]) -> None:
    found = Pseudonymiser(key).pseudonymise(column(texts), ["id"])["id"].to_list()
    assert len(set(zip(texts, found, strict=True))) == len(set(texts)) == len(set(found))
    assert [value is None for value in found] == [text is None for text in texts]


@settings(deadline=None)
@given(KEYS, KEYS, TEXTS)
def test_two_keys_share_no_pseudonym(one: bytes, other: bytes, texts: list[str | None]) -> None:
    if one == other:
        return
    made = [
        set(PseudonymDomain("d", [key]).pseudonymise(column(texts), ["id"]).table["id"])
        for key in (one, other)
    ]
    assert made[0] & made[1] <= {None}


@settings(deadline=None)
@given(
    KEYS,
    TEXTS,
    st.sampled_from([PseudonymPolicy.DOCUMENT_RANDOMISED, PseudonymPolicy.FULLY_RANDOMISED]),
)
def test_randomised_policies_repeat_nothing_within_a_document(
    key: bytes, texts: list[str | None], policy: PseudonymPolicy
) -> None:
    made = PseudonymDomain("d", [key]).pseudonymise(column(texts * 2), ["id"], policy=policy)
    found = made.table["id"].drop_nulls()
    assert found.n_unique() == len(found) == 2 * sum(text is not None for text in texts)


@settings(deadline=None)
@given(TEXTS)
def test_reversible_pseudonyms_are_a_permutation(texts: list[str | None]) -> None:
    maker = ReversiblePseudonymiser(b"r" * 32, "d")
    found = maker.pseudonymise(column(texts), ["id"])["id"]
    assert found.n_unique() == len(set(texts))
    assert recover(found, "id", "d", maker.split(("a", "b"))) == texts


@settings(deadline=None)
@given(
    KEYS,
    st.lists(st.tuples(st.integers(1, 4), st.one_of(st.none(), DATES)), min_size=1, max_size=30),
    st.integers(1, 400),
    st.integers(1, 30),
)
def test_shifted_dates_keep_order_and_intervals_within_a_person(
    key: bytes, rows: list[tuple[int, date | None]], days: int, step: int
) -> None:
    step = min(step, days)
    table = pl.DataFrame(rows, schema={"pid": pl.Int64, "day": pl.Date}, orient="row")
    moved = DateShifter(key, days, step).shift(table, "pid", ["day"])["day"].to_list()
    shifts: dict[int, timedelta] = {}
    for (person, was), now in zip(rows, moved, strict=True):
        assert (was is None) == (now is None)
        if was is None or now is None:
            continue
        shift = now - was
        assert shifts.setdefault(person, shift) == shift
        assert 0 < abs(shift.days) <= days
        assert shift.days % step == 0


@settings(deadline=None)
@given(DATES, st.times(), st.sampled_from(["ms", "us", "ns"]))
def test_the_time_of_day_stays(day: date, hour: time, unit: TimeUnit) -> None:
    moment = datetime.combine(day, hour)
    table = pl.DataFrame({"pid": ["a"], "at": pl.Series([moment], dtype=pl.Datetime(unit))})
    moved = DateShifter(b"k" * 32).shift(table, "pid", ["at"])["at"]
    assert moved.dtype == pl.Datetime(unit)
    assert moved.dt.time()[0] == table["at"].dt.time()[0]
