"""What a measure says of a table with several generalisations, and the least that it could say.

Every measure here adds up over records: what a record's labels cover, how high they are, how many
records share them. So it means the same where records have different levels, and with one level for
all it is the measure of the search (``tests/generative/test_local_measures.py``).

The bound: whoever shares a record's labels is in its class at those levels over the whole table too.
So with classes of at least k a record can only be at levels where that class holds k, and costs at
least the cheapest of these. Levels are tried a few quasi-identifiers at a time, the rest at the top,
which only allows more; each quasi-identifier is in equally many of these trials.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from casemate.errors import BadInput
from casemate.protection.attacker import HighestRisk
from casemate.protection.classes import PrivacyModel
from casemate.protection.diversity import (
    DistinctLDiversity,
    EntropyLDiversity,
    RecursiveCLDiversity,
)
from casemate.protection.ladders import Codes, Floats, Ladder
from casemate.protection.measures import (
    Ambiguity,
    AverageClassSize,
    Discernibility,
    Loss,
    Measure,
    NonUniformEntropy,
    Precision,
    Weighted,
    Weights,
    shares_of_weight,
)
from casemate.protection.models import KAnonymity
from casemate.protection.transformations.regions import TupleRecoding, merged
from casemate.protection.tuples import Node, Tuples

LOCAL_MEASURES = (
    Loss,
    Precision,
    NonUniformEntropy,
    Discernibility,
    AverageClassSize,
    Ambiguity,
)
_OF_EACH_CLASS = (
    KAnonymity,
    HighestRisk,
    DistinctLDiversity,
    EntropyLDiversity,
    RecursiveCLDiversity,
)
_MOST_TRIED = 100_000_000
"""Nodes times tuples that a bound may look at: a second or two."""


def require_local_measure(measure: Measure) -> None:
    """Raise BadInput for a measure that means nothing where classes' labels overlap."""
    if not isinstance(measure, LOCAL_MEASURES):
        raise BadInput(
            f"local recoding has no meaning for the measure {measure.name!r}, which is of one "
            f"generalisation: choose one of {', '.join(kind().name for kind in LOCAL_MEASURES)}"
        )


@dataclass(frozen=True)
class LocalScore:
    """A measure of local recodings of one table."""

    tuples: Tuples
    measure: Measure

    def __post_init__(self) -> None:
        require_local_measure(self.measure)

    @property
    def _named(self) -> Weights:
        return self.measure.weights if isinstance(self.measure, Weighted) else {}

    def of(self, recoding: TupleRecoding) -> float:
        """The score of ``recoding``: less is better."""
        tuples = self.tuples
        match self.measure:
            case Loss() | Precision():
                kept, lost, least = self._cells()
                each = sum(
                    np.where(recoding.kept, cells[recoding.levels[:, at], tuples.codes[at]], gone)
                    for at, (cells, gone) in enumerate(zip(kept, lost, strict=True))
                )
                return float(tuples.counts @ each) - least
            case NonUniformEntropy():
                return self._entropy(recoding)
            case Ambiguity():
                covered = np.ones(len(tuples.counts))
                for at, ladder in enumerate(tuples.ladders):
                    covered *= _covered(ladder)[recoding.levels[:, at], tuples.codes[at]]
                most = math.prod(float(ladder.lines) for ladder in tuples.ladders)
                return float(tuples.counts @ np.where(recoding.kept, covered, most))
        sizes = merged(tuples, recoding).sizes.astype(np.float64)
        suppressed = tuples.records - float(sizes.sum())
        if isinstance(self.measure, AverageClassSize):
            return tuples.records / (np.count_nonzero(sizes) + (suppressed > 0))
        return float(sizes @ sizes) + tuples.records * suppressed

    def _cells(self) -> tuple[list[Floats], list[float], float]:
        """Of Loss and Precision, for each quasi-identifier: what a record costs by level and value,
        what a suppressed one does, and what all together cost with nothing done."""
        tuples = self.tuples
        weights = shares_of_weight(self._named, tuples.ladders)
        kept, lost, least = [], [], 0.0
        for weight, ladder in zip(weights.tolist(), tuples.ladders, strict=True):
            if self.measure.name == "precision":
                heights = np.arange(ladder.height) / max(1, ladder.height - 1)
                shape = ladder.height, len(ladder.codes[0])
                cells, scale = np.broadcast_to(heights[:, None], shape), weight / tuples.records
            else:
                nothing = tuples.records / ladder.lines
                scale = weight / (tuples.records - nothing) if ladder.lines > 1 else 0.0
                cells, least = _shares(ladder), least + nothing * scale
            kept.append(cells * scale)
            lost.append(scale)
        return kept, lost, least

    def _entropy(self, recoding: TupleRecoding) -> float:
        tuples, gone = self.tuples, ~recoding.kept
        suppressed = float(tuples.counts[gone].sum())
        total = 0.0
        weights = shares_of_weight(self._named, tuples.ladders)
        for at, ladder in enumerate(tuples.ladders):
            of_label = _labelled(ladder, tuples.codes[at], tuples.counts.astype(np.float64))
            said = recoding.levels[:, at], tuples.codes[at]
            bits = np.log2(of_label[said] / of_label[0, tuples.codes[at]])
            if suppressed:
                numbers = recoding.levels[:, at] * (1 + max(map(len, ladder.labels)))
                numbers += np.stack(ladder.codes)[said]
                _, number = np.unique(numbers[gone], return_inverse=True)
                of = np.bincount(number.ravel(), weights=tuples.counts[gone])[number.ravel()]
                bits[gone] += np.log2(suppressed / of)
            total += float(weights[at]) * float(tuples.counts @ bits)
        return total

    def bound(self, models: Sequence[PrivacyModel], lows: Node) -> float:
        """A number that no local recoding of this table that meets ``models`` scores below; 0 where
        none better is known."""
        least = max([1, *(m.smallest_table() for m in models if isinstance(m, _OF_EACH_CLASS))])
        records = self.tuples.records
        if isinstance(self.measure, Discernibility):
            return float(records * min(least, records))
        if isinstance(self.measure, AverageClassSize):
            # all who are suppressed make one class more
            return records / (records // least + 1)
        if isinstance(self.measure, Ambiguity):
            return float(records)
        if isinstance(self.measure, NonUniformEntropy) or _said_twice(self.tuples.ladders):
            return 0.0
        return max(0.0, self._cheapest(least, lows))

    def _cheapest(self, least: int, lows: Node) -> float:
        """Of Loss and Precision: each record at its cheapest levels where ``least`` look alike."""
        tuples, (kept, lost, nothing) = self.tuples, self._cells()
        tops = tuple(ladder.height - 1 for ladder in tuples.ladders)
        places = self._together(lows, tops)
        if not places:
            return 0.0
        total = np.zeros(len(tuples.counts))
        for chosen in itertools.combinations(range(len(tops)), places):
            best = np.full(len(tuples.counts), sum(lost[at] for at in chosen))
            for node in _between(chosen, lows, tops):
                grouping = tuples.group(node)
                enough = grouping.sizes[grouping.class_of] >= least
                cost = sum(kept[at][node[at], tuples.codes[at]] for at in chosen)
                best = np.where(enough, np.minimum(best, cost), best)
            total += best
        trials = math.comb(len(tops) - 1, places - 1)
        return float(tuples.counts @ total) / trials - nothing

    def _together(self, lows: Node, tops: Node) -> int:
        """How many quasi-identifiers are tried together, as many as may be looked at; 0 for none."""
        heights = [top - low + 1 for low, top in zip(lows, tops, strict=True)]
        for places in range(len(tops), 0, -1):
            nodes = sum(math.prod(some) for some in itertools.combinations(heights, places))
            if nodes * len(self.tuples.counts) <= _MOST_TRIED:
                return places
        return 0


def _between(chosen: Sequence[int], lows: Node, tops: Node) -> Iterator[Node]:
    levels = [
        range(low, top + 1) if at in chosen else (top,)
        for at, (low, top) in enumerate(zip(lows, tops, strict=True))
    ]
    return itertools.product(*levels)


def _shares(ladder: Ladder) -> Floats:
    """The share of the hierarchy that a value's label covers, by level and value."""
    return np.stack([part[codes] for part, codes in zip(ladder.shares, ladder.codes, strict=True)])


def _covered(ladder: Ladder) -> Floats:
    return np.asarray(_shares(ladder) * ladder.lines)


def _labelled(ladder: Ladder, values: Codes, counts: Floats) -> Floats:
    """How many records of the table have a value's label, by level and value."""
    of_value = np.bincount(values, weights=counts, minlength=len(ladder.codes[0]))
    rows = [np.bincount(codes, weights=of_value)[codes] for codes in ladder.codes]
    return np.maximum(np.stack(rows), 1e-300)


def _said_twice(ladders: Sequence[Ladder]) -> bool:
    """Whether some label means one thing at one level and another thing at another."""
    for ladder in ladders:
        meant: dict[str | None, bytes] = {}
        for labels, codes in zip(ladder.labels, ladder.codes, strict=True):
            for code, label in enumerate(labels):
                covered = np.flatnonzero(codes == code).tobytes()
                if meant.setdefault(label, covered) != covered:
                    return True
    return False
