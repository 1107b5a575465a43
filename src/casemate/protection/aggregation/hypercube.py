"""Patterns for large tables of two to four dimensions: each sensitive cell in hypercubes of its own.

A deviation that changes no published sum is the product of one vector a dimension, each of which
changes no sum of that dimension: a category gains what another loses, or what is gained is passed up to
a total. In a flat table its cells are the corners of a hypercube; where there are sub-totals, they go
with them. A sensitive cell is moved by as many hypercubes as it takes, the cheapest for each unit first:
one whose corners are small carries a part, so that small cells, which are hidden anyway, hide each other
and few others have to go. (Repsilber's method asks of one hypercube to carry everything; small corners
are then of no use, and most of a table may be lost.)

The sum of them is a deviation too, and a proof by itself: a ``Witness``, which the auditor checks against
what is published. No linear programme is solved, and whole deviations keep counts whole.

Repsilber (1999), Sicherung persönlicher Angaben in Tabellendaten, Statistische Analysen und Studien NRW;
Giessing and Repsilber (2002), Tools and strategies to protect multiple tables with the GHQUAR cell
suppression engine, in Inference Control in Statistical Databases, LNCS 2316.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from casemate.protection.aggregation.dimensions import Dimension
from casemate.protection.aggregation.rules import Layer
from casemate.protection.aggregation.solver import NEVER, Deadline, Flags, Floats, Ints

# hears how many sensitive cells are done, of how many
Progress = Callable[[int, int], None]

_NEVER = 1e300
# hypercubes that may share what one cell needs, and the least share of one
_MOST_CUBES = 12
_LEAST_SHARE = 0.1
_NEXT_TO_NOTHING = 1e-9


@dataclass(frozen=True)
class Witness:
    """Of one layer, by its place: ``moves`` of ``cells`` that change no published sum.

    All may move so together, or back, as far as no cell falls below what an attacker knows. The cells
    are numbered as in the table.
    """

    layer: int
    cells: Ints
    moves: Floats


@dataclass(frozen=True)
class Cubes:
    """The pattern, what proves it, and the sensitive cells that no hypercubes protect.

    ``short`` says whether a guarded line still has fewer than three unknowns (no move was found), and
    ``known`` says for each layer how far each cell may rise and fall by these proofs.
    """

    suppressed: Flags
    witnesses: tuple[Witness, ...]
    left: Ints
    short: bool
    known: tuple[tuple[Floats, Floats], ...]


def cubes_of(
    dimensions: Sequence[Dimension],
    layers: Sequence[Layer],
    primary: Flags,
    usable: Flags,
    costs: Floats,
    guarded: Flags,
    filled: Flags,
    *,
    deadline: Deadline = NEVER,
    progress: Progress | None = None,
) -> Cubes | None:
    """Suppress, cell by cell, the cheapest hypercubes that protect each of ``primary``; None where
    the time is up.

    ``usable`` are the cells that may be suppressed, ``costs`` what that costs; ``guarded`` cells have one
    contributor, who must face two more unknowns in each line, of the cells that are ``filled``.
    """
    return _Cover(dimensions, layers, primary, usable, costs, filled).run(
        guarded, deadline, progress
    )


@dataclass(frozen=True)
class _Ways:
    """The moves that begin at a node, a row each: the nodes that move, and whether with it (1) or
    against it (-1); rows are filled up with 0."""

    nodes: Ints
    signs: Ints


class _Cover:
    def __init__(
        self,
        dimensions: Sequence[Dimension],
        layers: Sequence[Layer],
        primary: Flags,
        usable: Flags,
        costs: Floats,
        filled: Flags,
    ) -> None:
        self._shape = tuple(len(dimension) for dimension in dimensions)
        self._layers, self._primary = layers, primary
        self._below = [
            np.maximum(layer.values - layer.floor, 0.0)
            if np.isfinite(layer.floor)
            else np.full(len(layer.values), np.inf)
            for layer in layers
        ]
        self._suppressed, self._filled = primary.copy(), filled
        self._moved = np.zeros(len(primary), dtype=bool)
        self._small = _NEXT_TO_NOTHING * max(float(costs.mean()), _NEXT_TO_NOTHING)
        self._costs = np.where(usable, costs, _NEVER)
        self._costs[primary] = 0.0
        self._ways = [_ways(dimension) for dimension in dimensions]
        self._families = [_families(dimension) for dimension in dimensions]
        self._rise = [np.zeros(len(layer.values)) for layer in layers]
        self._fall = [np.zeros(len(layer.values)) for layer in layers]
        self._witnesses: list[Witness] = []

    def run(self, guarded: Flags, deadline: Deadline, progress: Progress | None) -> Cubes | None:
        """The largest needs first: their hypercubes protect smaller cells on the way."""
        left = []
        need = np.max([np.maximum(layer.up, layer.width) for layer in self._layers], axis=0)
        targets = np.flatnonzero(self._primary)
        for done, cell in enumerate(targets[np.argsort(-need[targets], kind="stable")]):
            if deadline.passed:
                return None
            if not self._protect(int(cell)):
                left.append(int(cell))
            if progress is not None:
                progress(done + 1, len(targets))
        # only now is it seen which lines are still short of unknowns
        short = False
        for cell in np.flatnonzero(guarded):
            if deadline.passed:
                return None
            self._lengthen(int(cell))
            short |= bool(self._short(int(cell)))
        return Cubes(
            self._suppressed,
            tuple(self._witnesses),
            np.array(left, dtype=np.int64),
            short,
            tuple(zip(self._rise, self._fall, strict=True)),
        )

    def _protect(self, cell: int) -> bool:
        """Whether ``cell`` may now be believed to be as high and as low as it must, in every layer."""
        for place, layer in enumerate(self._layers):
            rise, fall = self._rise[place], self._fall[place]
            down = float(layer.down[cell])
            up = max(float(layer.up[cell]), float(layer.width[cell]) - max(down, fall[cell]))
            if rise[cell] < up and not self._move(cell, place, up, 1.0):
                return False
            if fall[cell] < down and not self._move(cell, place, down, -1.0):
                return False
        return True

    def _lengthen(self, cell: int) -> None:
        """Where a line through ``cell`` has fewer than three unknowns, move it by cells not yet hidden.

        If it cannot be so moved, the cheapest further cells of the line are moved instead: a cell and
        all totals above it can always rise together, in a table with its totals.
        """
        short = self._short(cell)
        if not short:
            return
        near = np.unique(np.concatenate(short))
        avoided = near[self._suppressed[near] & (near != cell)]
        self._move(cell, 0, max(float(self._layers[0].up[cell]), 1.0), 1.0, avoided)
        while short := self._short(cell):
            free = short[0][~self._moved[short[0]]]
            cheapest = int(free[np.argmin(self._costs[free])])
            if not self._move(cheapest, 0, 1.0, 1.0):
                return

    def _short(self, cell: int) -> list[Ints]:
        """The filled cells of each line through ``cell`` of which fewer than three can move.

        One that cannot is worked out, and hides nothing. A line of two has no third.
        """
        lines = [line[self._filled[line]] for line in self._lines(cell)]
        return [one for one in lines if len(one) >= 3 and int(self._moved[one].sum()) < 3]

    def _lines(self, cell: int) -> list[Ints]:
        """The cells of each equation that ``cell`` is part of."""
        at = [int(node) for node in np.unravel_index(cell, self._shape)]
        found = []
        for axis, families in enumerate(self._families):
            for family in families[at[axis]]:
                nodes = [family if axis == other else at[other] for other in range(len(at))]
                found.append(np.ravel_multi_index(np.broadcast_arrays(*nodes), self._shape))
        return found

    def _move(
        self, cell: int, place: int, amount: float, sign: float, avoided: Ints | None = None
    ) -> bool:
        """Suppress what lets ``cell`` move by ``amount``, up or down; False if nothing does."""
        at = [int(node) for node in np.unravel_index(cell, self._shape)]
        ways = [ways[node] for ways, node in zip(self._ways, at, strict=True)]
        costs = self._costs
        if avoided is not None:
            costs = costs.copy()
            costs[avoided] = _NEVER
        moved = np.zeros(len(costs))
        reached = 0.0
        for _ in range(_MOST_CUBES):
            least = min(_LEAST_SHARE * amount, amount - reached)
            cube = self._cheapest(ways, costs, moved, place, sign, amount - reached, least)
            if cube is None:
                return False
            corners, step = cube
            moved += sign * step * corners
            costs = np.where(moved != 0, 0.0, costs)
            reached += step
            if reached >= amount * (1 - _NEXT_TO_NOTHING):
                self._take(place, moved)
                return True
        return False

    def _cheapest(
        self,
        ways: Sequence[_Ways],
        costs: Floats,
        moved: Floats,
        place: int,
        sign: float,
        wanted: float,
        least: float,
    ) -> tuple[Floats, float] | None:
        """The hypercube (its corners' signs) that costs least for each unit it carries, and how many."""
        price = costs.reshape(self._shape)
        # what has been moved up by now may go further down
        falling = np.maximum(self._below[place] + moved, 0.0).reshape(self._shape)
        rising = np.full(self._shape, np.inf)
        # how far the corners can go if the node in question moves with the cell, and against it
        with_it, against = (rising, falling) if sign > 0 else (falling, rising)
        for axis, way in enumerate(ways):
            price = _added(price, axis, way)
            with_it, against = (
                _narrowed(with_it, against, axis, way),
                _narrowed(against, with_it, axis, way),
            )
        step = np.minimum(with_it, wanted)
        possible = (step >= least) & (price < _NEVER)
        if not possible.any():
            return None
        each = np.full(step.shape, np.inf)
        np.divide(price + self._small, step, out=each, where=possible)
        best = np.unravel_index(int(np.argmin(each)), each.shape)
        corners = np.ones(())
        for way, choice, size in zip(ways, best, self._shape, strict=True):
            vector = np.zeros(size)
            np.add.at(vector, way.nodes[choice], way.signs[choice])
            corners = np.multiply.outer(corners, vector)
        return corners.reshape(-1), float(step[best])

    def _take(self, place: int, moved: Floats) -> None:
        """Suppress the cells that move, and remember what they prove."""
        cells = np.flatnonzero(moved)
        moves = moved[cells]
        whole = self._layers[place].name == "count"
        rise, fall = reach(moves, self._below[place][cells], whole=whole)
        up, down = self._rise[place], self._fall[place]
        up[cells] = np.maximum(up[cells], rise)
        down[cells] = np.maximum(down[cells], fall)
        self._suppressed[cells] = self._moved[cells] = True
        self._costs[cells] = 0.0
        self._witnesses.append(Witness(place, cells, moves))


def reach(moves: Floats, below: Floats, *, whole: bool) -> tuple[Floats, Floats]:
    """How far each cell rises and falls if all go along ``moves``, or back, until one has fallen by all
    that it can, which is ``below``; if ``whole``, whole moves go a whole number of times only."""
    down, up = moves < 0, moves > 0
    # nothing bounds what only grows; as much as any need is enough
    forward = min(float((below[down] / -moves[down]).min(initial=np.inf)), _NEVER)
    backward = min(float((below[up] / moves[up]).min(initial=np.inf)), _NEVER)
    if whole and (moves == np.round(moves)).all():
        forward, backward = np.floor(forward), np.floor(backward)
    sizes = np.abs(moves)
    return (
        np.where(up, forward, backward) * sizes,
        np.where(up, backward, forward) * sizes,
    )


def _added(price: Floats, axis: int, ways: _Ways) -> Floats:
    """What each move along ``axis`` costs: the price of all nodes in it."""
    found: Floats = np.zeros(())
    for nodes, signs in zip(ways.nodes.T, ways.signs.T, strict=True):
        there = _along(price, axis, nodes)
        missing = signs == 0
        found = found + (
            np.where(_upright(missing, axis, price.ndim), 0.0, there) if missing.any() else there
        )
    return found


def _narrowed(same: Floats, other: Floats, axis: int, ways: _Ways) -> Floats:
    """How far each move along ``axis`` goes: ``same`` where a node moves with it, ``other`` against."""
    found: Floats = np.full((), np.inf)
    for nodes, signs in zip(ways.nodes.T, ways.signs.T, strict=True):
        if (signs == 1).all():
            found = np.minimum(found, _along(same, axis, nodes))
            continue
        signs = _upright(signs, axis, same.ndim)
        bound = np.where(signs > 0, _along(same, axis, nodes), _along(other, axis, nodes))
        found = np.minimum(found, np.where(signs == 0, np.inf, bound))
    return found


def _along(tensor: Floats, axis: int, nodes: Ints) -> Floats:
    if (nodes == nodes[0]).all():  # one slice serves all moves
        nodes = nodes[:1]
    return np.take(tensor, nodes, axis=axis)


def _upright(vector: "np.ndarray[tuple[int], np.dtype[np.generic]]", axis: int, axes: int) -> Flags:
    """``vector`` along ``axis``, ready to be spread over the others."""
    return vector.reshape([-1 if axis == other else 1 for other in range(axes)])  # type: ignore[return-value]


def _families(dimension: Dimension) -> list[list[Ints]]:
    """For each node, the totals with their parts that it is one of."""
    found: list[list[Ints]] = [[] for _ in range(len(dimension))]
    for parent, children in dimension.families():
        family = np.array([parent, *children], dtype=np.int64)
        for node in family:
            found[int(node)].append(family)
    return found


def _ways(dimension: Dimension) -> list[_Ways]:
    """For each node, the moves that change it by 1 and no sum of the dimension."""
    children = dict(dimension.families())
    found = []
    for node in range(len(dimension)):
        moves = _moves_of(dimension, children, node)
        longest = max(len(move) for move in moves)
        nodes = np.zeros((len(moves), longest), dtype=np.int64)
        signs = np.zeros((len(moves), longest), dtype=np.int64)
        for row, move in enumerate(moves):
            nodes[row, : len(move)] = list(move)
            signs[row, : len(move)] = list(move.values())
        found.append(_Ways(nodes, signs))
    return found


def _moves_of(
    dimension: Dimension, children: dict[int, list[int]], node: int
) -> list[dict[int, int]]:
    """Down to one category below, then up until a brother takes it back or no total is left."""
    found: list[dict[int, int]] = []
    for downward in _paths_down(children, node):
        base = dict.fromkeys(downward, 1)
        here = node
        while (parent := dimension.parents[here]) >= 0:
            for brother in children[parent]:
                paths = _paths_down(children, brother) if brother != here else []
                found += [base | dict.fromkeys(path, -1) for path in paths]
            base[parent] = 1
            here = parent
        found.append(dict(base))
    return found


def _paths_down(children: dict[int, list[int]], node: int) -> list[list[int]]:
    """Every way from ``node`` to a category below it, with all that lies on it."""
    if node not in children:
        return [[node]]
    return [[node, *path] for child in children[node] for path in _paths_down(children, child)]
