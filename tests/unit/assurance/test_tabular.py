"""Models on a table: what is known by construction is found, and what is not there is not."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from assurance_world import by_sign, fair, people, table, unfair
from fairlearn import metrics  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
from sklearn.tree import DecisionTreeClassifier  # type: ignore[import-untyped]

from casemate.assurance.page import report_html
from casemate.assurance.statistics import Interval
from casemate.assurance.tabular import Settings, evaluate, from_estimator, from_rule, table_of
from casemate.assurance.tabular.attacks_people import membership
from casemate.assurance.tabular.fairness import SUMMARIES, four_fifths, summaries
from casemate.assurance.tabular.models import in_parts
from casemate.assurance.tabular.trial import Trial
from casemate.assurance.words import findings
from casemate.errors import BadInput

PLAIN = ("performance", "fairness")


def test_an_unfair_rule_is_found_and_a_fair_one_is_not_accused() -> None:
    wronged = evaluate(from_rule(unfair), table(), checks=PLAIN)
    found = wronged.get("fairness", "selection rate, difference", "sex = F")
    assert found.verdict == "differs"
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.212 - 0.5 < found.high  # normal: P(skill > 0.8) less P(skill > 0)
    ratio = wronged.get("fairness", "demographic parity ratio", "by sex")
    assert ratio.verdict == "below four fifths"
    assert any("selection rate of sex = F is" in one for one in findings(wronged))
    alike = evaluate(from_rule(fair), table(), checks=PLAIN)
    compared = [one for one in alike.of("fairness") if one.p_value is not None]
    assert {one.verdict for one in compared} == {"no difference told"}
    assert all(0 < one.settings["least detectable"] < 0.2 for one in compared)
    assert any("None of 4 comparisons" in one for one in findings(alike))


def test_figures_are_those_of_scikit_learn_and_fairlearn() -> None:
    rows = people()
    scores = unfair(rows)
    truth, decided = rows["hired"].to_numpy(), scores >= 0.5
    found = evaluate(from_rule(unfair), table(), checks=PLAIN)
    frame = metrics.MetricFrame(
        metrics={
            "accuracy": lambda a, b: float((a == b).mean()),
            "true positive rate": metrics.true_positive_rate,
            "false positive rate": metrics.false_positive_rate,
            "selection rate": metrics.selection_rate,
        },
        y_true=truth,
        y_pred=decided,
        sensitive_features=rows["sex"].to_list(),
    )
    for measure in frame.by_group:
        for sex in "FM":
            told = found.get("performance", measure, f"sex = {sex}")
            assert told.estimate == pytest.approx(frame.by_group[measure][sex])
            assert told.low is not None
            assert told.low < frame.by_group[measure][sex] < (told.high or 0)


@pytest.mark.parametrize("seed", range(5))
def test_the_summaries_of_counts_are_fairlearns(seed: int) -> None:
    draw = np.random.default_rng(seed)
    group = draw.integers(0, 3, 300)
    truth, decided = draw.random(300) < 0.4, draw.random(300) < 0.2 + 0.2 * group
    cells = np.array(
        [
            [((truth == t) & (decided == d) & (group == g)).sum() for t, d in _KINDS]
            for g in range(3)
        ],
        dtype=float,
    )
    own = [float(one[0]) for one in summaries(cells[None])]
    theirs = [
        one(truth.astype(int), decided.astype(int), sensitive_features=group)
        for one in (
            metrics.demographic_parity_difference,
            metrics.demographic_parity_ratio,
            metrics.equalized_odds_difference,
            metrics.equalized_odds_ratio,
        )
    ]
    assert own == pytest.approx(theirs)
    assert len(SUMMARIES) == len(own)


_KINDS = ((True, True), (True, False), (False, True), (False, False))


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.5, 0.79, "below four fifths"),
        (0.8, 0.95, "at least four fifths"),
        (0.7, 0.9, "four fifths: cannot be told"),
    ],
)
def test_the_four_fifths_rule_says_when_it_cannot_be_told(
    low: float, high: float, verdict: str
) -> None:
    assert four_fifths(Interval((low + high) / 2, low, high, "", 100)) == verdict


def test_a_few_people_are_told_nothing_of() -> None:
    found = evaluate(from_rule(fair), table(protected=["few", "sex"]), checks=PLAIN)
    for group in ("few = rare", "few = rarer"):
        one = found.get("performance", "accuracy", group)
        assert one.estimate is one.n is one.low is None
        assert one.withheld.startswith("minimum cell count")
    assert not any("rare" in one.group and one.estimate is not None for one in found.figures)
    # 7 people are rare: together fewer than 10, so that the common ones would give them away
    assert found.get("performance", "accuracy", "few = common").estimate is None
    assert any("withheld" in one for one in findings(found))
    assert "fairness by few" in {one.check for one in found.not_tested}


def test_a_single_small_group_takes_the_next_one_with_it() -> None:
    frame = people().with_columns(
        place=pl.Series([*["tiny"] * 3, *["small"] * 60, *["large"] * 1137])
    )
    found = evaluate(from_rule(fair), table(frame, protected=["place"]), checks=("performance",))
    told = {
        one.group: one.estimate is not None for one in found.of("performance", "selection rate")
    }
    assert told == {
        "everybody": True,
        "place = tiny": False,
        "place = small": False,
        "place = large": True,
    }


def test_rare_outcomes_withhold_what_is_of_the_truth_but_not_the_decisions() -> None:
    frame = people().with_columns(
        hired=pl.when(pl.col("sex") == "F").then(pl.lit(value=False)).otherwise(pl.col("hired"))
    )
    found = evaluate(from_rule(fair), table(frame), checks=("performance",))
    assert found.get("performance", "accuracy", "sex = F").estimate is None
    assert (
        found.get("performance", "accuracy", "sex = M").estimate is None
    )  # it would tell the other
    assert found.get("performance", "selection rate", "sex = F").estimate is not None


def test_the_same_seed_gives_the_same_bytes() -> None:
    checks = (*PLAIN, "shift", "attacks")
    asked = {"settings": Settings(most_rows=450), "checks": checks}
    first = evaluate(from_rule(unfair), table(trained="trained"), seed=5, **asked).to_json()  # type: ignore[arg-type]
    again = evaluate(from_rule(unfair), table(trained="trained"), seed=5, **asked).to_json()  # type: ignore[arg-type]
    assert first == again
    one, other = (
        evaluate(from_rule(unfair), table(), seed=seed, checks=("shift",)) for seed in (5, 6)
    )
    assert one.figures != other.figures


def test_results_are_tied_to_what_they_are_of() -> None:
    one = evaluate(from_rule(fair), table(), checks=("performance",))
    two = evaluate(from_rule(unfair), table(), checks=("performance",))
    more = evaluate(from_rule(fair), table(people(seed=2)), checks=("performance",))
    assert one.model.digest != two.model.digest
    assert one.data.digest == two.data.digest != more.data.digest
    assert one.machine["packages"]["fairlearn"] != "not installed"
    assert {"fairness", "shift", "explanation", "attacks"} <= {x.check for x in one.not_tested}


def test_a_rule_without_scores_is_not_said_to_be_calibrated() -> None:
    found = evaluate(from_rule(by_sign), table(), checks=("performance",))
    measures = {one.measure for one in found.of("performance")}
    assert "area under the curve" not in measures
    assert "calibration gap" not in measures
    assert any("calibration" in one.check for one in found.not_tested)


def test_calibration_is_found_and_its_absence_too() -> None:
    draw = np.random.default_rng(3)
    chance = draw.random(2000).round(4)
    frame = pl.DataFrame({"x": chance, "y": draw.random(2000) < chance})
    given = table_of(frame, target="y", protected=[])
    right = evaluate(from_rule(lambda rows: rows["x"].to_numpy()), given, checks=("performance",))
    gap = right.get("performance", "calibration gap")
    assert (gap.low or 0) < 0 < (gap.high or 0)
    error = right.get("performance", "calibration error")
    assert error.estimate == pytest.approx(error.baseline, abs=0.02)
    assert error.verdict == "no difference told"
    sure = evaluate(
        from_rule(lambda rows: np.sqrt(rows["x"].to_numpy())), given, checks=("performance",)
    )
    assert (sure.get("performance", "calibration gap").low or 0) > 0.1
    assert (sure.get("performance", "calibration error").low or 0) > 0.1
    assert sure.get("performance", "calibration error").verdict == "differs"


def test_shift_finds_what_the_model_needs_and_what_it_would_do_better_without() -> None:
    found = evaluate(from_rule(unfair), table(), checks=("shift",))
    change = {one.group: one for one in found.of("shift", "accuracy, change")}
    assert change["skill not recorded"].verdict == "differs"
    assert (change["skill not recorded"].high or 0) < -0.2
    assert (change["sex not recorded"].low or 0) > 0  # without it, women lose nothing
    assert change["town not recorded"].estimate == 0
    mix = found.get("shift", "accuracy, another mix", "sex: every group as large")
    assert (mix.high or 1) < 0.85
    wrong = found.get("shift", "accuracy, wrong labels")
    assert (wrong.estimate or 1) < (wrong.baseline or 0)


def test_importance_counts_what_the_rule_reads_and_nothing_else() -> None:
    found = evaluate(
        from_rule(by_sign), table(), checks=("explanation",), settings=Settings(most_rows=600)
    )
    told = {one.group: one for one in found.of("explanation", "accuracy lost without it")}
    assert told["skill"].verdict == "counts"
    assert (told["skill"].low or 0) > 0.2
    assert found.get("explanation", "decisions turned without it", "skill").verdict == "counts"
    for other in ("age", "sex", "town"):
        assert (told[other].estimate, told[other].verdict) == (0.0, "not told from nothing")
    assert any("SHAP" in one.check for one in found.not_tested)  # it tells no scores


@pytest.mark.slow
def test_shap_agrees_where_the_model_is_plain() -> None:
    found, again = (
        evaluate(
            from_rule(unfair), table(), checks=("explanation",), settings=Settings(most_rows=400)
        )
        for _ in range(2)
    )
    assert found.to_json() == again.to_json()
    goes_by = found.get("explanation", "decisions turned without it", "sex")
    right_by = found.get("explanation", "accuracy lost without it", "sex")
    assert goes_by.verdict == "counts"  # it decides by sex, and is no more right for it
    assert right_by.verdict == "not told from nothing"
    agreement = found.get("explanation", "agreement of SHAP with permutation")
    assert (agreement.estimate or 0) > 0.8
    assert (agreement.low or 0) > 0


def estimators(kind: Any, **terms: Any) -> tuple[Any, pd.DataFrame, Any]:
    """A classifier fitted on those of the made people who trained it."""
    rows = people(900, seed=4).with_columns(
        noise=pl.Series(np.random.default_rng(1).normal(size=900))
    )
    numbers = rows.select("skill", "age", "noise").to_pandas()
    trained = rows["trained"].to_numpy()
    fitted = kind(**terms).fit(numbers[trained], rows["hired"].to_numpy()[trained])
    return (
        fitted,
        numbers,
        table_of(
            rows,
            target="hired",
            protected=["sex"],
            features=["skill", "age", "noise"],
            trained="trained",
        ),
    )


def test_an_estimator_is_attacked_and_one_that_remembers_is_found_out() -> None:
    tree, _, given = estimators(DecisionTreeClassifier, random_state=1)
    model = from_estimator(tree, "true")
    trial = Trial(model, given, model.says(given.rows.select(given.features)), Settings(), 1)
    remembered = membership(trial)
    assert isinstance(remembered, list)
    by_loss = next(one for one in remembered if one.measure == "advantage")
    assert by_loss.verdict == "differs"
    assert (by_loss.low or 0) > 0.1
    plain, _, _ = estimators(LogisticRegression)
    calm = evaluate(from_estimator(plain, "true"), given, checks=("attacks",))
    assert {one.verdict for one in calm.of("membership inference")} == {"no difference told"}
    copied = calm.get("extraction", "agreement of a copy")
    assert (copied.estimate or 0) > (copied.baseline or 1)
    turned = calm.get("evasion", "decisions turned within 0.5 standard deviations")
    assert (turned.estimate or 0) >= (turned.baseline or 0)
    worst = calm.get("poisoning", "accuracy, change", "20% of the positive labels turned")
    assert worst.low is not None
    assert worst.n == 450
    assert calm.not_tested[0].check == "attribute inference"  # every feature has too many values


def test_random_draws_of_others_are_left_as_they_were() -> None:
    np.random.seed(7)
    expected = np.random.random()
    np.random.seed(7)
    evaluate(from_rule(fair), table(), checks=("attacks",), settings=Settings(most_rows=100))
    assert np.random.random() == expected


def test_any_frame_gives_the_same_figures() -> None:
    rows = people()
    frames: list[Any] = [rows, rows.to_pandas(), rows.to_arrow()]
    figures = [evaluate(from_rule(fair), table(one), checks=PLAIN).figures for one in frames]
    assert figures[0] == figures[1] == figures[2]


def test_a_protected_number_is_cut_into_bands_that_name_nobodys_age() -> None:
    given = table(protected=["age"])
    labels = set(given.groups["age"].tolist())
    assert len(labels) == 4
    assert all("below" in one or "more" in one for one in labels)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"target": "nothing"}, "nothing"),
        ({"target": "town"}, "which value of 'town'"),
        ({"target": "town", "positive": "east"}, "needs the value 'east'"),
        ({"features": ["skill", "hired"]}, "cannot be among the features"),
        ({"trained": "town"}, "true or false in every row"),
        ({"protected": ["gender"]}, "gender"),
    ],
)
def test_a_table_that_will_not_do_is_refused_in_one_sentence(
    terms: dict[str, Any], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        table(**terms)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (lambda rows: np.full(rows.height, 2.0), "not from 0 to 1"),
        (lambda rows: np.full(rows.height, np.nan), "true or false, or a number"),
        (lambda rows: np.zeros(3), "one number for each"),
        (lambda rows: ["yes"] * rows.height, "true or false, or a number"),
    ],
)
def test_a_rule_that_answers_nonsense_is_refused(rule: Any, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        evaluate(from_rule(rule), table())


def test_an_estimator_that_is_not_fitted_or_knows_other_classes_is_refused() -> None:
    with pytest.raises(BadInput, match="not fitted"):
        from_estimator(LogisticRegression(), "true")
    fitted, _, _ = estimators(LogisticRegression)
    with pytest.raises(BadInput, match="column 'noise'"):
        evaluate(from_estimator(fitted, "true"), table())


def test_wrong_settings_and_checks_are_refused() -> None:
    with pytest.raises(BadInput, match="there is no check 'beauty'"):
        evaluate(from_rule(fair), table(), checks=("beauty",))
    with pytest.raises(BadInput, match="settings"):
        evaluate(from_rule(fair), table(), settings=Settings(repeats=1))


def test_the_page_says_all_and_lets_no_name_become_markup() -> None:
    frame = people().with_columns(town=pl.Series(["<script>alert(1)</script>", "south"] * 600))
    found = evaluate(from_rule(unfair), table(frame, protected=["sex", "town"]), checks=PLAIN)
    page = report_html(found)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert found.model.digest in page
    assert found.data.digest in page
    for told in findings(found)[:1]:
        assert told.split(";")[0] in page
    assert page.count('role="img"') >= 5
    assert "Not tested: shift" in page
    assert "http" not in page.replace("http://www.w3.org", "").replace("http-equiv", "")


def test_progress_is_heard_to_its_end() -> None:
    heard: list[tuple[int, int, str]] = []
    evaluate(from_rule(fair), table(), checks=PLAIN, progress=lambda *told: heard.append(told))
    assert [one[0] for one in heard] == [0, 1, 2, 3]
    assert heard[-1] == (3, 3, "done")


def test_a_model_is_asked_in_parts_and_answers_as_a_whole() -> None:
    rows = people(250)
    model = from_rule(unfair)
    whole, parts = model.says(rows), in_parts(model.says, most=100)(rows)
    assert whole.scores is not None
    assert parts.scores is not None
    assert (whole.scores == parts.scores).all()
    assert (whole.decided == parts.decided).all()


def test_missing_values_stop_no_check_that_the_model_survives() -> None:
    frame = people(600).with_columns(
        age=pl.when(pl.int_range(pl.len()) % 7 == 0).then(None).otherwise(pl.col("age")),
        town=pl.when(pl.int_range(pl.len()) % 11 == 0).then(None).otherwise(pl.col("town")),
        sex=pl.when(pl.int_range(pl.len()) % 5 == 0).then(None).otherwise(pl.col("sex")),
        empty=pl.lit(None, dtype=pl.Float64),
    )
    given = table(frame, features=["skill", "age", "town", "empty"], trained="trained")
    found = evaluate(
        from_rule(by_sign),
        given,
        checks=("performance", "fairness", "shift", "attacks"),
        settings=Settings(most_rows=500),
    )
    assert found.get("performance", "accuracy", "sex = (missing)").n == 120
    assert found.get("shift", "accuracy, change", "empty not recorded").estimate == 0.0
    assert "extraction" in {one.check for one in found.figures}
