"""Rolling up: a node is grouped from tuples already grouped part of the way to it.

Where the tuples at hand are many, quasi-identifiers are raised towards the node's levels until about
a third of the tuples should be left; these are kept for other nodes above that base. How many will
be left is guessed from the classes that nodes above and below turned out to have, by how far between
them a node's detail lies (see ``detail``).
"""

import math
from typing import Generic, Protocol, Self, TypeVar

import numpy as np

from casemate.protection.detail import Detail
from casemate.protection.ladders import Codes
from casemate.protection.tuples import Node

_FEW = 8192  # tuples: to roll up further would cost more than it saves

_LEFT = 0.35  # of the tuples, should be, after a step
_WORTH_KEEPING = 0.6  # of the tuples, at most, are left by a step that is worth it


class Rolling(Protocol):
    """Distinct tuples, and what can be rolled up from them."""

    base: Node
    counts: Codes

    def rolled_up(self, base: Node) -> Self: ...


Held = TypeVar("Held", bound=Rolling)


class Rollup(Generic[Held]):
    """Gives for each node the fewest tuples kept that hold all there is to know of it.

    What is kept is bounded to a few times the tuples of ``finest``.
    """

    def __init__(self, finest: Held, detail: Detail, highs: Node) -> None:
        self._detail = detail
        self._highs = highs
        self._kept = [finest]
        self._room = 3 * len(finest.counts) + (1 << 18)
        # nodes whose classes were counted, the bits of their number, and of their detail
        self._nodes = np.array([finest.base, highs])
        self._bits = np.array([_bits(len(finest.counts)), 0.0])
        self._details = np.array([detail.of(finest.base), detail.of(highs)])

    def source(self, node: Node) -> Held:
        """Tuples at a base that is at or below ``node``."""
        below = (np.array([one.base for one in self._kept]) <= np.array(node)).all(axis=1)
        tuples = min((self._kept[at] for at in np.flatnonzero(below)), key=_size)
        self._keep(tuples)
        while len(tuples.counts) > _FEW:
            base = self._base(tuples, node, _bits(_LEFT * len(tuples.counts)))
            if base in (node, tuples.base):
                break
            found = tuples.rolled_up(base)
            self.learn(base, len(found.counts))
            if len(found.counts) <= _WORTH_KEEPING * len(tuples.counts):
                self._keep(found)
                tuples = found
        return tuples

    def learn(self, node: Node, classes: int) -> None:
        """``node`` has so many classes."""
        self._nodes = np.vstack([self._nodes, node])
        self._bits = np.append(self._bits, _bits(classes))
        self._details = np.append(self._details, self._detail.of(node))

    def _guess(self, node: Node, detail: float) -> float:
        """The bits of the number of classes at ``node``."""
        at = np.array(node)
        finer = (self._nodes <= at).all(axis=1)
        coarser = (self._nodes >= at).all(axis=1)
        most = np.flatnonzero(finer)[self._bits[finer].argmin()]
        if not coarser.any():
            return float(self._bits[most])
        least = np.flatnonzero(coarser)[self._bits[coarser].argmax()]
        room = self._details[most] - self._details[least]
        share = (detail - self._details[least]) / room if room > 0 else 1.0
        return float(self._bits[least] + share * (self._bits[most] - self._bits[least]))

    def _base(self, tuples: Held, node: Node, goal: float) -> Node:
        """The node between the base of ``tuples`` and ``node`` with probably no more classes than
        2^``goal``: one with many nodes above it."""
        levels = list(tuples.base)
        detail = self._detail.of(tuples.base)
        while tuple(levels) != node and self._guess(tuple(levels), detail) > goal:
            best, rise = -1.0, -1
            for place, level in enumerate(levels):
                if level < node[place]:
                    left = self._highs[place] - level
                    gain = self._detail.drop(place, level) / math.log((left + 1) / left)
                    if gain > best:
                        best, rise = gain, place
            detail -= self._detail.drop(rise, levels[rise])
            levels[rise] += 1
        return tuple(levels)

    def _keep(self, found: Held) -> None:
        """Keep the finest tuples and those used last, as far as there is room."""
        finest, *others = self._kept
        if found is finest:
            return
        others = [*(one for one in others if one is not found), found]
        while len(others) > 1 and sum(map(_size, others)) > self._room:
            del others[0]
        self._kept = [finest, *others]


def _size(tuples: Rolling) -> int:
    return len(tuples.counts)


def _bits(many: float) -> float:
    return math.log2(max(1.0, many))
