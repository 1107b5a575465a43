"""Patterns for large tables of two to four dimensions: each sensitive cell in a hypercube of its own.

A deviation that changes no published sum is the product of one vector a dimension, each of which
changes no sum of that dimension: a category gains what another loses, or what is gained is passed up to
a total. In a flat table its cells are the corners of a hypercube; where there are sub-totals, they go
with them. If all these cells are suppressed, the sensitive one may be believed to be higher by as much
as the cells of the other sign can fall, and lower by as much as those of its own sign can. That is a
proof by itself: a ``Witness``, which the auditor checks against what is published. No linear programme
is solved, and whole deviations keep counts whole.

Repsilber (1999), Sicherung persönlicher Angaben in Tabellendaten, Statistische Analysen und Studien NRW;
Giessing and Repsilber (2002), Tools and strategies to protect multiple tables with the GHQUAR cell
suppression engine, in Inference Control in Statistical Databases, LNCS 2316.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from casemate.protection.aggregation.dimensions import Dimension
from casemate.protection.aggregation.rules import Layer
from casemate.protection.aggregation.solver import Flags, Floats, Ints

_NEVER = 1e300


@dataclass(frozen=True)
class Witness:
    """Cells and their signs: all may move together by up to ``rise``, or back by up to ``fall``.

    One entry of ``rise`` and ``fall`` for each layer. The cells are numbered as in the table.
    """

    cells: Ints
    signs: Ints
    rise: tuple[float, ...]
    fall: tuple[float, ...]


@dataclass(frozen=True)
class Cubes:
    """The pattern, what proves it, and the sensitive cells that no hypercube protects.

    ``known`` says for each layer how far each cell may rise and fall by these proofs.
    """

    suppressed: Flags
    witnesses: tuple[Witness, ...]
    left: Ints
    known: tuple[tuple[Floats, Floats], ...]


def cubes_of(
    dimensions: Sequence[Dimension],
    layers: Sequence[Layer],
    primary: Flags,
    usable: Flags,
    costs: Floats,
    guarded: Flags,
) -> Cubes:
    """Suppress, cell by cell, the cheapest hypercube that protects each of ``primary``.

    ``usable`` are the cells that may be suppressed, ``costs`` what that costs; ``guarded`` cells have one
    contributor, who must face two more unknowns in each line, so they get two hypercubes.
    """
    return _Cover(dimensions, layers, primary, usable, costs).run(guarded)


class _Cover:
    def __init__(
        self,
        dimensions: Sequence[Dimension],
        layers: Sequence[Layer],
        primary: Flags,
        usable: Flags,
        costs: Floats,
    ) -> None:
        self._shape = tuple(len(dimension) for dimension in dimensions)
        self._layers, self._primary = layers, primary
        self._below = [
            np.maximum(layer.values - layer.floor, 0.0)
            if np.isfinite(layer.floor)
            else np.full(len(layer.values), np.inf)
            for layer in layers
        ]
        self._suppressed = primary.copy()
        self._costs = np.where(usable, costs, _NEVER)
        self._costs[primary] = 0.0
        self._moves = [_moves(dimension) for dimension in dimensions]
        self._rise = [np.zeros(len(layer.values)) for layer in layers]
        self._fall = [np.zeros(len(layer.values)) for layer in layers]
        self._witnesses: list[Witness] = []

    def run(self, guarded: Flags) -> Cubes:
        """The largest needs first: their hypercubes protect smaller cells on the way."""
        left = []
        need = np.max([np.maximum(layer.up, layer.width) for layer in self._layers], axis=0)
        targets = np.flatnonzero(self._primary)
        for cell in targets[np.argsort(-need[targets], kind="stable")]:
            found = self._protected(int(cell)) or self._enclose(int(cell))
            if found and guarded[cell]:
                found = self._enclose(int(cell), again=True)
            if not found:
                left.append(int(cell))
        return Cubes(
            self._suppressed,
            tuple(self._witnesses),
            np.array(left, dtype=np.int64),
            tuple(zip(self._rise, self._fall, strict=True)),
        )

    def _protected(self, cell: int) -> bool:
        return all(
            rise[cell] >= layer.up[cell]
            and fall[cell] >= layer.down[cell]
            and rise[cell] + fall[cell] >= layer.width[cell]
            for layer, rise, fall in zip(self._layers, self._rise, self._fall, strict=True)
        )

    def _enclose(self, cell: int, *, again: bool = False) -> bool:
        """Suppress the cheapest hypercube around ``cell``; ``again``: one that meets the first nowhere."""
        at = np.unravel_index(cell, self._shape)
        moves = [moves[int(node)] for moves, node in zip(self._moves, at, strict=True)]
        costs = self._costs.reshape(self._shape)
        if again:
            costs = np.where(self._neighbours(at), _NEVER, costs)
            costs[at] = 0.0
        price = _contract(costs, [np.abs(move) for move in moves])
        price[self._short(cell, moves) > 0] = _NEVER
        best = int(np.argmin(price))
        if price.flat[best] >= _NEVER:
            return False
        choice = np.unravel_index(best, price.shape)
        self._take([move[int(place)] for move, place in zip(moves, choice, strict=True)])
        return True

    def _neighbours(self, at: tuple["np.intp", ...]) -> Flags:
        """The suppressed cells of the lines through ``at``."""
        there = np.zeros(self._shape, dtype=bool)
        hidden = self._suppressed.reshape(self._shape)
        for axis in range(len(at)):
            line = tuple(slice(None) if axis == other else at[other] for other in range(len(at)))
            there[line] |= hidden[line]
        return there

    def _short(self, cell: int, moves: Sequence[Floats]) -> Floats:
        """For each hypercube, how many of its cells cannot move as far as ``cell`` needs."""
        sizes = [np.abs(move) for move in moves]
        total = np.zeros(tuple(len(move) for move in moves))
        for layer, below in zip(self._layers, self._below, strict=True):
            fall = float(layer.down[cell])
            rise = max(float(layer.up[cell]), float(layer.width[cell]) - fall)
            for need, sign in ((rise, -1.0), (fall, 1.0)):
                if need > 0:
                    short = (below < need).astype(np.float64).reshape(self._shape)
                    every, signed = _contract(short, sizes), _contract(short, moves)
                    total += (every + sign * signed) / 2
        return np.round(total)

    def _take(self, vectors: Sequence[Floats]) -> None:
        """Suppress the cells of the product of ``vectors``, and remember what they prove."""
        product = np.ones(())
        for vector in vectors:
            product = np.multiply.outer(product, vector)
        cells = np.flatnonzero(product)
        signs = product.reshape(-1)[cells].astype(np.int64)
        rises, falls = [], []
        for place, below in enumerate(self._below):
            rise = float(below[cells[signs < 0]].min(initial=np.inf))
            fall = float(below[cells[signs > 0]].min(initial=np.inf))
            # nothing bounds what only grows; as much as any need is enough
            rise, fall = min(rise, _NEVER), min(fall, _NEVER)
            up, down = self._rise[place], self._fall[place]
            up[cells] = np.maximum(up[cells], np.where(signs > 0, rise, fall))
            down[cells] = np.maximum(down[cells], np.where(signs > 0, fall, rise))
            rises.append(rise)
            falls.append(fall)
        self._suppressed[cells] = True
        self._costs[cells] = 0.0
        self._witnesses.append(Witness(cells, signs, tuple(rises), tuple(falls)))


def _contract(tensor: Floats, vectors: Sequence[Floats]) -> Floats:
    """Σ over the cells of the tensor times the product of one row of each of ``vectors``."""
    for axis, rows in enumerate(vectors):
        tensor = np.moveaxis(np.tensordot(rows, tensor, axes=(1, axis)), 0, axis)
    return tensor


def _moves(dimension: Dimension) -> list[Floats]:
    """For each node, the vectors that move it by 1 and change no sum of the dimension, a row each."""
    children = dict(dimension.families())
    return [np.array(_moves_of(dimension, children, node)) for node in range(len(dimension))]


def _moves_of(dimension: Dimension, children: dict[int, list[int]], node: int) -> list[list[float]]:
    """Down to one category below, then up until a brother takes it back or no total is left."""
    found: list[list[float]] = []
    for downward in _paths_down(children, node):
        base = [0.0] * len(dimension)
        for one in downward:
            base[one] = 1.0
        here = node
        while (parent := dimension.parents[here]) >= 0:
            for brother in children[parent]:
                if brother != here:
                    for path in _paths_down(children, brother):
                        vector = base.copy()
                        for one in path:
                            vector[one] = -1.0
                        found.append(vector)
            base[parent] = 1.0
            here = parent
        found.append(base)
    return found


def _paths_down(children: dict[int, list[int]], node: int) -> list[list[int]]:
    """Every way from ``node`` to a category below it, with all that lies on it."""
    if node not in children:
        return [[node]]
    return [[node, *path] for child in children[node] for path in _paths_down(children, child)]
