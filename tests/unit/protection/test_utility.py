"""Classification utility: what can still be learnt after protection, held against the plain definition."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from casemate.errors import BadInput
from casemate.protection import KAnonymity, anonymise, intervals, suppressible
from casemate.protection.utility import CLASSIFIERS, classification_utility


def people(many: int = 400) -> pl.DataFrame:
    draw = np.random.default_rng(5)
    age = draw.integers(20, 80, many)
    rich = np.where((age > 50) ^ (draw.random(many) < 0.1), "yes", "no")
    return pl.DataFrame({"age": age, "sex": draw.choice(["f", "m"], many), "rich": rich})


TABLE = people()


@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_nothing_done_is_nothing_lost(classifier: str) -> None:
    found = classification_utility(
        TABLE, TABLE, "rich", ["age", "sex"], classifier=classifier, per_attribute=False
    )
    assert found.before == found.after
    assert found.kept == 1
    assert found.before.accuracy > 0.8 > found.baseline
    assert found.before.auc is not None
    assert found.before.auc > 0.8
    assert found.attributes == {}


def test_a_feature_suppressed_leaves_the_baseline() -> None:
    gone = TABLE.with_columns(pl.lit("*").alias("age"), pl.lit("*").alias("sex"))
    found = classification_utility(TABLE, gone, "rich", ["age", "sex"])
    assert found.after.accuracy == pytest.approx(found.baseline)
    assert found.kept == pytest.approx(0)
    assert found.attributes["age"][0] > found.attributes["age"][1]
    assert found.attributes["sex"][0] == pytest.approx(found.baseline, abs=0.06)


def test_suppressing_the_hard_records_wins_nothing() -> None:
    """They are predicted by the commonest class, so they still count as they are."""
    numbered = TABLE.with_row_index("number")
    easy = numbered.filter((pl.col("age") > 50) == (pl.col("rich") == "yes"))
    found = classification_utility(
        TABLE, easy, "rich", ["age"], records=easy["number"].to_list(), per_attribute=False
    )
    assert found.suppressed == len(TABLE) - len(easy)
    assert found.after.accuracy < 1 - 0.3 * found.suppressed / len(TABLE)


def test_a_protected_table_by_its_record_numbers() -> None:
    numbered = TABLE.with_row_index("number")
    result = anonymise(
        numbered, {"age": intervals(10, 30), "sex": suppressible()}, models=[KAnonymity(5)],
        suppression=0.05,
    )  # fmt: skip
    found = classification_utility(
        TABLE, result.table, "rich", ["age", "sex"],
        records=result.table["number"].to_list(), per_attribute=False,
    )  # fmt: skip
    assert found.records == 400
    assert found.suppressed == result.suppressed
    assert found.after.accuracy > 0.75
    assert found.to_dict()["kept"] == found.kept
    again = classification_utility(
        TABLE, result.table, "rich", ["age", "sex"],
        records=result.table["number"].to_list(), per_attribute=False,
    )  # fmt: skip
    assert again == found


def test_three_classes_have_no_auc() -> None:
    table = TABLE.with_columns(home=pl.Series(["a", "b", "c", "c"] * 100))
    found = classification_utility(table, table, "home", ["age"], per_attribute=False)
    assert (found.before.auc, found.before.brier) == (None, None)
    assert found.baseline == 0.5


@pytest.mark.parametrize(
    ("after", "more", "complaint"),
    [
        (TABLE.head(9), {}, "give the place of each"),
        (TABLE.head(2), {"records": [1, 1]}, "each once"),
        (TABLE.head(2), {"records": [1, 400]}, "not among the 400"),
        (TABLE, {"classifier": "guess"}, "one of logistic regression"),
        (TABLE, {"features": ["rich"]}, "the target not among them"),
        (TABLE, {"features": []}, "at least one feature"),
        (TABLE, {"features": ["shoe"]}, "no column 'shoe'"),
        (TABLE, {"target": "age", "features": ["sex"]}, "as many records as there are folds"),
        (TABLE, {"folds": 1}, "as many records as there are folds, 1"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    after: pl.DataFrame, more: dict[str, Any], complaint: str
) -> None:
    given = {"target": "rich", "features": ["age"]} | more
    with pytest.raises(BadInput, match=complaint):
        classification_utility(TABLE, after, **given)


def test_a_target_is_known_and_varies() -> None:
    with pytest.raises(BadInput, match="'rich' has nulls"):
        classification_utility(
            TABLE.with_columns(pl.lit(None, pl.String).alias("rich")), TABLE, "rich", ["age"]
        )
    with pytest.raises(BadInput, match="has 1 classes"):
        classification_utility(TABLE.with_columns(rich=pl.lit("no")), TABLE, "rich", ["age"])
