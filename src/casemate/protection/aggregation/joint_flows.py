"""Many sensitive cells moved by one programme: patterns for tables that are large, but not too large.

One deviation may serve many cells. Those of no common equation are taken together, and the linear programme
min Σ cost·|z| with M z = 0 moves each of them as far as it must; what one batch suppresses costs the next
ones nothing. A dozen programmes do what ``flows`` does with one for each cell, and since they see many
needs at once they meet them with fewer cells. Cells of the line cover, which is in most cheap patterns,
are offered at a small part of their cost.

The deviations are in fractions: for counts they are no proof that whole numbers agree with what is
published.
"""

from dataclasses import dataclass

import numpy as np

from casemate.protection.aggregation.attack import Attacker
from casemate.protection.aggregation.flows import two_columns
from casemate.protection.aggregation.hypercube import Progress, Witness, reach
from casemate.protection.aggregation.solver import Deadline, Flags, Floats, Ints

# beyond so many equations one programme takes a minute
LARGEST_JOINT = 1_600
_OFFERED = 0.02
_MOVED = 1e-7


@dataclass(frozen=True)
class Joint:
    """A pattern, what proves it, and how far cells rise and fall by it; numbered as in the system."""

    suppressed: Flags
    witnesses: tuple[Witness, ...]
    known: tuple[tuple[Floats, Floats], ...]


def joint_flows(
    attackers: list[Attacker],
    primary: Flags,
    costs: Floats,
    offered: Flags,
    deadline: Deadline,
    *,
    progress: Progress | None = None,
) -> Joint | None:
    """The pattern; None where the time is up before all is solved.

    A cell that nothing protects is left as it is: whoever goes on sees it in ``known``.
    """
    pattern = primary.copy()
    guided = np.where(offered, _OFFERED * costs, costs)
    witnesses: list[Witness] = []
    known = []
    total, done = sum(len(attacker.layer.targets) for attacker in attackers), 0
    for place, attacker in enumerate(attackers):
        batches = _Batches(attacker, guided, pattern)
        for batch in apart(attacker):
            batches.protect(batch, deadline)
            if deadline.passed:
                return None
            done += len(batch)
            if progress is not None:
                progress(done, total)
        witnesses += [Witness(place, cells, moves) for cells, moves in batches.proofs]
        known.append((batches.rise * attacker.scale, batches.fall * attacker.scale))
    return Joint(pattern, tuple(witnesses), tuple(known))


def apart(attacker: Attacker) -> list[Ints]:
    """The targets in batches of which no two share an equation, the largest needs first."""
    system = attacker.system
    order = np.argsort(system.indices, kind="stable")
    rows = np.split(
        system.row_of[order], np.cumsum(np.bincount(system.indices, minlength=system.cells))[:-1]
    )
    targets = attacker.layer.targets
    left = targets[np.argsort(-_needs(attacker)[targets], kind="stable")].tolist()
    found = []
    while left:
        taken = np.zeros(system.rows, dtype=bool)
        batch, rest = [], []
        for cell in left:
            if taken[rows[cell]].any():
                rest.append(cell)
            else:
                taken[rows[cell]] = True
                batch.append(cell)
        found.append(np.array(batch, dtype=np.int64))
        left = rest
    return found


def _needs(attacker: Attacker) -> Floats:
    """How far each target must rise."""
    fall = np.minimum(attacker.down, attacker.below)
    found: Floats = np.maximum(attacker.up, attacker.width - fall)
    return found


class _Batches:
    """The programme of one layer, which widens ``pattern`` batch by batch."""

    def __init__(self, attacker: Attacker, costs: Floats, pattern: Flags) -> None:
        self._attacker, self._costs, self._pattern = attacker, costs, pattern
        self._limits = np.concatenate([attacker.above, attacker.below])
        self._program = two_columns(attacker, presolve=True)
        self._needs = _needs(attacker)
        self.rise, self.fall = np.zeros(len(costs)), np.zeros(len(costs))
        self.proofs: list[tuple[Ints, Floats]] = []

    def protect(self, batch: Ints, deadline: Deadline) -> None:
        """Let every cell of ``batch`` rise, and fall, as far as it must, while there is time."""
        self._push(batch, self._needs, self.rise, 0, deadline)
        self._push(batch, self._attacker.down, self.fall, len(self._costs), deadline)

    def _push(
        self, batch: Ints, needs: Floats, reached: Floats, offset: int, deadline: Deadline
    ) -> None:
        batch = batch[reached[batch] < needs[batch]]
        if not len(batch) or deadline.passed:
            return
        deviations = self._solve(batch + offset, needs[batch], deadline.left)
        if deviations is None:
            if len(batch) > 1:  # one that cannot is not to stop the others
                self._push(batch[::2], needs, reached, offset, deadline)
                self._push(batch[1::2], needs, reached, offset, deadline)
            return
        cells = np.flatnonzero(np.abs(deviations) > _MOVED)
        moves = deviations[cells]
        rise, fall = reach(moves, self._attacker.below[cells], whole=False)
        self.rise[cells] = np.maximum(self.rise[cells], rise)
        self.fall[cells] = np.maximum(self.fall[cells], fall)
        self._pattern[cells] = True
        self.proofs.append((cells, moves))

    def _solve(self, columns: Ints, amounts: Floats, seconds: float) -> Floats | None:
        cells = len(self._costs)
        costs = np.where(self._pattern, 0.0, self._costs)
        lowers, uppers = np.zeros(2 * cells), self._limits.copy()
        lowers[columns] = amounts
        uppers[(columns + cells) % (2 * cells)] = 0.0
        self._program.forget()
        # what is free still has its price, lest cells move that need not
        self._program.set_costs(np.concatenate([costs, costs]) + 1e-6)
        if (lowers > uppers).any():
            return None
        self._program.set_bounds(lowers, uppers)
        values = self._program.solve(seconds).values
        return None if values is None else values[:cells] - values[cells:]
