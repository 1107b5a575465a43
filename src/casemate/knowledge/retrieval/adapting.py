"""Learn the adapter of questions' vectors from questions with known answers.

A softmax over passages, the answers against others drawn at random; Adam on the map alone, its squares
penalised. Both kinds of questions count the same, however many there are of each.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from casemate.knowledge.retrieval.adapter import Adapter
from casemate.knowledge.retrieval.nearness import Vectors

_PENALTY, _TEMPERATURE = 0.02, 0.02  # chosen on the development questions, as what follows
_STEPS, _QUESTIONS, _OTHERS, _RATE = 300, 96, 1500, 3e-3
_DECAYS = (0.9, 0.999)


@dataclass(frozen=True)
class Answered:
    """Questions of one corpus: their vectors, the places of the passages that answer each, and the
    vector of every passage."""

    questions: Vectors
    answers: Sequence[Sequence[int]]
    passages: Vectors

    def only(self, kept: Sequence[int]) -> "Answered":
        """Some of the questions."""
        return Answered(self.questions[kept], [self.answers[one] for one in kept], self.passages)


def learn_adapter(corpora: Sequence[Answered], seed: int = 0) -> Adapter:
    """The adapter under which the answers of all corpora lie nearest."""
    random = np.random.default_rng(seed)
    wide = corpora[0].passages.shape[1]
    given = np.zeros((wide + 1, wide), np.float32)  # the map, and the shift as its last row
    first, second = np.zeros_like(given), np.zeros_like(given)
    for step in range(1, _STEPS + 1):
        slope = np.mean([_slope(given, one, random) for one in corpora], axis=0)
        slope[:-1] += 2 * _PENALTY * given[:-1]
        first += (1 - _DECAYS[0]) * (slope - first)
        second += (1 - _DECAYS[1]) * (slope**2 - second)
        fair = first / (1 - _DECAYS[0] ** step), second / (1 - _DECAYS[1] ** step)
        rate = _RATE * min(1.0, 2 * (_STEPS - step + 1) / _STEPS)
        given -= rate * fair[0] / (np.sqrt(fair[1]) + 1e-8)
    return Adapter(given[:-1], given[-1])


def _slope(given: Vectors, corpus: Answered, random: np.random.Generator) -> Vectors:
    """How the loss on some questions grows with the map."""
    count = min(_QUESTIONS, len(corpus.answers))
    some = random.choice(len(corpus.answers), count, replace=False)
    passages, wanted = _against(corpus, some, random)
    questions = corpus.questions[some]
    rows = questions + questions @ given[:-1] + given[-1]
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    moved = rows / lengths
    scores = moved @ passages.T / _TEMPERATURE
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares = powers / powers.sum(axis=1, keepdims=True)
    pull = (shares - wanted) @ passages / (_TEMPERATURE * count)
    along = (pull * moved).sum(axis=1, keepdims=True)
    pull = (pull - along * moved) / lengths
    return np.vstack([questions.T @ pull, pull.sum(axis=0)])


def _against(
    corpus: Answered, some: NDArray[np.int64], random: np.random.Generator
) -> tuple[Vectors, Vectors]:
    """The answers of some questions and other passages, and what share of each question's mass should
    lie on each."""
    answers = np.unique(np.concatenate([corpus.answers[one] for one in some]))
    others = random.integers(0, len(corpus.passages), _OTHERS)
    wanted = np.zeros((len(some), len(answers) + _OTHERS), np.float32)
    for row, one in enumerate(some):
        own = np.searchsorted(answers, corpus.answers[one])
        wanted[row, own] = 1 / len(own)
    return corpus.passages[np.concatenate([answers, others])], wanted
