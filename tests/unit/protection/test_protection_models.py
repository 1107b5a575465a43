"""Models and measures at the face of the room: plans, bad input, wrong judges, budgets."""

from dataclasses import replace
from typing import Any, cast

import numpy as np
import polars as pl
import pytest

from casemate.errors import BadInput, CasemateError, IntegrityFailure
from casemate.protection import (
    AverageRisk,
    BetaLikeness,
    Budget,
    DeltaDisclosure,
    DeltaPresence,
    DifferentialPrivacy,
    DistinctLDiversity,
    EntropyLDiversity,
    Hierarchy,
    HighestRisk,
    JournalistRecordsAtRisk,
    JournalistRisk,
    KAnonymity,
    KMap,
    Loss,
    MarketerRisk,
    Payout,
    Plan,
    Population,
    PopulationUniqueness,
    PrivacyModel,
    Profitability,
    Progress,
    RecordsAtRisk,
    RecursiveCLDiversity,
    TCloseness,
    anonymise,
    apply_plan,
    groups,
    intervals,
    suppressible,
)
from casemate.protection.models import model_from_dict

ILLS = ["cold", "flu", "hiv", "none"]
PEOPLE = pl.DataFrame(
    {
        "age": [20 + (number * 7) % 40 for number in range(200)],
        "sex": ["f" if number % 3 else "m" for number in range(200)],
        "ill": [ILLS[number * 5 % 7 % 4] for number in range(200)],
    }
)
QUASI: dict[str, Hierarchy] = {"age": intervals(5, 10, 20), "sex": suppressible()}
TREE = groups({"airways": ["cold", "flu"], "other": ["hiv", "none"]})
EVERYBODY = Population.from_table(pl.concat([PEOPLE] * 3), ["age", "sex"])
MODELS: list[PrivacyModel] = [
    KAnonymity(5),
    DistinctLDiversity(2, "ill"),
    EntropyLDiversity("1.5", "ill"),
    RecursiveCLDiversity(3, 2, "ill"),
    TCloseness("0.3", "ill"),
    TCloseness(0.3, "ill", "ordered", order=("none", "cold", "fever", "flu", "hiv")),
    TCloseness("0.3", "ill", "hierarchical", TREE),
    DeltaDisclosure(3, "ill"),
    BetaLikeness(2, "ill"),
    BetaLikeness("1.5", "ill", enhanced=False),
    HighestRisk("0.2"),
    AverageRisk("0.1"),
    RecordsAtRisk(5, "0.05"),
    KMap(5, EVERYBODY),
    JournalistRisk("0.05", EVERYBODY),
    MarketerRisk("0.05", EVERYBODY),
    JournalistRecordsAtRisk(12, "0.1", EVERYBODY),
    DeltaPresence(0, "0.4", EVERYBODY),
    DeltaPresence("0.1", "0.4", EVERYBODY),
    PopulationUniqueness("0.001", sampling_fraction="0.1"),
    PopulationUniqueness("0.001", "zayatz", people=2000),
    Profitability(1200, 300, 300, 4),
    Profitability(1200, 300, 300, 4, attack=False),
    Profitability(1200, 3000, 300, 4, population=EVERYBODY),
    Profitability(1200, 300, 100, 20, attack=False, population=EVERYBODY),
]


def run(models: list[PrivacyModel], suppression: str = "0.3", **more: Any) -> Any:
    return anonymise(PEOPLE, QUASI, models=models, suppression=suppression, **more)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.describe())
def test_every_model_goes_through_a_plan_and_holds_in_the_view(model: PrivacyModel) -> None:
    plan = Plan(quasi_identifiers=QUASI, models=(KAnonymity(3), model), suppression="0.3")
    again = Plan.from_dict(plan.to_dict())
    assert again == plan
    assert again.digest == plan.digest
    report = apply_plan(PEOPLE, again, ["age", "sex", "ill"]).report
    assert report.models == ("3-anonymity", model.describe())
    assert report.suppressed <= 60


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.describe())
def test_a_judge_that_lets_all_pass_is_caught(
    model: PrivacyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second opinion shares no code with the judge."""
    rows = pl.DataFrame({"age": [1] * 9 + [2], "sex": ["f"] * 10, "ill": ["cold"] * 9 + ["hiv"]})
    if model.population is not None:
        everyone = Population.from_table(rows, ["age", "sex"])
        model = replace(cast(KMap, model), population=everyone)  # or another that knows one
    if isinstance(model, Profitability):  # one alone costs more than it brings, and is worth it
        model = replace(model, loss=3000)
    column = _column(rows)
    judge = type(model.judge({"ill": column}))
    monkeypatch.setattr(
        judge, "violated", lambda self, classes: np.zeros(len(classes.sizes), dtype=bool)
    )
    monkeypatch.setattr(
        judge, "fewest", lambda self, classes, flags: np.zeros(len(classes.sizes), dtype=np.int64)
    )
    with pytest.raises(IntegrityFailure):
        anonymise(rows, QUASI, models=[model], suppression="0.5", levels={"age": 0, "sex": 0})


def _column(rows: pl.DataFrame) -> Any:
    from casemate.protection.classes import SensitiveColumn

    values = sorted(rows["ill"].unique())
    return SensitiveColumn("ill", tuple(values), np.array([9, 1]))


def test_a_plan_whose_sensitive_attribute_stays_needs_another_model() -> None:
    closeness = TCloseness("0.3", "ill")
    alone = Plan(quasi_identifiers=QUASI, models=(closeness,))
    with pytest.raises(BadInput, match="nothing protects the quasi-identifiers"):
        apply_plan(PEOPLE, alone, ["age", "sex"])
    both = Plan(quasi_identifiers=QUASI, models=(KAnonymity(3), closeness))
    assert apply_plan(PEOPLE, both, ["age", "sex"]).report.models == ("3-anonymity",)


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: DistinctLDiversity(0, "ill"), "l must be a whole number"),
        (lambda: DistinctLDiversity(2, ""), "needs the name of a sensitive attribute"),
        (lambda: EntropyLDiversity("0.5", "ill"), "at least 1"),
        (lambda: EntropyLDiversity("many", "ill"), "not a number"),
        (lambda: RecursiveCLDiversity(0, 2, "ill"), "c must be above 0"),
        (lambda: RecursiveCLDiversity(1, 1, "ill"), "at least 2"),
        (lambda: TCloseness(1.5, "ill"), "0 to 1"),
        (lambda: TCloseness(float("nan"), "ill"), "nan"),
        (lambda: TCloseness("0.2", "ill", "euclidean"), "not 'euclidean'"),
        (lambda: TCloseness("0.2", "ill", "hierarchical"), "needs a hierarchy"),
        (lambda: TCloseness("0.2", "ill", order=("a",)), "ordered distance only"),
        (lambda: DeltaDisclosure(0, "ill"), "above 0"),
        (lambda: BetaLikeness(-1, "ill"), "above 0"),
        (lambda: HighestRisk(0), "above 0 and up to 1"),
        (lambda: AverageRisk("1.5"), "above 0 and up to 1"),
        (lambda: RecordsAtRisk(5, 1), "below 1"),
        (lambda: KMap(5, None), "needs a Population"),  # type: ignore[arg-type]
        (lambda: KMap(0, EVERYBODY), "at least 1, not 0"),
        (lambda: JournalistRisk(2, EVERYBODY), "above 0 and up to 1, not 2"),
        (lambda: MarketerRisk("0.1", PEOPLE), "needs a Population"),  # type: ignore[arg-type]
        (lambda: JournalistRecordsAtRisk(5, 1, EVERYBODY), "below 1, not 1"),
        (lambda: DeltaPresence("0.5", "0.2", EVERYBODY), "not 0.5 and 0.2"),
        (lambda: DeltaPresence(0, 0, EVERYBODY), "the higher above 0"),
        (lambda: DeltaPresence(0, None, EVERYBODY), "must be a number, not None"),
        (lambda: PopulationUniqueness(1, people=9), "0 to below 1, not 1"),
        (lambda: PopulationUniqueness("0.1"), "either the sampling fraction or the size"),
        (lambda: PopulationUniqueness("0.1", "poisson", people=9), "no population model 'poisson'"),
        (lambda: PopulationUniqueness("0.1", people=0), "at least 1, not 0"),
        (lambda: PopulationUniqueness("0.1", sampling_fraction=2), "up to 1, not 2"),
        (lambda: Profitability(0, 1, 1, 1), "the benefit must be above 0"),
        (lambda: Profitability(1, 1, -1, 1), "the gain is an amount of at least 0, not -1"),
        (lambda: Profitability(1, 1, 1, 1, attack=0), "attack is true or false"),  # type: ignore[arg-type]
        (lambda: DifferentialPrivacy(0, "1e-6"), "epsilon must be above 0"),
        (lambda: DifferentialPrivacy(1, 1), "delta lies between"),
        (lambda: DifferentialPrivacy(1, "1e-6", choosing=1), "0 to below 1, not 1"),
        (lambda: DifferentialPrivacy(1, "1e-6", sampling="0.7"), "up to 0.632121, not 0.7"),
        (
            lambda: model_from_dict({"model": "t-closeness", "t": 0.2}),
            "t of t-closeness is a float",
        ),
        (lambda: model_from_dict({"model": "t-closeness", "t": "0.2"}), "not well formed"),
        (lambda: model_from_dict({"model": "k-anonymity", "k": 2, "of_table": 1}), "well formed"),
        (
            lambda: model_from_dict({"model": "k-map", "k": 2, "variables": ["a"], "people": [[]]}),
            ".",
        ),
    ],
)
def test_wrong_parameters_are_refused_in_words(make: Any, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        make()


def test_wrong_tables_are_refused_in_words() -> None:
    with pytest.raises(
        BadInput, match="'sex' is named both as a quasi-identifier and as sensitive"
    ):
        run([DistinctLDiversity(2, "sex")])
    with pytest.raises(BadInput, match="under quasi_identifiers too"):
        Plan(quasi_identifiers=QUASI, models=(DistinctLDiversity(2, "sex"),))
    with pytest.raises(BadInput, match="no column 'wealth'"):
        run([DistinctLDiversity(2, "wealth")])
    with pytest.raises(BadInput, match="'none', which the order of t-closeness lacks"):
        run([TCloseness("0.2", "ill", "ordered", order=("cold", "flu", "hiv"))])
    with pytest.raises(BadInput, match="'none', which its hierarchy lacks"):
        run([TCloseness("0.2", "ill", "hierarchical", groups({"a": ["cold", "flu", "hiv"]}))])
    few = Population.from_table(PEOPLE.head(50), ["age", "sex"])
    with pytest.raises(BadInput, match="fewer people than the table"):
        run([KMap(2, few)])
    with pytest.raises(BadInput, match="no variable 'sex'"):
        run([KMap(2, Population.from_table(PEOPLE, ["age"]))])
    with pytest.raises(BadInput, match="a weight is given for 'wealth'"):
        run([KAnonymity(2)], measure=Loss(weights={"wealth": 2}))


def test_k_map_counts_the_population_not_the_table() -> None:
    ages = pl.DataFrame({"age": [20, 31, 42]})
    people = pl.DataFrame({"age": [20, 31, 42], "number": [9, 9, 9]})
    known = Population.from_table(people, ["age"], count="number")
    result = anonymise(ages, {"age": intervals(10)}, models=[KMap(9, known)], suppression=0)
    assert result.generalisation == {"age": 0}
    coarser = anonymise(ages, {"age": intervals(50)}, models=[KMap(10, known)], suppression=0)
    assert coarser.table["age"].to_list() == ["[0, 50)"] * 3


def test_weights_move_the_generalisation_to_what_matters_less() -> None:
    light = run([KAnonymity(10)], "0", measure=Loss(weights={"age": 10, "sex": 1}))
    heavy = run([KAnonymity(10)], "0", measure=Loss(weights={"age": 1, "sex": 10}))
    assert light.generalisation["age"] < heavy.generalisation["age"]
    assert heavy.generalisation["sex"] < light.generalisation["sex"]


def test_a_budget_gives_the_best_so_far_and_says_how_far_it_may_be() -> None:
    whole = run([KAnonymity(5)])
    cut = run([KAnonymity(5)], budget=Budget(nodes=1))
    assert cut.gap > 0
    assert cut.score * (1 - cut.gap) <= whole.score <= cut.score
    assert cut.nodes == 1


def test_progress_tells_of_the_search_and_may_stop_it() -> None:
    seen: list[Progress] = []

    def watch(progress: Progress) -> bool:
        seen.append(progress)
        return len(seen) == 3

    result = run([KAnonymity(5)], budget=Budget(progress=watch))
    assert [progress.judged for progress in seen] == [1, 2, 3]
    assert all(progress.bound <= (progress.best or 0) for progress in seen)
    assert result.nodes == 3


def test_an_interrupt_gives_the_best_so_far() -> None:
    def interrupt(progress: Progress) -> bool:
        if progress.judged == 2:
            raise KeyboardInterrupt
        return False

    result = run([KAnonymity(5)], budget=Budget(progress=interrupt))
    assert result.nodes == 2
    assert result.gap > 0


def test_a_search_that_ends_with_nothing_found_says_so() -> None:
    with pytest.raises(CasemateError, match="ended before it found"):
        run([EntropyLDiversity("3.9", "ill")], "0.9", budget=Budget(nodes=1))


def test_of_several_models_the_refusal_says_which_asks_too_much() -> None:
    # a third of everybody is in the table: absence is surer than one half
    with pytest.raises(BadInput, match=r"reaches \(0.5, 1\)-presence .* 200 records \(100.00%\)"):
        run([DeltaPresence("0.5", 1, EVERYBODY)])
    with pytest.raises(BadInput, match=r"0 for 5-anonymity, 200 for distinct 9-diversity of ill"):
        run([KAnonymity(5), DistinctLDiversity(9, "ill")])


@pytest.mark.parametrize(
    ("model", "complaint"),
    [
        (KMap(2, Population.from_table(PEOPLE, ["age"])), "population has no variable 'sex'"),
        (KMap(2, Population.from_table(PEOPLE.head(99), ["age", "sex"])), "holds fewer people"),
        (PopulationUniqueness("0.1", people=150), "150 cannot hold a sample of 200 records"),
        (TCloseness("0.2", "wage"), "no column 'wage'"),
        (DifferentialPrivacy(1, "1e-6"), "no search over finished tables .* use safepub"),
    ],
)
def test_what_does_not_fit_the_table_is_refused(model: PrivacyModel, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        run([model])


def test_models_that_know_different_populations_are_refused() -> None:
    other = Population.from_table(pl.concat([PEOPLE] * 2), ["age", "sex"])
    with pytest.raises(BadInput, match="different populations"):
        run([KMap(2, EVERYBODY), DeltaPresence(0, "0.9", other)])


def test_an_infeasible_model_says_which_and_the_best_reachable() -> None:
    with pytest.raises(BadInput, match=r"reaches \(0, 0.2\)-presence .* 200 records \(100.00%\)"):
        run([DeltaPresence(0, "0.2", EVERYBODY)])
    with pytest.raises(BadInput, match=r"0 for 5-anonymity, 200 for a highest journalist risk"):
        run([KAnonymity(5), JournalistRisk("0.001", EVERYBODY)])


def test_the_highest_payout_is_found() -> None:
    game = Profitability(1200, 600, 600, 10)
    held = run([game], measure=Payout(game))
    assert 0 < held.score < 1
    assert held.measure == "payout"
    everyone_leaves = run([KAnonymity(1)], measure=Payout(game))
    assert everyone_leaves.score >= held.score
    safe = run([replace(game, attack=False)], measure=Payout(game))
    assert safe.score >= held.score
    assert safe.risk.smallest_class >= 60
