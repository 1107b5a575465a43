"""Where the search looks next: at nodes that probably, but only just, suppress too many.

One such node closes all that lie below it, and it has few classes, so it is cheap to group. Whether
a node suppresses too many is guessed from its detail (see ``detail``).
"""

import math

from casemate.protection.detail import Detail
from casemate.protection.lattice import Lattice
from casemate.protection.tuples import Node

_TINY = 1e-6


class Aim:
    """Learns from the verdicts at what detail nodes begin to suppress too many."""

    def __init__(self, detail: Detail, lows: Node, highs: Node) -> None:
        self._detail = detail
        self._lows = lows
        self._highs = highs
        self._limit = detail.of(lows) / 2
        self._step = 1.0

    def learn(self, node: Node, easy: bool) -> None:
        """``node`` was judged: ``easy`` says that it does not surely suppress too many."""
        detail = self._detail.of(node)
        if easy and detail > self._limit:
            self._limit = min(detail, self._limit + 6 * self._step)
        elif not easy:
            self._limit = min(self._limit - self._step, detail)
        self._step = max(0.05, self._step * 0.9)

    def above(self, node: Node, lattice: Lattice) -> Node:
        """``node``, or one above it that probably still suppresses too many."""
        levels = list(node)
        detail = self._detail.of(node)
        while detail > self._limit:
            rise = self._rise(levels, detail, lattice)
            if rise is None:
                break
            detail -= self._detail.drop(rise, levels[rise])
            levels[rise] += 1
        return tuple(levels)

    def _rise(self, levels: list[int], detail: float, lattice: Lattice) -> int | None:
        """The quasi-identifier to raise: it brings most nodes below for the detail it takes."""
        best, found = 0.0, None
        for place, level in enumerate(levels):
            if level == self._highs[place]:
                continue
            drop = self._detail.drop(place, level)
            at = level - self._lows[place]
            gain = math.log((at + 2) / (at + 1)) / (drop + _TINY)
            if gain > best and detail - drop > self._limit:
                raised = (*levels[:place], level + 1, *levels[place + 1 :])
                if not lattice.is_easy(raised):
                    best, found = gain, place
        return found
