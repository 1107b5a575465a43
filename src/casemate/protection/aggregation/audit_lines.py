"""Who is the one contributor of a cell must not be able to work out another one."""

from collections.abc import Sequence

from casemate.protection.aggregation.audit_reading import (
    Cell,
    Equation,
    cells_of,
    name_of,
    required_of,
)
from casemate.protection.aggregation.table import AggregateTable


def short_lines(
    group: Sequence[AggregateTable], equations: Sequence[Equation], hidden: set[Cell]
) -> list[str]:
    """Equations in which the one contributor of a cell could work out another cell."""
    if not group[0].truth.insiders:
        return []
    counts = {
        cell: int(count)
        for table in group
        for cell, count in zip(cells_of(table), table.truth.counts, strict=True)
    }
    hidden = _unexposed(equations, hidden)
    sensitive = {
        cell for at in range(len(group[0].truth.layers)) for cell in required_of(group, at)
    }
    problems = []
    for total, parts in equations:
        members = [cell for cell in (total, *parts) if counts[cell]]
        alone = [cell for cell in members if counts[cell] == 1 and cell in sensitive]
        if alone and len(members) >= 3 and sum(cell in hidden for cell in members) < 3:
            problems.append(
                f"whoever is the one of {name_of(tuple(sorted(alone[0])))} can work out another cell"
            )
    return problems


def _unexposed(equations: Sequence[Equation], hidden: set[Cell]) -> set[Cell]:
    """The hidden cells without those that stand alone in an equation, which thus hide nothing."""
    left = set(hidden)
    while True:
        alone = set()
        for total, parts in equations:
            unknown = [cell for cell in (total, *parts) if cell in left]
            if len(unknown) == 1:
                alone.add(unknown[0])
        if not alone:
            return left
        left -= alone
