"""The provably best node of the generalisation lattice.

Every node still open has a lower bound on its score (see ``measures``) and is dropped once that
reaches the best score found. The node looked at next is the one with the most open nodes below it,
because judging it bears on all of those: if it suppresses too much, so does every one of them; if
not, its suppressed records raise all their bounds. When no node is open, the best is the optimum.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from casemate.errors import BadInput
from casemate.protection.ladders import Floats
from casemate.protection.measures import Flags, Measure, outer_sum
from casemate.protection.models import Classes, PrivacyModel
from casemate.protection.tuples import Grouping, Node, Tuples

LARGEST_LATTICE = 10_000_000
_ROLL_UP_EVERY = 16
# a bound and the score it bounds are sums in different orders: this covers their rounding
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Optimum:
    """The best node, its score, and how many nodes the search judged of how many."""

    node: Node
    score: float
    suppressed: int
    judged: int
    lattice: int


class Infeasible(BadInput):
    """No node meets the models within the suppression allowed; ``suppressed`` is the least possible."""

    def __init__(self, suppressed: int) -> None:
        super().__init__("no generalisation meets the models within the suppression allowed")
        self.suppressed = suppressed


def violated_classes(grouping: Grouping, models: Sequence[PrivacyModel]) -> Flags:
    """The classes that a model suppresses; a number in no use is none."""
    present = np.flatnonzero(grouping.sizes)
    classes = Classes(grouping.sizes[present])
    violated = np.zeros(len(grouping.sizes), dtype=bool)
    for model in models:
        violated[present] |= model.violated(classes)
    return violated


def find_optimum(
    tuples: Tuples,
    models: Sequence[PrivacyModel],
    measure: Measure,
    most_suppressed: int,
    lows: Node,
    highs: Node,
) -> Optimum:
    """The node between ``lows`` and ``highs`` with the least score and few enough suppressed.

    Of nodes with equal score it gives one with no other below it. The score is the least up to a
    relative 1e-12, the rounding of its sums. Raises Infeasible if even ``highs`` suppresses too
    many records, and BadInput for a lattice of more than 10^7 nodes.
    """
    search = _Search(tuples, models, measure, most_suppressed, lows, highs)
    search.judge(highs)
    if search.best is None:
        raise Infeasible(search.last_suppressed)
    while (node := search.next_node()) is not None:
        search.judge(node)
    search.prefer_finer()
    return Optimum(search.best, search.score, search.suppressed, search.judged, search.open.size)


class _Search:
    def __init__(
        self,
        tuples: Tuples,
        models: Sequence[PrivacyModel],
        measure: Measure,
        most_suppressed: int,
        lows: Node,
        highs: Node,
    ) -> None:
        shape = tuple(high - low + 1 for low, high in zip(lows, highs, strict=True))
        if np.prod(shape, dtype=np.float64) > LARGEST_LATTICE:
            raise BadInput(
                f"the lattice has more than {LARGEST_LATTICE:,} nodes: give the hierarchies fewer "
                "levels, or fix some levels"
            )
        self._models = models
        self._most = most_suppressed
        self._lows = lows
        self._finest = self._tuples = tuples.rolled_up(lows)
        self._scorer = measure.scorer(tuples)
        self._floors = np.zeros(shape) + self._scorer.floors(lows, highs)
        self._surcharges = np.zeros(shape)
        # the logarithm of how many nodes lie at or below each
        self._reach = outer_sum([np.log(np.arange(1.0, size + 1)) for size in shape])
        self.open: Flags = np.ones(shape, dtype=bool)
        self.best: Node | None = None
        self.score = np.inf
        self.suppressed = 0
        self.last_suppressed = 0
        self.judged = 0

    def judge(self, node: Node) -> None:
        """Score ``node``, keep it if it is the best yet, and pass on what it says of others."""
        place = self._place(node)
        below = tuple(
            slice(base - low, at + 1)
            for base, low, at in zip(self._tuples.base, self._lows, place, strict=True)
        )
        floor, surcharge = self._look_at(node)
        self._raise_floors(place, floor)
        np.maximum(self._surcharges[below], surcharge, out=self._surcharges[below])
        self.open[place] = False
        self._keep_if_below(self.score, node, floor, surcharge)

    def _look_at(self, node: Node) -> tuple[float, Floats | float]:
        """Floor and surcharge of ``node``; the surcharge is endless if it suppresses too many."""
        self.judged += 1
        grouping = self._tuples.group(node)
        violated = violated_classes(grouping, self._models)
        self.last_suppressed = int(grouping.sizes[violated].sum())
        floor = self._scorer.floor(node, grouping)
        if self.last_suppressed > self._most:
            return floor, np.inf
        return floor, self._scorer.surcharge(self._tuples, node, grouping, violated)

    def _keep_if_below(
        self, limit: float, node: Node, floor: float, surcharge: Floats | float
    ) -> bool:
        score = floor + float(np.asarray(surcharge).flat[-1])
        if score >= limit:
            return False
        self.best, self.score, self.suppressed = node, score, self.last_suppressed
        return True

    def prefer_finer(self) -> None:
        """Go down from the best as long as a finer node is as good: it tells more at equal score."""
        self._tuples = self._finest
        while self.best is not None and self._step_down(self.best):
            pass

    def _step_down(self, node: Node) -> bool:
        limit = self.score + self.score * _ROUNDING + np.finfo(float).tiny
        for at, level in enumerate(node):
            child = (*node[:at], level - 1, *node[at + 1 :])
            if level == self._lows[at] or self._bound(child) >= limit:
                continue
            if self._keep_if_below(limit, child, *self._look_at(child)):
                return True
        return False

    def _bound(self, node: Node) -> float:
        place = self._place(node)
        return float(self._floors[place] + self._surcharges[place])

    def next_node(self) -> Node | None:
        """The open node with the most nodes at or below it; None when the best is proven."""
        self.open &= self._floors + self._surcharges < self.score * (1 - _ROUNDING)
        if not self.open.any():
            return None
        if self.judged % _ROLL_UP_EVERY == 0:
            self._roll_up()
        place = np.unravel_index(
            int(np.argmax(np.where(self.open, self._reach, -1.0))), self.open.shape
        )
        return tuple(int(at) + low for at, low in zip(place, self._lows, strict=True))

    def _roll_up(self) -> None:
        """Drop detail below the meet of the open nodes: none of them will need it."""
        meet = tuple(
            int(places.min()) + low
            for places, low in zip(np.nonzero(self.open), self._lows, strict=True)
        )
        if meet != self._tuples.base:
            self._tuples = self._tuples.rolled_up(meet)

    def _raise_floors(self, place: Node, floor: float) -> None:
        if floor > self._floors[place]:
            above = tuple(slice(at, None) for at in place)
            np.maximum(self._floors[above], floor, out=self._floors[above])

    def _place(self, node: Node) -> Node:
        return tuple(level - low for level, low in zip(node, self._lows, strict=True))
