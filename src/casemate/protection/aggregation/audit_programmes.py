"""The programmes of an audit: the least and the largest value that agree with everything published."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from casemate.protection.aggregation.audit_reading import Cell, Equation
from casemate.protection.aggregation.solver import INFINITY, NEVER, Deadline, Program

_MIP_SECONDS = 5.0


class Attack:
    """The programmes of one additive quantity: unknowns are the cells that are not published."""

    def __init__(
        self,
        equations: Iterable[Equation],
        published: dict[Cell, float],
        hidden: Sequence[Cell],
        floor: float,
        *,
        whole: bool = False,
        near: tuple[dict[Cell, float], int] | None = None,
    ) -> None:
        self._place = {cell: at for at, cell in enumerate(hidden)}
        self._whole = whole
        self._scale = 1.0 if whole else _scale(published)
        lowers = np.full(len(hidden), floor / self._scale if math.isfinite(floor) else -INFINITY)
        uppers = np.full(len(hidden), INFINITY)
        if near is not None:
            middle = np.array([near[0][cell] for cell in hidden])
            # an empty cell stays empty and rounding moves by less than a step
            lowers = np.maximum(0, middle - near[1]) / self._scale
            uppers = (middle + near[1]) / self._scale
        self._program = Program(lowers, uppers, presolve=whole)
        self._add(equations, published)
        if whole:
            self._program.set_integer()

    def _add(self, equations: Iterable[Equation], published: dict[Cell, float]) -> None:
        starts: list[int] = []
        indices: list[int] = []
        values: list[float] = []
        sides: list[float] = []
        slack: list[float] = []
        for total, parts in equations:
            terms = [(total, -1.0), *((part, 1.0) for part in parts)]
            unknown = [(self._place[cell], sign) for cell, sign in terms if cell in self._place]
            if not unknown:
                continue
            known = [sign * published[cell] for cell, sign in terms if cell not in self._place]
            starts.append(len(indices))
            indices += [at for at, _ in unknown]
            values += [sign for _, sign in unknown]
            sides.append(-math.fsum(known) / self._scale)
            # published totals of fractions are rounded sums
            slack.append(1e-12 * math.fsum(abs(value) for value in known) / self._scale)
        if starts:
            self._program.add_rows(
                np.array(sides) - np.array(slack),
                np.array(sides) + np.array(slack),
                np.array(starts, dtype=np.int64),
                np.array(indices, dtype=np.int64),
                np.array(values),
            )

    def interval(self, cell: Cell, deadline: Deadline = NEVER) -> tuple[float, float]:
        """The least and the largest value.

        In whole numbers, or where ``deadline`` cuts a programme short, only what was shown to be
        possible: (inf, -inf) if nothing was.
        """
        place = self._place[cell]
        return self._end(place, 1.0, deadline), -self._end(place, -1.0, deadline)

    def _end(self, place: int, sign: float, deadline: Deadline) -> float:
        if deadline.passed:
            return math.inf
        self._program.set_cost(place, sign)
        outcome = self._program.solve(min(deadline.left, _MIP_SECONDS if self._whole else INFINITY))
        self._program.set_cost(place, 0.0)
        if outcome.unbounded:
            return -math.inf
        # a programme that ran out of time without a point shows nothing: nothing counts as possible
        return outcome.objective * self._scale if outcome.values is not None else math.inf


def _scale(published: dict[Cell, float]) -> float:
    sizes = [abs(value) for value in published.values() if value]
    return float(np.median(sizes)) if sizes else 1.0
