"""Repair asked as an oracle: what a suggestion says must follow from verdicts and its own output."""

import json
from typing import Any

import polars as pl
import pytest

from casemate.analysis import Recipe, compute
from casemate.analysis.documents import crosstab, table
from casemate.enclave import repair as repair_room
from casemate.enclave.checks_model import Rules
from casemate.enclave.repair import MOST_ASKED, carry_out, repair
from casemate.enclave.rules import apply_rules

RULES = Rules()


def people(cells: dict[tuple[str, str], int]) -> pl.DataFrame:
    rows = [key for key, count in cells.items() for _ in range(count)]
    frame = pl.DataFrame(rows, schema=["town", "ill"], orient="row")
    return frame.with_columns(income=20 + pl.int_range(pl.len()) % 37)


def world(small: int, other: int) -> pl.DataFrame:
    """Two small cells of which an attacker would like to know how small."""
    return people(
        {
            ("a", "no"): 40, ("a", "yes"): 30, ("b", "no"): 35, ("b", "yes"): small,
            ("c", "no"): other, ("c", "yes"): 31, ("d", "no"): 44, ("d", "yes"): 22,
        }
    )  # fmt: skip


def recipe(what: Any) -> Recipe:
    return Recipe(file="out.csv", input="people", what=what)


ASKED = [
    recipe(crosstab("town", "ill")),
    recipe(table(["town", "ill"], n="count", margins=True)),
]


@pytest.mark.parametrize("asked", ASKED, ids=lambda one: one.what.analysis)
def test_two_worlds_of_equal_verdicts_get_equal_suggestions(asked: Recipe) -> None:
    """A small cell of 2, or of 9: nobody who reads the suggestions can tell which."""
    worlds = [world(2, 3), world(9, 4), world(5, 9)]
    verdicts = [apply_rules(asked, compute(asked, one), one, RULES).reasons for one in worlds]
    assert verdicts[0] == verdicts[1] == verdicts[2]
    told = [
        json.dumps([one.to_document() for one in repair(asked, frame, RULES, dataset="people")])
        for frame in worlds
    ]
    assert told[0] == told[1] == told[2]
    assert len(json.loads(told[0])) > 2


def test_no_category_that_the_output_hides_is_named() -> None:
    """A table by something close to an identifier: the joined categories stay unnamed."""
    frame = people(
        {("a", "no"): 40, ("b", "no"): 35, **{(f"secret-{at}", "no"): 3 for at in range(9)}}
    )
    for suggestion in repair(recipe(table(["town"], n="count")), frame, RULES):
        document = json.dumps(suggestion.to_document())
        output = carry_out(suggestion, frame, RULES).data.decode()
        for at in range(9):
            assert (f"secret-{at}" in document) <= (f"secret-{at}" in output)


def test_the_number_of_questions_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    made = repair_room._made

    def counted(*arguments: Any) -> Any:
        asked.append(arguments)
        return made(*arguments)

    monkeypatch.setattr(repair_room, "_made", counted)
    towns = {(f"t{at}", ill): 1 + at % 9 for at in range(60) for ill in ("no", "yes")}
    repair(recipe(table(["town", "ill"], n="count", m=("mean", "income"))), people(towns), RULES)
    assert len(asked) <= MOST_ASKED


def test_the_effect_counts_lines_not_people() -> None:
    for frame in (world(2, 3), world(9, 4)):
        for suggestion in repair(ASKED[0], frame, RULES):
            assert suggestion.effect is not None
            assert suggestion.effect.lines <= 8
