"""What is known of every node of a generalisation lattice: bounds on its score, and whether it may
still be the best.

Places count levels from the lowest allowed. A figure laid on a place and all below it, or above it,
is one slice of an array with an axis for each quasi-identifier.
"""

import math

import numpy as np

from casemate.protection.classes import Flags
from casemate.protection.ladders import Floats
from casemate.protection.measures import Surcharge, outer_sum
from casemate.protection.tuples import Node

_A_LOOK = 64


class Lattice:
    """The nodes from ``lows`` to ``highs``. ``floors`` bounds the score of each with nobody
    suppressed, and ``surcharges`` what suppression adds: their sum is below its score, or at it."""

    def __init__(self, lows: Node, highs: Node, floors: Floats | float) -> None:
        self.lows = lows
        self.highs = highs
        self.shape = tuple(high - low + 1 for low, high in zip(lows, highs, strict=True))
        self.size = math.prod(self.shape)
        self._floors = np.zeros(self.shape) + floors
        self._surcharges = np.zeros(self.shape)
        self._open: Flags = np.ones(self.shape, dtype=bool)
        self._easy: Flags = np.zeros(self.shape, dtype=bool)
        self._order = self._by_reach()
        self._next = 0

    def _by_reach(self) -> np.ndarray:
        """All nodes, those with most nodes at or below them first."""
        kind = np.uint16 if self.size < 1 << 16 else np.int32
        reach = np.ones((), dtype=kind)
        for size in self.shape:
            reach = reach[..., None] * np.arange(1, size + 1, dtype=kind)
        return np.argsort(kind(self.size) - reach.ravel(), kind="stable")

    def flat(self) -> tuple[np.ndarray, ...]:
        """Lowest levels, shape, strides, order, and the figures of all nodes: views, to work on."""
        strides = [math.prod(self.shape[place + 1 :]) for place in range(len(self.shape))]
        corner = (np.array(part, dtype=np.int64) for part in (self.lows, self.shape, strides))
        figures = (self._floors, self._surcharges, self._open, self._easy)
        return (*corner, self._order.astype(np.int64), *(part.reshape(-1) for part in figures))

    def place(self, node: Node) -> Node:
        """Where the node stands in the arrays."""
        if not any(self.lows):
            return node
        return tuple(level - low for level, low in zip(node, self.lows, strict=True))

    def bound_of(self, node: Node) -> float:
        """The node's score is no less."""
        place = self.place(node)
        return float(self._floors[place] + self._surcharges[place])

    def bound(self) -> float:
        """No open node scores less; infinite when none is open."""
        bounds = (self._floors + self._surcharges)[self._open]
        return float(bounds.min()) if len(bounds) else math.inf

    def open_below(self, score: float) -> int:
        """How many nodes may yet score less."""
        return int(np.count_nonzero(self._open & (self._floors + self._surcharges < score)))

    def close(self, node: Node) -> None:
        """The node is judged."""
        self._open[self.place(node)] = False

    def close_below(self, node: Node) -> None:
        """The node and all below it suppress too many."""
        below = _down(self.place(node))
        self._open[below] = False
        self._surcharges[below] = np.inf

    def mark_easy(self, node: Node) -> None:
        """The node, and so probably each above it, does not surely suppress too many."""
        self._easy[_up(self.place(node))] = True

    def is_easy(self, node: Node) -> bool:
        return bool(self._easy[self.place(node)])

    def raise_floors(self, node: Node, floor: float) -> None:
        """The node and all above it cost no less with nobody suppressed."""
        place = self.place(node)
        if floor > self._floors[place]:
            above = self._floors[_up(place)]
            np.maximum(above, floor, out=above)

    def charge_below(self, node: Node, surcharge: Surcharge) -> None:
        """Suppression adds so much to the node and to all below it."""
        below = self._surcharges[_down(self.place(node))]
        if surcharge.by_level:
            parts = [part[low:] for part, low in zip(surcharge.by_level, self.lows, strict=True)]
            np.maximum(below, outer_sum(parts) + surcharge.everywhere, out=below)
        elif surcharge.everywhere > 0:
            np.maximum(below, surcharge.everywhere, out=below)

    def widest_below(self, score: float) -> Node | None:
        """Of the nodes that may score less, one with most nodes at or below it; None if none is left.

        ``score`` never grows from call to call, and bounds never fall: a node passed over is done with.
        """
        floors, surcharges = self._floors.ravel(), self._surcharges.ravel()
        is_open, step = self._open.ravel(), _A_LOOK
        while self._next < self.size:
            run = self._order[self._next : self._next + step]
            hits = is_open[run] & (floors[run] + surcharges[run] < score)
            found = int(hits.argmax())
            if hits[found]:
                self._next += found
                place = np.unravel_index(int(run[found]), self.shape)
                return tuple(int(at) + low for at, low in zip(place, self.lows, strict=True))
            self._next += len(run)
            step *= 2
        return None


def _down(place: Node) -> tuple[slice, ...]:
    return tuple(slice(0, at + 1) for at in place)


def _up(place: Node) -> tuple[slice, ...]:
    return tuple(slice(at, None) for at in place)
