"""Checking witnesses: points that agree with everything published, and so show what may be believed.

A witness moves suppressed cells by the same amount, up or down, so that every published sum stays. That
needs no programme: whether each equation stays in balance and no cell falls below what an attacker
knows is counted here anew, from the published table and the true values. A range so shown lies inside
the one that an attacker is left with; where it is enough for the protection required, that is proven.
"""

import math
from collections import defaultdict
from collections.abc import Sequence

from casemate.protection.aggregation.audit_reading import Cell, Equation, cells_of
from casemate.protection.aggregation.table import AggregateTable

Range = tuple[float, float]


def shown_ranges(
    table: AggregateTable, place: int, equations: Sequence[Equation], hidden: set[Cell]
) -> dict[Cell, Range]:
    """For each cell of a sound witness, the least and largest value that witnesses show, in a layer."""
    layer, cells = table.truth.layers[place], cells_of(table)
    value = dict(zip(cells, layer.values.tolist(), strict=True))
    signs_in: dict[Cell, list[tuple[int, int]]] = defaultdict(list)
    for number, (total, parts) in enumerate(equations):
        signs_in[total].append((number, -1))
        for part in parts:
            signs_in[part].append((number, 1))
    found: dict[Cell, Range] = {}
    for witness in table.truth.witnesses:
        signs = {cells[at]: sign for at, sign in zip(witness.cells, witness.signs, strict=True)}
        if not (signs.keys() <= hidden and _balanced(signs, signs_in)):
            continue
        rise = min(
            (value[one] - layer.floor for one, sign in signs.items() if sign < 0), default=math.inf
        )
        fall = min(
            (value[one] - layer.floor for one, sign in signs.items() if sign > 0), default=math.inf
        )
        for cell, sign in signs.items():
            up, down = (rise, fall) if sign > 0 else (fall, rise)
            low, high = found.get(cell, (value[cell], value[cell]))
            found[cell] = (
                min(low, value[cell] - max(down, 0.0)),
                max(high, value[cell] + max(up, 0.0)),
            )
    return found


def _balanced(signs: dict[Cell, int], signs_in: dict[Cell, list[tuple[int, int]]]) -> bool:
    """Whether no equation is changed where each cell moves by its sign."""
    change: dict[int, int] = defaultdict(int)
    for cell, sign in signs.items():
        for number, side in signs_in[cell]:
            change[number] += sign * side
    return not any(change.values())
