"""Clocks, under every order of events that hypothesis finds."""

import calendar
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from casemate.access import Regime
from casemate.access.deadlines import (
    DECISION,
    add_months,
    appeal_until,
    binding_regime,
    decision_due,
)

MOMENTS = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001  # hypothesis wants naive bounds
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
STOPS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=1000))
REGIMES = st.sampled_from(Regime)


@given(MOMENTS, st.integers(0, 48))
def test_a_month_later_is_the_same_day_or_the_months_last(moment: datetime, months: int) -> None:
    later = add_months(moment, months)
    assert later.timetz() == moment.timetz()
    gone = (later.year - moment.year) * 12 + later.month - moment.month
    assert gone == months
    last = calendar.monthrange(later.year, later.month)[1]
    assert later.day == min(moment.day, last)


@given(REGIMES, MOMENTS, MOMENTS, STOPS, st.booleans())
def test_who_starts_later_is_not_due_earlier(
    regime: Regime, one: datetime, two: datetime, stopped: timedelta, extended: bool
) -> None:
    early, late = sorted((one, two))
    first = decision_due(regime, early, stopped=stopped, extended=extended)
    second = decision_due(regime, late, stopped=stopped, extended=extended)
    assert first <= second


@given(REGIMES, MOMENTS, STOPS, STOPS, st.booleans())
def test_stopping_the_clock_adds_exactly_that_and_never_shortens(
    regime: Regime, started: datetime, stopped: timedelta, more: timedelta, extended: bool
) -> None:
    due = decision_due(regime, started, stopped=stopped, extended=extended)
    later = decision_due(regime, started, stopped=stopped + more, extended=extended)
    assert later - due == more
    assert due - stopped > started


@given(REGIMES, MOMENTS, STOPS)
def test_an_extension_is_always_more_time(
    regime: Regime, started: datetime, stopped: timedelta
) -> None:
    plain = decision_due(regime, started, stopped=stopped)
    extended = decision_due(regime, started, stopped=stopped, extended=True)
    assert timedelta(days=28) <= extended - plain <= timedelta(days=93)


@given(st.lists(REGIMES, min_size=1))
def test_the_shortest_period_that_a_law_sets_binds(regimes: list[Regime]) -> None:
    bound = binding_regime(regimes)
    laws = [regime for regime in regimes if regime is not Regime.GDPR] or regimes
    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert DECISION[bound].after(start) == min(DECISION[law].after(start) for law in laws)


def test_the_periods_of_the_law() -> None:
    start = datetime(2026, 11, 30, 12, tzinfo=UTC)
    assert decision_due(Regime.EHDS, start) == datetime(2027, 2, 28, 12, tzinfo=UTC)
    assert decision_due(Regime.EHDS, start, extended=True) == datetime(2027, 5, 28, 12, tzinfo=UTC)
    assert decision_due(Regime.DGA, start) == datetime(2027, 1, 30, 12, tzinfo=UTC)
    assert decision_due(Regime.DGA, start, extended=True) == datetime(2027, 3, 1, 12, tzinfo=UTC)
    assert decision_due(Regime.GDPR, start) == datetime(2026, 12, 30, 12, tzinfo=UTC)
    assert appeal_until(start) == datetime(2027, 2, 28, 12, tzinfo=UTC)
