"""A worked example on the Adult data: a plain model repeats what the census of 1994 holds."""

import polars as pl
import pytest
from conftest import SHARED
from sklearn.compose import make_column_transformer  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
from sklearn.pipeline import make_pipeline  # type: ignore[import-untyped]
from sklearn.preprocessing import OneHotEncoder  # type: ignore[import-untyped]

from casemate.assurance.results import Evaluation
from casemate.assurance.tabular import evaluate, from_estimator, table_of

ADULT = SHARED / "data" / "anonymisation" / "adult" / "adult.csv.gz"
READ = ["age", "education", "marital-status", "occupation", "workclass"]
pytestmark = pytest.mark.skipif(not ADULT.exists(), reason="the shared Adult data is not here")


@pytest.fixture(scope="module")
def found() -> Evaluation:
    """A logistic regression that reads neither sex nor race, on the half that it did not learn from."""
    rows = pl.read_csv(ADULT, separator=";")
    learnt, held_out = rows[::2], rows[1::2]
    texts = OneHotEncoder(handle_unknown="ignore")
    model = make_pipeline(
        make_column_transformer((texts, READ[1:]), remainder="passthrough"),
        LogisticRegression(max_iter=2000),
    ).fit(learnt.select(READ).to_pandas(), learnt["salary-class"].to_numpy())
    given = table_of(
        held_out,
        target="salary-class",
        positive=">50K",
        protected=["sex", "race"],
        features=READ,
        name="adult, every second row",
    )
    return evaluate(from_estimator(model, ">50K"), given, checks=("performance", "fairness"))


def test_it_is_better_than_always_saying_no(found: Evaluation) -> None:
    accuracy = found.get("performance", "accuracy")
    assert accuracy.n == 15_081
    assert (accuracy.low or 0) > (accuracy.baseline or 1)


def test_women_are_selected_far_less_though_the_model_never_reads_sex(found: Evaluation) -> None:
    ratio = found.get("fairness", "demographic parity ratio", "by sex")
    assert ratio.verdict == "below four fifths"
    assert (ratio.high or 1) < 0.5
    compared = found.get("fairness", "selection rate, difference", "sex = Female")
    assert compared.verdict == "differs"
    assert (compared.high or 0) < -0.1


def test_small_crossings_are_not_told(found: Evaluation) -> None:
    hidden = [one for one in found.figures if one.withheld]
    assert any("race = Other" in one.group and "sex = Female" in one.group for one in hidden)
    assert all(one.n is None or one.n >= 10 for one in found.figures)
