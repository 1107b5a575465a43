"""Whether a model is right as often as it is sure: from the log-likelihoods of the options.

How sure: the share of the likeliest option among all (softmax of the log-likelihoods). Expected
calibration error over ten bins of equal width (Naeini, Cooper & Hauskrecht 2015; Guo et al. 2017),
and Brier's score. The error of few items is above 0 for the best of models, since shares of few items
scatter: what a perfectly calibrated model, as sure, would show by chance stands beside it as the baseline.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from casemate.assurance.results import Figure, figure
from casemate.assurance.statistics import bootstrap
from casemate.assurance.suites.contract import Reply, Sample

BINS = 10
CALIBRATION_ERROR = "expected calibration error"
_DRAWS = 2000
Vector = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Sure:
    """How sure a model was of its answer, and whether that was right."""

    confidence: float
    right: bool


def sure(sample: Sample, reply: Reply) -> Sure | None:
    """``None`` where the target is none of the options, or there are none."""
    options = sample.asks[0].options
    if len(options) < 2 or sample.target not in options or len(reply.likelihoods) != len(options):
        return None
    told = np.array([one.log_likelihood for one in reply.likelihoods])
    shares = np.exp(told - told.max())
    at = reply.likeliest
    return Sure(float(shares[at] / shares.sum()), options[at] == sample.target)


def calibration(given: list[Sure], *, seed: int, level: float) -> list[Figure]:
    """The figures; needs two items."""
    if len(given) < 2:
        return []
    confidence = np.array([one.confidence for one in given])
    right = np.array([float(one.right) for one in given])
    error = bootstrap(lambda at: ece(confidence[at], right[at]), len(given), seed=seed, level=level)
    brier = bootstrap(
        lambda at: float(((confidence[at] - right[at]) ** 2).mean()),
        len(given),
        seed=seed,
        level=level,
    )
    generator = np.random.default_rng(seed)
    chance = [
        ece(confidence, (generator.random(len(given)) < confidence).astype(float))
        for _ in range(_DRAWS)
    ]
    return [
        figure(
            "calibration",
            CALIBRATION_ERROR,
            error,
            baseline=float(np.mean(chance)),
            baseline_of="a perfectly calibrated model, as sure of as many items",
            settings={"bins": BINS},
        ),
        figure("calibration", "Brier score of the answer given", brier),
    ]


def ece(confidence: Vector, right: Vector) -> float:
    """The mean distance of sureness and share of right answers, over bins by how many fall into each."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, weights=confidence - right, minlength=BINS)
    return float(np.abs(gaps).sum() / len(confidence))
