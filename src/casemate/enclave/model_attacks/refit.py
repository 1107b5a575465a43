"""Fitting a regression again: to hold a card to its word, and for the shadow models of LiRA.

Newton's method on the penalised likelihood. Every family is convex, so there is one answer, and a
researcher's own fit of the declared model must agree with it.
"""

import numpy as np

from casemate.enclave.model_attacks.card import Refit
from casemate.enclave.model_attacks.scores import Matrix, Vector

_ROUNDS = 30
_STEP = 1e-10
AGREES = 1e-3
"""How far two fits' coefficients may lie apart, in units of their features' spread: people round."""


def fit(how: Refit, features: Matrix, target: Vector) -> Vector:
    """(intercept, coefficients...). Numbers stay finite where the likelihood has no maximum."""
    centre, spread = features.mean(axis=0), features.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    rows = np.column_stack([np.ones(len(features)), (features - centre) / spread])
    # the penalty is on coefficients as declared, whose units are those before standardising
    penalty = np.diag(np.concatenate([[0.0], how.strength / spread**2]))
    ridge = 1e-9 * len(rows) * np.eye(rows.shape[1])
    weights = np.zeros(rows.shape[1])
    if how.family == "poisson":
        weights[0] = np.log(max(float(target.mean()), 1e-9))
    for _ in range(_ROUNDS):
        mean, curve = _mean(how, rows @ weights)
        gradient = rows.T @ (target - mean) - penalty @ weights
        step = np.linalg.solve((rows * curve[:, None]).T @ rows + penalty + ridge, gradient)
        weights = weights + step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < _STEP or float(np.abs(weights).max()) > 1e4:
            break
    slopes = weights[1:] / spread
    return np.concatenate([[weights[0] - float(slopes @ centre)], slopes])


def predict(how: Refit, weights: Vector, features: Matrix) -> Matrix:
    """One column: what the fit says of each row."""
    return _mean(how, features @ weights[1:] + weights[0])[0].reshape(-1, 1)


def agrees(weights: Vector, claimed: Vector, features: Matrix) -> bool:
    """Whether two fits are one, up to rounding."""
    spread = np.maximum(features.std(axis=0), 1e-12)
    apart = np.abs(weights[1:] - claimed[1:]) * spread
    scale = max(1.0, float(np.abs(weights[1:] * spread).max()))
    at_mean = features.mean(axis=0)
    moved = abs(weights[0] - claimed[0] + float((weights[1:] - claimed[1:]) @ at_mean))
    return bool(apart.max() <= AGREES * scale and moved <= AGREES * max(scale, abs(weights[0])))


def _mean(how: Refit, line: Vector) -> tuple[Vector, Vector]:
    """(mean, curvature) of each row for its linear predictor."""
    if how.family == "least_squares":
        return line, np.ones(len(line))
    if how.family == "poisson":
        mean = np.exp(np.clip(line, -50, 50))
        return mean, mean
    mean = 1 / (1 + np.exp(-np.clip(line, -50, 50)))
    return mean, np.maximum(mean * (1 - mean), 1e-9)
