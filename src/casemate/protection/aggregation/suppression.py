"""Which cells to hide so that no sensitive one can be worked out, at the least cost.

Exact: a master programme over patterns x, to which the attacker's inequalities are added until no
attack succeeds (Fischetti & Salazar-González 2001). Its bound is proven, so that when time is short
the heuristic's pattern comes with its distance from the best.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from casemate.errors import Unavailable
from casemate.protection.aggregation.attack import Attacker, Cut
from casemate.protection.aggregation.flows import Flows, Lines, drop_bridges, thin_out
from casemate.protection.aggregation.hypercube import Progress, Witness
from casemate.protection.aggregation.joint_flows import LARGEST_JOINT, Joint, joint_flows
from casemate.protection.aggregation.line_cover import Cover, line_cover
from casemate.protection.aggregation.rules import Layer
from casemate.protection.aggregation.solver import INFINITY, NEVER, Deadline, Flags, Floats, Program
from casemate.protection.aggregation.system import System

# beyond this many cells that are not empty the exact search is not begun
LARGEST_EXACT = 4_000
_DENSEST = 400_000
_RELAXED_ROUNDS = 25
_CLOSE = 1e-9
# of the time there is, at most so much for the bound that each equation proves by itself
_COVER_SHARE = 0.3


@dataclass(frozen=True)
class Pattern:
    """A pattern that no attack of the layers defeats, its cost and the proven bound on any's."""

    suppressed: Flags
    method: str
    cost: float
    bound: float
    cuts: int
    rounds: int
    seconds: float

    @property
    def gap(self) -> float:
        """The distance from the proven bound, as a share of the cost; 0 when optimal."""
        if self.method == "optimal" or not self.cost:
            return 0.0
        return (self.cost - self.bound) / self.cost


class Problem:
    """What must be protected, over the cells that are not empty, unless empty ones are sensitive too."""

    def __init__(
        self,
        system: System,
        layers: Sequence[Layer],
        primary: Flags,
        singletons: Flags,
        costs: Floats,
        filled: Flags | None = None,
    ) -> None:
        """``singletons`` have one contributor; cells that are not ``filled`` have none."""
        self.system, self.primary, self.costs = system, primary, costs
        self.attackers = [Attacker(system, layer) for layer in layers]
        counted = np.ones(system.cells, dtype=bool) if filled is None else filled
        self.lines = Lines(system, singletons & primary, counted)

    def broken(self, pattern: Floats) -> list[Cut]:
        return [cut for attacker in self.attackers for cut in attacker.cuts(pattern)]

    def cover(self, seconds: float) -> Cover:
        """What each equation asks by itself: a bound on every pattern's cost, in little time."""
        return line_cover(self.attackers, self.lines, self.primary, self.costs, seconds)

    def cost(self, pattern: Flags) -> float:
        """What is suppressed beyond the primary cells, which nobody can choose."""
        return float(self.costs[pattern & ~self.primary].sum())


@dataclass(frozen=True)
class Start:
    """A pattern to begin with, what proves it, and for each layer how far its cells rise and fall by it.

    All is numbered as in the problem's system. A ``complete`` one needs nothing more.
    """

    pattern: Flags
    witnesses: tuple[Witness, ...]
    known: Sequence[tuple[Floats, Floats]]
    complete: bool = False


def protect_large(
    problem: Problem,
    start: Start | None,
    *,
    seconds: float,
    deadline: Deadline = NEVER,
    progress: Progress | None = None,
) -> tuple[Pattern, tuple[Witness, ...]]:
    """A pattern where programmes for each cell would take too long: ``start``, or joint flows if cheaper.

    ``seconds`` of the processor bound the joint flows where there is a ``start``, and again what they
    lack where that is complete. What a pattern lacks is added by programmes; nothing that it suppresses
    is published again unless it hides nothing.

    Raises Unavailable if no pattern is complete at ``deadline``.
    """
    began = time.perf_counter()
    cover = problem.cover(seconds * _COVER_SHARE)
    until = deadline if start is None else Deadline(seconds, time.thread_time)
    joint = _joint(problem, cover, until, progress)
    starts = [one for one in (start, joint) if one is not None]
    for one in sorted(starts, key=lambda one: problem.cost(one.pattern)) or [_nothing(problem)]:
        again = Deadline(seconds, time.thread_time)
        best = _completed(problem, one, again if start and start.complete else deadline)
        if best is not None:
            cost, took = problem.cost(best), time.perf_counter() - began
            bound = min(cover.bound, cost)
            return Pattern(best, "heuristic", cost, bound, 0, 0, took), one.witnesses
    raise out_of_time()


def out_of_time() -> Unavailable:
    """What is said where protection is not shown in time; it tells nothing of the table."""
    return Unavailable(
        "the table cannot be shown to be protected in the time there is, so nothing is given back: "
        "take fewer or coarser categories, more seconds, or the method rounding or cell_key"
    )


def _joint(
    problem: Problem, cover: Cover, until: Deadline, progress: Progress | None
) -> Start | None:
    if problem.system.rows > LARGEST_JOINT:
        return None
    found: Joint | None = joint_flows(
        *(problem.attackers, problem.primary, problem.costs, cover.cells, until), progress=progress
    )
    return None if found is None else Start(found.suppressed, found.witnesses, found.known)


def _nothing(problem: Problem) -> Start:
    zeros = np.zeros(problem.system.cells)
    return Start(problem.primary, (), [(zeros, zeros)] * len(problem.attackers))


def _completed(problem: Problem, start: Start, deadline: Deadline) -> Flags | None:
    """The pattern of ``start`` with what it lacks; None if that is not found in time."""
    if start.complete:
        return start.pattern.copy()
    for attacker, (rise, fall) in zip(problem.attackers, start.known, strict=True):
        attacker.knows(rise, fall)
    return _Heuristic(problem).widened(start.pattern.copy(), deadline)


def protect(
    problem: Problem, *, exact: bool, seconds: float, deadline: Deadline = NEVER
) -> Pattern:
    """A protecting pattern: the cheapest if ``exact`` and time allow, and a heuristic one if not.

    Raises Unavailable if none is complete at ``deadline``.
    """
    began, until = time.perf_counter(), Deadline(seconds)
    if not problem.primary.any():
        return Pattern(problem.primary.copy(), "optimal", 0.0, 0.0, 0, 0, 0.0)
    heuristic = _Heuristic(problem)
    # ``seconds`` bound only what makes it cheaper
    widened = heuristic.widened(problem.primary.copy(), deadline)
    if widened is None:
        raise out_of_time()
    best = widened
    heuristic.thin_out(best, Deadline(began + seconds * 0.3 - time.perf_counter()))
    master = _Master(problem) if exact else None
    if master is not None:
        best = master.search(best, heuristic, until)
    cost = problem.cost(best)
    proven = master is not None and master.proven
    bound = cost if proven else max(master.bound if master else 0.0, problem.cover(seconds).bound)
    return Pattern(
        best,
        "optimal" if proven else "heuristic",
        cost,
        min(bound, cost),
        master.cuts if master else 0,
        master.rounds if master else 0,
        time.perf_counter() - began,
    )


class _Heuristic:
    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._flows = [Flows(attacker, problem.costs) for attacker in problem.attackers]

    def widened(self, pattern: Flags, deadline: Deadline) -> Flags | None:
        """``pattern`` with what it lacks to protect everything; None if out of time."""
        problem = self._problem
        if not all(flows.protect(pattern, deadline) for flows in self._flows):
            return None
        if not problem.lines.widen(pattern, problem.costs, self._flows[0], deadline):
            return None
        drop_bridges(problem.system, pattern, problem.primary)
        if problem.lines.short(
            pattern
        ).size:  # publishing a bridge shortened a line: hide all of it
            self._close_lines(pattern)
        return pattern

    def _close_lines(self, pattern: Flags) -> None:
        problem = self._problem
        while (short := problem.lines.short(pattern)).size:
            for row in short:
                pattern[problem.system.members(int(row))] = True

    def thin_out(self, pattern: Flags, deadline: Deadline) -> None:
        problem = self._problem
        thin_out(
            pattern, problem.primary, problem.costs, problem.attackers, problem.lines, deadline
        )


class _Master:
    """min costs·x over the inequalities found so far: its optimum is a bound on every pattern's cost."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._program = Program(
            problem.primary.astype(np.float64), np.ones(problem.system.cells), presolve=True
        )
        self._program.set_costs(np.where(problem.primary, 0.0, problem.costs))
        self._add_lines()
        self.cuts, self.rounds = 0, 0
        self.bound, self.proven = 0.0, False

    def search(self, best: Flags, heuristic: _Heuristic, deadline: Deadline) -> Flags:
        """The cheapest pattern, or the best known when time is up."""
        if not self._relax(deadline):
            return best
        self._program.set_integer()
        while (left := deadline.left) > 0:
            self._program.suggest(best.astype(np.float64))
            outcome = self._program.solve(left)
            self.rounds += 1
            self.bound = max(self.bound, outcome.bound)
            if outcome.values is None:
                return best
            pattern = outcome.values > 0.5
            cuts = self._problem.broken(pattern.astype(np.float64))
            if not cuts:
                self.proven = outcome.optimal
                return self._cheaper(best, pattern)
            if not outcome.optimal:
                return best
            self._add(cuts)
            widened = heuristic.widened(pattern, deadline)
            if widened is None:
                return best
            best = self._cheaper(best, widened)
            if self._problem.cost(best) <= self.bound * (1 + _CLOSE):
                self.proven = True
                return best
        return best

    def _relax(self, deadline: Deadline) -> bool:
        """Add inequalities by the linear relaxation, which is quick, while it still rises."""
        stalled = 0
        for _ in range(_RELAXED_ROUNDS):
            if deadline.passed:
                return False
            outcome = self._program.solve(deadline.left)
            if not outcome.optimal or outcome.values is None:
                return False
            self.rounds += 1
            rise = outcome.objective - self.bound
            self.bound = max(self.bound, outcome.objective)
            point = np.clip(outcome.values, 0, 1)
            cuts = [
                cut
                for cut in self._problem.broken(np.where(point < 1e-9, 0.0, point))
                if cut.coefficients @ point < 1 - 1e-6
            ]
            stalled = stalled + 1 if rise <= 1e-4 * self.bound else 0
            if not cuts or stalled >= 3:
                break
            self._add(cuts)
        return True

    def _cheaper(self, best: Flags, other: Flags) -> Flags:
        problem = self._problem
        if problem.cost(other) >= problem.cost(best):
            return best
        whole = other.astype(np.float64)
        sound = not problem.broken(whole) and not problem.lines.short(other).size
        return other.copy() if sound else best

    def _add(self, cuts: list[Cut]) -> None:
        self.cuts += len(cuts)
        columns = [np.flatnonzero(cut.coefficients > 1e-9) for cut in cuts]
        lengths = np.array([len(part) for part in columns], dtype=np.int64)
        self._program.add_rows(
            np.ones(len(cuts)),
            np.full(len(cuts), INFINITY),
            np.cumsum(lengths) - lengths,
            np.concatenate(columns),
            np.concatenate(
                [cut.coefficients[part] for cut, part in zip(cuts, columns, strict=True)]
            ),
        )

    def _add_lines(self) -> None:
        """No suppressed cell is alone in an equation; guarded equations have three.

        A secondary cell that is alone is determined and hides nothing, so the cheapest pattern has
        none: the inequality loses no optimum (the bridge-less inequality of the same paper).
        """
        system, primary = self._problem.system, self._problem.primary
        dense = int((np.bincount(system.row_of, minlength=system.rows) ** 2).sum()) > _DENSEST
        indices: list[int] = []
        values: list[float] = []
        starts: list[int] = []
        lowers: list[float] = []
        guarded = set(self._problem.lines.guarded.tolist())
        for row in range(system.rows):
            members = system.members(row)
            if row in guarded:
                counted = self._problem.lines.members(row).tolist()
                starts.append(len(indices))
                indices += counted
                values += [1.0] * len(counted)
                lowers.append(3.0)
            for cell in members[primary[members]] if dense else members:
                starts.append(len(indices))
                indices += members.tolist()
                values += np.where(members == cell, -1.0, 1.0).tolist()
                lowers.append(0.0)
        if starts:
            self._program.add_rows(
                np.array(lowers),
                np.full(len(lowers), INFINITY),
                np.array(starts, dtype=np.int64),
                np.array(indices, dtype=np.int64),
                np.array(values),
            )
