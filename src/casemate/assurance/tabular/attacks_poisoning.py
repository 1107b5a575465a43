"""Poisoning: what some turned labels among those that a model learns from do to it."""

import warnings
from typing import Any

import numpy as np

from casemate.assurance.results import Figure, corrected, figure
from casemate.assurance.statistics import mcnemar
from casemate.assurance.tabular.models import columns_for
from casemate.assurance.tabular.trial import Trial

SHARES = (0.05, 0.2)
_FEWEST = 40


def poisoning(trial: Trial) -> list[Figure] | str:
    """The change of accuracy on one half when labels of the other half, which it learns from, are turned.

    Of the second kind only those of the positive answer are turned, as who wants fewer of them would.
    """
    if trial.model.estimator is None:
        return "the model cannot be trained anew: only a scikit-learn estimator at hand can"
    labels = trial.table.rows[trial.table.target].to_numpy()
    if len(np.unique(labels)) != 2:
        return "turning labels needs a target of two values"
    places = np.random.default_rng(trial.seed).permutation(trial.places)
    half = len(places) // 2
    if half < _FEWEST or min(np.unique(labels[places[:half]], return_counts=True)[1]) < 5:
        return f"it needs {2 * _FEWEST} rows, and five of both values among those learnt from"
    clean = _right(trial, places, labels[places[:half]])
    found = []
    for share in SHARES:
        for only in (False, True):
            turned = _turn(trial, labels, places[:half], share, only=only)
            after = _right(trial, places, turned)
            compared = mcnemar(after, clean, level=trial.settings.level)
            name = f"{share:.0%} of the {'positive ' if only else ''}labels turned"
            found.append(
                figure(
                    "poisoning",
                    "accuracy, change",
                    compared.difference,
                    name,
                    baseline=0.0,
                    baseline_of="trained anew on the labels as they are",
                    p_value=compared.p_value,
                    settings={"test": compared.test, "correction": "Holm", "learnt from": half},
                )
            )
    return corrected(found, level=trial.settings.level)


def _turn(trial: Trial, labels: Any, learnt: Any, share: float, *, only: bool) -> Any:
    draw = np.random.default_rng(trial.seed)
    one, two = np.unique(labels)
    given = labels[learnt].copy()
    may = np.flatnonzero(trial.table.truth[learnt]) if only else np.arange(len(given))
    chosen = draw.permutation(may)[: round(share * len(may))]
    given[chosen] = np.where(given[chosen] == one, two, one)
    return given


def _right(trial: Trial, places: Any, labels: Any) -> Any:
    """Whether a model trained on the first half with ``labels`` is right on each row of the second."""
    from sklearn.base import clone  # type: ignore[import-untyped]

    half = len(labels)
    given = columns_for(trial.model.estimator, trial.table.part(places))
    first, second = given[:half], given[half:]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged is no finding on poisoning
        fitted = clone(trial.model.estimator).fit(first, labels)
        said = fitted.predict(second)
    positive = trial.table.rows[trial.table.target].to_numpy()[places[half:]]
    return np.asarray(said) == positive
