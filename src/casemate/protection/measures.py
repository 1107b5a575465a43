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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Protocol

import numpy as np

from casemate.errors import BadInput
from casemate.protection.classes import Flags
from casemate.protection.ladders import Codes, Floats, Ladder
from casemate.protection.loops import label_sums
from casemate.protection.tuples import Node, NodeGrouping, Tuples
from casemate.protection.values import number_of, plain


@dataclass(frozen=True)
class Surcharge:
    """What suppression at a node adds to floors: to its ``own``, to that of every node up to it
    (``everywhere``), and by the level of each quasi-identifier, from 0 to its own (``by_level``)."""

    own: float = 0.0
    everywhere: float = 0.0
    by_level: tuple[Floats, ...] = ()


NOTHING = Surcharge()


class Scorer(Protocol):
    """A measure at work on one table."""

    def floors(self, lows: Node, highs: Node) -> Floats | float:
        """A lower bound on the score of every node from ``lows`` to ``highs``."""
        ...

    def floor(self, grouping: NodeGrouping) -> float:
        """What a node would cost with nobody suppressed."""
        ...

    def surcharge(self, grouping: NodeGrouping, violated: Flags) -> Surcharge:
        """What suppressing the classes marked in ``violated`` adds to the floors."""
        ...

    def least_surcharge(self, grouping: NodeGrouping, lost: Codes) -> float:
        """What suppressing ``lost`` records of each class, whichever they are, adds at least to the
        floor of every node up to this one."""
        ...


class Measure(Protocol):
    """What to lose least of."""

    @property
    def name(self) -> str:
        """What plans and reports call it."""
        ...

    def scorer(self, tuples: Tuples) -> Scorer:
        """The measure at work on the table of ``tuples``, from which all others are rolled up."""
        ...


Weights = Mapping[str, Any]
"""How much each quasi-identifier counts: a number of at least 0, or its decimal text."""


def exact_weights(weights: Any) -> dict[str, Fraction]:
    """``weights`` as exact numbers; BadInput for what is no name or no number of at least 0."""
    if not isinstance(weights, Mapping) or not all(isinstance(name, str) for name in weights):
        raise BadInput("weights are given by the names of quasi-identifiers")
    found = {}
    for name, weight in weights.items():
        if weight is None:
            raise BadInput(f"the weight of {name!r} must be a number, not None")
        exact = weight if isinstance(weight, Fraction) else number_of(weight, f"weight of {name!r}")
        if exact < 0:
            raise BadInput(f"the weight of {name!r} must be at least 0, not {plain(exact)}")
        found[name] = exact
    return found


def shares_of_weight(weights: Weights, ladders: tuple[Ladder, ...]) -> Floats:
    """The weight of each quasi-identifier as a share of all; one not named weighs 1.

    Raises BadInput for a name that is no quasi-identifier, or where all weights are 0.
    """
    names = [ladder.attribute for ladder in ladders]
    if unknown := sorted(set(weights) - set(names)):
        raise BadInput(f"a weight is given for {unknown[0]!r}, which is no quasi-identifier")
    if names and not weights:
        return np.full(len(names), 1 / len(names))
    found = [Fraction(weights.get(name, 1)) for name in names]
    total = sum(found)
    if not total:
        raise BadInput("every quasi-identifier weighs 0: give one of them a weight above 0")
    return np.array([float(weight / total) for weight in found])


@dataclass(frozen=True)
class Weighted:
    """A measure taken of each quasi-identifier, and their weighted mean.

    ``weights`` names what counts more or less than 1; 0 leaves a quasi-identifier out of the mean,
    though not out of the models. With weights w and attribute-wise measures m the score is
    ``sum(w m) / sum(w)``: without weights the arithmetic mean, as in ARX, whose attribute weights
    (Prasser, Kohlmayer & Kuhn 2016, section on quality models) scale each m in the same way.
    """

    weights: Weights = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", exact_weights(self.weights))

    @property
    def name(self) -> str:
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """The measure as a JSON document without floats; ``measure_from_dict`` reads it back."""
        if not self.weights:
            return {"measure": self.name}
        weights = {name: plain(weight) for name, weight in self.weights.items()}
        return {"measure": self.name, "weights": weights}


@dataclass(frozen=True)
class Loss(Weighted):
    """ARX's Loss: the mean over quasi-identifiers of the share of the domain a label covers, 0 to 1.

    For one quasi-identifier (A - N/D) / (N - N/D), where N counts the records, D the hierarchy's
    lines, and A adds up each record's share, 1 for a suppressed record (ARX, MetricMDNMLoss).
    ``weights`` by quasi-identifier make it a weighted mean (see ``Weighted``).
    """

    @property
    def name(self) -> str:
        return "loss"

    def scorer(self, tuples: Tuples) -> "LossScorer":
        return LossScorer(tuples, self.weights)


class SeparableScorer:
    """A weighted mean over quasi-identifiers, so floors and surcharges are sums over them.

    Costs are arrays with a figure for each quasi-identifier and level, end to end.
    """

    def __init__(self, tuples: Tuples, weights: Weights) -> None:
        self._tuples = tuples
        self._heights = [ladder.height for ladder in tuples.ladders]
        self._starts = np.cumsum([0, *self._heights])
        self.weight_of = shares_of_weight(weights, tuples.ladders)
        self._weights = np.repeat(self.weight_of, self._heights)
        sums = tuples.label_totals
        # rounding must not lift a floor above the score it bounds, or below nothing
        self._kept = np.maximum(0.0, self.kept(sums))
        self._floors = self._weights * self._kept

    def kept(self, sums: Floats) -> Floats:
        """What each quasi-identifier costs with nobody suppressed, from the records by label."""
        raise NotImplementedError

    def lost(self, sums: Floats, records: int) -> Floats:
        """What suppressing some ``records`` adds to that, from how many of them have each label."""
        raise NotImplementedError

    def least(self, sums: Floats, records: int) -> Floats:
        """What suppressing that many records adds at least, if they are any of the same classes."""
        return self.lost(sums, records)

    def by_label(self, figures: Floats) -> Floats:
        """The sum of ``figures`` of the labels of each quasi-identifier and level."""
        sums_at = self._tuples.labels.sums_at
        return np.asarray(np.add.reduceat(figures, sums_at[sums_at >= 0]))

    def floors(self, lows: Node, highs: Node) -> Floats:
        return outer_sum(
            [
                self._floors[start + low : start + high + 1]
                for start, low, high in zip(self._starts[:-1], lows, highs, strict=True)
            ]
        )

    def floor(self, grouping: NodeGrouping) -> float:
        return self.floor_at(grouping.node)

    def floor_at(self, node: Node) -> float:
        """What ``node`` would cost with nobody suppressed: its classes need not be known."""
        return float(sum(self._at(self._floors, node).tolist()))

    def _at(self, figures: Floats, node: Node) -> Floats:
        return np.asarray(figures[self._starts[:-1] + np.array(node)])

    def surcharge(self, grouping: NodeGrouping, violated: Flags) -> Surcharge:
        if not violated.any():
            return NOTHING
        rows = grouping.finest_rows(violated)
        counts = self._tuples.counts[rows]
        sums = label_sums(self._tuples.matrix, rows, counts, self._tuples.labels)
        return self.surcharge_of(sums, int(counts.sum()), grouping.node)

    def surcharge_of(self, sums: Floats, records: int, node: Node) -> Surcharge:
        """What suppressing some ``records`` at ``node`` adds, from how many of them have each label."""
        lost = self._weights * self.lost(sums, records)
        by_level = tuple(
            lost[start : start + level + 1]
            for start, level in zip(self._starts[:-1], node, strict=True)
        )
        return Surcharge(own=sum(float(part[-1]) for part in by_level), by_level=by_level)

    def least_surcharge(self, grouping: NodeGrouping, lost: Codes) -> float:
        of = np.flatnonzero(lost)
        tuples, rows = grouping.tuples, grouping.first[of]
        sums = label_sums(tuples.matrix, rows, lost[of], tuples.labels)
        least = self._weights * self.least(sums, int(lost[of].sum()))
        return float(self._at(least, grouping.node).sum())

    def attribute_losses(self, tuples: Tuples, node: Node, kept: Flags) -> list[float]:
        """The measure of each quasi-identifier alone at ``node``, where ``kept`` tuples remain."""
        rows = np.flatnonzero(~kept)
        counts = tuples.counts[rows]
        sums = label_sums(tuples.matrix, rows, counts, tuples.labels)
        total: list[float] = self._at(
            self._kept + self.lost(sums, int(counts.sum())), node
        ).tolist()
        return total


class LossScorer(SeparableScorer):
    def __init__(self, tuples: Tuples, weights: Weights | None = None) -> None:
        records = tuples.records
        self.shares = np.concatenate([part for one in tuples.ladders for part in one.shares])
        heights = [ladder.height for ladder in tuples.ladders]
        lines = np.repeat([ladder.lines for ladder in tuples.ladders], heights)
        self._least = records / lines
        # a quasi-identifier with one line has nothing to lose
        self.scale = np.where(lines > 1, 1 / np.where(lines > 1, records - self._least, 1.0), 0.0)
        super().__init__(tuples, weights or {})

    def kept(self, sums: Floats) -> Floats:
        return (self.by_label(self.shares * sums) - self._least) * self.scale

    def lost(self, sums: Floats, records: int) -> Floats:
        return (records - self.by_label(self.shares * sums)) * self.scale


@dataclass(frozen=True)
class Precision(Weighted):
    """The mean over quasi-identifiers of the level over the highest, 1 for a suppressed record.

    One less Sweeney's Prec (2002), so that less is better (ARX, MetricMDNMPrecision). 0 to 1.
    ``weights`` by quasi-identifier make it a weighted mean (see ``Weighted``).
    """

    @property
    def name(self) -> str:
        return "precision"

    def scorer(self, tuples: Tuples) -> "PrecisionScorer":
        return PrecisionScorer(tuples, self.weights)


class PrecisionScorer(SeparableScorer):
    def __init__(self, tuples: Tuples, weights: Weights) -> None:
        self._records = tuples.records
        self._height = np.concatenate(
            [np.arange(one.height) / max(1, one.height - 1) for one in tuples.ladders]
        )
        super().__init__(tuples, weights)

    def kept(self, sums: Floats) -> Floats:
        return self._height

    def lost(self, sums: Floats, records: int) -> Floats:
        return np.asarray(records / self._records * (1 - self._height))


@dataclass(frozen=True)
class NonUniformEntropy(Weighted):
    """The bits that the labels leave open: the mean over quasi-identifiers of the sum of
    ``-log2(n(value) / n(label))`` over all records, plus, for suppressed ones, of ``-log2`` of their
    label's share among the suppressed (De Waal & Willenborg 1999, as in ARX's
    MetricMDNUNMEntropyPrecomputed). 0 or more; grows with the table. ``weights`` by
    quasi-identifier make it a weighted mean (see ``Weighted``).
    """

    @property
    def name(self) -> str:
        return "entropy"

    def scorer(self, tuples: Tuples) -> "EntropyScorer":
        return EntropyScorer(tuples, self.weights)


class EntropyScorer(SeparableScorer):
    def kept(self, sums: Floats) -> Floats:
        bits = self.by_label(_bits(sums))
        return np.asarray(bits - np.repeat(bits[self._starts[:-1]], self._heights))

    def lost(self, sums: Floats, records: int) -> Floats:
        return np.asarray(_bits(np.array(float(records))) - self.by_label(_bits(sums)))

    def least(self, sums: Floats, records: int) -> Floats:
        return np.zeros(len(self._weights))  # the records lost may all have one label


def _bits(counts: Floats) -> Floats:
    """``n log2 n``, 0 for 0."""
    return np.asarray(counts * np.log2(np.maximum(counts, 1.0)))


@dataclass(frozen=True)
class Unweighted:
    """A measure of the table as a whole."""

    @property
    def name(self) -> str:
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """The measure as a JSON document; ``measure_from_dict`` reads it back."""
        return {"measure": self.name}


@dataclass(frozen=True)
class Discernibility(Unweighted):
    """Each record pays the size of its class, a suppressed one the whole table (Bayardo & Agrawal 2005)."""

    @property
    def name(self) -> str:
        return "discernibility"

    def scorer(self, tuples: Tuples) -> "DiscernibilityScorer":
        return DiscernibilityScorer(tuples.records)


@dataclass(frozen=True)
class DiscernibilityScorer:
    records: int

    def floors(self, lows: Node, highs: Node) -> float:
        return float(self.records)  # each record pays at least 1

    def floor(self, grouping: NodeGrouping) -> float:
        sizes = grouping.sizes.astype(np.float64)
        return float(sizes @ sizes)

    def surcharge(self, grouping: NodeGrouping, violated: Flags) -> Surcharge:
        # below, a suppressed record's class is no larger than here: its part of the floor there is
        # at most this size, and it pays the whole table instead
        lost = grouping.sizes[violated].astype(np.float64)
        more = float(self.records * lost.sum() - lost @ lost)
        return Surcharge(own=more, everywhere=more)

    def least_surcharge(self, grouping: NodeGrouping, lost: Codes) -> float:
        return float(lost @ (self.records - grouping.sizes.astype(np.float64)))


@dataclass(frozen=True)
class AverageClassSize(Unweighted):
    """Records collected over classes, where all suppressed records make one more class (LeFevre,
    DeWitt & Ramakrishnan 2006, not normalised by k, as in ARX's MetricSDAECS). 1 or more."""

    @property
    def name(self) -> str:
        return "average-class-size"

    def scorer(self, tuples: Tuples) -> "AverageClassScorer":
        return AverageClassScorer(tuples.records)


@dataclass(frozen=True)
class AverageClassScorer:
    records: int

    def floors(self, lows: Node, highs: Node) -> float:
        return 1.0

    def floor(self, grouping: NodeGrouping) -> float:
        return self.records / int(np.count_nonzero(grouping.sizes))

    def surcharge(self, grouping: NodeGrouping, violated: Flags) -> Surcharge:
        classes = int(np.count_nonzero(grouping.sizes))
        lost = int(np.count_nonzero(violated & (grouping.sizes > 0)))
        if not lost:
            return NOTHING
        return Surcharge(own=self.records / (classes - lost + 1) - self.records / classes)

    def least_surcharge(self, grouping: NodeGrouping, lost: Codes) -> float:
        return 0.0


def _cells(grouping: NodeGrouping) -> Floats:
    """How many combinations of the domain's values the labels of each class cover."""
    covered = np.ones(len(grouping.sizes))
    for at, (ladder, level) in enumerate(zip(grouping.tuples.ladders, grouping.node, strict=True)):
        covered *= (ladder.shares[level] * ladder.lines)[grouping.labels(at)]
    return covered


def _all_cells(tuples: Tuples) -> float:
    return float(np.prod([float(ladder.lines) for ladder in tuples.ladders]))


@dataclass(frozen=True)
class Ambiguity(Unweighted):
    """The combinations of values that each record could stand for, added up; a suppressed record
    could stand for any (Goldberger & Tassa 2010, as in ARX's MetricSDNMAmbiguity)."""

    @property
    def name(self) -> str:
        return "ambiguity"

    def scorer(self, tuples: Tuples) -> "AmbiguityScorer":
        return AmbiguityScorer(tuples.records, _all_cells(tuples))


@dataclass(frozen=True)
class AmbiguityScorer:
    records: int
    most: float

    def floors(self, lows: Node, highs: Node) -> float:
        return float(self.records)

    def floor(self, grouping: NodeGrouping) -> float:
        return float(_cells(grouping) @ grouping.sizes)

    def surcharge(self, grouping: NodeGrouping, violated: Flags) -> Surcharge:
        more = float((self.most - _cells(grouping)[violated]) @ grouping.sizes[violated])
        return Surcharge(own=more, everywhere=more)

    def least_surcharge(self, grouping: NodeGrouping, lost: Codes) -> float:
        return float(lost @ (self.most - _cells(grouping)))


@dataclass(frozen=True)
class KLDivergence(Unweighted):
    """The Kullback-Leibler divergence in bits from the table's distribution to the one that an
    analyst can rebuild: each class spread evenly over the combinations its labels cover, all
    suppressed records over the whole domain (Kifer & Gehrke 2006; Machanavajjhala et al. 2007, 6.3).

    It adds up over records. ARX's MetricSDNMKLDivergence weighs each record by its tuple's share
    once more, so its figures differ where tuples repeat.
    """

    @property
    def name(self) -> str:
        return "kl-divergence"

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

    def _spread(self, grouping: NodeGrouping) -> tuple[Floats, Floats]:
        """For each class its share of the records, and the bits its records cost while kept."""
        shares = grouping.sizes / self.records
        return shares, shares * np.log2(_cells(grouping) / np.where(shares > 0, shares, 1.0))

    def floor(self, grouping: NodeGrouping) -> float:
        # rounding must not lift a floor above the score it bounds, or below nothing
        return max(0.0, self.certainty + float(self._spread(grouping)[1].sum()))

    def surcharge(self, grouping: NodeGrouping, violated: Flags) -> Surcharge:
        shares, bits = self._spread(grouping)
        lost = float(shares[violated].sum())
        if not lost:
            return NOTHING
        own = lost * float(np.log2(self.domain / lost)) - float(bits[violated].sum())
        return Surcharge(own=max(0.0, own))

    def least_surcharge(self, grouping: NodeGrouping, lost: Codes) -> float:
        return 0.0


def outer_sum(vectors: Sequence[Floats]) -> Floats:
    """``result[i, j, ...] = vectors[0][i] + vectors[1][j] + ...``."""
    total = np.zeros(())
    for vector in vectors:
        total = total[..., None] + vector
    return total


MEASURES: dict[str, type[Weighted] | type[Unweighted]] = {
    "loss": Loss,
    "discernibility": Discernibility,
    "entropy": NonUniformEntropy,
    "precision": Precision,
    "average-class-size": AverageClassSize,
    "ambiguity": Ambiguity,
    "kl-divergence": KLDivergence,
}


def measure_from_name(name: Any) -> Measure:
    """The measure that a plan names, without weights."""
    return measure_from_dict({"measure": name})


def measure_from_dict(document: Any) -> Measure:
    """Read what ``to_dict`` of a measure wrote; the name alone stands for one without weights."""
    if isinstance(document, str):
        document = {"measure": document}
    if not isinstance(document, Mapping):
        raise BadInput("a measure is a name, or an object with 'measure' and 'weights'")
    name = document.get("measure")
    if not isinstance(name, str) or name not in MEASURES:
        raise BadInput(f"there is no measure {name!r}: choose one of {', '.join(MEASURES)}")
    kind: Any = MEASURES[name]
    if unknown := sorted(str(key) for key in document if key not in ("measure", "weights")):
        raise BadInput(f"the measure {name!r} has no part {unknown[0]!r}")
    weights = document.get("weights", {})
    if not issubclass(kind, Weighted):
        if weights:
            raise BadInput(
                f"the measure {name!r} is of the table as a whole: it has no weights by attribute"
            )
        measure: Measure = kind()
        return measure
    if isinstance(weights, Mapping):
        for attribute, weight in weights.items():
            if isinstance(weight, float):
                raise BadInput(
                    f"the weight of {attribute!r} is a float: a document gives it as text"
                )
    weighted: Measure = kind(weights)
    return weighted
