"""Each rule for fitted models by a case that passes and its neighbour that is refused."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from casemate.analysis import Recipe, compute
from casemate.analysis.documents import regression, weighted_effect
from casemate.enclave.checks_model import Findings, Rules
from casemate.enclave.rules import apply_rules

RULES = Rules()


def people(count: int = 400) -> pl.DataFrame:
    drawn = np.random.default_rng(20)
    age = drawn.integers(25, 75, count)
    dose = drawn.normal(10, 2, count)
    chance = 1 / (1 + np.exp(-(age - 50) / 12))
    return pl.DataFrame(
        {
            "age": age,
            "dose": dose,
            "sex": drawn.integers(0, 2, count),
            "town": drawn.integers(0, 5, count),
            "ill": (drawn.random(count) < chance).astype(int),
            "visits": drawn.poisson(2, count),
            "years": drawn.exponential(8, count) + 0.1,
            "weight": 60 + age / 5 + dose + drawn.normal(0, 6, count),
            "survey": drawn.uniform(0.5, 2, count),
        }
    )


def judge(what: Any, frame: pl.DataFrame, rules: Rules = RULES) -> Findings:
    recipe = Recipe(file="out.csv", input="people", what=what)
    return apply_rules(recipe, compute(recipe, frame), frame, rules)


def broken(findings: Findings) -> set[str]:
    return {reason.rule for reason in findings.reasons}


@pytest.mark.parametrize(
    "what",
    [
        regression("weight ~ age + dose + C(sex) + C(town)"),
        regression("weight ~ age^2 + C(sex)*dose"),
        regression("weight ~ age + dose", weights="survey", robust=True),
        regression("ill ~ age + C(sex)", family="logit"),
        regression("visits ~ age + dose", family="poisson"),
        regression("years ~ age + C(sex)", family="cox", event="ill"),
        weighted_effect("weight", "ill", "age + C(sex)"),
    ],
)
def test_models_on_enough_people_pass(what: Any) -> None:
    findings = judge(what, people())
    assert findings.decision == "pass", findings.reasons


def test_degrees_of_freedom_and_saturation() -> None:
    what = regression("weight ~ age + dose")
    assert judge(what, people(13)).decision == "pass"
    assert broken(judge(what, people(12))) == {"degrees of freedom"}
    assert "saturation" in broken(
        judge(regression("weight ~ age + age^2 + dose + dose^2"), people(14))
    )


def test_a_dummy_for_one_person() -> None:
    frame = people().with_columns(one=(pl.int_range(pl.len()) == 7).cast(pl.Int64))
    assert broken(judge(regression("weight ~ age + one"), frame)) >= {"leverage"}
    # a little noise on it does not help
    noisy = frame.with_columns(one=pl.col("one") + pl.col("dose") / 1e4)
    assert "leverage" in broken(judge(regression("weight ~ age + one"), noisy))


def test_a_dummy_for_nine_people_and_for_many() -> None:
    for count, refused in ((9, True), (40, False)):
        frame = people().with_columns(few=(pl.int_range(pl.len()) < count).cast(pl.Int64))
        findings = judge(regression("weight ~ age + few"), frame)
        assert ("leverage" in broken(findings)) == refused, findings.reasons


def test_a_category_with_few_people() -> None:
    frame = people().with_columns(
        town=pl.when(pl.int_range(pl.len()) < 6).then(9).otherwise("town")
    )
    assert "small category" in broken(judge(regression("weight ~ C(town)"), frame))


def test_the_base_category_counts_too() -> None:
    frame = people().with_columns(
        town=pl.when(pl.int_range(pl.len()) < 6).then(-1).otherwise("town")
    )
    assert "small category" in broken(judge(regression("weight ~ age + C(town)"), frame))


def test_a_small_cell_of_an_interaction() -> None:
    frame = people().with_columns(
        town=pl.when((pl.col("town") == 3) & (pl.col("sex") == 1) & (pl.int_range(pl.len()) > 40))
        .then(2)
        .otherwise("town")
    )
    small = frame.filter(pl.col("town") == 3, pl.col("sex") == 1).height
    assert 0 < small < 10
    assert "small category" not in broken(judge(regression("weight ~ C(town) + C(sex)"), frame))
    assert "small category" in broken(judge(regression("weight ~ C(town)*C(sex)"), frame))


def test_one_far_away_person_has_the_leverage() -> None:
    frame = people().with_columns(
        dose=pl.when(pl.int_range(pl.len()) == 3).then(5_000.0).otherwise("dose")
    )
    assert "leverage" in broken(judge(regression("weight ~ dose"), frame))


def test_weights_on_one_person() -> None:
    frame = people().with_columns(
        survey=pl.when(pl.int_range(pl.len()) == 3).then(10_000.0).otherwise("survey")
    )
    findings = judge(regression("weight ~ age + dose", weights="survey"), frame)
    assert {"weights", "leverage"} <= broken(findings)


def test_a_saturated_model_is_a_table_of_means() -> None:
    assert judge(regression("weight ~ C(sex)"), people()).decision == "pass"
    frame = people().with_columns(weight=pl.when(pl.col("sex") == 1).then(70.0).otherwise("weight"))
    assert "saturation" in broken(judge(regression("weight ~ C(sex)"), frame))


def test_a_perfect_fit() -> None:
    frame = people().with_columns(weight=3 * pl.col("age") + pl.col("dose"))
    assert "perfect fit" in broken(judge(regression("weight ~ age + dose"), frame))


def test_few_events() -> None:
    frame = people().with_columns(
        ill=(pl.col("ill").cum_sum() * pl.col("ill")).is_between(1, 8).cast(pl.Int64)
    )
    assert frame["ill"].sum() == 8
    assert "few differ" in broken(judge(regression("ill ~ age", family="logit"), frame))
    cox = regression("years ~ age", family="cox", event="ill")
    assert "few differ" in broken(judge(cox, frame))
    assert "few differ" in broken(judge(weighted_effect("weight", "ill", "age"), frame))


def test_few_without_a_value_are_for_a_person() -> None:
    frame = people().with_columns(
        dose=pl.when(pl.int_range(pl.len()) < 4).then(None).otherwise("dose")
    )
    findings = judge(regression("weight ~ age + dose"), frame)
    assert (findings.decision, broken(findings)) == ("review", {"missing as a group"})
    lax = judge(regression("weight ~ age + dose"), frame, Rules(missing="allow"))
    assert lax.decision == "pass"
