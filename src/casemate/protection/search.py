"""The provably best node of the generalisation lattice, or the best that a budget allows.

Every node still open has a lower bound on its score (see ``measures``) and is dropped once that
reaches the best score found. The node looked at next is the open one with the most nodes below it,
or one above that which probably suppresses too much (see ``aim``), because judging it bears on all
below: if it surely suppresses too much, so does every one of them; if not, the records it surely
suppresses raise all their bounds. When no node is open, the best is the optimum. What is sure is
said by the models: suppression itself may grow upwards. Nodes are grouped from tuples rolled up part
of the way to them (see ``rollup``), by compiled loops where that pays (see ``loops``).
"""

import math
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from casemate.protection.aim import Aim
from casemate.protection.classes import PrivacyModel
from casemate.protection.detail import Detail
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
from casemate.protection.lattice import Lattice
from casemate.protection.loops import load_if_worth
from casemate.protection.measures import Measure
from casemate.protection.packed import PackedBench, packed_search
from casemate.protection.rollup import Rollup
from casemate.protection.small_search import SmallSearch, small_search
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
# a bound and the score it bounds are sums in different orders: this covers their rounding
_ROUNDING = 1e-12
_AT_ONCE = 256  # nodes between two looks at the clock, where the loop over nodes is compiled


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
    if math.prod(shape) > LARGEST_LATTICE:
        return find_good(tuples, models, measure, most_suppressed, lows, highs, budget)
    load_if_worth(float(len(tuples.counts)) * math.prod(shape))
    search = _Search(tuples, models, measure, most_suppressed, lows, highs)
    start = time.monotonic()
    finished = False
    try:
        search.begin()
        while not finished and not _spent(search, budget, start):
            finished = search.go_on(1 if budget.nodes or budget.progress else _AT_ONCE)
    except KeyboardInterrupt:
        if search.best is None:
            raise
    if search.best is None:
        raise Infeasible(search.least_seen, search.least_seen <= search.sure_at_top, finished)
    bound = min(search.score, search.lattice.bound())
    if finished:
        search.prefer_finer()
        bound = search.score
    search.close()
    return Optimum(
        search.best, search.score, search.suppressed, search.judged, search.lattice.size, bound
    )


def _spent(search: "_Search", budget: Budget, start: float) -> bool:
    """Whether the search must stop here; tells the caller how far it is."""
    seconds = time.monotonic() - start
    if budget.progress is not None:
        best = None if search.best is None else search.score
        bound = min(search.score, search.lattice.bound())
        left = search.lattice.open_below(search.score)
        if budget.progress(
            Progress(search.judged, search.lattice.size, best, bound, seconds, left)
        ):
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
        scorer = measure.scorer(tuples)
        self._highs = highs
        self.lattice = Lattice(lows, highs, scorer.floors(lows, highs))
        detail = Detail(tuples)
        self._aim = Aim(detail, lows, highs)
        finest = tuples.rolled_up(lows) if any(lows) else tuples
        self._small = small_search(finest, models, scorer, most_suppressed, self.lattice, detail)
        packed = None
        if self._small is None:
            packed = packed_search(tuples, models, scorer, most_suppressed, lows)
        self._bench: Bench | PackedBench
        self._rollup: Rollup[Any]
        if packed is None:
            self._bench = Bench(tuples, models, scorer, most_suppressed)
            self._rollup = Rollup(finest, detail, highs)
        else:
            self._bench, self._rollup = packed[0], Rollup(packed[1], detail, highs)
        self.best: Node | None = None
        self.score = np.inf
        self.suppressed = 0
        self.sure_at_top = -1

    @property
    def judged(self) -> int:
        return self._bench.judged + (0 if self._small is None else self._small.judged)

    @property
    def least_seen(self) -> int:
        least = self._bench.least_seen
        return least if self._small is None else min(least, self._small.least_seen)

    def begin(self) -> None:
        """Judge the highest node."""
        if self._small is None:
            self.judge(self._highs)
            return
        self._small.judge(self._highs)
        self.sure_at_top = self._small.least_seen  # by class size alone, all of it is sure
        self._take_over(self._small)

    def go_on(self, many: int) -> bool:
        """Judge the next node, or up to ``many`` in the compiled loop; whether none is left."""
        if self._small is not None:
            ended = self._small.advance(many)
            self._take_over(self._small)
            return ended
        node = self.next_node()
        if node is not None:
            self.judge(node)
        return node is None

    def _take_over(self, small: SmallSearch) -> None:
        if small.score <= self.score:
            self.best, self.score, self.suppressed = small.best, small.score, small.suppressed

    def judge(self, node: Node) -> None:
        """Score ``node``, keep it if it is the best yet, and pass on what it says of others."""
        look = self._bench.look_at(self._rollup.source(node), node)
        if self.sure_at_top < 0:
            self.sure_at_top = self._bench.last_sure
        self._aim.learn(node, look.surcharge is not None)
        self._rollup.learn(node, look.classes)
        self.lattice.raise_floors(node, look.floor)
        if look.surcharge is None:
            self.lattice.close_below(node)
            return
        self.lattice.close(node)
        self.lattice.mark_easy(node)
        self.lattice.charge_below(node, look.surcharge)
        self._keep_if_below(self.score, node, look)

    def _keep_if_below(self, limit: float, node: Node, look: Look) -> bool:
        if look.score >= limit:
            return False
        self.best, self.score, self.suppressed = node, look.score, look.suppressed
        return True

    def prefer_finer(self) -> None:
        """Go down from the best as long as a finer node is as good: it tells more at equal score."""
        if self._small is not None:
            self._small.prefer_finer()
            self._take_over(self._small)
            return
        while self.best is not None and self._step_down(self.best):
            pass

    def close(self) -> None:
        """Give back what the next search can use; no more nodes are judged."""
        if self._small is not None:
            self._small.close()

    def _step_down(self, node: Node) -> bool:
        limit = self.score + self.score * _ROUNDING + np.finfo(float).tiny
        for at, level in enumerate(node):
            child = (*node[:at], level - 1, *node[at + 1 :])
            if level == self.lattice.lows[at] or self.lattice.bound_of(child) >= limit:
                continue
            look = self._bench.look_at(self._rollup.source(child), child)
            if self._keep_if_below(limit, child, look):
                return True
        return False

    def next_node(self) -> Node | None:
        """A node whose verdict bears on many open ones; None when the best is proven."""
        node = self.lattice.widest_below(self.score * (1 - _ROUNDING))
        return None if node is None else self._aim.above(node, self.lattice)
