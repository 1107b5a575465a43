"""The provably best node of the generalisation lattice, or the best that a budget allows.

Every node still open has a lower bound on its score (see ``measures``) and is dropped once that
reaches the best score found. The node looked at next is the one with the most open nodes below it,
because judging it bears on all of those: if it surely suppresses too much, so does every one of
them; if not, the records it surely suppresses raise all their bounds. When no node is open, the
best is the optimum. What is sure is said by the models: suppression itself may grow upwards.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from casemate.errors import BadInput
from casemate.protection.classes import Classes, Flags, Judge, PrivacyModel
from casemate.protection.ladders import Codes, Floats
from casemate.protection.measures import Measure, Scorer, outer_sum
from casemate.protection.tuples import Grouping, Node, Tuples

LARGEST_LATTICE = 10_000_000
_ROLL_UP_EVERY = 16
# a bound and the score it bounds are sums in different orders: this covers their rounding
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Progress:
    """How far a search is: nodes judged of ``lattice``, the best score so far (None while nothing
    will do), the proven lower bound on all scores, and the seconds gone by."""

    judged: int
    lattice: int
    best: float | None
    bound: float
    seconds: float


@dataclass(frozen=True)
class Budget:
    """When to stop before the best is proven; None is without limit.

    ``progress`` is called after every node and may return True to stop. An interrupt from the
    keyboard stops too, once there is a node that will do.
    """

    seconds: float | None = None
    nodes: int | None = None
    progress: Callable[[Progress], bool | None] | None = None

    def __post_init__(self) -> None:
        if self.seconds is not None and not self.seconds > 0:
            raise BadInput(f"the budget of seconds must be above 0, not {self.seconds}")
        if self.nodes is not None and self.nodes < 1:
            raise BadInput(f"the budget of nodes must be at least 1, not {self.nodes}")


UNLIMITED = Budget()


@dataclass(frozen=True)
class Optimum:
    """The best node found, its score, the proven lower bound on every score (the score itself where
    the search finished), and how many nodes the search judged of how many."""

    node: Node
    score: float
    suppressed: int
    judged: int
    lattice: int
    bound: float

    @property
    def gap(self) -> float:
        """How far at most the score is above the best there is, as a share of the score."""
        return 0.0 if self.bound >= self.score else (self.score - self.bound) / abs(self.score)


class Infeasible(BadInput):
    """No node meets the models within the suppression allowed.

    ``suppressed`` is the least seen on any node; with ``proven`` it is the least possible.
    ``finished`` says that every node was judged or excluded.
    """

    def __init__(self, suppressed: int, proven: bool, finished: bool = True) -> None:
        super().__init__("no generalisation meets the models within the suppression allowed")
        self.suppressed = suppressed
        self.proven = proven
        self.finished = finished


class Jury:
    """All models of a search, at work on one table."""

    def __init__(self, models: Sequence[PrivacyModel], tuples: Tuples) -> None:
        sensitive = {held.column.attribute: held.column for held in tuples.sensitive}
        self._of_class: list[Judge] = []
        self._of_table: list[Judge] = []
        for model in models:
            judges = self._of_table if model.of_table else self._of_class
            judges.append(model.judge(sensitive))

    def verdict(self, classes: Classes) -> tuple[Flags, Codes]:
        """The classes suppressed, and how many records of each surely are at all finer nodes too."""
        violated: Flags = np.zeros(len(classes.sizes), dtype=bool)
        fewest = np.zeros(len(classes.sizes), dtype=np.int64)
        for judge in self._of_class:
            flags = judge.violated(classes)
            violated |= flags
            if flags.any():
                np.maximum(fewest, judge.fewest(classes, flags), out=fewest)
        if self._of_table:
            self._judge_together(classes, violated)
        return violated, fewest

    def _judge_together(self, classes: Classes, violated: Flags) -> None:
        """Models of the whole table judge what is kept, again and again until all agree."""
        agreed = False
        while not agreed:
            agreed = True
            for judge in self._of_table:
                kept = np.flatnonzero(~violated)
                more = judge.violated(only(classes, kept))
                violated[kept[more]] = True
                agreed = agreed and not more.any()

    def surely_lost(self, classes: Classes) -> int:
        """How many records models of the whole table surely cost at this node and all finer ones."""
        none: Flags = np.zeros(len(classes.sizes), dtype=bool)
        return max((int(judge.fewest(classes, none).sum()) for judge in self._of_table), default=0)


def only(classes: Classes, kept: Codes) -> Classes:
    """Some of the classes, without their distributions: models of the whole table use sizes only."""
    population = None if classes.population is None else classes.population[kept]
    return Classes(classes.sizes[kept], population=population)


def violated_classes(tuples: Tuples, grouping: Grouping, models: Sequence[PrivacyModel]) -> Flags:
    """The classes that a model suppresses; a number in no use is none."""
    classes, present = tuples.classes(grouping)
    violated: Flags = np.zeros(len(grouping.sizes), dtype=bool)
    violated[present] = Jury(models, tuples).verdict(classes)[0]
    return violated


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
    relative 1e-12, the rounding of its sums, unless ``budget`` ends the search before. Raises
    Infeasible if every node suppresses too many records, and BadInput for a lattice of more than
    10^7 nodes.
    """
    shape = tuple(high - low + 1 for low, high in zip(lows, highs, strict=True))
    if np.prod(shape, dtype=np.float64) > LARGEST_LATTICE:
        raise BadInput(
            f"the lattice has more than {LARGEST_LATTICE:,} nodes: give the hierarchies fewer "
            "levels, or fix some levels"
        )
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


@dataclass(frozen=True)
class Look:
    """One node judged: its score, infinite if it suppresses too many, the score with nobody
    suppressed (``floor``), and what it surely adds to the floor of each node from the base up."""

    score: float
    suppressed: int
    floor: float
    surcharge: Floats | float


class Bench:
    """Judges single nodes: tuples, models and measure at work together."""

    def __init__(
        self, tuples: Tuples, models: Sequence[PrivacyModel], scorer: Scorer, most: int
    ) -> None:
        self.jury = Jury(models, tuples)
        self._scorer = scorer
        self._most = most
        self.least_seen = tuples.records
        self.judged = 0
        self.last_sure = 0

    def look_at(self, tuples: Tuples, node: Node) -> Look:
        self.judged += 1
        grouping = tuples.group(node)
        classes, present = tuples.classes(grouping)
        violated, fewest = self.jury.verdict(classes)
        floor = self._scorer.floor(tuples, node, grouping)
        suppressed = int(classes.sizes[violated].sum())
        self.least_seen = min(self.least_seen, suppressed)
        self.last_sure = max(int(fewest.sum()), self.jury.surely_lost(classes))
        if self.last_sure > self._most:
            return Look(np.inf, suppressed, floor, np.inf)
        whole = fewest == classes.sizes
        surcharge: Floats | float = self._surcharge(tuples, node, grouping, present[whole])
        if np.array_equal(whole, violated):
            own = floor + float(np.asarray(surcharge).flat[-1])
            return Look(own if suppressed <= self._most else np.inf, suppressed, floor, surcharge)
        parts = np.zeros(len(grouping.sizes), dtype=np.int64)
        parts[present] = np.where(whole, 0, fewest)
        if parts.any():
            least = self._scorer.least_surcharge(tuples, node, grouping, parts)
            surcharge = surcharge + least
        if suppressed > self._most:
            return Look(np.inf, suppressed, floor, surcharge)
        charged = self._surcharge(tuples, node, grouping, present[violated])
        return Look(floor + float(np.asarray(charged).flat[-1]), suppressed, floor, surcharge)

    def _surcharge(
        self, tuples: Tuples, node: Node, grouping: Grouping, numbers: Codes
    ) -> Floats | float:
        flags: Flags = np.zeros(len(grouping.sizes), dtype=bool)
        flags[numbers] = True
        return self._scorer.surcharge(tuples, node, grouping, flags)


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
