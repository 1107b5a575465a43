"""Membership inference: from what a model says of a person, was the person among its people?

Three attacks, of rising strength where their needs are met:

- loss threshold (Yeom, Giacomelli, Fredrikson & Jha 2018): a member's loss is smaller;
- calibrated (Watson, Guo, Cormode & Sablayrolles 2022): smaller than the person is difficult, by models
  that never saw the person (random forests, fitted across five parts);
- LiRA (Carlini, Chien, Nasr, Song, Terzis & Tramèr 2022): the likelihood ratio of what refitted models
  say with and without the person; for models that can be refitted.

The auditor knows all rows, so these bound what an intruder who knows the population can do.
"""

from importlib import import_module
from typing import Any

import numpy as np

from casemate.enclave.model_attacks.card import Flags, People, Refit, Task
from casemate.enclave.model_attacks.losses import losses, residuals
from casemate.enclave.model_attacks.refit import fit, predict
from casemate.enclave.model_attacks.scores import Matrix, Score, Vector, score

SHADOWS = 64
PARTS = 5


def by_loss(people: People, lost: Vector) -> Score:
    """Yeom's attack: in if the loss is below the mean loss of those who trained the model."""
    threshold = -float(lost[people.trained].mean())
    return score("loss threshold", -lost[people.trained], -lost[~people.trained], threshold)


def calibrated(task: Task, people: People, lost: Vector, seed: int) -> Score:
    """Watson's attack: in if the loss is below that of models that never saw the person."""
    usual = _usual_losses(task, people, seed)
    easier = usual - lost
    return score("calibrated loss", easier[people.trained], easier[~people.trained], 0.0)


def likelihood_ratio(task: Task, how: Refit, people: People, said: Matrix, seed: int) -> Score:
    """LiRA with ``SHADOWS`` refits on random halves; one spread for all persons, as for few shadows."""
    draw = np.random.default_rng(seed)
    size = len(people.target)
    inside = np.zeros((SHADOWS, size), dtype=bool)
    found = np.zeros((SHADOWS, size))
    for shadow in range(SHADOWS):
        inside[shadow, draw.permutation(size)[: size // 2]] = True
        half = inside[shadow]
        weights = fit(how, people.features[half], people.target[half])
        found[shadow] = residuals(task, predict(how, weights, people.features), people.target)
    observed = residuals(task, said, people.target)
    ratio = _log_density(observed, found, inside) - _log_density(observed, found, ~inside)
    return score("LiRA", ratio[people.trained], ratio[~people.trained], 0.0)


def _log_density(observed: Vector, found: Matrix, which: Flags) -> Vector:
    counted = which.sum(axis=0)
    mean = np.where(which, found, 0.0).sum(axis=0) / counted
    apart = np.where(which, (found - mean) ** 2, 0.0).sum(axis=0)
    spread = max(float(apart.sum() / counted.sum()), 1e-18)
    density: Vector = -((observed - mean) ** 2) / (2 * spread) - 0.5 * np.log(spread)
    return density


def _usual_losses(task: Task, people: People, seed: int) -> Vector:
    """What each row costs models that were fitted without it."""
    usual = np.zeros(len(people.target))
    part_of = np.random.default_rng(seed).permutation(len(usual)) % PARTS
    for number in range(PARTS):
        rest, part = part_of != number, part_of == number
        said = _usual(task, people.features[rest], people.target[rest], people.features[part], seed)
        usual[part] = losses(task, said, people.target[part])
    return usual


def _usual(task: Task, features: Matrix, target: Vector, rows: Matrix, seed: int) -> Matrix:
    forests: Any = import_module("sklearn.ensemble")  # slow to load, and without types
    settings = {"n_estimators": 40, "min_samples_leaf": 10, "random_state": seed}
    if task != "classification":
        model = forests.RandomForestRegressor(**settings).fit(features, target)
        return np.asarray(model.predict(rows)).reshape(-1, 1)
    classifier = forests.RandomForestClassifier(**settings).fit(features, target.astype(np.int64))
    said = np.zeros((len(rows), max(int(target.max()) + 1, 2)))
    said[:, classifier.classes_] = classifier.predict_proba(rows)
    return said
