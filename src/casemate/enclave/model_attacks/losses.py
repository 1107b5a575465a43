"""What a model's prediction costs on each row, whatever the task; and the residual that LiRA reads."""

import numpy as np

from casemate.enclave.model_attacks.card import Task
from casemate.enclave.model_attacks.scores import Matrix, Vector

_TINY = 1e-9


class NotComparable(Exception):
    """The model's predictions are not of the kind that the card's task needs."""


def losses(task: Task, said: Matrix, target: Vector) -> Vector:
    """Cross-entropy, squared error, or Poisson deviance of each row.

    Raises ``NotComparable``, as where classes are not 0 to k - 1 or predictions no probabilities.
    """
    if task == "classification":
        return -np.log(np.maximum(_of_truth(said, target), _TINY))
    if said.shape[1] != 1:
        raise NotComparable("it gives several numbers for a row where the card's task has one")
    mean = said[:, 0]
    if task == "regression":
        return (mean - target) ** 2
    if (mean < 0).any() or (target < 0).any():
        raise NotComparable("it gives negative counts")
    ratio = np.log(np.maximum(target, _TINY) / np.maximum(mean, _TINY))
    return 2 * (np.where(target > 0, target * ratio, 0.0) - (target - mean))


def residuals(task: Task, said: Matrix, target: Vector) -> Vector:
    """A number that is near normal over refitted models: log-odds of the truth, or a residual."""
    if task == "classification":
        truth = np.clip(_of_truth(said, target), _TINY, 1 - _TINY)
        return np.log(truth / (1 - truth))
    mean = said[:, 0]
    return (target - mean) / (np.sqrt(np.maximum(mean, _TINY)) if task == "count" else 1.0)


def _of_truth(said: Matrix, target: Vector) -> Vector:
    """The probability that the model gives to what is so."""
    classes = max(said.shape[1], 2)
    if not np.isin(target, np.arange(classes)).all():
        raise NotComparable("the target's classes are not 0, 1, ... as many as it has outputs")
    if (said < -1e-6).any() or (said > 1 + 1e-6).any():
        raise NotComparable("its outputs are no probabilities")
    truth = target.astype(np.int64)
    if said.shape[1] == 1:
        return np.where(truth == 1, said[:, 0], 1 - said[:, 0])
    if np.abs(said.sum(axis=1) - 1).max() > 1e-3:
        raise NotComparable("its outputs are no probabilities")
    chosen: Vector = said[np.arange(len(said)), truth]
    return chosen
