"""Extraction: how far a copy that is trained on the model's answers stands in for it."""

from typing import Any

import numpy as np

from casemate.assurance.results import Figure, figure
from casemate.assurance.statistics import mcnemar, wilson
from casemate.assurance.tabular.trial import Codes, Trial

_FEWEST = 40
_TREES = 50


def extraction(trial: Trial) -> list[Figure] | str:
    """Agreement of the copy on rows that it did not ask about; half of the rows are the questions."""
    places = np.random.default_rng(trial.seed).permutation(trial.places)
    half = len(places) // 2
    decided, truth = trial.said.decided[places], trial.table.truth[places]
    if half < _FEWEST or not 0 < decided[:half].sum() < half or not 0 < truth[:half].sum() < half:
        return f"it needs {2 * _FEWEST} rows, and both answers among those asked about"
    numbers = Codes.of(trial.table.part(places)).encode()
    copied = _copy(numbers[:half], decided[:half], trial.seed).predict(numbers[half:])
    without = _copy(numbers[:half], truth[:half], trial.seed).predict(numbers[half:])
    agrees, agrees_without = copied == decided[half:], without == decided[half:]
    level = trial.settings.level
    compared = mcnemar(agrees, agrees_without, level=level)
    interval = wilson(int(agrees.sum()), len(agrees), level=level)
    gain = [compared.difference.estimate, compared.difference.low, compared.difference.high]
    return [
        figure(
            "extraction",
            "agreement of a copy",
            interval,
            baseline=float(agrees_without.mean()),
            baseline_of="a copy trained on the truth, which never asked the model",
            p_value=compared.p_value,
            verdict="the answers give more away than the data" if gain[1] > 0 else "no gain told",
            settings={"questions": half, "gain": gain, "test": compared.test},
        )
    ]


def _copy(numbers: Any, answers: Any, seed: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier  # type: ignore[import-untyped]

    forest = RandomForestClassifier(n_estimators=_TREES, random_state=seed)
    return forest.fit(numbers, answers)
