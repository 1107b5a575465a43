"""The learned ranker: a weighted sum of the features and small trees over them, in a file that can be
read.

Weights are learnt listwise (Cao et al. 2007, ListNet with one relevant list): of each question's
candidates, the relevant ones are to have the largest share of the softmax. One set of weights a route:
a term, a question, another language.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from casemate.errors import IntegrityFailure
from casemate.knowledge.retrieval.features import Candidates
from casemate.knowledge.retrieval.lexical import Places, Scores

Route = Literal["term", "question", "across"]


@dataclass(frozen=True)
class Trees:
    """Boosted trees as flat rows: a node's feature, threshold, and the nodes on its two sides; a leaf's
    value.

    A leaf's sides are itself. ``roots`` are the nodes at which the trees begin.
    """

    features: tuple[str, ...]
    thresholds: NDArray[np.float32]
    low: Places
    high: Places
    values: Scores
    roots: Places
    depth: int

    def scores(self, candidates: Candidates) -> Scores:
        """The sum of the leaves that each candidate falls into."""
        columns = {name: column for column, name in enumerate(candidates.names)}
        wanted = np.array([columns.get(name, 0) for name in self.features], np.int64)
        at = np.broadcast_to(self.roots, (len(candidates.places), len(self.roots)))
        rows = np.arange(len(candidates.places))[:, None]
        for _ in range(self.depth):
            below = candidates.values[rows, wanted[at]] <= self.thresholds[at]
            at = np.where(below, self.low[at], self.high[at])
        return np.asarray(self.values[at].sum(axis=1), np.float32)


@dataclass(frozen=True)
class Ranker:
    """By route: weights of the features, and trees for what weights cannot say."""

    weights: Mapping[str, Mapping[str, float]]
    trees: Mapping[str, Trees]

    def scores(self, candidates: Candidates, route: Route) -> Scores:
        """A score for each candidate; scores of one route compare."""
        weights = self.weights[route]
        row = np.array([weights.get(name, 0.0) for name in candidates.names], np.float32)
        sums = np.asarray(candidates.values @ row, np.float32)
        return sums + self.trees[route].scores(candidates) if route in self.trees else sums

    def parts(self, candidates: Candidates, route: Route, place: int) -> dict[str, float]:
        """What each weighted feature adds to one candidate's score, against the mean of the candidates."""
        weights = self.weights[route]
        above = candidates.values[place] - candidates.values.mean(axis=0)
        return {
            name: float(weights.get(name, 0.0) * value)
            for name, value in zip(candidates.names, above, strict=True)
        }


@cache
def shipped_ranker() -> Ranker:
    """The one that lies beside this module. Raises ``IntegrityFailure`` where it cannot be read."""
    text = resources.files(__package__).joinpath("ranker.json").read_text()
    try:
        return ranker_of(json.loads(text))
    except (ValueError, KeyError, TypeError) as error:
        raise IntegrityFailure(
            f"the ranker's file, ranker.json, cannot be read: {error}"
        ) from error


def ranker_of(document: Mapping[str, Any]) -> Ranker:
    """A ranker of its document: ``routes``, each with ``weights`` and, where it has any, ``trees``.

    A tree is a list of nodes; a node is ``[feature, threshold, low, high]``, a leaf ``[value]``.
    """
    routes: Mapping[str, Any] = document["routes"]
    return Ranker(
        {route: dict(held["weights"]) for route, held in routes.items()},
        {route: _trees(held["trees"]) for route, held in routes.items() if held.get("trees")},
    )


def _trees(trees: Sequence[Sequence[Sequence[Any]]]) -> Trees:
    starts = np.append(0, np.cumsum([len(tree) for tree in trees]))
    nodes: list[tuple[str, float, int, int, float]] = []
    for start, tree in zip(starts.tolist(), trees, strict=False):
        for place, node in enumerate(tree, start):
            if len(node) == 1:
                nodes.append(("", 0.0, place, place, node[0]))
            else:
                nodes.append((node[0], node[1], start + node[2], start + node[3], 0.0))
    features, thresholds, low, high, values = zip(*nodes, strict=True)
    return Trees(
        features, np.array(thresholds, np.float32), np.array(low), np.array(high),
        np.array(values, np.float32), starts[:-1], max(len(tree) // 2 for tree in trees),
    )  # fmt: skip


@dataclass(frozen=True)
class Lesson:
    """One question to learn from: its candidates' features and which of them are relevant."""

    values: NDArray[np.float32]
    relevant: NDArray[np.bool_]


def learn(lessons: Sequence[Lesson], names: Sequence[str], penalty: float) -> dict[str, float]:
    """The weights of features that rank these lessons best. ``penalty`` is on their squares, features
    standardised."""
    useful = [one for one in lessons if one.relevant.any() and not one.relevant.all()]
    values = np.concatenate([one.values for one in useful]).astype(np.float64)
    middle, spread = values.mean(axis=0), values.std(axis=0)
    known = spread > 1e-6
    values = (values[:, known] - middle[known]) / spread[known]
    sizes = np.array([len(one.relevant) for one in useful])
    starts = np.append(0, np.cumsum(sizes)[:-1])
    own = np.repeat(np.arange(len(useful)), sizes)
    relevant = np.concatenate([one.relevant for one in useful]).astype(float)
    wanted = relevant / np.add.reduceat(relevant, starts)[own] / len(useful)

    def loss(weights: NDArray[np.float64]) -> tuple[float, Any]:
        sums = values @ weights
        sums -= np.maximum.reduceat(sums, starts)[own]
        powers = np.exp(sums)
        totals = np.add.reduceat(powers, starts)
        cost = -float(wanted @ (sums - np.log(totals)[own])) + penalty * float(weights @ weights)
        slope = values.T @ (powers / totals[own] / len(useful) - wanted) + 2 * penalty * weights
        return cost, slope

    best = minimize(
        loss, np.zeros(values.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 80}
    )
    kept = [name for name, there in zip(names, known, strict=True) if there]
    plain = best.x / spread[known]
    return {name: round(float(weight), 5) for name, weight in zip(kept, plain, strict=True)}
