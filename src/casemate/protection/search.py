"""The provably best node of the generalisation lattice, or the best that a budget allows.

Every node still open has a lower bound on its score (see ``measures``) and is dropped once that
reaches the best score found. The node looked at next is the one with the most open nodes below it,
because judging it bears on all of those: if it surely suppresses too much, so does every one of
them; if not, the records it surely suppresses raise all their bounds. When no node is open, the
best is the optimum. What is sure is said by the models: suppression itself may grow upwards.
"""

import time
from collections.abc import Sequence

import numpy as np

from casemate.protection.classes import Flags, PrivacyModel
from casemate.protection.heuristic import find_good
from casemate.protection.judging import (
    UNLIMITED,
    Bench,
    Budget,
    Infeasible,
    Look,
    Optimum,
    Progress,
    violated_classes,
)
from casemate.protection.measures import Measure, outer_sum
from casemate.protection.tuples import Node, Tuples

__all__ = [
    "UNLIMITED",
    "Budget",
    "Infeasible",
    "Optimum",
    "Progress",
    "find_optimum",
    "violated_classes",
]

LARGEST_LATTICE = 10_000_000
_ROLL_UP_EVERY = 16
# a bound and the score it bounds are sums in different orders: this covers their rounding
_ROUNDING = 1e-12


def find_optimum(
    tuples: Tuples,
    models: Sequence[PrivacyModel],
    measure: Measure,
    most_suppressed: int,
    lows: Node,
    highs: Node,
    budget: Budget = UNLIMITED,
) -> Optimum:
    """The node between ``lows`` and ``highs`` with the least score and few enough suppressed.

    Of nodes with equal score it gives one with no other below it. The score is the least up to a
    relative 1e-12, the rounding of its sums, unless ``budget`` ends the search before. A lattice of
    more than 10^7 nodes is searched by ``heuristic``, under a budget always. Raises Infeasible if
    every node suppresses too many records.
    """
    shape = tuple(high - low + 1 for low, high in zip(lows, highs, strict=True))
    if np.prod(shape, dtype=np.float64) > LARGEST_LATTICE:
        return find_good(tuples, models, measure, most_suppressed, lows, highs, budget)
    search = _Search(tuples, models, measure, most_suppressed, lows, highs)
    start = time.monotonic()
    finished = False
    try:
        search.judge(highs)
        while not _spent(search, budget, start):
            node = search.next_node()
            if node is None:
                finished = True
                break
            search.judge(node)
    except KeyboardInterrupt:
        if search.best is None:
            raise
    if search.best is None:
        raise Infeasible(search.least_seen, search.least_seen <= search.sure_at_top, finished)
    bound = min(search.score, search.bound())
    if finished:
        search.prefer_finer()
        bound = search.score
    return Optimum(
        search.best, search.score, search.suppressed, search.judged, search.open.size, bound
    )


def _spent(search: "_Search", budget: Budget, start: float) -> bool:
    """Whether the search must stop here; tells the caller how far it is."""
    seconds = time.monotonic() - start
    if budget.progress is not None:
        best = None if search.best is None else search.score
        bound = min(search.score, search.bound())
        if budget.progress(Progress(search.judged, search.open.size, best, bound, seconds)):
            return True
    return (budget.nodes is not None and search.judged >= budget.nodes) or (
        budget.seconds is not None and seconds >= budget.seconds
    )


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
        self._lows = lows
        self._finest = self._tuples = tuples.rolled_up(lows)
        scorer = measure.scorer(tuples)
        self._bench = Bench(tuples, models, scorer, most_suppressed)
        self._floors = np.zeros(shape) + scorer.floors(lows, highs)
        self._surcharges = np.zeros(shape)
        # the logarithm of how many nodes lie at or below each
        self._reach = outer_sum([np.log(np.arange(1.0, size + 1)) for size in shape])
        self.open: Flags = np.ones(shape, dtype=bool)
        self.best: Node | None = None
        self.score = np.inf
        self.suppressed = 0
        self.sure_at_top = -1

    @property
    def judged(self) -> int:
        return self._bench.judged

    @property
    def least_seen(self) -> int:
        return self._bench.least_seen

    def judge(self, node: Node) -> None:
        """Score ``node``, keep it if it is the best yet, and pass on what it says of others."""
        place = self._place(node)
        below = tuple(
            slice(base - low, at + 1)
            for base, low, at in zip(self._tuples.base, self._lows, place, strict=True)
        )
        look = self._bench.look_at(self._tuples, node)
        if self.sure_at_top < 0:
            self.sure_at_top = self._bench.last_sure
        self._raise_floors(place, look.floor)
        np.maximum(self._surcharges[below], look.surcharge, out=self._surcharges[below])
        self.open[place] = False
        self._keep_if_below(self.score, node, look)

    def _keep_if_below(self, limit: float, node: Node, look: Look) -> bool:
        if look.score >= limit:
            return False
        self.best, self.score, self.suppressed = node, look.score, look.suppressed
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
            if level == self._lows[at] or self._bound_of(child) >= limit:
                continue
            if self._keep_if_below(limit, child, self._bench.look_at(self._tuples, child)):
                return True
        return False

    def _bound_of(self, node: Node) -> float:
        place = self._place(node)
        return float(self._floors[place] + self._surcharges[place])

    def bound(self) -> float:
        """No open node scores less than this; infinite when none is open."""
        bounds = (self._floors + self._surcharges)[self.open]
        return float(bounds.min()) if len(bounds) else np.inf

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
