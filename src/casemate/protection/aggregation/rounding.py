"""Controlled rounding: every cell to a multiple of the base next to it, and the table still adds up.

Zero-restricted: a cell that is a multiple stays (Cox, JASA 82, 1987). The distance Σ|rounded - true|
is least, by mixed-integer programming. In three dimensions and more such a rounding need not exist;
then cells may go one multiple further, two, ..., at their price, and the report says how far.
"""

import time
from dataclasses import dataclass

import numpy as np

from casemate.errors import BadInput, Unavailable
from casemate.protection.aggregation.solver import Floats, Ints, Outcome, Program
from casemate.protection.aggregation.system import System

_FURTHEST = 4


@dataclass(frozen=True)
class Rounded:
    """Rounded counts, their distance from the true ones and the proven bound on any rounding's.

    ``extra`` is how many multiples beyond the adjacent one a cell was allowed to go: 0 as a rule.
    """

    values: Ints
    distance: float
    bound: float
    optimal: bool
    extra: int
    seconds: float


def require_base(base: object) -> int:
    if isinstance(base, bool) or not isinstance(base, int) or not 2 <= base <= 1_000_000:
        raise BadInput(f"the base of rounding is a whole number from 2, not {base!r}")
    return base


def controlled_rounding(system: System, counts: Ints, base: int, *, seconds: float) -> Rounded:
    """The nearest additive rounding found within ``seconds``; Unavailable if there was none."""
    began = time.perf_counter()
    for extra in range(_FURTHEST + 1):
        outcome = _solve(system, counts, base, extra, seconds)
        if outcome.values is not None:
            break
        if not outcome.infeasible:
            raise Unavailable(
                f"no additive rounding to base {base} was found within {seconds:g} s: give it more "
                "seconds, or use fewer dimensions"
            )
    else:
        raise Unavailable(f"no additive rounding to base {base} keeps within {_FURTHEST} multiples")
    steps = np.rint(outcome.values).astype(np.int64).reshape(3, -1)
    values = base * (counts // base + steps[0] + steps[1] - steps[2])
    floor = float((counts % base).sum())
    return Rounded(
        values,
        float(np.abs(values - counts).sum()),
        max(0.0, outcome.bound + floor),
        outcome.optimal,
        extra,
        time.perf_counter() - began,
    )


def _solve(system: System, counts: Ints, base: int, extra: int, seconds: float) -> Outcome:
    """Columns: one step up from the multiple below, and steps beyond, upwards and downwards.

    The distance grows by the base for each step beyond, so that it is linear in the columns.
    """
    below, rest = counts // base, counts % base
    empty = counts == 0
    uppers = np.concatenate(
        [
            (rest > 0).astype(np.float64),
            np.where(empty, 0.0, extra),
            np.where(empty, 0, np.minimum(below, extra)).astype(np.float64),
        ]
    )
    program = Program(np.zeros(3 * len(counts)), uppers, presolve=True)
    step: Floats = (base - 2.0 * rest).astype(np.float64)
    beyond = np.full(len(counts), float(base))
    # a step up to the multiple above, or a step on from it, costs what it adds to the distance
    program.set_costs(np.concatenate([np.where(rest > 0, step, 0.0), beyond, beyond]))
    known = system.values * below[system.indices]
    wanted: Floats = -np.bincount(system.row_of, known, system.rows).astype(np.float64)
    columns = np.concatenate([system.indices + part * len(counts) for part in range(3)])
    values = np.concatenate([system.values, system.values, -system.values])
    order = np.argsort(np.tile(system.row_of, 3), kind="stable")
    program.add_rows(wanted, wanted, 3 * system.starts, columns[order], values[order])
    program.set_integer()
    return program.solve(seconds)
