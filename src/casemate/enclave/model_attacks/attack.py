"""Every attack that a model allows, and what the rules make of the scores."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from casemate.enclave.model_attacks import attributes, membership, refit
from casemate.enclave.model_attacks.attributes import AttributeScore
from casemate.enclave.model_attacks.card import ModelCard, People
from casemate.enclave.model_attacks.losses import losses
from casemate.enclave.model_attacks.scores import Matrix, Score

SEED = 20_250_101


@dataclass(frozen=True)
class ModelRules:
    """From which score on a model stays inside: thousandths, held against the lower confidence bound.

    An attack at chance has an AUC of 500 and finds 10 at 1 % false positives. There is no published
    threshold to cite: these are ours, for the authority to set. ``min_people`` is needed on each side
    for a score to mean anything; with fewer a person decides.
    """

    max_auc: int = 600
    max_tpr: int = 30
    max_advantage: int = 100
    min_people: int = 200
    most_people: int = 4000  # sampled on each side


@dataclass(frozen=True)
class AttackReport:
    """What the attacks found. ``reproduced``: whether a refit on the declared rows gives this model."""

    scores: tuple[Score, ...] = ()
    attributes: tuple[AttributeScore, ...] = ()
    reproduced: bool | None = None
    settings: dict[str, Any] = field(default_factory=dict)

    def too_telling(self, rules: ModelRules) -> tuple[str, ...]:
        """The attacks that succeed beyond the rules, by name."""
        found = [one.attack for one in self.scores if _beyond(one, rules)]
        limit = rules.max_advantage
        found += [
            f"attribute inference of {one.feature}"
            for one in self.attributes
            if 1000 * one.advantage.low > limit
        ]
        return tuple(found)

    def record(self) -> dict[str, Any]:
        """For the record: scores in thousandths (estimate, low, high), and every setting."""
        return {
            "membership": [one.record() for one in self.scores],
            "attributes": [one.record() for one in self.attributes],
            "reproduced": self.reproduced,
            "settings": self.settings,
        }


def attack(
    card: ModelCard,
    everybody: People,
    predictor: Callable[[Matrix], Matrix],
    rules: ModelRules,
    claimed: np.ndarray[Any, np.dtype[np.float64]] | None = None,
) -> AttackReport:
    """Attack the model that ``predictor`` is; ``claimed`` are its coefficients where it has some.

    Raises ``NotComparable`` where predictions do not fit the card's task.
    """
    people = everybody.sample(rules.most_people, SEED)
    said = predictor(people.features)
    lost = losses(card.task, said, people.target)
    scores = [membership.by_loss(people, lost)]
    scores.append(membership.calibrated(card.task, people, lost, SEED))
    if card.refit is not None:
        scores.append(membership.likelihood_ratio(card.task, card.refit, people, said, SEED))
    return AttackReport(
        tuple(scores),
        attributes.attributes(card.task, people, predictor, card.features),
        _is_reproduced(card, everybody, claimed),
        {
            "people": [int(people.trained.sum()), int((~people.trained).sum())],
            "seed": SEED,
            "shadow_models": membership.SHADOWS if card.refit is not None else 0,
            "difficulty_parts": membership.PARTS,
            "confidence_permille": 950,
        },
    )


def _beyond(one: Score, rules: ModelRules) -> bool:
    """A score as far below chance as that above it tells as much: the card may name the wrong side."""
    return (
        1000 * one.auc.low > rules.max_auc
        or 1000 * one.auc.high < 1000 - rules.max_auc
        or 1000 * one.tpr.low > rules.max_tpr
        or 1000 * one.advantage.low > rules.max_advantage
    )


def _is_reproduced(
    card: ModelCard, people: People, claimed: np.ndarray[Any, np.dtype[np.float64]] | None
) -> bool | None:
    if card.refit is None or claimed is None:
        return None
    features, target = people.features[people.trained], people.target[people.trained]
    return refit.agrees(refit.fit(card.refit, features, target), claimed, features)
