"""Each disclosure rule by a textbook case that passes and its neighbour that is refused: tables."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from casemate.analysis import Recipe, compute
from casemate.analysis import column as column_
from casemate.analysis.documents import crosstab, histogram, quantiles, survival, table
from casemate.enclave.checks_model import Findings, Rules
from casemate.enclave.rules import apply_rules

RULES = Rules()


def judge(what: Any, frame: pl.DataFrame, rules: Rules = RULES, **parts: Any) -> Findings:
    recipe = Recipe(file="out.csv", input="people", what=what, **parts)
    return apply_rules(recipe, compute(recipe, frame), frame, rules)


def broken(findings: Findings) -> set[str]:
    return {reason.rule for reason in findings.reasons}


def counted(**cells: int) -> pl.DataFrame:
    """People by one key, and a value that differs from person to person."""
    names = [name for name, count in cells.items() for _ in range(count)]
    return pl.DataFrame({"key": names, "value": [50 + (at * 37) % 41 for at in range(len(names))]})


# Counts.


def test_ten_people_pass_and_nine_do_not() -> None:
    asked = table(["key"], n="count")
    assert judge(asked, counted(a=10, b=20)).decision == "pass"
    findings = judge(asked, counted(a=9, b=20))
    assert findings.decision == "refuse"
    (reason,) = findings.reasons
    assert reason.message == "row 1: the cell holds fewer than 10 people"
    assert reason.evidence == {"rows": [1], "cells": 1, "threshold": 10}


def test_the_datasets_threshold_counts() -> None:
    asked = table(["key"], n="count")
    assert judge(asked, counted(a=9, b=20), Rules(min_cell=5)).decision == "pass"
    assert judge(asked, counted(a=10, b=20), Rules(min_cell=20)).decision == "refuse"


def test_a_persons_rows_are_one_person() -> None:
    frame = counted(a=12, b=30)
    asked = Recipe(file="out.csv", input="people", what=table(["key"], n="count"))
    answer = compute(asked, frame)
    everyone = np.arange(42)
    assert apply_rules(asked, answer, frame, RULES, people=everyone).decision == "pass"
    twice = everyone.copy()
    twice[:12] //= 2  # six people with two rows each
    findings = apply_rules(asked, answer, frame, RULES, people=twice)
    assert broken(findings) == {"minimum cell count"}


def crossed(cells: dict[tuple[str, str], int]) -> pl.DataFrame:
    rows = [key for key, count in cells.items() for _ in range(count)]
    return pl.DataFrame(rows, schema=["town", "ill"], orient="row")


def test_a_row_with_all_in_one_cell_discloses_a_class() -> None:
    asked = crosstab("town", "ill")
    fine = {("a", "yes"): 20, ("a", "no"): 30, ("b", "yes"): 25, ("b", "no"): 12}
    assert judge(asked, crossed(fine)).decision == "pass"
    everybody = {**fine, ("b", "no"): 0}
    findings = judge(asked, crossed(everybody))
    assert {"class disclosure", "zero cells"} == broken(findings)
    assert findings.decision == "refuse"


def test_ninety_percent_in_one_cell_is_the_datasets_choice() -> None:
    cells = {("a", "yes"): 90, ("a", "no"): 10, ("b", "yes"): 50, ("b", "no"): 50}
    asked = crosstab("town", "ill")
    assert judge(asked, crossed(cells)).decision == "pass"
    strict = judge(asked, crossed(cells), Rules(class_permille=900))
    assert broken(strict) == {"class disclosure"}


@pytest.mark.parametrize(("level", "decision"), [("allow", "pass"), ("refuse", "refuse")])
def test_zero_cells_are_the_datasets_choice(level: Any, decision: str) -> None:
    cells = {
        ("a", "yes"): 20, ("a", "no"): 30, ("a", "never"): 15,
        ("b", "yes"): 25, ("b", "no"): 12,
        ("c", "yes"): 25, ("c", "no"): 12, ("c", "never"): 11,
    }  # fmt: skip
    asked = crosstab("town", "ill")
    assert judge(asked, crossed(cells)).decision == "review"
    assert judge(asked, crossed(cells), Rules(zeros=level)).decision == decision


def test_a_filter_that_leaves_few_out_is_refused() -> None:
    frame = counted(a=20, b=20, rare=4)
    kept = (column_("key") != "rare").document
    assert broken(judge(table(["key"], n="count"), frame, where=kept)) == {"differencing"}
    more = counted(a=20, b=20, rare=14)
    assert judge(table(["key"], n="count"), more, where=kept).decision == "pass"


# Figures.


def incomes(*values: float) -> pl.DataFrame:
    return pl.DataFrame({"key": ["a"] * len(values), "income": [float(v) for v in values]})


OTHERS = [30 + at % 7 for at in range(20)]


@pytest.mark.parametrize("function", ["sum", "mean", "std"])
def test_one_person_dominates(function: str) -> None:
    asked = table(["key"], figure=(function, "income"))
    assert judge(asked, incomes(*OTHERS, 90)).decision == "pass"
    assert "dominance" in broken(judge(asked, incomes(*OTHERS, 5_000)))


def test_dominance_is_of_sizes_not_of_signs() -> None:
    asked = table(["key"], figure=("sum", "income"))
    assert "dominance" in broken(judge(asked, incomes(*OTHERS, -5_000)))


def test_p_percent() -> None:
    # nobody has half, nor two nine tenths, but the second largest knows the rest to 10 %
    asked = table(["key"], figure=("sum", "income"))
    rules = Rules(dominance_permille=1000, largest_permille=1000)
    tight = [100.0, 95.0, *[0.4 + at / 1000 for at in range(20)]]
    assert "dominance" in broken(judge(asked, incomes(*tight), rules))
    assert "dominance" not in broken(judge(asked, incomes(*tight), Rules(
        dominance_permille=1000, largest_permille=1000, p_percent=5)))  # fmt: skip


def test_equal_values_disclose_everybody() -> None:
    asked = table(["key"], figure=("mean", "income"))
    assert "all values equal" in broken(judge(asked, incomes(*[25] * 30)))


def test_one_who_differs_from_equal_ones_is_disclosed() -> None:
    asked = table(["key"], figure=("mean", "income"))
    assert "few differ" in broken(judge(asked, incomes(*[1000] * 60, 1003)))
    nearly = [1000 + at / 1e5 for at in range(60)]
    assert "standing out" in broken(judge(asked, incomes(*nearly, 1003)))


def test_a_share_counts_a_small_group() -> None:
    asked = table(["key"], figure=("share", "income"))
    assert judge(asked, incomes(*[1] * 12, *[0] * 30)).decision == "pass"
    assert "minimum cell count" in broken(judge(asked, incomes(*[1] * 3, *[0] * 39)))
    assert "class disclosure" in broken(judge(asked, incomes(*[1] * 42)))
    # the mean of a number that is 0 or 1 is a share too
    asked = table(["key"], figure=("mean", "income"))
    assert "minimum cell count" in broken(judge(asked, incomes(*[1] * 3, *[0] * 39)))


def test_the_difference_of_two_columns_is_a_small_group() -> None:
    frame = counted(a=40).with_columns(
        other=pl.when(pl.int_range(pl.len()) < 3).then(None).otherwise(pl.col("value")),
        far=pl.col("value") * pl.col("value") % 83,
    )
    asked = table(["key"], one=("mean", "value"), two=("mean", "other"))
    assert "small difference" in broken(judge(asked, frame))
    asked = table(["key"], one=("mean", "value"), two=("mean", "far"))
    assert judge(asked, frame).decision == "pass"
    counts = table(["key"], n="count", held=("valid", "other"))
    assert "small difference" in broken(judge(counts, frame))


def test_a_number_with_more_digits_than_people_support() -> None:
    asked = table(["key"], figure=("sum", "income"))
    long = [10_000 * (at % 2) + at + 0.123 for at in range(40)]
    assert "digits" in broken(judge(asked, incomes(*long)))
    assert "digits" not in broken(judge(asked, incomes(*long), decimals=0))


# Quantiles, histograms, survival.


def test_a_median_needs_ten_people_on_each_side() -> None:
    asked = table(["key"], figure=("median", "value"))
    assert judge(asked, counted(a=20)).decision == "pass"
    assert broken(judge(asked, counted(a=19))) == {"quantile"}


def test_quantiles_need_people_beyond_and_between() -> None:
    frame = counted(a=100)
    assert judge(quantiles("value", [0.1, 0.5, 0.9]), frame).decision == "pass"
    assert broken(judge(quantiles("value", [0.05, 0.5]), frame)) == {"quantile"}
    assert broken(judge(quantiles("value", [0.5, 0.55]), frame)) == {"quantile"}
    both = table([], low=("quantile", "value", 0.5), high=("quantile", "value", 0.55))
    assert broken(judge(both, frame)) == {"quantile"}


def test_end_bins_and_those_beyond_them() -> None:
    frame = pl.DataFrame({"age": [20 + at % 50 for at in range(500)]})
    assert judge(histogram("age", [20, 30, 40, 50, 60, 70]), frame).decision == "pass"
    old = frame.extend(pl.DataFrame({"age": [99]}))
    assert "minimum cell count" in broken(judge(histogram("age", [20, 45, 70, 100]), old))
    assert "end bins" in broken(judge(histogram("age", [20, 45, 70]), old))


def lives(count: int = 400) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "years": [1 + at % 20 for at in range(count)],
            "died": [at // 20 % 2 for at in range(count)],
        }
    )


def test_survival_steps() -> None:
    assert judge(survival("years", "died", [5, 10, 15]), lives()).decision == "pass"
    # between the 5th and the 5.5th year nobody has the event; few are left in a small study
    assert broken(judge(survival("years", "died", [5, 5.5]), lives())) == {"zero cells"}
    assert "survival step" in broken(judge(survival("years", "died", [5, 6]), lives(100)))


def test_a_curve_that_reaches_zero_tells_of_everybody() -> None:
    frame = lives().with_columns(died=pl.lit(1))
    assert "class disclosure" in broken(judge(survival("years", "died", [10, 20]), frame))


# Hidden lines.


def test_a_hidden_cell_that_follows_is_refused() -> None:
    frame = counted(a=4, b=30, c=40)
    recipe = Recipe(
        file="out.csv", input="people", what=table(["key"], n="count", margins=True), suppress=True
    )
    answer = compute(recipe, frame)
    alone = apply_rules(recipe, answer, frame, RULES, hidden=frozenset({0}))
    assert broken(alone) == {"differencing"}
    together = apply_rules(recipe, answer, frame, RULES, hidden=frozenset({0, 1}))
    assert together.decision == "pass"


def test_messages_hold_no_count_and_no_category() -> None:
    findings = judge(table(["key"], n="count", m=("mean", "value")), counted(Zebra=7, Yak=23))
    text = " ".join(reason.message for reason in findings.reasons)
    assert "Zebra" not in text
    assert " 7 " not in text
    assert "23" not in text
