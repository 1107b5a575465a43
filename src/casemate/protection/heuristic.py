"""A good node of a lattice too large to hold: from the top down, the best found first.

Each node looked at opens its neighbours one level finer, unless it surely suppresses too much (then
so do they). The next to open is the one with the least score so far. Nothing is proven but what the
finest node costs with nobody suppressed: that is the bound, and the gap says how far off it is. The
idea of ARX's LIGHTNING (Prasser et al. 2016): best first, under a budget.
"""

import heapq
import time
from collections.abc import Sequence

import numpy as np

from casemate.protection.classes import PrivacyModel
from casemate.protection.detail import Detail
from casemate.protection.judging import Bench, Budget, Infeasible, Look, Optimum, Progress
from casemate.protection.measures import Measure
from casemate.protection.rollup import Rollup
from casemate.protection.tuples import Node, Tuples

DEFAULT_SECONDS = 30.0


def find_good(
    tuples: Tuples,
    models: Sequence[PrivacyModel],
    measure: Measure,
    most_suppressed: int,
    lows: Node,
    highs: Node,
    budget: Budget,
) -> Optimum:
    """The best node that the budget allows; with no budget of its own, half a minute.

    Raises Infeasible if it meets none that will do.
    """
    climb = _Descent(tuples, models, measure, most_suppressed, lows, highs)
    start = time.monotonic()
    limit = budget.seconds
    if limit is None and budget.nodes is None:
        limit = DEFAULT_SECONDS
    lattice = int(np.prod([high - low + 1 for low, high in zip(lows, highs, strict=True)]))
    finished = False
    try:
        climb.look_at(highs)
        while True:
            seconds = time.monotonic() - start
            stop = budget.progress is not None and budget.progress(
                Progress(climb.bench.judged, lattice, climb.best_score, climb.bound, seconds)
            )
            if stop or (limit is not None and seconds >= limit):
                break
            if budget.nodes is not None and climb.bench.judged >= budget.nodes:
                break
            if not climb.open_next():
                finished = True
                break
    except KeyboardInterrupt:
        if climb.best is None:
            raise
    if climb.best is None:
        raise Infeasible(climb.bench.least_seen, proven=False, finished=finished)
    node, look = climb.best
    # every node left out surely suppresses too much, so what was opened to the end is the optimum
    bound = look.score if finished else min(look.score, climb.bound)
    return Optimum(node, look.score, look.suppressed, climb.bench.judged, lattice, bound)


class _Descent:
    def __init__(
        self,
        tuples: Tuples,
        models: Sequence[PrivacyModel],
        measure: Measure,
        most: int,
        lows: Node,
        highs: Node,
    ) -> None:
        scorer = measure.scorer(tuples)
        self._lows = lows
        self.bench = Bench(tuples, models, scorer, most)
        finest = tuples.rolled_up(lows) if any(lows) else tuples
        self._rollup = Rollup(finest, Detail(tuples), highs)
        self.bound = scorer.floor(finest.group(lows))
        self.best: tuple[Node, Look] | None = None
        self._seen: set[Node] = set()
        self._heap: list[tuple[bool, float, Node]] = []
        self._waiting: list[Node] = []

    @property
    def best_score(self) -> float | None:
        return None if self.best is None else self.best[1].score

    def look_at(self, node: Node) -> None:
        self._seen.add(node)
        look = self.bench.look_at(self._rollup.source(node), node)
        if self.best is None or look.score < self.best[1].score:
            self.best = (node, look) if np.isfinite(look.score) else None
        if look.surcharge is None:
            return
        waits = (True, look.floor) if look.score == np.inf else (False, look.score)
        heapq.heappush(self._heap, (*waits, node))

    def open_next(self) -> bool:
        """Look at one more node; False when none is left."""
        while not self._waiting:
            if not self._heap:
                return False
            _, _, node = heapq.heappop(self._heap)
            finer = [
                (*node[:at], level - 1, *node[at + 1 :])
                for at, level in enumerate(node)
                if level > self._lows[at]
            ]
            self._waiting = [child for child in finer if child not in self._seen]
        self.look_at(self._waiting.pop())
        return True
