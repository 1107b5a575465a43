"""Attacks on models: chance where a model holds nobody, success where it does, and cards that are held
to their word."""

import json
from typing import Any, Literal

import format_files as made
import numpy as np
import polars as pl
import pytest
from scipy.stats import norm

from casemate.enclave.checks_model import CheckContext, Verdict
from casemate.enclave.formats import judge_format
from casemate.enclave.formats.inspection import Uninspectable, predictions, smallest_leaf
from casemate.enclave.model_attacks import BadCard, ModelRules, card_from_json
from casemate.enclave.model_attacks.attack import attack
from casemate.enclave.model_attacks.card import Refit, people_of
from casemate.enclave.model_attacks.refit import agrees, fit
from casemate.enclave.model_attacks.scores import proportion, score

ADULTS = made.adults()
LOGISTIC = Refit(family="logistic", strength=1.0)


def rules_of(verdict: Verdict | None) -> set[str]:
    assert verdict is not None
    return {reason.rule for reason in verdict.reasons}


def scores_of(verdict: Verdict | None) -> dict[str, Any]:
    assert verdict is not None
    return next(one.evidence["scores"] for one in verdict.reasons if "scores" in one.evidence)


def coefficients(weights: Any, digits: int = 6) -> bytes:
    short = [float(f"{one:.{digits}g}") for one in weights]
    return json.dumps(
        {
            "document": "casemate.coefficients/1",
            "family": "logistic",
            "intercept": short[0],
            "coefficients": dict(zip(made.FEATURES, short[1:], strict=True)),
        }
    ).encode()


def honest() -> Any:
    features, target, trained = made.matrices(ADULTS)
    return fit(LOGISTIC, features[trained], target[trained])


CARD = made.card(refit={"family": "logistic", "strength": 1.0})


def test_a_regression_on_many_people_goes_to_a_person_with_its_scores() -> None:
    verdict = judge_format(made.file("m.json", coefficients(honest())), made.context(), CARD)
    assert verdict is not None
    assert verdict.decision == "review", verdict
    found = scores_of(verdict)
    assert [one["attack"] for one in found["membership"]] == [
        "loss threshold",
        "calibrated loss",
        "LiRA",
    ]
    assert all(one["auc"][1] <= 600 for one in found["membership"])
    assert found["reproduced"] is True
    assert found["settings"]["shadow_models"] == 64
    assert {one["feature"] for one in found["attributes"]} == {"woman"}
    assert "auc" not in "".join(reason.message for reason in verdict.reasons)


def test_a_card_that_names_other_people_than_trained_the_model_is_refused() -> None:
    lie = made.card(refit={"family": "logistic", "strength": 1.0}, train={**made.SPLIT, "seed": 6})
    verdict = judge_format(made.file("m.json", coefficients(honest())), made.context(), lie)
    assert verdict is not None
    assert verdict.decision == "refuse"
    assert "not reproduced" in rules_of(verdict)


def test_a_model_without_a_card_is_for_a_person_who_knows_it_was_not_attacked() -> None:
    verdict = judge_format(
        made.file("m.safetensors", made.safetensors({"w": [0.5, 0.25]})), made.context()
    )
    assert verdict is not None
    assert verdict.decision == "review"
    assert {"undeclared", "model"} <= rules_of(verdict)


def test_long_numbers_carry_more_than_coefficients() -> None:
    model = made.file("m.json", coefficients(honest(), digits=17))
    assert "digits" in rules_of(judge_format(model, made.context(), CARD))


def trees(**settings: Any) -> Any:
    from sklearn.tree import DecisionTreeClassifier  # type: ignore[import-untyped]

    features, target, trained = made.matrices(ADULTS)
    tree = DecisionTreeClassifier(random_state=0, **settings)
    return tree.fit(features[trained].astype(np.float32), target[trained])


def test_an_overfitted_tree_is_refused_for_what_it_tells_and_for_its_leaves() -> None:
    verdict = judge_format(
        made.file("m.onnx", made.onnx_tree(trees())), made.context(), made.card()
    )
    assert verdict is not None
    assert {"small leaves", "tells of its people"} <= rules_of(verdict), verdict


def test_a_pruned_tree_is_for_a_person() -> None:
    model = made.onnx_tree(trees(min_samples_leaf=60))
    verdict = judge_format(made.file("m.onnx", model), made.context(), made.card())
    assert verdict is not None
    assert verdict.decision == "review", verdict
    assert scores_of(verdict)["membership"][0]["auc"][1] < 560


def test_onnx_is_carried_out_as_scikit_learn_does() -> None:
    features, _, trained = made.matrices(ADULTS)
    tree = trees(max_depth=4)
    said = predictions(made.onnx_tree(tree), features)
    exact = tree.predict_proba(features.astype(np.float32))
    assert np.abs(said - exact).max() < 1e-6
    leaves = tree.apply(features[trained].astype(np.float32))
    fewest = np.unique(leaves, return_counts=True)[1].min()
    assert smallest_leaf(made.onnx_tree(tree), features[trained]) == fewest
    weights = honest()
    chance = 1 / (1 + np.exp(-(features @ weights[1:] + weights[0])))
    said = predictions(made.onnx_logistic(weights[0], weights[1:]), features)
    assert np.abs(said[:, 1] - chance).max() < 1e-5


LAYERS = (
    {"weight": "first", "bias": "shift", "activation": "tanh"},
    {"weight": "last", "activation": "sigmoid", "rows": "inputs"},
)


def test_weights_are_carried_out_as_their_card_says() -> None:
    draw = np.random.default_rng(1)
    first, shift, last = draw.normal(size=(4, 5)), draw.normal(size=4), draw.normal(size=(4, 1))
    file = made.safetensors({"first": first, "shift": shift, "last": last})
    rows = draw.normal(size=(50, 5))
    card = card_from_json(made.card(layers=LAYERS))
    layers = [layer.model_dump() for layer in card.layers]
    said = predictions(file, rows, "safetensors", layers)
    exact = 1 / (1 + np.exp(-(np.tanh(rows @ first.T + shift) @ last)))
    assert np.abs(said - exact).max() < 1e-6
    for wrong in (layers[:1], layers[1:], [{**layers[0], "weight": "ghost"}, layers[1]]):
        with pytest.raises(Uninspectable):
            predictions(file, rows, "safetensors", wrong)


def network(people: pl.DataFrame, hidden: int, **settings: Any) -> bytes:
    """A network of one layer of ``hidden`` units, fitted by scikit-learn, as safetensors."""
    from sklearn.neural_network import MLPClassifier  # type: ignore[import-untyped]

    features, target, trained = made.matrices(people)
    centre, spread = features[trained].mean(axis=0), features[trained].std(axis=0)
    fitted = MLPClassifier((hidden,), solver="lbfgs", random_state=0, **settings)
    fitted.fit((features[trained] - centre) / spread, target[trained])
    first, last = fitted.coefs_  # rows of inputs; the standardising goes into the first layer
    weights = first / spread[:, None]
    return made.safetensors(
        {
            "first": weights.T,
            "shift": fitted.intercepts_[0] - (centre / spread) @ first,
            "last": last.T,
            "end": fitted.intercepts_[1],
        }
    )


NETWORK = (
    {"weight": "first", "bias": "shift", "activation": "relu"},
    {"weight": "last", "bias": "end", "activation": "sigmoid"},
)


@pytest.mark.parametrize("seed", [3, 4])
def test_a_network_that_remembers_is_refused_and_one_that_learnt_is_for_a_person(seed: int) -> None:
    people = made.adults(1200, seed)
    card, context = made.card(layers=NETWORK), made.context(people)
    overfitted = network(people, 100, alpha=0.0, max_iter=3000)
    verdict = judge_format(made.file("m.safetensors", overfitted), context, card)
    assert "tells of its people" in rules_of(verdict), verdict
    regular = network(people, 4, alpha=10.0, max_iter=3000)
    verdict = judge_format(made.file("m.safetensors", regular), context, card)
    assert verdict is not None
    assert verdict.decision == "review", verdict
    found = scores_of(verdict)
    assert [one["attack"] for one in found["membership"]] == ["loss threshold", "calibrated loss"]
    assert found["attributes"]
    assert found["settings"]["seed"]


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("m.safetensors", made.safetensors({"w": [0.5, 0.25]}), "names no layers"),
        ("m.gguf", made.gguf({"w": np.ones((2, 3))}), "without what is done with them"),
    ],
)
def test_a_model_that_cannot_be_carried_out_is_for_a_person_who_is_told_so(
    name: str, data: bytes, why: str
) -> None:
    verdict = judge_format(made.file(name, data), made.context(), made.card())
    assert verdict is not None
    assert verdict.decision == "review"
    (reason,) = (one for one in verdict.reasons if one.rule == "not attacked")
    assert why in reason.message


def test_scores_are_those_of_two_normal_groups() -> None:
    draw = np.random.default_rng(0)
    members, others = draw.normal(1.0, 1, 4000), draw.normal(0.0, 1, 4000)
    found = score("made up", members, others, 0.5)
    assert found.auc.low < norm.cdf(1 / np.sqrt(2)) < found.auc.high
    assert found.tpr.low - 0.02 < norm.sf(norm.isf(0.01) - 1) < found.tpr.high + 0.02
    exact = norm.cdf(0.5) - norm.cdf(-0.5)
    assert found.advantage.low - 0.01 < exact < found.advantage.high + 0.01
    none = score("made up", others[:2000], others[2000:], 0.0)
    assert none.auc.low < 0.5 < none.auc.high
    assert proportion(0, 100).high == pytest.approx(1 - 0.025 ** (1 / 100))


def test_a_memory_of_members_is_found_at_full_strength() -> None:
    people = people_of(card_from_json(made.card()), ADULTS)
    known = {row.tobytes(): flag for row, flag in zip(people.features, people.trained, strict=True)}
    truth = {row.tobytes(): one for row, one in zip(people.features, people.target, strict=True)}

    def remembers(rows: Any) -> Any:
        said = [
            (0.98 if truth[row.tobytes()] else 0.02) if known.get(row.tobytes()) else 0.5
            for row in rows
        ]
        return np.array(said).reshape(-1, 1)

    card = card_from_json(made.card())
    report = attack(card, people, remembers, ModelRules())
    assert report.scores[0].auc.value == 1.0
    assert report.scores[0].tpr.value == 1.0
    assert "attribute inference of woman" in report.too_telling(ModelRules())
    assert "loss threshold" in report.too_telling(ModelRules())


def test_a_refit_is_the_maximum_of_its_likelihood() -> None:
    from statsmodels.api import GLM, add_constant, families

    features, target, _ = made.matrices(ADULTS)
    both: tuple[tuple[Literal["logistic", "poisson"], Any], ...] = (
        ("logistic", families.Binomial()),
        ("poisson", families.Poisson()),
    )
    for family, theirs in both:
        ours = fit(Refit(family=family), features, target)
        exact = GLM(target, add_constant(features), family=theirs).fit(tol=1e-12).params
        assert np.allclose(ours, exact, rtol=1e-4, atol=1e-6)
        assert agrees(ours, np.array([float(f"{one:.5g}") for one in ours]), features)


@pytest.mark.parametrize(
    "terms",
    [
        {"features": ["age", "age"]},
        {"features": ["age", "rich"]},
        {"task": "guessing"},
        {"code": "import os"},
        {"train": {"op": "run", "name": "x"}},
    ],
)
def test_cards_are_strict(terms: dict[str, Any]) -> None:
    with pytest.raises(BadCard):
        card_from_json(made.card(**terms))


def test_a_card_that_does_not_fit_its_input_is_refused_without_quoting_it() -> None:
    for terms in ({"target": "ghost"}, {"features": ["person"]}, {"input": "others"}):
        model = made.file("m.onnx", made.onnx_logistic(0.1, [0.5]))
        verdict = judge_format(model, made.context(), made.card(**terms))
        assert "card" in rules_of(verdict), verdict


def test_few_people_mean_that_no_attack_was_run() -> None:
    few: pl.DataFrame = ADULTS.head(150)
    model = made.file("m.onnx", made.onnx_logistic(0.1, [0.5] * 5))
    verdict = judge_format(model, CheckContext({"adults": few}), made.card())
    assert "not attacked" in rules_of(verdict)
