"""Patterns by heuristics: the cheapest deviation for each cell, one after the other, then tidied.

For each primary cell the linear programme min Σ cost·|z| with M z = 0 and z_p at its protection level
is solved; the cells that move are suppressed and cost nothing from then on (Kelly, Golden & Assad,
Networks 22, 1992; Castro, EJOR 171, 2006). The result protects, and is not the cheapest.
"""

import numpy as np

from casemate.protection.aggregation.attack import Attacker
from casemate.protection.aggregation.solver import Deadline, Flags, Floats, Ints, Program
from casemate.protection.aggregation.system import System

_MOVED = 1e-7


def two_columns(attacker: Attacker, *, presolve: bool = False) -> Program:
    """The sums of a layer with two columns a cell: what it rises, and behind all these what it falls."""
    system, limits = attacker.system, np.concatenate([attacker.above, attacker.below])
    program = Program(np.zeros(len(limits)), limits, presolve=presolve)
    nothing = np.zeros(system.rows)
    order = np.argsort(np.concatenate([system.row_of, system.row_of]), kind="stable")
    indices = np.concatenate([system.indices, system.indices + system.cells])[order]
    values = np.concatenate([system.values, -system.values])[order]
    program.add_rows(nothing, nothing, 2 * system.starts, indices, values)
    return program


class Flows:
    """The programme of one layer: two columns a cell, for what it rises and what it falls."""

    def __init__(self, attacker: Attacker, costs: Floats) -> None:
        self._attacker = attacker
        self._cells = attacker.system.cells
        self._costs = costs
        self._limits = np.concatenate([attacker.above, attacker.below])
        self._program = two_columns(attacker)

    def protect(self, pattern: Flags, deadline: Deadline) -> bool:
        """Widen ``pattern`` until every target can move as far as it must; False if out of time."""
        costs = np.where(pattern, 0.0, self._costs)
        self._program.set_costs(np.concatenate([costs, costs]))
        attacker = self._attacker
        need = np.maximum(attacker.up, attacker.width - np.minimum(attacker.down, attacker.below))
        targets = attacker.layer.targets
        attacker.face(pattern.astype(np.float64))
        for target in targets[np.argsort(-need[targets], kind="stable")]:
            if deadline.passed:
                return False
            if attacker.protected(
                int(target), deadline.left
            ):  # far quicker to see than to find a way again
                continue
            self._push(int(target), float(need[target]), pattern, deadline)
            if attacker.down[target] > 0:
                down = float(attacker.down[target])
                self._push(int(target) + self._cells, down, pattern, deadline)
            attacker.face(pattern.astype(np.float64), wider=True)
        return True

    def move(self, cell: int, pattern: Flags, deadline: Deadline) -> None:
        """Widen ``pattern`` until ``cell``, which is no target, could be something else."""
        costs = np.where(pattern, 0.0, self._costs)
        self._program.set_costs(np.concatenate([costs, costs]))
        amount = min(1.0 / self._attacker.scale, float(self._attacker.above[cell]) / 2)
        self._push(cell, amount, pattern, deadline)

    def _push(self, column: int, amount: float, pattern: Flags, deadline: Deadline) -> None:
        twin = column - self._cells if column >= self._cells else column + self._cells
        self._program.set_bound(column, amount, amount)
        self._program.set_bound(twin, 0.0, 0.0)
        values = self._program.solve(deadline.left).values
        self._program.set_bound(column, 0.0, float(self._limits[column]))
        self._program.set_bound(twin, 0.0, float(self._limits[twin]))
        if values is None:
            return  # the audit will say so: nothing is given back unprotected
        deviations = values[: self._cells] - values[self._cells :]
        moved = np.abs(deviations) > _MOVED
        for cell in np.flatnonzero(moved & ~pattern):
            self._program.set_cost(int(cell), 0.0)
            self._program.set_cost(int(cell) + self._cells, 0.0)
        pattern |= moved


def drop_bridges(system: System, pattern: Flags, primary: Flags) -> None:
    """Publish each secondary cell that is alone in an equation: it is determined there anyway."""
    while True:
        alone = (system.line_counts(pattern) == 1)[system.row_of]
        exposed = np.unique(system.indices[alone & pattern[system.indices]])
        exposed = exposed[~primary[exposed]]
        if not len(exposed):
            return
        pattern[exposed] = False


def thin_out(
    pattern: Flags,
    primary: Flags,
    costs: Floats,
    attackers: list[Attacker],
    lines: "Lines",
    deadline: Deadline,
) -> None:
    """Publish again what the others protect without, the dearest first, while there is time."""
    secondary = np.flatnonzero(pattern & ~primary)
    for cell in secondary[np.argsort(-costs[secondary], kind="stable")]:
        if deadline.passed:
            return
        if not pattern[cell]:
            continue
        tried = pattern.copy()
        tried[cell] = False
        drop_bridges(attackers[0].system, tried, primary)
        if lines.short(tried).size:
            continue
        if not any(one.cuts(tried.astype(np.float64), first_only=True) for one in attackers):
            pattern[:] = tried


class Lines:
    """Equations with a cell of one contributor: who knows that cell must face two unknowns more.

    Only cells that are ``filled`` count: that others are empty is what is left where the rest is known.
    """

    def __init__(self, system: System, singletons: Flags, filled: Flags) -> None:
        self.system, self._filled = system, filled
        sizes = system.line_counts(filled)
        self.guarded = np.flatnonzero((system.line_counts(singletons) > 0) & (sizes >= 3))

    def short(self, pattern: Flags) -> Ints:
        """The guarded equations with fewer than three suppressed cells."""
        return self.guarded[self.system.line_counts(pattern & self._filled)[self.guarded] < 3]

    def members(self, row: int) -> Ints:
        """The cells of an equation that count."""
        members = self.system.members(row)
        return members[self._filled[members]]

    def widen(self, pattern: Flags, costs: Floats, flows: Flows, deadline: Deadline) -> bool:
        """Suppress the cheapest further cell of each short line, and what hides that one; False if out
        of time."""
        while (short := self.short(pattern)).size:
            if deadline.passed:
                return False
            members = self.members(int(short[0]))
            free = members[~pattern[members]]
            cell = int(free[np.argmin(costs[free])])
            pattern[cell] = True
            flows.move(cell, pattern, deadline)
        return True
