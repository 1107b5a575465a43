"""A distribution on a tree of columns, fitted to noisy marginals.

On a tree, marginals that agree with each other determine one distribution of greatest entropy, and
belief propagation gives its marginals exactly. Fitting is Private-PGM's estimation (McKenna, Sheldon
and Miklau 2019): mirror descent on the weighted squared error, whose iterates stay consistent and
non-negative.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Edge = tuple[int, int]
_TINY = 1e-300


@dataclass(frozen=True)
class Measured:
    """A noisy marginal of one or two columns (ascending), and how much the error of each cell
    weighs: the inverse of its noise's variance, or anything in proportion."""

    columns: tuple[int, ...]
    noisy: Floats
    weight: Floats


@dataclass(frozen=True)
class Visit:
    """A column in the order of a walk from a root; its parent, if it has one, came before it."""

    column: int
    parent: int | None


@dataclass(frozen=True)
class Fitted:
    """Consistent expected counts of every column and every edge of the tree."""

    walk: tuple[Visit, ...]
    single: dict[int, Floats]
    pair: dict[Edge, Floats]

    def joint(self, parent: int, child: int) -> Floats:
        """Counts of an edge with the parent's values as rows."""
        if parent < child:
            return self.pair[parent, child]
        return self.pair[child, parent].T


def walk(size: int, edges: Sequence[Edge]) -> tuple[Visit, ...]:
    """All columns, each after its parent; a forest has several roots."""
    near: dict[int, list[int]] = {column: [] for column in range(size)}
    for one, other in edges:
        near[one].append(other)
        near[other].append(one)
    found: list[Visit] = []
    seen: set[int] = set()
    for root in range(size):
        waiting = [] if root in seen else [Visit(root, None)]
        while waiting:
            visit = waiting.pop()
            seen.add(visit.column)
            found.append(visit)
            waiting += [
                Visit(next_, visit.column) for next_ in near[visit.column] if next_ not in seen
            ]
    return tuple(found)


def fit(
    sizes: Sequence[int],
    edges: Sequence[Edge],
    measured: Sequence[Measured],
    total: float,
    *,
    steps: int = 1000,
) -> Fitted:
    """The tree distribution of ``total`` records nearest to what was measured.

    ``steps``: at most so many of descent; it ends before that when the error no longer falls.
    """
    visits = walk(len(sizes), edges)
    potentials = {m.columns: np.zeros(m.noisy.shape) for m in measured}
    for edge in edges:
        potentials.setdefault(edge, np.zeros((sizes[edge[0]], sizes[edge[1]])))
    marginals = propagate(sizes, visits, potentials, total)
    error, slopes = _error(measured, marginals)
    step = 1 / (total * max(float(m.weight.max()) for m in measured))
    quiet = 0
    for _ in range(steps):
        trial = {key: potentials[key] - step * slopes.get(key, 0.0) for key in potentials}
        tried = propagate(sizes, visits, trial, total)
        new, new_slopes = _error(measured, tried)
        if new > error:
            step /= 2
            quiet += 1
        else:
            quiet = quiet + 1 if error - new < 1e-7 * max(error, 1e-12) else 0
            potentials, marginals, error, slopes = trial, tried, new, new_slopes
            step *= 1.3
        if quiet > 40:
            break
    single = {c[0]: table for c, table in marginals.items() if len(c) == 1}
    return Fitted(visits, single, {(c[0], c[1]): t for c, t in marginals.items() if len(c) == 2})


def propagate(
    sizes: Sequence[int],
    visits: Sequence[Visit],
    potentials: dict[tuple[int, ...], Floats],
    total: float,
) -> dict[tuple[int, ...], Floats]:
    """The marginals of the distribution with these log-potentials, by belief propagation: messages
    up to the roots, then down. Numbers are scaled by their largest, so that none overflows."""
    inward = {c: _scaled(potentials.get((c,), np.zeros(size))) for c, size in enumerate(sizes)}
    tables = {v.column: _edge(potentials, v) for v in visits if v.parent is not None}
    upward: dict[int, Floats] = {}
    for visit in reversed(visits):
        if visit.parent is None:
            continue
        message = tables[visit.column] @ inward[visit.column]
        upward[visit.column] = message / message.max()
        inward[visit.parent] = inward[visit.parent] * upward[visit.column] + _TINY
    found: dict[tuple[int, ...], Floats] = {}
    for visit in visits:
        if visit.parent is None:
            found[(visit.column,)] = inward[visit.column] * (total / inward[visit.column].sum())
            continue
        others = found[(visit.parent,)] / upward[visit.column].clip(_TINY)
        joint = others[:, None] * tables[visit.column] * inward[visit.column][None, :]
        joint *= total / joint.sum()
        found[(visit.column,)] = joint.sum(axis=0)
        if visit.parent < visit.column:
            found[visit.parent, visit.column] = joint
        else:
            found[visit.column, visit.parent] = joint.T
    return found


def _edge(potentials: dict[tuple[int, ...], Floats], visit: Visit) -> Floats:
    """exp of an edge's potential, the parent's values as rows."""
    assert visit.parent is not None
    if visit.parent < visit.column:
        return _scaled(potentials[visit.parent, visit.column])
    return _scaled(potentials[visit.column, visit.parent].T)


def _scaled(potential: Floats) -> Floats:
    scaled: Floats = np.exp(potential - potential.max()) + _TINY
    return scaled


def _error(
    measured: Sequence[Measured], marginals: dict[tuple[int, ...], Floats]
) -> tuple[float, dict[tuple[int, ...], Floats]]:
    """Half the weighted squared error, and its slope at each marginal."""
    error = 0.0
    slopes: dict[tuple[int, ...], Floats] = {}
    for one in measured:
        gap = marginals[one.columns] - one.noisy
        error += 0.5 * float((one.weight * gap * gap).sum())
        slopes[one.columns] = slopes.get(one.columns, 0.0) + one.weight * gap
    return error, slopes
