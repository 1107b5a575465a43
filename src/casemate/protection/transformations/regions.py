"""Local recoding of distinct tuples: one node for each region of a table instead of one for all.

Regions are found as ARX finds them for its local transformation (Prasser, Eicher, Spengler, Bild and
Kuhn, "Flexible data anonymization using ARX", Software: Practice and Experience 50, 2020): the best
node with as many records suppressed as it wants; then the suppressed records again, at a node of
their own; until nobody more can be kept. Each step is our optimal search.

Afterwards each class is made finer by itself as long as the models hold (``refinement``).

Every tuple belongs to one class, whoever knows the way it was found included: a person's values fix
the node, and so the class, which meets the models. Distributions that a model holds a class against
(t-closeness) are those of the whole table in every region, since the columns of ``Held`` say so.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from casemate.protection.classes import Flags, PrivacyModel
from casemate.protection.ladders import Codes, Ladder
from casemate.protection.measures import Measure
from casemate.protection.search import (
    LARGEST_LATTICE,
    UNLIMITED,
    Budget,
    Infeasible,
    Optimum,
    find_optimum,
    violated_classes,
)
from casemate.protection.tuples import Grouping, Held, Node, Tuples


@dataclass(frozen=True)
class TupleRecoding:
    """What becomes of each distinct tuple.

    ``levels`` has a row for each tuple and a column for each quasi-identifier; ``kept`` marks the
    tuples whose records stay. ``judged`` nodes were looked at; ``finished`` says that no budget
    ended a search early.
    """

    levels: Codes
    kept: Flags
    judged: int
    finished: bool

    def nodes(self, tuples: Tuples) -> list[tuple[Node, int]]:
        """Each node in use with the number of records that are at it, most first."""
        held = self.kept & (tuples.counts > 0)
        if not held.any():
            return []
        nodes, numbers = np.unique(self.levels[held], axis=0, return_inverse=True)
        records = np.bincount(numbers.ravel(), weights=tuples.counts[held]).astype(np.int64)
        found = [
            (tuple(int(level) for level in node), int(many))
            for node, many in zip(nodes, records, strict=True)
        ]
        return sorted(found, key=lambda one: (-one[1], one[0]))


def part_of(tuples: Tuples, chosen: Flags) -> Tuples:
    """The tuples marked in ``chosen`` alone; sensitive columns keep the totals of the whole table."""
    rows = np.flatnonzero(chosen)
    rank = np.zeros(len(chosen), dtype=np.int64)
    rank[rows] = np.arange(len(rows))
    held = []
    for one in tuples.sensitive:
        here = chosen[one.rows]
        held.append(Held(one.column, rank[one.rows[here]], one.values[here], one.counts[here]))
    people = None if tuples.population is None else tuples.population[rows]
    codes = [codes[rows] for codes in tuples.codes]
    return Tuples(tuples.ladders, tuples.base, codes, tuples.counts[rows], held, people)


def pressed(tuples: Tuples) -> Tuples:
    """The same tuples on ladders of the values that they hold: measures expect every label in use.

    Shares and lines stay those of the whole hierarchies.
    """
    ladders, columns = [], []
    for ladder, column in zip(tuples.ladders, tuples.codes, strict=True):
        values, codes = np.unique(column, return_inverse=True)
        columns.append(codes.ravel())
        ladders.append(_ladder_of(ladder, values))
    return Tuples(ladders, tuples.base, columns, tuples.counts, tuples.sensitive, tuples.population)


def _ladder_of(ladder: Ladder, values: Codes) -> Ladder:
    codes, labels, shares = [], [], []
    for level in range(ladder.height):
        used, numbers = np.unique(ladder.codes[level][values], return_inverse=True)
        codes.append(numbers.ravel())
        labels.append(tuple(ladder.labels[level][code] for code in used))
        shares.append(ladder.shares[level][used])
    return replace(ladder, codes=tuple(codes), labels=tuple(labels), shares=tuple(shares))


def find_regions(
    tuples: Tuples,
    models: Sequence[PrivacyModel],
    measure: Measure,
    most_suppressed: int,
    lows: Node,
    highs: Node,
    budget: Budget = UNLIMITED,
) -> TupleRecoding:
    """A node for each region, between ``lows`` and ``highs``; see the module for the way.

    With ``Loss``, the loss is never above that of the best single node. ``budget`` is for all
    regions together. Raises Infeasible where no region can be kept, or too few records.
    """
    many = len(tuples.counts)
    levels = np.tile(np.array(highs, dtype=np.int64), (many, 1))
    left: Flags = np.ones(many, dtype=bool)
    purse = _Purse(budget)
    search = _Step(models, measure, most_suppressed, lows, highs)
    while left.any():
        part = part_of(tuples, left)
        found = search.keep(part, purse, first=bool(left.all()))
        if found is None:
            break
        node, stays = found
        chosen = np.flatnonzero(left)[stays]
        levels[chosen] = node
        left[chosen] = False
    return TupleRecoding(levels, ~left, purse.judged, purse.finished)


class _Purse:
    """What is left of a budget that several searches share."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._start = time.monotonic()
        self._ended = False
        self.judged = 0
        self.finished = True

    def left(self) -> Budget:
        seconds, nodes = self._budget.seconds, self._budget.nodes
        if self._ended:
            return Budget(nodes=1)
        if seconds is not None:
            seconds = max(seconds - (time.monotonic() - self._start), 1e-3)
        if nodes is not None:
            nodes = max(nodes - self.judged, 1)
        return replace(self._budget, seconds=seconds, nodes=nodes)

    def pay(self, optimum: Optimum) -> None:
        self.judged += optimum.judged
        if optimum.gap > 0:
            self.finished = False
            # someone interrupted, or the budget is gone: what is left is quickly made coarse
            self._ended = self._ended or optimum.lattice <= LARGEST_LATTICE


@dataclass(frozen=True)
class _Step:
    """One search: the node of a region, and which of its tuples stay."""

    models: Sequence[PrivacyModel]
    measure: Measure
    most: int
    lows: Node
    highs: Node

    def keep(self, part: Tuples, purse: _Purse, *, first: bool) -> tuple[Node, Flags] | None:
        """None where nobody more can be kept; Infeasible if that is so from the ``first``."""
        if not part.records:
            return None
        try:
            found = self._searched(part, part.records - 1, purse)
        except Infeasible:
            if first:
                raise
            return None
        # what is left over must be few, or be able to form a region of its own
        if self._lost_at_top(part_of(part, ~found[1])) > self.most:
            found = self._searched(part, self.most, purse)
        return found if part.counts[found[1]].any() else None

    def _searched(self, part: Tuples, most: int, purse: _Purse) -> tuple[Node, Flags]:
        optimum = find_optimum(
            pressed(part), self.models, self.measure, most, self.lows, self.highs, purse.left()
        )
        purse.pay(optimum)
        return optimum.node, kept_at(part, optimum.node, self.models)

    def _lost_at_top(self, part: Tuples) -> int:
        return part.records - int(part.counts[kept_at(part, self.highs, self.models)].sum())


def kept_at(tuples: Tuples, node: Node, models: Sequence[PrivacyModel]) -> Flags:
    """The tuples whose class at ``node`` meets the models."""
    if not len(tuples.counts):
        return np.zeros(0, dtype=bool)
    grouping = tuples.group(node)
    kept: Flags = ~violated_classes(tuples, grouping, models)[grouping.class_of]
    return kept


def merged(tuples: Tuples, recoding: TupleRecoding) -> Grouping:
    """The classes by what the labels say: two regions' classes with the same labels are one.

    A tuple that is not kept is in the last class, of no records.
    """
    keys = np.zeros(len(tuples.counts), dtype=np.int64)
    for place, ladder in enumerate(tuples.ladders):
        numbers: dict[str | None, int] = {}
        of_level = [
            np.array([numbers.setdefault(label, len(numbers)) for label in labels])[codes]
            for labels, codes in zip(ladder.labels, ladder.codes, strict=True)
        ]
        said = np.stack(of_level)[recoding.levels[:, place], tuples.codes[place]]
        keys = np.unique(keys * len(numbers) + said, return_inverse=True)[1].ravel()
    class_of = np.where(recoding.kept, keys, keys.max(initial=-1) + 1)
    counts = np.where(recoding.kept, tuples.counts, 0)
    sizes = np.bincount(class_of, weights=counts).astype(np.int64)
    return Grouping(sizes, class_of)


def held_together(
    tuples: Tuples, recoding: TupleRecoding, models: Sequence[PrivacyModel], most: int
) -> TupleRecoding:
    """``recoding`` judged once more, all regions together, by what the labels say.

    Every model that is closed under union holds already; classes that break another are suppressed.
    Raises Infeasible if that takes more than ``most`` records.
    """
    staying = part_of(tuples, recoding.kept)
    whole = merged(tuples, recoding)
    grouping = Grouping(whole.sizes, whole.class_of[recoding.kept])
    broken = violated_classes(staying, grouping, models)[grouping.class_of]
    kept = recoding.kept.copy()
    kept[np.flatnonzero(kept)[broken]] = False
    suppressed = tuples.records - int(tuples.counts[kept].sum())
    if suppressed > most:
        raise Infeasible(suppressed, proven=False, finished=recoding.finished)
    return replace(recoding, kept=kept)
