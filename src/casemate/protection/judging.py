"""Judging single nodes: all models and the measure at work together, and what a search reports."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from casemate.errors import BadInput
from casemate.protection.classes import Classes, Flags, Judge, PrivacyModel
from casemate.protection.ladders import Codes
from casemate.protection.measures import Scorer, Surcharge
from casemate.protection.openness import openness_of_tuples
from casemate.protection.tuples import Grouping, Node, NodeGrouping, Tuples


@dataclass(frozen=True)
class Progress:
    """How far a search is: nodes judged of ``lattice``, the best score so far (None while nothing
    will do), the proven lower bound on all scores, the seconds gone by, and how many nodes may still
    be better than the best (``open``; None where a search does not keep count)."""

    judged: int
    lattice: int
    best: float | None
    bound: float
    seconds: float
    open: int | None = None

    @property
    def seconds_left(self) -> float | None:
        """Until no node is open, if their number goes on shrinking by the same share a second.

        A guess, and one that errs low where the last nodes are the dearest to judge; None before a
        tenth of the lattice is closed, where it would say nothing.
        """
        if self.open is None:
            return None
        closed = self.lattice - self.open
        if not self.open:
            return 0.0
        if 10 * closed < self.lattice:
            return None
        rate = math.log(self.lattice / self.open) / max(self.seconds, 1e-9)
        return math.log(self.open + 1) / rate


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
        self._needs_openness = any(model.needs_openness for model in models)
        self._of_class: list[Judge] = []
        self._of_table: list[Judge] = []
        for model in models:
            judges = self._of_table if model.of_table else self._of_class
            judges.append(model.judge(sensitive))

    def seen(self, tuples: Tuples, grouping: Grouping) -> tuple[Classes, Codes]:
        """The classes in use as the models see them, and their numbers in ``grouping``."""
        classes, present = tuples.classes(grouping)
        if self._needs_openness and grouping.node:
            openness = np.zeros(len(grouping.sizes))
            openness[grouping.class_of] = openness_of_tuples(tuples, grouping.node)
            classes = replace(classes, openness=openness[present])
        return classes, present

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
    jury = Jury(models, tuples)
    classes, present = jury.seen(tuples, grouping)
    violated: Flags = np.zeros(len(grouping.sizes), dtype=bool)
    violated[present] = jury.verdict(classes)[0]
    return violated


@dataclass(frozen=True)
class Look:
    """One node judged: its score, infinite if it suppresses too many, the score with nobody
    suppressed (``floor``), and what it surely adds to the floors of the nodes up to it; None if each
    of them surely suppresses too many. ``classes`` is how many classes it has."""

    score: float
    suppressed: int
    floor: float
    surcharge: Surcharge | None
    classes: int


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
        classes, present = self.jury.seen(tuples, grouping)
        violated, fewest = self.jury.verdict(classes)
        floor = self._scorer.floor(grouping)
        suppressed = int(classes.sizes[violated].sum())
        self.least_seen = min(self.least_seen, suppressed)
        self.last_sure = max(int(fewest.sum()), self.jury.surely_lost(classes))
        if self.last_sure > self._most:
            return Look(np.inf, suppressed, floor, None, len(present))
        whole = fewest == classes.sizes
        surcharge = self._surcharge(grouping, present[whole])
        own = surcharge.own
        if not np.array_equal(whole, violated):
            surcharge = self._with_parts(surcharge, grouping, present, np.where(whole, 0, fewest))
            if suppressed <= self._most:
                own = self._surcharge(grouping, present[violated]).own
        score = floor + own if suppressed <= self._most else np.inf
        return Look(score, suppressed, floor, surcharge, len(present))

    def _surcharge(self, grouping: NodeGrouping, numbers: Codes) -> Surcharge:
        flags: Flags = np.zeros(len(grouping.sizes), dtype=bool)
        flags[numbers] = True
        return self._scorer.surcharge(grouping, flags)

    def _with_parts(
        self, surcharge: Surcharge, grouping: NodeGrouping, present: Codes, fewest: Codes
    ) -> Surcharge:
        """``surcharge`` with that of classes of which only a part is surely suppressed."""
        if not fewest.any():
            return surcharge
        parts = np.zeros(len(grouping.sizes), dtype=np.int64)
        parts[present] = fewest
        least = self._scorer.least_surcharge(grouping, parts)
        return replace(surcharge, everywhere=surcharge.everywhere + least)
