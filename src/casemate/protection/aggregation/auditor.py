"""The audit: what can anyone work out from published tables? Independent of what protected them.

It starts from the published frames alone: labels, values, markers and the trees of categories. From
these it writes the equations anew and solves, for each cell that is not published, for the least and
the largest value that agrees with everything published. Then it holds these feasibility intervals
against what had to be protected.
"""

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from casemate.errors import BadInput
from casemate.protection.aggregation.dimensions import Dimension
from casemate.protection.aggregation.markers import CONFIDENTIAL, PERTURBED, PLAIN, ROUNDED
from casemate.protection.aggregation.solver import INFINITY, Program
from casemate.protection.aggregation.table import AggregateTable

# a cell is what it says, in whichever table: its labels where it is not at a total
Cell = frozenset[tuple[str, str]]
Equation = tuple[Cell, tuple[Cell, ...]]
_CLOSE = 1e-6
_MIP_SECONDS = 5.0
# with more hidden cells than this the whole-number programmes are left out by default
MOST_INTEGER = 300


@dataclass(frozen=True)
class Feasibility:
    """The values that an unpublished cell could have, of those that agree with all published ones.

    ``required`` is what had to stay possible: (at most this low, at least this high, at least this
    wide); None for a cell that is not sensitive in this ``layer``. ``met`` says whether it did.
    """

    cell: tuple[tuple[str, str], ...]
    layer: str
    lower: float
    upper: float
    required: tuple[float, float, float] | None
    met: bool

    @property
    def determined(self) -> bool:
        """Whether the value can be worked out."""
        width = self.upper - self.lower
        return math.isfinite(width) and width <= _CLOSE * max(1.0, abs(self.upper))

    def to_dict(self) -> dict[str, Any]:
        """What the attacker gets; the requirement stays inside, since it tells the true value."""
        return {
            "cell": dict(self.cell),
            "layer": self.layer,
            "lower": None if math.isinf(self.lower) else self.lower,
            "upper": None if math.isinf(self.upper) else self.upper,
            "met": self.met,
        }


@dataclass(frozen=True)
class Audit:
    """The feasibility intervals of one table or of linked ones, and what is wrong, in sentences."""

    cells: tuple[Feasibility, ...]
    problems: tuple[str, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        return not self.problems

    @property
    def failing(self) -> tuple[Feasibility, ...]:
        return tuple(cell for cell in self.cells if not cell.met)

    @property
    def determined(self) -> int:
        """How many unpublished values can be worked out, sensitive or not."""
        return sum(cell.determined for cell in self.cells)

    def to_dict(self) -> dict[str, Any]:
        """The audit as a document; it holds floats (see ``without_floats``)."""
        return {
            "passed": self.passed,
            "problems": list(self.problems),
            "determined": self.determined,
            "cells": [cell.to_dict() for cell in self.cells],
            "seconds": self.seconds,
        }


def audit(
    tables: AggregateTable | Sequence[AggregateTable],
    *,
    only_sensitive: bool = False,
    integers: bool | None = None,
) -> Audit:
    """Attack ``tables``, taken together, with linear programmes over all that they publish.

    ``only_sensitive`` leaves out the cells without a requirement. ``integers`` makes the attack on
    counts use that they are whole (always exact, slower); by default where it can matter, which is
    in tables of more than two dimensions or with sub-totals, up to 300 hidden cells. Tables of
    different methods cannot be audited together: BadInput.
    """
    began = time.perf_counter()
    group = [tables] if isinstance(tables, AggregateTable) else list(tables)
    methods = {table.method for table in group}
    if len(methods) != 1:
        raise BadInput("an audit takes tables protected by one method: audit the others apart")
    if methods == {"suppression"}:
        found, problems = _audit_suppression(group, only_sensitive, integers)
    else:
        found, problems = _audit_noise(group)
    problems += [
        f"{_name(cell.cell)} can be bounded to {cell.lower:g} .. {cell.upper:g} ({cell.layer})"
        for cell in found
        if not cell.met
    ]
    return Audit(tuple(found), tuple(problems), time.perf_counter() - began)


def _audit_suppression(
    group: Sequence[AggregateTable], only_sensitive: bool, integers: bool | None
) -> tuple[list[Feasibility], list[str]]:
    equations = _equations(group)
    hidden = _marked(group)
    exact = _may_matter(group) and len(hidden) <= MOST_INTEGER if integers is None else integers
    found: list[Feasibility] = []
    for place, layer in enumerate(group[0].truth.layers):
        published = _published(group, layer.name)
        required = _required(group, place)
        wanted = [cell for cell in hidden if not only_sensitive or cell in required]
        whole = exact and layer.name == "count"
        attack = _Attack(equations, published, hidden, layer.floor, whole=whole)
        for cell in wanted:
            lower, upper = attack.interval(cell)
            if layer.name == "count":
                lower, upper = math.ceil(lower - _CLOSE), _floor(upper)
            need = required.get(cell)
            met = need is None or _meets(lower, upper, need)
            found.append(Feasibility(tuple(sorted(cell)), layer.name, lower, upper, need, met))
    return found, _short_lines(group, equations, set(hidden))


def _audit_noise(group: Sequence[AggregateTable]) -> tuple[list[Feasibility], list[str]]:
    """Rounded and perturbed tables: the true counts near the published ones that would add up."""
    published = _published(group, "count")
    reach = group[0].noise
    problems = noise_problems(group)
    attack = _Attack(_equations(group), {}, list(published), 0.0, near=(published, reach))
    found = []
    for cell in published:
        lower, upper = attack.interval(cell)
        found.append(
            Feasibility(
                tuple(sorted(cell)),
                "count",
                math.ceil(lower - _CLOSE),
                _floor(upper),
                None,
                met=True,
            )
        )
    return found, problems


def noise_problems(group: Sequence[AggregateTable]) -> list[str]:
    """What a rounded or perturbed table must not be: far off, negative, off the base, not additive."""
    problems = [text for table in group for text in _noise_problems(table)]
    if group[0].method == "rounding" and not problems:
        published = _published(group, "count")
        problems = [
            f"{_name(tuple(sorted(total)))} is not the sum of its parts"
            for total, parts in _equations(group)
            if published[total] != sum(published[part] for part in parts)
        ]
    return problems


def _noise_problems(table: AggregateTable) -> list[str]:
    values, true = table.additive["count"], table.truth.counts
    problems = []
    if np.any(np.abs(values - true) > table.noise):
        problems.append(f"a cell moved by more than {table.noise}")
    if np.any(values < 0) or np.any(values[true == 0] != 0):
        problems.append("a count is negative, or an empty cell is no longer empty")
    if table.method != "cell_key" and np.any(values % table.base):
        problems.append(f"a cell is no multiple of {table.base}")
    return problems


class _Attack:
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

    def interval(self, cell: Cell) -> tuple[float, float]:
        """The least and the largest value; in whole numbers, only what was shown to be possible."""
        place = self._place[cell]
        return self._end(place, 1.0), -self._end(place, -1.0)

    def _end(self, place: int, sign: float) -> float:
        self._program.set_cost(place, sign)
        outcome = self._program.solve(_MIP_SECONDS if self._whole else INFINITY)
        self._program.set_cost(place, 0.0)
        if outcome.unbounded:
            return -math.inf
        # a programme that ran out of time without a point shows nothing: nothing counts as possible
        return outcome.objective * self._scale if outcome.values is not None else math.inf


def _scale(published: dict[Cell, float]) -> float:
    sizes = [abs(value) for value in published.values() if value]
    return float(np.median(sizes)) if sizes else 1.0


def _equations(group: Sequence[AggregateTable]) -> list[Equation]:
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


def _cells(table: AggregateTable) -> list[Cell]:
    shape = [range(len(dimension)) for dimension in table.dimensions]
    return [_cell(table, 0, nodes[0], nodes[1:]) for nodes in product(*shape)]


def _published(group: Sequence[AggregateTable], layer: str) -> dict[Cell, float]:
    return {
        cell: float(value)
        for table in group
        for cell, value, marker in zip(
            _cells(table), table.additive[layer], table.markers, strict=True
        )
        if marker in (PLAIN, ROUNDED, PERTURBED)
    }


def _marked(group: Sequence[AggregateTable]) -> list[Cell]:
    marked = {
        cell: None
        for table in group
        for cell, marker in zip(_cells(table), table.markers, strict=True)
        if marker == CONFIDENTIAL
    }
    # what one table publishes, another cannot hide
    shown = _published(group, "count")
    return [cell for cell in marked if cell not in shown]


def _required(
    group: Sequence[AggregateTable], place: int
) -> dict[Cell, tuple[float, float, float]]:
    """For each sensitive cell, what must stay possible: low, high, width."""
    found: dict[Cell, tuple[float, float, float]] = {}
    for table in group:
        layer, cells = table.truth.layers[place], _cells(table)
        for at in layer.targets:
            value = float(layer.values[at])
            found[cells[at]] = (
                value - float(layer.down[at]),
                value + float(layer.up[at]),
                float(layer.width[at]),
            )
    return found


def _meets(lower: float, upper: float, need: tuple[float, float, float]) -> bool:
    slack = _CLOSE * max(1.0, abs(need[0]), abs(need[1]))
    return (
        lower <= need[0] + slack and upper >= need[1] - slack and upper - lower >= need[2] - slack
    )


def _short_lines(
    group: Sequence[AggregateTable], equations: Sequence[Equation], hidden: set[Cell]
) -> list[str]:
    """Equations in which the one contributor of a cell could work out another cell."""
    if not group[0].truth.insiders:
        return []
    counts = {
        cell: int(count)
        for table in group
        for cell, count in zip(_cells(table), table.truth.counts, strict=True)
    }
    hidden = _unexposed(equations, hidden)
    sensitive = {cell for at in range(len(group[0].truth.layers)) for cell in _required(group, at)}
    problems = []
    for total, parts in equations:
        members = [cell for cell in (total, *parts) if counts[cell]]
        alone = [cell for cell in members if counts[cell] == 1 and cell in sensitive]
        if alone and len(members) >= 3 and sum(cell in hidden for cell in members) < 3:
            problems.append(
                f"whoever is the one of {_name(tuple(sorted(alone[0])))} can work out another cell"
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


def whole_numbers_tell_nothing(dimensions: Sequence[Dimension]) -> bool:
    """Whether the attack in fractions is exact for counts: one flat table of at most two ways.

    The equations of such a table are totally unimodular, so the programme's ends are whole.
    """
    flat = all(len(dimension.families()) <= 1 for dimension in dimensions)
    return flat and len(dimensions) <= 2


def _may_matter(group: Sequence[AggregateTable]) -> bool:
    return len(group) > 1 or not whole_numbers_tell_nothing(group[0].dimensions)


def _floor(value: float) -> float:
    return value if math.isinf(value) else math.floor(value + _CLOSE)


def _name(cell: tuple[tuple[str, str], ...]) -> str:
    return " and ".join(f"{name} = {label!r}" for name, label in cell) or "the grand total"
