"""Rolling up: a node is grouped from tuples already grouped part of the way to it.

Where the tuples at hand are many, quasi-identifiers are raised towards the node's levels until about
a third of the tuples should be left; these are kept for other nodes above that base. How many will
be left is guessed from the base's detail (see ``detail``) and from what earlier ones left.
"""

import math

import numpy as np

from casemate.protection.detail import Detail
from casemate.protection.tuples import Node, Tuples

_FEW = 8192  # tuples: to roll up further would cost more than it saves

_LEFT = 0.35  # of the tuples, should be, after a step
_WORTH_KEEPING = 0.6  # of the tuples, at most, are left by a step that is worth it


class Rollup:
    """Gives for each node the fewest tuples kept that hold all there is to know of it.

    What is kept is bounded to a few times the tuples of ``finest``.
    """

    def __init__(self, finest: Tuples, detail: Detail, highs: Node) -> None:
        self._detail = detail
        self._highs = highs
        self._kept = [finest]
        self._bases = np.array([finest.base])
        self._sizes = np.array([len(finest.counts)])
        self._vain: set[Node] = set()
        self._room = 4 * len(finest.counts) + (1 << 18)
        most = math.ceil(_bits(len(finest.counts)))
        # the detail at which there are 2^0, 2^1, ... classes: a straight line until any were seen
        self._goals = [detail.of(finest.base) * bits / max(1, most) for bits in range(most + 1)]

    def source(self, node: Node) -> Tuples:
        """Tuples at a base that is at or below ``node``."""
        below = (self._bases <= np.array(node)).all(axis=1)
        tuples = self._kept[int(np.where(below, self._sizes, np.iinfo(np.int64).max).argmin())]
        while len(tuples.counts) > _FEW:
            bits = math.floor(_bits(_LEFT * len(tuples.counts)))
            base = self._base(tuples, node, self._goals[bits])
            if base == node:
                break
            found = None if base in self._vain else tuples.rolled_up(base)
            if found is not None:
                self.learn(base, len(found.counts))
            if found is not None and len(found.counts) <= _WORTH_KEEPING * len(tuples.counts):
                self._keep(found)
                tuples = found
            else:
                self._vain.add(base)
                detail = self._detail.of(base)
                goal = (detail + self._detail.of(node)) / 2
                if not goal < detail:  # no level between them takes detail away
                    break
                self._goals[bits] = goal
        return tuples

    def learn(self, node: Node, classes: int) -> None:
        """``node`` has so many classes."""
        bits = min(round(_bits(classes)), len(self._goals) - 1)
        self._goals[bits] = (self._goals[bits] + self._detail.of(node)) / 2

    def _base(self, tuples: Tuples, node: Node, goal: float) -> Node:
        """The node between the base of ``tuples`` and ``node`` with no more detail than ``goal``: one
        with many nodes above it."""
        levels = list(tuples.base)
        detail = self._detail.of(tuples.base)
        while detail > goal:
            best, rise = -1.0, -1
            for place, level in enumerate(levels):
                if level < node[place]:
                    left = self._highs[place] - level
                    gain = self._detail.drop(place, level) / math.log((left + 1) / left)
                    if gain > best:
                        best, rise = gain, place
            if rise < 0:
                break
            detail -= self._detail.drop(rise, levels[rise])
            levels[rise] += 1
        return tuple(levels)

    def _keep(self, found: Tuples) -> None:
        self._kept.append(found)
        self._bases = np.vstack([self._bases, found.base])
        self._sizes = np.append(self._sizes, len(found.counts))
        while self._sizes[1:].sum() > self._room and len(self._kept) > 2:
            del self._kept[1]
            self._bases = np.delete(self._bases, 1, axis=0)
            self._sizes = np.delete(self._sizes, 1)


def _bits(many: float) -> float:
    return math.log2(max(1.0, many))
