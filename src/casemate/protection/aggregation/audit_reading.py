"""What an attacker reads off published tables: cells by what they say, and which add up to which.

Written from the published labels, values, markers and trees alone, apart from what protected them.
"""

from collections.abc import Sequence
from itertools import product

from casemate.protection.aggregation.markers import CONFIDENTIAL, PERTURBED, PLAIN, ROUNDED
from casemate.protection.aggregation.table import AggregateTable

# a cell is what it says, in whichever table: its labels where it is not at a total
Cell = frozenset[tuple[str, str]]
Equation = tuple[Cell, tuple[Cell, ...]]


def equations_of(group: Sequence[AggregateTable]) -> list[Equation]:
    """Every total with its parts, once, from the labels and the trees."""
    found: dict[Cell, dict[frozenset[Cell], Equation]] = {}
    for table in group:
        for axis, dimension in enumerate(table.dimensions):
            others = [range(len(d)) for at, d in enumerate(table.dimensions) if at != axis]
            for node in range(len(dimension)):
                below = [at for at, parent in enumerate(dimension.parents) if parent == node]
                for rest in product(*others) if below else ():
                    total = _cell(table, axis, node, rest)
                    parts = tuple(_cell(table, axis, part, rest) for part in below)
                    found.setdefault(total, {})[frozenset(parts)] = (total, parts)
    return [equation for ways in found.values() for equation in ways.values()]


def _cell(table: AggregateTable, axis: int, node: int, rest: Sequence[int]) -> Cell:
    nodes = [*rest[:axis], node, *rest[axis:]]
    return frozenset(
        (dimension.name, dimension.labels[at])
        for dimension, at in zip(table.dimensions, nodes, strict=True)
        if at != dimension.total
    )


def cells_of(table: AggregateTable) -> list[Cell]:
    shape = [range(len(dimension)) for dimension in table.dimensions]
    return [_cell(table, 0, nodes[0], nodes[1:]) for nodes in product(*shape)]


def published_of(group: Sequence[AggregateTable], layer: str) -> dict[Cell, float]:
    return {
        cell: float(value)
        for table in group
        for cell, value, marker in zip(
            cells_of(table), table.additive[layer], table.markers, strict=True
        )
        if marker in (PLAIN, ROUNDED, PERTURBED)
    }


def hidden_of(group: Sequence[AggregateTable]) -> list[Cell]:
    marked = {
        cell: None
        for table in group
        for cell, marker in zip(cells_of(table), table.markers, strict=True)
        if marker == CONFIDENTIAL
    }
    # what one table publishes, another cannot hide
    shown = published_of(group, "count")
    return [cell for cell in marked if cell not in shown]


def required_of(
    group: Sequence[AggregateTable], place: int
) -> dict[Cell, tuple[float, float, float]]:
    """For each sensitive cell, what must stay possible: low, high, width."""
    found: dict[Cell, tuple[float, float, float]] = {}
    for table in group:
        layer, cells = table.truth.layers[place], cells_of(table)
        for at in layer.targets:
            value = float(layer.values[at])
            found[cells[at]] = (
                value - float(layer.down[at]),
                value + float(layer.up[at]),
                float(layer.width[at]),
            )
    return found


def name_of(cell: tuple[tuple[str, str], ...]) -> str:
    return " and ".join(f"{name} = {label!r}" for name, label in cell) or "the grand total"
