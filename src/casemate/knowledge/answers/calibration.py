"""When to refuse: the probability that what was found answers, from signs that need no gold.

A logistic regression over the signs (Platt 1999), fitted on questions asked where they are answered and
where they are not. An answer that was taken out while its neighbours are still there is not told by these
signs.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from casemate.canonical import canonical_json, digest

SIGNS = ("coverage", "likeness")
"""The share of the question's rare words that the best passage has, and how well its best sentence answers:
neither depends on how many texts there are, as scores and their distances do."""


@dataclass(frozen=True)
class Calibration:
    """``weights`` by sign, and below which probability nothing is answered."""

    weights: Mapping[str, float]
    constant: float
    threshold: float
    made_of: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of what decides: weights, constant, threshold."""
        told = {
            "weights": {one: repr(value) for one, value in sorted(self.weights.items())},
            "constant": repr(self.constant), "threshold": repr(self.threshold),
        }  # fmt: skip
        return digest(canonical_json(told))

    def probability(self, signs: Mapping[str, float]) -> float:
        """How likely it is that the answer is among what was found, from 0 to 1."""
        total = self.constant + sum(self.weights.get(one, 0.0) * signs[one] for one in SIGNS)
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, total))))

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Calibration":
        """As ``to_document`` gave it."""
        return cls(
            {one: float(document["weights"][one]) for one in SIGNS},
            float(document["constant"]), float(document["threshold"]), str(document["made_of"]),
        )  # fmt: skip

    def to_document(self) -> dict[str, Any]:
        """For a file that people can read."""
        return {
            "weights": dict(self.weights), "constant": self.constant,
            "threshold": self.threshold, "made_of": self.made_of,
        }  # fmt: skip


@cache
def shipped() -> Calibration:
    """The one that comes with the project; ``made_of`` says what it was fitted on."""
    text = files(__package__).joinpath("calibration.json").read_text(encoding="utf-8")
    return Calibration.from_document(json.loads(text))


def fitted(
    signs: Sequence[Mapping[str, float]], answerable: Sequence[bool], made_of: str
) -> Calibration:
    """Fit on questions with their signs and whether an answer was there; there must be both kinds."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    rows = np.array([[one[name] for name in SIGNS] for one in signs])
    spread = rows.std(axis=0)
    spread[spread == 0] = 1.0
    model = LogisticRegression(C=1.0, max_iter=1000).fit(rows / spread, list(answerable))
    weights = dict(zip(SIGNS, (model.coef_[0] / spread).round(6).tolist(), strict=True))
    rough = Calibration(weights, round(float(model.intercept_[0]), 6), 0.5, made_of)
    chances = [rough.probability(one) for one in signs]
    best = max(sorted(set(chances)), key=lambda level: refusal_f1(chances, answerable, level))
    return Calibration(weights, rough.constant, math.floor(best * 1e6) / 1e6, made_of)


def refusal_f1(chances: Sequence[float], answerable: Sequence[bool], level: float) -> float:
    """F1 of refusing what cannot be answered, where all below ``level`` is refused."""
    refused = [chance < level for chance in chances]
    right = sum(no and not there for no, there in zip(refused, answerable, strict=True))
    wanted, done = sum(not there for there in answerable), sum(refused)
    return 2 * right / (wanted + done) if wanted + done else 1.0
