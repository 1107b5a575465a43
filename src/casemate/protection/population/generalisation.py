"""Hierarchies for the columns of a population, as its margins document describes them."""

from casemate.protection.hierarchies import Hierarchy, groups, intervals, suppressible
from casemate.protection.population.columns import Column
from casemate.protection.population.margins import Margins, luxembourg


def population_hierarchies(margins: Margins | None = None) -> dict[str, Hierarchy]:
    """A hierarchy for each column: groupings from fine to coarse (commune, canton, ``*``), bands
    for ranges (ages of 5, 10 and 20 years), and the value or nothing for the others."""
    chosen = luxembourg() if margins is None else margins
    return {name: _hierarchy(column) for name, column in chosen.columns.items()}


def _hierarchy(column: Column) -> Hierarchy:
    if column.widths and column.lowest is not None:
        last = column.lowest + column.size - 1
        return intervals(*column.widths, anchor=column.anchor, domain=(column.lowest, last))
    if not column.levels:
        return suppressible()
    levels: list[dict[str, list[str]]] = []
    below = list(column.values)
    codes = {value: [place] for place, value in enumerate(column.values)}
    for level in column.levels:
        grouping = column.grouping(level)
        tree: dict[str, list[str]] = {label: [] for label in grouping.labels}
        for label in below:
            tree[grouping.labels[int(grouping.place[codes[label][0]])]].append(label)
        codes = {label: [c for b in tree[label] for c in codes[b]] for label in tree if tree[label]}
        below = list(codes)
        levels.append({label: members for label, members in tree.items() if members})
    return groups(*levels)
