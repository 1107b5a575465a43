"""Membership and attribute inference: the enclave's attacks, on a model that has not asked to leave."""

from typing import TYPE_CHECKING, Any

import numpy as np

from casemate.assurance.results import Figure, corrected, figure
from casemate.assurance.statistics import Interval
from casemate.assurance.statistics.intervals import LEVEL
from casemate.assurance.tabular.answers import Said
from casemate.assurance.tabular.trial import Codes, Matrix, Trial

if TYPE_CHECKING:
    from casemate.enclave.model_attacks.card import People
    from casemate.enclave.model_attacks.scores import Interval as Estimate

_NO_TRAINED = "no column says who the model was trained on (trained)"


def membership(trial: Trial) -> list[Figure] | str:
    """Loss threshold and calibrated loss; their intervals are of 95 %, as the enclave's."""
    from casemate.enclave.model_attacks.losses import losses
    from casemate.enclave.model_attacks.membership import by_loss, calibrated

    prepared = _people(trial)
    if isinstance(prepared, str):
        return prepared
    _, people = prepared
    scores = None if trial.said.scores is None else trial.said.scores[trial.places]
    said = _as_column(Said(trial.said.decided[trial.places], scores))
    lost = losses("classification", said, people.target)
    found = []
    for score in (by_loss(people, lost), calibrated("classification", people, lost, trial.seed)):
        for measure, one, chance in (
            ("area under the curve", score.auc, 0.5),
            ("members found at 1 % false ones", score.tpr, 0.01),
            ("advantage", score.advantage, 0.0),
        ):
            found.append(
                _against_guessing(
                    "membership inference", measure, score.attack, one, len(people.target), chance
                )
            )
    return corrected(found, level=trial.settings.level)


def _against_guessing(
    check: str, measure: str, of: str, one: "Estimate", people: int, chance: float, **more: Any
) -> Figure:
    """A score of the enclave's with the chance that guessing scores as high, by its standard error."""
    from scipy.stats import norm

    error = (one.high - one.low) / (2 * float(norm.ppf((1 + LEVEL) / 2)))
    p_value = float(norm.sf((one.value - chance) / error)) if error > 0 else 1.0
    interval = Interval(one.value, one.low, one.high, f"the enclave's ({of})", people, LEVEL)
    settings = {"test": "normal, one-sided", "correction": "Holm", **more}
    base = "those who did not train it" if check.startswith("attribute") else "guessing"
    return figure(
        check,
        measure,
        interval,
        of,
        baseline=chance,
        baseline_of=base,
        p_value=p_value,
        settings=settings,
    )


def attribute_inference(trial: Trial) -> list[Figure] | str:
    """How much better a feature's value is guessed of those who trained the model than of others."""
    from casemate.enclave.model_attacks.attributes import attributes

    prepared = _people(trial)
    if isinstance(prepared, str):
        return prepared
    codes, people = prepared
    scores = attributes(
        "classification",
        people,
        lambda rows: _as_column(trial.model.says(codes.decode(rows))),
        trial.table.features,
    )
    if not scores:
        return "no feature has 2 to 10 values"
    found = [
        _against_guessing(
            "attribute inference",
            "advantage",
            one.feature,
            one.advantage,
            len(people.target),
            0.0,
            **{"right of members": one.members, "right of others": one.others},
        )
        for one in scores
    ]
    return corrected(found, level=trial.settings.level)


def _people(trial: Trial) -> "tuple[Codes, People] | str":
    """The people as numbers, and who trained the model; or why they cannot be had."""
    from casemate.enclave.model_attacks.attack import ModelRules
    from casemate.enclave.model_attacks.card import People

    if trial.table.trained is None:
        return _NO_TRAINED
    trained = trial.table.trained[trial.places]
    fewest = ModelRules().min_people
    if min(trained.sum(), (~trained).sum()) < fewest:
        return f"fewer than {fewest} people trained it or were held out: no attack means anything"
    codes = Codes.of(trial.table.part(trial.places))
    truth = trial.table.truth[trial.places].astype(np.float64)
    return codes, People(codes.encode(), truth, trained)


def _as_column(said: Said) -> Matrix:
    """The probability of the positive answer; of a model without scores, 1 where it decides so."""
    scores = said.decided.astype(np.float64) if said.scores is None else said.scores
    return scores.reshape(-1, 1)
