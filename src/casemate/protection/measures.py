"""Measures of information loss, each with the lower bounds that let the search prune.

Suppressed records leave the table, and both measures charge them the most a record can cost. Then
two things hold for every node g below or equal to a node h (finer or equal), by monotonicity:

* a record suppressed at h is suppressed at g, so g pays the full charge for it: a *surcharge* that
  h lays on every node below it;
* a record's cost while kept never falls from g to h, so what g would cost with nobody suppressed is
  a *floor* under every node above it.

Floor and surcharge count disjoint amounts, so their sum bounds a node's score from below.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from casemate.errors import BadInput
from casemate.protection.ladders import Codes, Floats
from casemate.protection.tuples import Grouping, Node, Tuples

Flags = npt.NDArray[np.bool_]


class Scorer(Protocol):
    """A measure at work on one table."""

    def floors(self, lows: Node, highs: Node) -> Floats | float:
        """A lower bound on the score of every node from ``lows`` to ``highs``."""
        ...

    def floor(self, node: Node, grouping: Grouping) -> float:
        """What ``node`` would cost with nobody suppressed."""
        ...

    def surcharge(
        self, tuples: Tuples, node: Node, grouping: Grouping, violated: Flags
    ) -> Floats | float:
        """What suppressing the classes marked in ``violated`` adds to the floor: for each node from
        the tuples' base up to ``node``, whose own is the last, or one figure for all of them."""
        ...


class Measure(Protocol):
    """What to lose least of."""

    @property
    def name(self) -> str:
        """What plans and reports call it."""
        ...

    def scorer(self, tuples: Tuples) -> Scorer:
        """The measure at work on the table of ``tuples``, which are at the lowest base."""
        ...


@dataclass(frozen=True)
class Loss:
    """ARX's Loss: the mean over quasi-identifiers of the share of the domain a label covers, 0 to 1.

    For one quasi-identifier (A - N/D) / (N - N/D), where N counts the records, D the hierarchy's
    lines, and A adds up each record's share, 1 for a suppressed record (ARX, MetricMDNMLoss).
    """

    name: str = "loss"

    def scorer(self, tuples: Tuples) -> "LossScorer":
        return LossScorer(tuples)


class LossScorer:
    """Loss by attribute: A is separable, so floors and surcharges are outer sums over attributes."""

    def __init__(self, tuples: Tuples) -> None:
        self._ladders = tuples.ladders
        records = tuples.records
        many = len(self._ladders)
        self._least = [records / ladder.lines for ladder in self._ladders]
        self._weights = [
            1 / (many * (records - least)) if ladder.lines > 1 else 0.0
            for ladder, least in zip(self._ladders, self._least, strict=True)
        ]
        self._kept = [self._attribute_floor(tuples, place) for place in range(many)]

    def _attribute_floor(self, tuples: Tuples, place: int) -> Floats:
        ladder = self._ladders[place]
        totals = [
            np.bincount(tuples.column(place, level), weights=tuples.counts) @ ladder.shares[level]
            for level in range(ladder.height)
        ]
        # rounding must not lift a floor above the score it bounds, or below nothing
        return np.maximum(0.0, (np.array(totals) - self._least[place]) * self._weights[place])

    def floors(self, lows: Node, highs: Node) -> Floats:
        return outer_sum(
            [
                self._kept[at][low : high + 1]
                for at, (low, high) in enumerate(zip(lows, highs, strict=True))
            ]
        )

    def floor(self, node: Node, grouping: Grouping) -> float:
        return float(sum(self._kept[at][level] for at, level in enumerate(node)))

    def surcharge(
        self, tuples: Tuples, node: Node, grouping: Grouping, violated: Flags
    ) -> Floats | float:
        rows = np.flatnonzero(violated[grouping.class_of])
        if not len(rows):
            return 0.0
        counts = tuples.counts[rows]
        return outer_sum(
            [self._surcharge(tuples, at, level, rows, counts) for at, level in enumerate(node)]
        )

    def _surcharge(self, tuples: Tuples, at: int, level: int, rows: Codes, counts: Codes) -> Floats:
        """What the records of ``rows`` cost above their share, at the base up to ``level``."""
        suppressed = counts.sum()
        terms = []
        for lower in range(tuples.base[at], level + 1):
            shares = self._ladders[at].shares[lower][tuples.column(at, lower)[rows]]
            terms.append(suppressed - counts @ shares)
        return np.array(terms) * self._weights[at]

    def attribute_losses(self, tuples: Tuples, node: Node, kept: Flags) -> list[float]:
        """The Loss of each quasi-identifier alone at ``node``, where ``kept`` tuples remain."""
        rows = np.flatnonzero(~kept)
        counts = tuples.counts[rows]
        many = len(self._ladders)
        return [
            many
            * float(self._kept[at][level] + self._surcharge(tuples, at, level, rows, counts)[-1])
            for at, level in enumerate(node)
        ]


@dataclass(frozen=True)
class Discernibility:
    """Each record pays the size of its class, a suppressed one the whole table (Bayardo & Agrawal 2005)."""

    name: str = "discernibility"

    def scorer(self, tuples: Tuples) -> "DiscernibilityScorer":
        return DiscernibilityScorer(tuples.records)


@dataclass(frozen=True)
class DiscernibilityScorer:
    records: int

    def floors(self, lows: Node, highs: Node) -> float:
        return float(self.records)  # each record pays at least 1

    def floor(self, node: Node, grouping: Grouping) -> float:
        sizes = grouping.sizes.astype(np.float64)
        return float(sizes @ sizes)

    def surcharge(self, tuples: Tuples, node: Node, grouping: Grouping, violated: Flags) -> float:
        # below, a suppressed record's class is no larger than here: its part of the floor there is
        # at most this size, and it pays the whole table instead
        lost = grouping.sizes[violated].astype(np.float64)
        return float(self.records * lost.sum() - lost @ lost)


def outer_sum(vectors: list[Floats]) -> Floats:
    """``result[i, j, ...] = vectors[0][i] + vectors[1][j] + ...``."""
    total = np.zeros(())
    for vector in vectors:
        total = total[..., None] + vector
    return total


def measure_from_name(name: Any) -> Measure:
    """The measure that a plan names."""
    measures: dict[str, Measure] = {"loss": Loss(), "discernibility": Discernibility()}
    if not isinstance(name, str) or name not in measures:
        raise BadInput(f"there is no measure {name!r}: choose one of {', '.join(measures)}")
    return measures[name]
