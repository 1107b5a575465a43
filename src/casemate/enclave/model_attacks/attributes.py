"""Attribute inference: knowing all else of a person, does the model tell the value of one feature?

Each value that the feature has is tried, and the one under which the model's error is most likely is
guessed (Fredrikson et al. 2014; Yeom et al. 2018). What counts is how much better that works for those
who trained the model than for those who did not: what it tells of everybody is what it learnt.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from casemate.enclave.model_attacks.card import People, Task
from casemate.enclave.model_attacks.losses import losses
from casemate.enclave.model_attacks.scores import Interval, Matrix, Vector, difference

MAX_VALUES, MAX_FEATURES = 10, 12
Places = np.ndarray[Any, np.dtype[np.int64]]
Predictor = Callable[[Matrix], Matrix]


@dataclass(frozen=True)
class AttributeScore:
    """For one feature: how often its value was guessed, for members and others, and the advantage."""

    feature: str
    members: float
    others: float
    advantage: Interval

    def record(self) -> dict[str, Any]:
        """The score for the record, in thousandths."""
        return {
            "feature": self.feature,
            "members": round(1000 * self.members),
            "others": round(1000 * self.others),
            "advantage": self.advantage.permille(),
        }


def attributes(
    task: Task, people: People, predictor: Predictor, names: tuple[str, ...]
) -> tuple[AttributeScore, ...]:
    """A score for each feature with 2 to ``MAX_VALUES`` values, at most ``MAX_FEATURES`` of them."""
    found: list[AttributeScore] = []
    for place, name in enumerate(names):
        values = np.unique(people.features[:, place])
        if 2 <= len(values) <= MAX_VALUES and len(found) < MAX_FEATURES:
            found.append(_one(task, people, predictor, place, name, values))
    return tuple(found)


def _one(
    task: Task, people: People, predictor: Predictor, place: int, name: str, values: Vector
) -> AttributeScore:
    count = len(people.target)
    tried = np.tile(people.features, (len(values), 1))
    tried[:, place] = np.repeat(values, count)
    lost = losses(task, predictor(tried), np.tile(people.target, len(values)))
    lost = lost.reshape(len(values), count)
    truth = np.searchsorted(values, people.features[:, place])
    scale = 1.0 if task == "classification" else 2 * max(_own(lost, truth, people), 1e-12)
    prior = np.bincount(truth, minlength=len(values)) / count
    guess = (np.log(prior)[:, None] - lost / scale).argmax(axis=0)
    right = guess == truth
    members, others = float(right[people.trained].mean()), float(right[~people.trained].mean())
    return AttributeScore(
        name,
        members,
        others,
        difference(members, int(people.trained.sum()), others, int((~people.trained).sum())),
    )


def _own(lost: Matrix, truth: Places, people: People) -> float:
    """The mean loss on those held out, at their own values: the size of the model's errors."""
    own = lost[truth, np.arange(lost.shape[1])]
    return float(own[~people.trained].mean())
