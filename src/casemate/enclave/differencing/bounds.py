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
import scipy.sparse as sp

from casemate.enclave.differencing.pivots import Pivots
from casemate.protection.aggregation.solver import INFINITY, Outcome, Program

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_TOLERANCE = 1e-6
_SECONDS = 4.0
_SOME = 12
_CHUNK = 1_000
_BATCHES = (1_000, 120, 12)
_RESERVE = 4
_SUSPECTS = 3


@dataclass(frozen=True)
class System:
    """Released groups over classes of ``sizes`` people: ``groups[g, c]`` is 1 where class ``c`` is in
    group ``g``, and a change of the group's number lies between ``lows[g]`` and ``highs[g]``."""

    groups: sp.csr_array
    sizes: Ints
    lows: Ints
    highs: Ints

    def admits(self, change: Ints) -> bool:
        """Whether the changed table agrees with all that is told; in exact integers."""
        if (change + self.sizes < 0).any():
            return False
        sums = self.groups.astype(np.int64) @ change
        return bool((sums >= self.lows).all() and (sums <= self.highs).all())

    def programme(self, lowers: Floats, uppers: Floats, *, presolve: bool) -> Program:
        """All changes within these limits."""
        programme = Program(lowers, uppers, presolve=presolve)
        rows, lows, highs = self.groups, self.lows.astype(float), self.highs.astype(float)
        starts = rows.indptr[:-1].astype(np.int64)
        programme.add_rows(lows, highs, starts, rows.indices.astype(np.int64), rows.data)
        return programme


@dataclass
class Bounds:
    """Classes that cannot be as large as they need (``open``), and those that nobody could decide in
    the time given (``undecided``). ``programmes`` says how often the solver was asked."""

    open: list[int] = field(default_factory=list)
    undecided: list[int] = field(default_factory=list)
    programmes: int = 0


def find_open(system: System, needs: Ints, until: float, *, every: bool = False) -> Bounds:
    """The classes whose change cannot reach ``needs`` (a need of 0 asks nothing): some of them, which
    is enough to refuse, or ``every`` one. Stops when ``time.monotonic()`` is ``until``."""
    at_most = len(system.sizes) + 1 if every else _SOME
    search = _Search(system, needs, until, at_most)
    if search.todo:
        search.alone()
        for size in _BATCHES:
            search.together(size)
        search.one_by_one()
        search.in_whole_numbers()
    if every or not search.found.open:
        search.found.undecided = sorted(search.todo)
    return search.found


class _Search:
    """For each class of ``todo`` a witness, or that there is none: cheap means first."""

    def __init__(self, system: System, needs: Ints, until: float, at_most: int) -> None:
        self.system, self.needs, self._until, self._at_most = system, needs, until, at_most
        self.todo = {int(at) for at in np.flatnonzero(needs > 0)}
        self.found = Bounds()
        self._pivots = Pivots(system.groups, system.sizes, until) if self.todo else None
        self._single: Program | None = None
        self._asked: set[int] = set()

    @property
    def is_over(self) -> bool:
        late = time.monotonic() > self._until
        return late or not self.todo or len(self.found.open) >= self._at_most

    @property
    def _left(self) -> float:
        return max(self._until - time.monotonic(), 0.05)

    def alone(self) -> None:
        """Classes that the pivots make room for, each by itself."""
        todo = np.array(sorted(self.todo), dtype=np.int64)
        for start in range(0, len(todo), _CHUNK):
            if self._pivots is not None and not self.is_over:
                some = todo[start : start + _CHUNK]
                found = self._pivots.alone(some, self.needs[some])
                self.todo -= set(some[found].tolist())

    def together(self, size: int) -> None:
        """Tables in which as many classes as possible, of ``size`` at a time, have what they need."""
        todo = np.random.default_rng(0).permutation(sorted(self.todo - self._asked))
        for start in range(0, len(todo), size):
            some = np.array([at for at in todo[start : start + size] if at in self.todo])
            if len(some) < 2 or self.is_over or self._pivots is None:
                continue
            self._suspect(self._batch(some))

    def _batch(self, some: Ints) -> list[int]:
        """One table for ``some`` classes. Returns those of them that got least of what they need."""
        outcome = self._reserved(some).solve(self._left)
        self.found.programmes += 1
        if outcome.values is None:
            return []
        self._credit_rounded(outcome.values)
        share = outcome.values[some] / self.needs[some]
        worst = np.argsort(share, kind="stable")[:_SUSPECTS]
        return [int(some[at]) for at in worst if share[at] < 1 - _TOLERANCE]

    def _suspect(self, classes: list[int]) -> None:
        """Those that got too little among many may not be able to get more: ask for each alone."""
        for at in classes:
            if at in self.todo and at not in self._asked and not self.is_over:
                self._alone(at)

    def one_by_one(self) -> None:
        """The linear programme of each class that is left: too low, then there is no witness."""
        for at in sorted(self.todo - self._asked):
            if at in self.todo and not self.is_over:
                self._alone(at)

    def _alone(self, at: int) -> None:
        self._asked.add(at)
        outcome = self._most_of(at)
        self.found.programmes += 1
        if outcome.infeasible or (outcome.optimal and -outcome.objective < self._least(at)):
            self.todo.discard(at)
            self.found.open.append(at)
        elif outcome.values is not None:
            self._credit(np.rint(outcome.values).astype(np.int64))
            self._credit_rounded(outcome.values)
            if at in self.todo:
                self._batch(np.array([at]))

    def _least(self, at: int) -> float:
        return float(self.needs[at]) - _TOLERANCE

    def in_whole_numbers(self) -> None:
        """Where fractions could not be rounded: whole numbers, class by class."""
        for at in sorted(self.todo):
            if at in self.todo and not self.is_over:
                outcome = self._whole(at)
                if at in self.todo and (outcome.optimal or outcome.infeasible):
                    self.todo.discard(at)
                    self.found.open.append(at)

    def _whole(self, at: int) -> Outcome:
        uppers, costs = self._aims(np.array([at]))
        programme = self.system.programme(-self.system.sizes.astype(float), uppers, presolve=True)
        programme.set_costs(costs)
        programme.set_integer()
        outcome = programme.solve(min(_SECONDS, self._left))
        self.found.programmes += 1
        if outcome.values is not None:
            self._credit(np.rint(outcome.values).astype(np.int64))
        return outcome

    def _most_of(self, at: int) -> Outcome:
        """As many of class ``at`` as it needs, or as it can have: one programme, asked anew."""
        uppers, costs = self._aims(np.array([at]))
        lowers = -self.system.sizes.astype(float)
        if self._single is None:
            self._single = self.system.programme(lowers, uppers, presolve=False)
        self._single.set_bounds(lowers, uppers)
        self._single.set_costs(costs)
        return self._single.solve(self._left)

    def _reserved(self, some: Ints) -> Program:
        """As many of each of ``some`` as it needs, where a few of each pivot stay for the rounding."""
        assert self._pivots is not None
        uppers, costs = self._aims(some)
        sizes = self.system.sizes.astype(float)
        lowers = -sizes
        pivots = self._pivots.classes
        lowers[pivots] = -np.maximum(sizes[pivots] - _RESERVE, 0)
        wanted = np.intersect1d(some, pivots)
        uppers[wanted] += _RESERVE  # what the rounding takes from them it must leave enough
        programme = self.system.programme(lowers, uppers, presolve=False)
        programme.set_costs(costs)
        return programme

    def _aims(self, towards: Ints) -> tuple[Floats, Floats]:
        """(limits above, costs) of a programme for these classes; no more than they need is useful."""
        uppers, costs = np.full(len(self.needs), INFINITY), np.zeros(len(self.needs))
        uppers[towards], costs[towards] = self.needs[towards], -1
        return uppers, costs

    def _credit_rounded(self, change: Floats) -> None:
        if self._pivots is None:
            return
        sums = np.rint(self.system.groups @ change).astype(np.int64)
        sums = np.clip(sums, self.system.lows, self.system.highs)
        floors = -self.system.sizes
        reached = (self.needs > 0) & (change >= self.needs - _TOLERANCE)
        whole = self._pivots.rounded(change, sums, np.where(reached, self.needs, floors))
        if whole is not None:
            self._credit(whole)

    def _credit(self, change: Ints) -> None:
        reached = self.todo & set(np.flatnonzero(change >= self.needs).tolist())
        if reached and self.system.admits(change):
            self.todo -= reached


class Most:
    """The most that classes of ``system`` may have more than they have: upper bounds, by the linear
    programme."""

    def __init__(self, system: System) -> None:
        lowers = -system.sizes.astype(float)
        self._programme = system.programme(lowers, np.full(len(lowers), INFINITY), presolve=False)
        self._many = len(lowers)

    def of(self, at: int, seconds: float) -> float | None:
        """For one class; None where time did not suffice."""
        costs = np.zeros(self._many)
        costs[at] = -1
        self._programme.set_costs(costs)
        outcome = self._programme.solve(seconds)
        if outcome.unbounded:
            return INFINITY
        return -outcome.objective if outcome.optimal else None
