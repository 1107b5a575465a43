"""When to refuse: whether what was found is on the question's subject, and whether the best of it answers.

Two rules, each a logistic regression (Platt 1999). On the subject: from the words and the meaning that the
best sentences share with the question; it tells questions that these texts do not treat at all. Answering:
from how far the best passage stands ahead of the others by the ranker's score; it tells, less surely,
questions whose own provision is not there while its neighbours are.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from casemate.canonical import canonical_json, digest
from casemate.language.settings import Strictness

SIGNS = ("coverage", "likeness")
"""The share of the question's rare words that the best passage has, and how well its best sentence answers:
neither depends on how many texts there are, as scores and their distances do."""

Verdict = Literal["answered", "near", "nothing"]
"""Quoted as an answer; quoted as what comes near; not quoted, since these texts are on something else."""
HELD_BACK: Mapping[Strictness, float] = {"lenient": 0.1, "usual": 1 / 3, "strict": 0.5}
"""The share of rightly answered questions that each one shows as near only."""


@dataclass(frozen=True)
class Ahead:
    """What a lead says by one set of the ranker's weights: the logistic that a right provision is quoted,
    and the least lead of an answer by strictness."""

    weight: float
    constant: float
    bounds: Mapping[str, float]

    def probability(self, lead: float) -> float:
        """How likely a right provision is quoted, from 0 to 1."""
        return _logistic(self.weight * lead + self.constant)

    def to_document(self) -> dict[str, Any]:
        """For a file that people can read."""
        return {"weight": self.weight, "constant": self.constant, "bounds": dict(self.bounds)}


Lead = tuple[str, float]
"""The route whose weights a passage was ranked by, and its lead."""


@dataclass(frozen=True)
class Calibration:
    """``weights`` by sign, and ``ahead`` by route; the strictness of answers.

    Below the probability ``subject`` the texts are on something else; from ``plain`` on a sentence says all
    of the question, and answers. Between them leads decide; where there are none (a small collection, a
    route that ``ahead`` lacks) what has the probability ``threshold`` answers.
    """

    weights: Mapping[str, float]
    constant: float
    threshold: float
    made_of: str = ""
    subject: float = 0.5
    plain: float = 1.0
    ahead: Mapping[str, Ahead] = field(default_factory=dict)
    strictness: Strictness = "usual"

    @property
    def digest(self) -> str:
        """SHA-256 of what decides: weights, constants, thresholds, strictness."""
        told = {
            "weights": {one: repr(value) for one, value in sorted(self.weights.items())},
            "constant": repr(self.constant), "threshold": repr(self.threshold),
            "subject": repr(self.subject), "plain": repr(self.plain),
            "ahead": {
                route: repr(sorted(one.bounds.items())) for route, one in sorted(self.ahead.items())
            },
            "strictness": self.strictness,
        }  # fmt: skip
        return digest(canonical_json(told))

    def probability(self, signs: Mapping[str, float]) -> float:
        """How likely these texts are on the question's subject, from 0 to 1."""
        return _logistic(
            self.constant + sum(self.weights.get(one, 0.0) * signs[one] for one in SIGNS)
        )

    def judged(self, signs: Mapping[str, float], leads: Sequence[Lead]) -> tuple[Verdict, float]:
        """What becomes of the question, and how likely a right provision is among the first found.

        ``leads`` are of the passages found, where they have one: one that stands far ahead is enough.
        """
        chance = self.probability(signs)
        known = [(self.ahead[route], lead) for route, lead in leads if route in self.ahead]
        sure = min([chance, *_best(known)])
        if chance < self.subject:
            return "nothing", sure
        if known and chance < self.plain:
            answered = any(lead >= one.bounds[self.strictness] for one, lead in known)
        else:
            answered = chance >= self.threshold
        return "answered" if answered else "near", sure

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Calibration":
        """As ``to_document`` gave it."""
        return cls(
            {one: float(document["weights"][one]) for one in SIGNS},
            float(document["constant"]), float(document["threshold"]), str(document["made_of"]),
            float(document["subject"]), float(document["plain"]),
            {route: Ahead(**one) for route, one in document["ahead"].items()},
        )  # fmt: skip

    def to_document(self) -> dict[str, Any]:
        """For a file that people can read; how strict it is, the operator says."""
        return {
            "weights": dict(self.weights), "constant": self.constant,
            "threshold": self.threshold, "subject": self.subject, "plain": self.plain,
            "made_of": self.made_of,
            "ahead": {route: one.to_document() for route, one in self.ahead.items()},
        }  # fmt: skip


def _best(known: Sequence[tuple[Ahead, float]]) -> list[float]:
    """The best probability by leads, or none."""
    return [max(one.probability(lead) for one, lead in known)] if known else []


def _logistic(total: float) -> float:
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, total))))


@cache
def shipped() -> Calibration:
    """The one that comes with the project; ``made_of`` says what it was fitted on."""
    text = files(__package__).joinpath("calibration.json").read_text(encoding="utf-8")
    return Calibration.from_document(json.loads(text))


def fitted_ahead(leads: Sequence[float], right: Sequence[bool]) -> Ahead:
    """What leads say, of questions with their best lead and whether a right provision was quoted; there
    must be both kinds.

    A bound holds back the share of the right ones that ``HELD_BACK`` says, and refuses nothing else.
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    rows, truth = np.array(leads, np.float64)[:, None], np.array(right, bool)
    model = LogisticRegression(C=1e6, max_iter=1000).fit(rows, truth)
    good = rows[truth, 0]
    bounds: dict[str, float] = {
        one: round(float(np.quantile(good, share)), 4) for one, share in HELD_BACK.items()
    }
    weight, constant = float(model.coef_[0, 0]), float(model.intercept_[0])
    return Ahead(round(weight, 6), round(constant, 6), bounds)


def fitted(
    signs: Sequence[Mapping[str, float]], on_subject: Sequence[bool], made_of: str
) -> Calibration:
    """The first rule, fitted on questions with their signs and whether the texts were on their subject;
    there must be both kinds."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    rows = np.array([[one[name] for name in SIGNS] for one in signs])
    spread = rows.std(axis=0)
    spread[spread == 0] = 1.0
    model = LogisticRegression(C=1.0, max_iter=1000).fit(rows / spread, list(on_subject))
    weights = dict(zip(SIGNS, (model.coef_[0] / spread).round(6).tolist(), strict=True))
    rough = Calibration(weights, round(float(model.intercept_[0]), 6), 0.5, made_of)
    chances = [rough.probability(one) for one in signs]
    best = max(sorted(set(chances)), key=lambda level: refusal_f1(chances, on_subject, level))
    return Calibration(weights, rough.constant, math.floor(best * 1e6) / 1e6, made_of)


def refusal_f1(chances: Sequence[float], answerable: Sequence[bool], level: float) -> float:
    """F1 of refusing what cannot be answered, where all below ``level`` is refused."""
    return f1_of_refusals([chance < level for chance in chances], answerable)


def f1_of_refusals(refused: Sequence[bool], answerable: Sequence[bool]) -> float:
    """F1 with refusing as the positive class: of what was refused and of what has no answer."""
    right = sum(no and not there for no, there in zip(refused, answerable, strict=True))
    wanted, done = sum(not there for there in answerable), sum(refused)
    return 2 * right / (wanted + done) if wanted + done else 1.0
