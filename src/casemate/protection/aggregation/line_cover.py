"""What each equation asks by itself: a bound on every pattern's cost, in milliseconds, and a good guess.

If a sensitive cell is to move by u, the other suppressed cells of each of its equations must together be
able to move by u the other way. For one equation that is a knapsack inequality over the pattern,

    Σ min(u, what cell j can move) · x_j  >=  u

which every protecting pattern meets. The cheapest x that meets them all costs no more than the cheapest
pattern, so it is a proven bound; and as patterns go, most of its cells are in the cheapest one too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from casemate.protection.aggregation.attack import Attacker
from casemate.protection.aggregation.flows import Lines
from casemate.protection.aggregation.solver import INFINITY, Flags, Floats, Ints, Program
from casemate.protection.aggregation.system import System


@dataclass(frozen=True)
class Cover:
    """The cheapest cells that meet every equation by itself, and the proven bound on any pattern's cost."""

    cells: Flags
    bound: float


@dataclass(frozen=True)
class _Rows:
    """Inequalities weights·x >= least over the cells that may be chosen."""

    members: list[Ints]
    weights: list[Floats]
    least: list[float]


def line_cover(
    attackers: Sequence[Attacker], lines: Lines, primary: Flags, costs: Floats, seconds: float
) -> Cover:
    """Solve for the cover; with too little time the bound is 0 and no cell is chosen."""
    rows = _Rows([], [], [])
    for attacker in attackers:
        _knapsacks(attacker, primary, rows)
    _guards(lines, primary, rows)
    nothing = Cover(np.zeros(len(costs), dtype=bool), 0.0)
    if not rows.least:
        return nothing
    program = Program(np.zeros(len(costs)), np.ones(len(costs)), presolve=True)
    program.set_costs(np.where(primary, 0.0, costs))
    lengths = np.array([len(part) for part in rows.members], dtype=np.int64)
    program.add_rows(
        np.array(rows.least),
        np.full(len(rows.least), INFINITY),
        np.cumsum(lengths) - lengths,
        np.concatenate(rows.members),
        np.concatenate(rows.weights),
    )
    program.set_integer()
    outcome = program.solve(seconds)
    if outcome.values is None:
        return Cover(nothing.cells, max(0.0, outcome.bound) if outcome.bound < INFINITY else 0.0)
    return Cover((outcome.values > 0.5) & ~primary, max(0.0, outcome.bound))


def _knapsacks(attacker: Attacker, primary: Flags, rows: _Rows) -> None:
    system = attacker.system
    for at in range(system.rows):
        members, signs = system.members(at), _signs(system, at)
        for place in np.flatnonzero(primary[members]):
            cell = members[place]
            rest = np.arange(len(members)) != place
            with_it = signs[rest] == -signs[place]  # on the other side of the sum: they move alike
            others = members[rest]
            above, below = attacker.above[others], attacker.below[others]
            up = max(attacker.up[cell], attacker.width[cell] - attacker.below[cell])
            down = min(attacker.down[cell], attacker.below[cell])
            _add(rows, others, np.where(with_it, above, below), up, primary)
            _add(rows, others, np.where(with_it, below, above), down, primary)


def _signs(system: System, row: int) -> Floats:
    start = system.starts[row]
    return system.values[start : start + len(system.members(row))]


def _add(rows: _Rows, others: Ints, reach: Floats, need: float, primary: Flags) -> None:
    """Σ min(need, reach)·x >= need, less what primary cells can do, which are always suppressed."""
    if need <= 0:
        return
    weights = np.minimum(reach / need, 1.0)
    known = primary[others]
    missing = 1.0 - float(weights[known].sum())
    chosen = ~known & (weights > 0)
    # where the others together cannot, nothing can: the audit will say so
    if missing <= 1e-9 or float(weights[chosen].sum()) < missing:
        return
    rows.members.append(others[chosen])
    rows.weights.append(np.minimum(weights[chosen] / missing, 1.0))
    rows.least.append(1.0)


def _guards(lines: Lines, primary: Flags, rows: _Rows) -> None:
    for row in lines.guarded:
        members = lines.members(int(row))
        free = members[~primary[members]]
        missing = 3 - (len(members) - len(free))
        if missing > 0:
            rows.members.append(free)
            rows.weights.append(np.ones(len(free)))
            rows.least.append(float(missing))
