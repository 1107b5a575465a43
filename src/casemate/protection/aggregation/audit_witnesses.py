"""Checking witnesses: points that agree with everything published, and so show what may be believed.

A witness moves suppressed cells, each by its own amount, so that every published sum stays. That needs no
programme: whether each equation stays in balance and how far all may go before a cell falls below what
an attacker knows is counted here anew, from the published table and the true values. A range so shown
lies inside the one that an attacker is left with; where it is enough for what is required, that is proven.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

from casemate.protection.aggregation.audit_reading import Cell, Equation, cells_of
from casemate.protection.aggregation.table import AggregateTable

Range = tuple[float, float]
# of the largest move: what sums of floats may be off
_BALANCE = 1e-6


def shown_ranges(
    table: AggregateTable, place: int, equations: Sequence[Equation], hidden: set[Cell]
) -> dict[Cell, Range]:
    """For each cell of a sound witness, the least and largest value that witnesses show, in a layer."""
    layer, cells = table.truth.layers[place], cells_of(table)
    value = dict(zip(cells, layer.values.tolist(), strict=True))
    sides = _sides(equations, hidden)
    found: dict[Cell, Range] = {}
    for witness in table.truth.witnesses:
        if witness.layer != place:
            continue
        moves = {
            cells[at]: move
            for at, move in zip(witness.cells.tolist(), witness.moves.tolist(), strict=True)
            if move
        }
        if not (moves.keys() <= hidden and _balanced(moves, sides)):
            continue
        whole = layer.name == "count" and all(move == int(move) for move in moves.values())
        falls = {cell: -move for cell, move in moves.items()}
        forward = _steps(falls, value, layer.floor, whole=whole)
        backward = _steps(moves, value, layer.floor, whole=whole)
        for cell, move in moves.items():
            ends = value[cell] + forward * move, value[cell] - backward * move
            low, high = found.get(cell, (value[cell], value[cell]))
            found[cell] = min(low, *ends), max(high, *ends)
    return found


def _sides(equations: Sequence[Equation], hidden: set[Cell]) -> dict[Cell, list[tuple[int, int]]]:
    """The equations of each hidden cell, with -1 where it is the total and 1 where it is a part."""
    found: dict[Cell, list[tuple[int, int]]] = defaultdict(list)
    for number, (total, parts) in enumerate(equations):
        for cell, side in ((total, -1), *((part, 1) for part in parts)):
            if cell in hidden:
                found[cell].append((number, side))
    return found


def _balanced(moves: Mapping[Cell, float], sides: Mapping[Cell, list[tuple[int, int]]]) -> bool:
    """Whether no equation is changed where each cell moves so."""
    change: dict[int, float] = defaultdict(float)
    for cell, move in moves.items():
        for number, side in sides[cell]:
            change[number] += move * side
    slack = _BALANCE * max(map(abs, moves.values()), default=0.0)
    return all(abs(left) <= slack for left in change.values())


def _steps(
    falls: Mapping[Cell, float], value: Mapping[Cell, float], floor: float, *, whole: bool
) -> float:
    """How many times all may fall so (negative: rise) before one is below what an attacker knows.

    Counts that move by ``whole`` numbers do so a whole number of times, and so agree with an attacker
    who knows that they are whole.
    """
    steps = min(
        ((value[cell] - floor) / fall for cell, fall in falls.items() if fall > 0),
        default=math.inf,
    )
    if whole and math.isfinite(steps):
        steps = math.floor(steps)
    return max(0.0, steps)
