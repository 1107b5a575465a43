"""Measures of information loss, each with the lower bounds that let the search prune.

Suppressed records leave the table, and every measure charges them no less than a kept record. Two
things hold for every node g below or equal to a node h (finer or equal), by monotonicity:

* a record surely suppressed at h is suppressed at g, so g pays the full charge for it: a
  *surcharge* that h lays on every node below it;
* a record's cost while kept never falls from g to h, so what g would cost with nobody suppressed is
  a *floor* under every node above it.

Floor and surcharge count disjoint amounts, so their sum bounds a node's score from below. A measure
whose surcharge cannot be told apart (average class size, Kullback-Leibler divergence) lays none on
the nodes below: its floor bounds them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from casemate.errors import BadInput
from casemate.protection.classes import Flags, weighed
from casemate.protection.ladders import Codes, Floats, Ladder
from casemate.protection.tuples import Grouping, Node, Tuples
from casemate.protection.values import number_of


class Scorer(Protocol):
    """A measure at work on one table."""

    def floors(self, lows: Node, highs: Node) -> Floats | float:
        """A lower bound on the score of every node from ``lows`` to ``highs``."""
        ...

    def floor(self, tuples: Tuples, node: Node, grouping: Grouping) -> float:
        """What ``node`` would cost with nobody suppressed."""
        ...

    def surcharge(
        self, tuples: Tuples, node: Node, grouping: Grouping, violated: Flags
    ) -> Floats | float:
        """What suppressing the classes marked in ``violated`` adds to the floor: for each node from
        the tuples' base up to ``node``, whose own is the last, or one figure for all of them."""
        ...

    def least_surcharge(self, tuples: Tuples, node: Node, grouping: Grouping, lost: Codes) -> float:
        """What suppressing ``lost`` records of each class, whichever they are, adds at least to the
        floor of every node up to ``node``."""
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


Weights = Mapping[str, Any]


def shares_of_weight(weights: Weights, ladders: tuple[Ladder, ...]) -> Floats:
    """The weight of each quasi-identifier as a share of all; one not named weighs 1.

    Raises BadInput for a name that is no quasi-identifier, a weight below 0, or all weights 0.
    """
    names = [ladder.attribute for ladder in ladders]
    if unknown := sorted(set(weights) - set(names)):
        raise BadInput(f"a weight is given for {unknown[0]!r}, which is no quasi-identifier")
    found = np.array(
        [float(number_of(weights.get(name, 1), f"the weight of {name!r}")) for name in names]
    )
    if (found < 0).any() or not found.sum():
        raise BadInput("weights are numbers of at least 0, and one of them is above 0")
    return np.asarray(found / found.sum())


@dataclass(frozen=True)
class Loss:
    """ARX's Loss: the mean over quasi-identifiers of the share of the domain a label covers, 0 to 1.

    For one quasi-identifier (A - N/D) / (N - N/D), where N counts the records, D the hierarchy's
    lines, and A adds up each record's share, 1 for a suppressed record (ARX, MetricMDNMLoss).
    ``weights`` by quasi-identifier make it a weighted mean.
    """

    name: str = "loss"
    weights: Weights = field(default_factory=dict)

    def scorer(self, tuples: Tuples) -> "LossScorer":
        return LossScorer(tuples, self.weights)


class SeparableScorer:
    """A weighted mean over quasi-identifiers, so floors and surcharges are outer sums over them."""

    def __init__(self, tuples: Tuples, weights: Weights) -> None:
        self._ladders = tuples.ladders
        self._weights = shares_of_weight(weights, tuples.ladders)
        self._kept = [
            # rounding must not lift a floor above the score it bounds, or below nothing
            np.maximum(0.0, [self.kept(tuples, at, level) for level in range(ladder.height)])
            for at, ladder in enumerate(self._ladders)
        ]

    def kept(self, tuples: Tuples, at: int, level: int) -> float:
        """What one quasi-identifier costs at ``level`` with nobody suppressed."""
        raise NotImplementedError

    def lost(self, tuples: Tuples, at: int, level: int, rows: Codes, counts: Codes) -> float:
        """What suppressing ``counts`` records of the tuples ``rows`` adds to that."""
        raise NotImplementedError

    def least(self, tuples: Tuples, at: int, level: int, rows: Codes, lost: Codes) -> float:
        """What suppressing ``lost`` records in the classes of the tuples ``rows`` adds at least."""
        return self.lost(tuples, at, level, rows, lost)

    def floors(self, lows: Node, highs: Node) -> Floats:
        return outer_sum(
            [
                weight * kept[low : high + 1]
                for weight, kept, low, high in zip(
                    self._weights, self._kept, lows, highs, strict=True
                )
            ]
        )

    def floor(self, tuples: Tuples, node: Node, grouping: Grouping) -> float:
        return float(
            sum(
                weight * kept[level]
                for weight, kept, level in zip(self._weights, self._kept, node, strict=True)
            )
        )

    def surcharge(
        self, tuples: Tuples, node: Node, grouping: Grouping, violated: Flags
    ) -> Floats | float:
        rows = np.flatnonzero(violated[grouping.class_of])
        if not len(rows):
            return 0.0
        counts = tuples.counts[rows]
        return outer_sum(
            [
                self._weights[at]
                * np.array(
                    [
                        self.lost(tuples, at, lower, rows, counts)
                        for lower in range(tuples.base[at], level + 1)
                    ]
                )
                for at, level in enumerate(node)
            ]
        )

    def least_surcharge(self, tuples: Tuples, node: Node, grouping: Grouping, lost: Codes) -> float:
        numbers = np.flatnonzero(lost)
        member = np.zeros(len(lost), dtype=np.int64)
        member[grouping.class_of] = np.arange(len(grouping.class_of))
        rows = member[numbers]
        return float(
            sum(
                self._weights[at] * self.least(tuples, at, level, rows, lost[numbers])
                for at, level in enumerate(node)
            )
        )

    def attribute_losses(self, tuples: Tuples, node: Node, kept: Flags) -> list[float]:
        """The measure of each quasi-identifier alone at ``node``, where ``kept`` tuples remain."""
        rows = np.flatnonzero(~kept)
        counts = tuples.counts[rows]
        return [
            float(self._kept[at][level] + self.lost(tuples, at, level, rows, counts))
            for at, level in enumerate(node)
        ]


class LossScorer(SeparableScorer):
    def __init__(self, tuples: Tuples, weights: Weights | None = None) -> None:
        records = tuples.records
        self._least = [records / ladder.lines for ladder in tuples.ladders]
        self._scale = [
            1 / (records - least) if ladder.lines > 1 else 0.0
            for ladder, least in zip(tuples.ladders, self._least, strict=True)
        ]
        super().__init__(tuples, weights or {})

    def kept(self, tuples: Tuples, at: int, level: int) -> float:
        held = np.bincount(tuples.column(at, level), weights=tuples.counts)
        total = held @ self._ladders[at].shares[level]
        return float((total - self._least[at]) * self._scale[at])

    def lost(self, tuples: Tuples, at: int, level: int, rows: Codes, counts: Codes) -> float:
        shares = self._ladders[at].shares[level][tuples.column(at, level)[rows]]
        return float(counts.sum() - counts @ shares) * self._scale[at]


@dataclass(frozen=True)
class Precision:
    """The mean over quasi-identifiers of the level over the highest, 1 for a suppressed record.

    One less Sweeney's Prec (2002), so that less is better (ARX, MetricMDNMPrecision). 0 to 1.
    """

    name: str = "precision"
    weights: Weights = field(default_factory=dict)

    def scorer(self, tuples: Tuples) -> "PrecisionScorer":
        return PrecisionScorer(tuples, self.weights)


class PrecisionScorer(SeparableScorer):
    def __init__(self, tuples: Tuples, weights: Weights) -> None:
        self._records = tuples.records
        super().__init__(tuples, weights)

    def kept(self, tuples: Tuples, at: int, level: int) -> float:
        height = self._ladders[at].height - 1
        return level / height if height else 0.0

    def lost(self, tuples: Tuples, at: int, level: int, rows: Codes, counts: Codes) -> float:
        return float(counts.sum()) / self._records * (1 - self.kept(tuples, at, level))


@dataclass(frozen=True)
class NonUniformEntropy:
    """The bits that the labels leave open: the mean over quasi-identifiers of the sum of
    ``-log2(n(value) / n(label))`` over all records, plus, for suppressed ones, of ``-log2`` of their
    label's share among the suppressed (De Waal & Willenborg 1999, as in ARX's
    MetricMDNUNMEntropyPrecomputed). 0 or more; grows with the table.
    """

    name: str = "entropy"
    weights: Weights = field(default_factory=dict)

    def scorer(self, tuples: Tuples) -> "EntropyScorer":
        return EntropyScorer(tuples, self.weights)


class EntropyScorer(SeparableScorer):
    def kept(self, tuples: Tuples, at: int, level: int) -> float:
        counts = weighed(tuples.column(at, 0), tuples.counts, 0)
        up = self._ladders[at].up(0, level)
        return _bits(weighed(up, counts, 0)) - _bits(counts)

    def lost(self, tuples: Tuples, at: int, level: int, rows: Codes, counts: Codes) -> float:
        held = weighed(tuples.column(at, level)[rows], counts, 0)
        return _bits(counts.sum(keepdims=True).astype(np.float64)) - _bits(held)

    def least(self, tuples: Tuples, at: int, level: int, rows: Codes, lost: Codes) -> float:
        return 0.0  # the records lost may all have one label


def _bits(counts: Floats) -> float:
    """The sum of ``n log2 n``."""
    positive = counts[counts > 0]
    return float(positive @ np.log2(positive))


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

    def floor(self, tuples: Tuples, node: Node, grouping: Grouping) -> float:
        sizes = grouping.sizes.astype(np.float64)
        return float(sizes @ sizes)

    def surcharge(self, tuples: Tuples, node: Node, grouping: Grouping, violated: Flags) -> float:
        # below, a suppressed record's class is no larger than here: its part of the floor there is
        # at most this size, and it pays the whole table instead
        lost = grouping.sizes[violated].astype(np.float64)
        return float(self.records * lost.sum() - lost @ lost)

    def least_surcharge(self, tuples: Tuples, node: Node, grouping: Grouping, lost: Codes) -> float:
        sizes = grouping.sizes.astype(np.float64)
        return float(lost @ (self.records - sizes))


@dataclass(frozen=True)
class AverageClassSize:
    """Records collected over classes, where all suppressed records make one more class (LeFevre,
    DeWitt & Ramakrishnan 2006, not normalised by k, as in ARX's MetricSDAECS). 1 or more."""

    name: str = "average-class-size"

    def scorer(self, tuples: Tuples) -> "AverageClassScorer":
        return AverageClassScorer(tuples.records)


@dataclass(frozen=True)
class AverageClassScorer:
    records: int

    def floors(self, lows: Node, highs: Node) -> float:
        return 1.0

    def floor(self, tuples: Tuples, node: Node, grouping: Grouping) -> float:
        return self.records / int(np.count_nonzero(grouping.sizes))

    def surcharge(
        self, tuples: Tuples, node: Node, grouping: Grouping, violated: Flags
    ) -> Floats | float:
        classes = int(np.count_nonzero(grouping.sizes))
        lost = int(np.count_nonzero(violated & (grouping.sizes > 0)))
        if not lost:
            return 0.0
        own = self.records / (classes - lost + 1) - self.records / classes
        return _own_only(tuples.base, node, own)

    def least_surcharge(self, tuples: Tuples, node: Node, grouping: Grouping, lost: Codes) -> float:
        return 0.0


def _own_only(base: Node, node: Node, own: float) -> Floats:
    """A surcharge that nothing is known of but at ``node`` itself."""
    found = np.zeros(tuple(high - low + 1 for low, high in zip(base, node, strict=True)))
    found.flat[-1] = own
    return found


def _cells(tuples: Tuples, node: Node) -> Floats:
    """How many combinations of the domain's values the labels of each tuple cover at ``node``."""
    covered = np.ones(len(tuples.counts))
    for at, level in enumerate(node):
        ladder = tuples.ladders[at]
        covered *= (ladder.shares[level] * ladder.lines)[tuples.column(at, level)]
    return covered


def _all_cells(tuples: Tuples) -> float:
    return float(np.prod([float(ladder.lines) for ladder in tuples.ladders]))


@dataclass(frozen=True)
class Ambiguity:
    """The combinations of values that each record could stand for, added up; a suppressed record
    could stand for any (Goldberger & Tassa 2010, as in ARX's MetricSDNMAmbiguity)."""

    name: str = "ambiguity"

    def scorer(self, tuples: Tuples) -> "AmbiguityScorer":
        return AmbiguityScorer(tuples.records, _all_cells(tuples))


@dataclass(frozen=True)
class AmbiguityScorer:
    records: int
    most: float

    def floors(self, lows: Node, highs: Node) -> float:
        return float(self.records)

    def floor(self, tuples: Tuples, node: Node, grouping: Grouping) -> float:
        return float(_cells(tuples, node) @ tuples.counts)

    def surcharge(self, tuples: Tuples, node: Node, grouping: Grouping, violated: Flags) -> float:
        rows = np.flatnonzero(violated[grouping.class_of])
        return float((self.most - _cells(tuples, node)[rows]) @ tuples.counts[rows])

    def least_surcharge(self, tuples: Tuples, node: Node, grouping: Grouping, lost: Codes) -> float:
        cells = np.zeros(len(lost))
        cells[grouping.class_of] = _cells(tuples, node)
        return float(lost @ (self.most - cells))


@dataclass(frozen=True)
class KLDivergence:
    """The Kullback-Leibler divergence in bits from the table's distribution to the one that an
    analyst can rebuild: each class spread evenly over the combinations its labels cover, all
    suppressed records over the whole domain (Kifer & Gehrke 2006; Machanavajjhala et al. 2007, 6.3).

    It adds up over records. ARX's MetricSDNMKLDivergence weighs each record by its tuple's share
    once more, so its figures differ where tuples repeat.
    """

    name: str = "kl-divergence"

    def scorer(self, tuples: Tuples) -> "KLScorer":
        shares = tuples.counts[tuples.counts > 0] / tuples.records
        return KLScorer(tuples.records, _all_cells(tuples), float(shares @ np.log2(shares)))


@dataclass(frozen=True)
class KLScorer:
    records: int
    domain: float
    certainty: float

    def floors(self, lows: Node, highs: Node) -> float:
        return 0.0

    def _spread(self, tuples: Tuples, node: Node, grouping: Grouping) -> tuple[Floats, Floats]:
        """For each class its share of the records, and the bits its records cost while kept."""
        cells = np.ones(len(grouping.sizes))
        cells[grouping.class_of] = _cells(tuples, node)
        shares = grouping.sizes / self.records
        return shares, shares * np.log2(cells / np.where(shares > 0, shares, 1.0))

    def floor(self, tuples: Tuples, node: Node, grouping: Grouping) -> float:
        # rounding must not lift a floor above the score it bounds, or below nothing
        return max(0.0, self.certainty + float(self._spread(tuples, node, grouping)[1].sum()))

    def surcharge(
        self, tuples: Tuples, node: Node, grouping: Grouping, violated: Flags
    ) -> Floats | float:
        shares, bits = self._spread(tuples, node, grouping)
        lost = float(shares[violated].sum())
        if not lost:
            return 0.0
        own = lost * float(np.log2(self.domain / lost)) - float(bits[violated].sum())
        return _own_only(tuples.base, node, max(0.0, own))

    def least_surcharge(self, tuples: Tuples, node: Node, grouping: Grouping, lost: Codes) -> float:
        return 0.0


def outer_sum(vectors: list[Floats]) -> Floats:
    """``result[i, j, ...] = vectors[0][i] + vectors[1][j] + ...``."""
    total = np.zeros(())
    for vector in vectors:
        total = total[..., None] + vector
    return total


MEASURES: dict[str, Callable[[], Measure]] = {
    "loss": Loss,
    "discernibility": Discernibility,
    "entropy": NonUniformEntropy,
    "precision": Precision,
    "average-class-size": AverageClassSize,
    "ambiguity": Ambiguity,
    "kl-divergence": KLDivergence,
}


def measure_from_name(name: Any) -> Measure:
    """The measure that a plan names."""
    if not isinstance(name, str) or name not in MEASURES:
        raise BadInput(f"there is no measure {name!r}: choose one of {', '.join(MEASURES)}")
    return MEASURES[name]()
