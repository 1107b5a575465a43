"""Attacks on models before they leave: do they tell a model that remembers from one that has learnt?

    OPENBLAS_NUM_THREADS=1 python benchmarks/model_attacks.py [people] [seeds]

Two trees and two regressions on people like those of the Adult data (made here, with noise in who is
rich), half of them held out, anew for each seed. The overfitted tree has a leaf for nearly each person, the
pruned one 60 people in each; the overfitted regression has 150 features of noise and no penalty on 300
people. Prints JSON: for each, in how many seeds the rules held it back and which attack did, the range of
each attack's AUC and true positives at 1 % false ones (thousandths), and the CPU seconds of one attack.
"""

import json
import os
import sys
import time
from collections import Counter
from statistics import median
from typing import Any

import numpy as np

from casemate.enclave.model_attacks import AttackReport, ModelCard, ModelRules, attack
from casemate.enclave.model_attacks.card import People, Refit
from casemate.enclave.model_attacks.refit import fit, predict

SEED = 11


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 6000
    seeds = range(SEED, SEED + (int(sys.argv[2]) if len(sys.argv) > 2 else 5))
    load = os.getloadavg()[0]
    cases = {
        "tree, a leaf for nearly each": [
            tree(adults(count, 0, one), min_samples_leaf=1) for one in seeds
        ],
        "tree, 60 in each leaf": [
            tree(adults(count, 0, one), min_samples_leaf=60) for one in seeds
        ],
        "logistic, 155 features on 300, no penalty": [
            regression(adults(600, 150, one), 0.0) for one in seeds
        ],
        "logistic, 5 features": [regression(adults(count, 0, one), 1.0) for one in seeds],
    }
    told = {name: together(found) for name, found in cases.items()}
    print(json.dumps({"people": count, "load": round(load, 1), "models": told}, indent=2))


def together(found: list[dict[str, Any]]) -> dict[str, Any]:
    """What is told of one model over its seeds."""
    attacks: dict[str, dict[str, list[int]]] = {}
    for one in found:
        for score in one["attacks"]:
            kept = attacks.setdefault(score["attack"], {"auc": [], "tpr_at_1_percent_fpr": []})
            for name, values in kept.items():
                values.append(score[name][0])
    return {
        "seeds": len(found),
        "held back": sum(bool(one["held back"]) for one in found),
        "by": dict(Counter(name for one in found for name in one["held back"])),
        "range": {
            name: {kind: [min(values), max(values)] for kind, values in kept.items()}
            for name, kept in attacks.items()
        },
        "CPU seconds": round(median(one["seconds"] for one in found), 2),
    }


def adults(count: int, noise: int, seed: int) -> People:
    """Age, education, hours, woman, weight; then ``noise`` features that mean nothing."""
    draw = np.random.default_rng(seed)
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
    before = time.process_time()
    rules = ModelRules()
    report: AttackReport = attack(card, people, predictor, rules)
    return {
        "held back": list(report.too_telling(rules)),
        "attacks": [one.record() for one in report.scores],
        "seconds": time.process_time() - before,
    }


if __name__ == "__main__":
    main()
