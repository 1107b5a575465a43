"""Nobody's figure follows from those that are told: of each told total, few people are never left over."""

from itertools import product
from typing import Any

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from casemate.assurance.tabular import table_of
from casemate.assurance.tabular.groups import Division, divisions

LEAST = 10
ROWS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.booleans(), st.integers(1, 30)),
    min_size=2,
    max_size=14,
)


def spread(rows: list[tuple[str, str, bool, int]]) -> pl.DataFrame:
    """Each row as often as it says, and one person of each truth so that there are both."""
    every = [row[:3] for row in rows for _ in range(row[3])] + [("a", "x", True), ("a", "x", False)]
    return pl.DataFrame(every, schema=["one", "two", "truth"], orient="row")


@settings(deadline=None, max_examples=120)
@given(ROWS)
def test_what_is_left_of_a_told_total_is_nobody_or_enough_people_in_several_groups(
    rows: list[tuple[str, str, bool, int]],
) -> None:
    given_table = table_of(spread(rows), target="truth", protected=["one", "two"])
    one, two, both = divisions(given_table, LEAST)
    truth = given_table.truth

    def people(key: Any, division: Division) -> int:
        return int(division.parts[key].sum())

    def rarer(key: Any, division: Division) -> int:
        part = truth[division.parts[key]]
        return int(min(part.sum(), (~part).sum()))

    for which, size in (("counted", people), ("told", rarer)):
        for division in (one, two, both):
            shown = getattr(division, which)
            assert all(size(key, division) >= LEAST for key in shown)
            totals = [list(division.parts)]
            if division is both:
                totals += [
                    [key for key in both.parts if key[place] == value]
                    for place, single in ((0, one), (1, two))
                    for (value,) in getattr(single, which)
                ]
            for total in totals:
                hidden = [key for key in total if key not in shown]
                left = sum(
                    size(key, division)
                    for key in hidden
                    if key in division.counted or which == "counted"
                )
                assert (
                    not hidden
                    or not any(key in shown for key in total)
                    or (len(hidden) > 1 and left >= LEAST)
                )


def test_every_part_is_in_one_division_once() -> None:
    every = [(a, x, t) for a, x, t in product("ab", "xy", (True, False)) for _ in range(12)]
    frame = pl.DataFrame(every, schema=["one", "two", "truth"], orient="row")
    for division in divisions(table_of(frame, target="truth", protected=["one", "two"]), LEAST):
        assert (np.sum(list(division.parts.values()), axis=0) == 1).all()
        assert division.told == frozenset(division.parts)
