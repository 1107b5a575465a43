"""A linear or mixed-integer programme in HiGHS, kept warm between solves."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import highspy
import numpy as np
import numpy.typing as npt

from casemate.errors import Unavailable

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
INFINITY: float = highspy.kHighsInf


class Deadline:
    """A moment ``seconds`` from now: on the wall, or on another clock such as ``time.thread_time``."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._end = clock() + seconds

    @property
    def left(self) -> float:
        """Seconds; negative once it has passed."""
        return self._end - self._clock()

    @property
    def passed(self) -> bool:
        return self.left < 0


NEVER = Deadline(INFINITY)


@dataclass(frozen=True)
class Outcome:
    """What the solver found: ``values`` is None without a feasible point, ``bound`` is proven."""

    optimal: bool
    unbounded: bool
    infeasible: bool
    objective: float
    bound: float
    values: Floats | None


class Program:
    """Minimise costs·x within column and row bounds; rows may be added at any time."""

    def __init__(self, lowers: Floats, uppers: Floats, *, presolve: bool = False) -> None:
        self._highs = highspy.Highs()  # type: ignore[no-untyped-call]  # unannotated there
        self._highs.setOptionValue("output_flag", False)
        self._highs.setOptionValue("threads", 1)
        if not presolve:  # presolving would throw the last basis away
            self._highs.setOptionValue("presolve", "off")
        self.columns = len(lowers)
        self._all = np.arange(self.columns, dtype=np.int32)
        self._integer = False
        self._presolve = presolve
        self._highs.addVars(self.columns, lowers, uppers)

    def add_rows(
        self, lowers: Floats, uppers: Floats, starts: Ints, indices: Ints, values: Floats
    ) -> None:
        """Rows in compressed form; ``starts`` has one entry for each row."""
        self._highs.addRows(
            len(lowers),
            lowers,
            uppers,
            len(indices),
            starts.astype(np.int32),
            indices.astype(np.int32),
            values,
        )

    def set_costs(self, costs: Floats) -> None:
        self._highs.changeColsCost(self.columns, self._all, costs)

    def set_cost(self, column: int, cost: float) -> None:
        self._highs.changeColCost(column, cost)

    def set_bounds(self, lowers: Floats, uppers: Floats) -> None:
        self._highs.changeColsBounds(self.columns, self._all, lowers, uppers)

    def set_bound(self, column: int, lower: float, upper: float) -> None:
        self._highs.changeColBounds(column, lower, upper)

    def set_integer(self) -> None:
        """Every column takes whole numbers from now on; the optimum is to be proven."""
        kinds = [highspy.HighsVarType.kInteger] * self.columns
        self._highs.changeColsIntegrality(self.columns, self._all, np.array(kinds))
        self._highs.setOptionValue("presolve", "choose")
        self._highs.setOptionValue("mip_rel_gap", 0.0)
        self._highs.setOptionValue("mip_abs_gap", 1e-6)
        self._integer = True

    def forget(self) -> None:
        """Solve the next programme from nothing: where much has changed, the last basis misleads."""
        self._highs.clearSolver()

    def suggest(self, values: Floats) -> None:
        """A point that the next whole-number solve may start from."""
        self._highs.setSolution(self.columns, self._all, values)

    def solve(self, seconds: float = INFINITY) -> Outcome:
        """Raises Unavailable if HiGHS fails, which no well-formed programme makes it do."""
        highs = self._highs
        highs.setOptionValue("time_limit", highs.getRunTime() + max(seconds, 0.01))
        highs.run()
        kind = highspy.HighsModelStatus
        if highs.getModelStatus() in (kind.kUnknown, kind.kSolveError):
            self._start_afresh()
        status = highs.getModelStatus()
        optimal = status == kind.kOptimal
        unbounded = status in (kind.kUnbounded, kind.kUnboundedOrInfeasible)
        if not (optimal or unbounded or status in (kind.kInfeasible, kind.kTimeLimit)):
            raise Unavailable(
                f"HiGHS stopped with {highs.modelStatusToString(status)!r} on a programme of "
                f"{self.columns} columns: please report it"
            )
        info = highs.getInfo()
        found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        values = np.array(highs.getSolution().col_value) if found else None
        objective = float(info.objective_function_value)
        proven = float(info.mip_dual_bound) if self._integer else objective
        bound = proven if optimal or self._integer else -np.inf
        return Outcome(optimal, unbounded, status == kind.kInfeasible, objective, bound, values)

    def _start_afresh(self) -> None:
        """Solve once more without the last basis, which now and then leads the simplex astray."""
        self._highs.clearSolver()
        self._highs.setOptionValue("presolve", "choose")
        self._highs.run()
        if not self._integer and not self._presolve:
            self._highs.setOptionValue("presolve", "off")

    def row_duals(self) -> Floats:
        """The multipliers of the rows at the last optimum of a linear programme."""
        return np.array(self._highs.getSolution().row_dual)
