"""How large a small class of records may be, for all that is told: witnesses by linear programming.

A class (atom) of ``s`` records is protected where there is a table with the same released figures in
which it has at least as many as it ``needs``. Such a table is looked for as a change ``d`` of the true
one: whole numbers, ``d >= -s``, sums over each released group within what is told of it. A change that
is found is checked in exact integers, so that nothing passes on the solver's word; that there is none
is the solver's word, and errs to the side of holding.
"""

import time
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from casemate.enclave.differencing.swaps import Swaps
from casemate.protection.aggregation.solver import INFINITY, Outcome, Program

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Labels = npt.NDArray[np.uint64]
Matrix = npt.NDArray[np.int8]
_TOLERANCE = 1e-6
_SECONDS = 4.0
_SOME = 12


@dataclass(frozen=True)
class System:
    """Released groups over classes of ``sizes`` people: ``groups[g, c]`` is 1 where class ``c`` is in
    group ``g``, and a change of the group's number lies between ``lows[g]`` and ``highs[g]``."""

    groups: Matrix
    sizes: Ints
    lows: Ints
    highs: Ints
    labels: Labels
    """One number a class, the sum of one number for each group that it is in, modulo 2^64."""

    def admits(self, change: Ints) -> bool:
        """Whether the changed table agrees with all that is told; in exact integers."""
        if (change + self.sizes < 0).any():
            return False
        some = np.flatnonzero(change)
        sums = self.groups[:, some].astype(np.int64) @ change[some]
        return bool((sums >= self.lows).all() and (sums <= self.highs).all())


@dataclass
class Bounds:
    """Classes that cannot be as large as they need (``open``), and those that nobody could decide in
    the time given (``undecided``). ``programmes`` says how often the solver was asked."""

    open: list[int] = field(default_factory=list)
    undecided: list[int] = field(default_factory=list)
    programmes: int = 0


def find_open(system: System, needs: Ints, seconds: float, *, every: bool = False) -> Bounds:
    """The classes whose change cannot reach ``needs`` (a need of 0 asks nothing): some of them, which
    is enough to refuse, or ``every`` one. Stops after ``seconds``."""
    at_most = len(system.sizes) + 1 if every else _SOME
    search = _Search(system, needs, time.monotonic() + seconds, at_most)
    search.exchange()
    search.bound()
    if every or not search.found.open:
        search.together()
        search.one_by_one()
    if not search.found.open:
        search.found.undecided = sorted(search.todo)
    return search.found


class _Search:
    """For each class of ``todo`` a witness, or that there is none: cheap means first."""

    def __init__(self, system: System, needs: Ints, until: float, at_most: int) -> None:
        self.system, self.needs, self._until, self._at_most = system, needs, until, at_most
        self.todo = {int(at) for at in np.flatnonzero(needs > 0)}
        self.found = Bounds()

    @property
    def is_over(self) -> bool:
        late = time.monotonic() > self._until
        return late or not self.todo or len(self.found.open) >= self._at_most

    def exchange(self) -> None:
        """People who change places."""
        if not self.todo:
            return
        swaps = Swaps(self.system.labels, self.system.sizes)
        for at in sorted(self.todo):
            if at in self.todo and not self.is_over:
                change = swaps.change(at, int(self.needs[at]))
                if change is not None:
                    self._credit(change)

    def bound(self) -> None:
        """The linear programme of each class: too low, then there is none; whole, then it is one."""
        for at in sorted(self.todo):
            if at not in self.todo or self.is_over:
                continue
            outcome = self._programme([at]).solve()
            self.found.programmes += 1
            if outcome.values is None or -outcome.objective < self.needs[at] - _TOLERANCE:
                self.todo.discard(at)
                self.found.open.append(at)
            else:
                self._credit(np.rint(outcome.values).astype(np.int64))

    def together(self) -> None:
        """Whole numbers, for as many classes at once as one table can be a witness for."""
        before = len(self.todo) + 1
        while not self.is_over and 1 < len(self.todo) < before:
            before = len(self.todo)
            self._whole(sorted(self.todo), _SECONDS)

    def one_by_one(self) -> None:
        """Whole numbers, class by class."""
        for at in sorted(self.todo):
            if at in self.todo and not self.is_over:
                outcome = self._whole([at], _SECONDS)
                if at in self.todo and (outcome.optimal or outcome.infeasible):
                    self.todo.discard(at)
                    self.found.open.append(at)

    def _whole(self, towards: list[int], seconds: float) -> Outcome:
        programme = self._programme(towards)
        programme.set_integer()
        outcome = programme.solve(min(seconds, max(self._until - time.monotonic(), 0.1)))
        self.found.programmes += 1
        if outcome.values is not None:
            self._credit(np.rint(outcome.values).astype(np.int64))
        return outcome

    def _credit(self, change: Ints) -> None:
        reached = self.todo & set(np.flatnonzero(change >= self.needs).tolist())
        if reached and self.system.admits(change):
            self.todo -= reached

    def _programme(self, towards: list[int]) -> Program:
        sizes = self.system.sizes
        uppers, costs = np.full(len(sizes), INFINITY), np.zeros(len(sizes))
        uppers[towards], costs[towards] = self.needs[towards], -1
        return _programme(self.system, uppers, costs)


def most(system: System, at: int) -> float:
    """The most that class ``at`` may have more than it has, by the linear programme (an upper bound)."""
    costs = np.zeros(len(system.sizes))
    costs[at] = -1
    outcome = _programme(system, np.full(len(costs), INFINITY), costs).solve()
    return INFINITY if outcome.unbounded else -outcome.objective


def _programme(system: System, uppers: Floats, costs: Floats) -> Program:
    programme = Program(-system.sizes.astype(float), uppers, presolve=True)
    rows, places = np.nonzero(system.groups)
    starts = np.searchsorted(rows, np.arange(len(system.groups)))
    lows, highs = system.lows.astype(float), system.highs.astype(float)
    programme.add_rows(lows, highs, starts, places, np.ones(len(places)))
    programme.set_costs(costs)
    return programme
