"""Attacks on models before they leave: do they tell a model that remembers from one that has learnt?

    OPENBLAS_NUM_THREADS=1 python benchmarks/model_attacks.py [people]

Two trees and two regressions on people like those of the Adult data (made here, with noise in who is
rich), half of them held out. The overfitted tree has a leaf for nearly each person, the pruned one
60 people in each; the overfitted regression has 150 features of noise and no penalty on 300 people.
Prints JSON: for each, the attacks' AUC and true positives at 1 % false ones (thousandths, with bounds),
whether the rules hold it back, and the seconds that the attacks took.
"""

import json
import os
import sys
import time
from typing import Any

import numpy as np

from casemate.enclave.model_attacks import AttackReport, ModelCard, ModelRules, attack
from casemate.enclave.model_attacks.card import People, Refit
from casemate.enclave.model_attacks.refit import fit, predict

SEED = 11


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 6000
    load = os.getloadavg()[0]
    cases = {
        "tree, a leaf for nearly each": tree(adults(count, 0), min_samples_leaf=1),
        "tree, 60 in each leaf": tree(adults(count, 0), min_samples_leaf=60),
        "logistic, 155 features on 300, no penalty": regression(adults(600, 150), 0.0),
        "logistic, 5 features": regression(adults(count, 0), 1.0),
    }
    print(json.dumps({"people": count, "load": round(load, 1), "models": cases}, indent=2))


def adults(count: int, noise: int) -> People:
    """Age, education, hours, woman, weight; then ``noise`` features that mean nothing."""
    draw = np.random.default_rng(SEED)
    columns = [
        draw.integers(17, 90, count),
        draw.integers(1, 17, count),
        draw.integers(5, 90, count),
        draw.integers(0, 2, count),
        np.round(draw.normal(70, 12, count), 3),
        *draw.normal(size=(noise, count)),
    ]
    features = np.column_stack(columns).astype(np.float64)
    line = features[:, 0] / 25 + features[:, 1] / 4 - features[:, 3] / 2
    rich = (line + draw.logistic(size=count) > 5.0).astype(np.float64)
    trained = np.zeros(count, dtype=bool)
    trained[draw.permutation(count)[: count // 2]] = True
    return People(features, rich, trained)


def tree(people: People, **settings: Any) -> dict[str, Any]:
    from sklearn.tree import DecisionTreeClassifier  # type: ignore[import-untyped]

    fitted = DecisionTreeClassifier(random_state=SEED, **settings)
    fitted.fit(people.features[people.trained], people.target[people.trained])
    return told(people, fitted.predict_proba, None)


def regression(people: People, strength: float) -> dict[str, Any]:
    how = Refit(family="logistic", strength=strength)
    weights = fit(how, people.features[people.trained], people.target[people.trained])
    return told(people, lambda rows: predict(how, weights, rows), how)


def told(people: People, predictor: Any, how: Refit | None) -> dict[str, Any]:
    names = tuple(f"x{place}" for place in range(people.features.shape[1]))
    card = ModelCard.model_validate(
        {
            "input": "adults",
            "features": names,
            "target": "rich",
            "task": "classification",
            "train": {"op": "random_split", "seed": 1, "permille": 500},
            "refit": how,
        }
    )
    before = time.perf_counter()
    rules = ModelRules()
    report: AttackReport = attack(card, people, predictor, rules)
    return {
        "held back": list(report.too_telling(rules)),
        "attacks": [one.record() for one in report.scores],
        "seconds": round(time.perf_counter() - before, 2),
    }


if __name__ == "__main__":
    main()
