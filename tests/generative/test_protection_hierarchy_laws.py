"""Whatever the values: every hierarchy is total, monotone, and the same after its document."""

import itertools
from datetime import date, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from casemate.protection.hierarchies import (
    UNITS,
    Hierarchy,
    Key,
    Line,
    dates,
    from_table,
    hierarchy_from_dict,
    masking,
    prefixes,
    require_monotone,
)

TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6)


def require_lawful(hierarchy: Hierarchy, values: list[object]) -> dict[Key, Line]:
    lines = hierarchy.lines("it", values)
    require_monotone("it", lines)
    assert {None if value is None else str(value) for value in values} <= set(lines)
    assert len({len(line) for line in lines.values()}) <= 1
    assert all(line[-1] == "*" for line in lines.values())
    again = hierarchy_from_dict(hierarchy.to_dict())
    assert again == hierarchy
    assert again.lines("it", values) == lines
    for key, line in lines.items():
        for level, label in enumerate((key, *line)):
            assert hierarchy.meaning(label, level).text is not None
    return lines


@given(
    st.lists(st.one_of(st.none(), st.dates()), min_size=1, max_size=20),
    st.sets(st.sampled_from(UNITS), min_size=1),
)
def test_dates(values: list[object], units: set[str]) -> None:
    require_lawful(dates(*(unit for unit in UNITS if unit in units)), values)


@given(st.dates(date(1, 1, 1), date(9998, 1, 1)), st.integers(0, 300))
def test_two_days_share_a_unit_just_as_the_calendar_says(day: date, later: int) -> None:
    other = day + timedelta(days=later)
    month, quarter, year, decade, _ = zip(
        *(dates().lines("it", [one])[one.isoformat()] for one in (day, other)), strict=True
    )
    assert (month[0] == month[1]) == ((day.year, day.month) == (other.year, other.month))
    assert (quarter[0] == quarter[1]) == (
        (day.year, (day.month - 1) // 3) == (other.year, (other.month - 1) // 3)
    )
    assert (year[0] == year[1]) == (day.year == other.year)
    assert (decade[0] == decade[1]) == (day.year // 10 == other.year // 10)


@given(
    st.lists(st.one_of(st.none(), TEXTS.map(lambda text: "x" + text)), min_size=1, max_size=20),
    st.sets(st.integers(1, 6), min_size=1),
)
def test_prefixes(values: list[object], lengths: set[int]) -> None:
    lines = require_lawful(prefixes(*sorted(lengths, reverse=True), ignore=". -"), values)
    for line in lines.values():
        for finer, coarser in itertools.pairwise(line[:-1]):
            assert finer is None or str(finer).startswith(str(coarser))


@given(
    st.lists(st.one_of(st.none(), TEXTS), min_size=1, max_size=20),
    st.sampled_from(["left", "right"]),
    st.sampled_from(["left", "right"]),
)
def test_masking(values: list[object], from_side: str, align: str) -> None:
    lines = require_lawful(masking(6, from_side=from_side, align=align), values)
    for line in lines.values():
        for level, label in enumerate(line[:-1], start=1):
            hidden = (
                "" if label is None else label[-level:] if from_side == "right" else label[:level]
            )
            assert hidden == ("" if label is None else "*" * level)
            assert label is None or len(label) == 6


@given(st.dictionaries(TEXTS, st.integers(0, 5), min_size=1, max_size=20), st.integers(1, 3))
def test_tables_of_places(cantons: dict[str, int], many: int) -> None:
    table = pl.DataFrame(
        {
            "commune": list(cantons),
            "canton": [f"canton {number}" for number in cantons.values()],
            "country": [f"country {number % many}" for number in cantons.values()],
        }
    )
    require_lawful(from_table(table, "commune", "canton", "country"), list(cantons))
