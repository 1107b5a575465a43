"""The audit: what can anyone work out from published tables? Independent of what protected them.

It starts from the published frames alone: labels, values, markers and the trees of categories. From
these it writes the equations anew and solves, for each cell that is not published, for the least and
the largest value that agrees with everything published. Then it holds these feasibility intervals
against what had to be protected.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from casemate.errors import BadInput
from casemate.protection.aggregation.audit_lines import short_lines
from casemate.protection.aggregation.audit_programmes import Attack
from casemate.protection.aggregation.audit_reading import (
    equations_of,
    hidden_of,
    name_of,
    published_of,
    required_of,
)
from casemate.protection.aggregation.audit_witnesses import shown_ranges
from casemate.protection.aggregation.dimensions import Dimension
from casemate.protection.aggregation.solver import Deadline
from casemate.protection.aggregation.table import AggregateTable

_CLOSE = 1e-6
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
    """The feasibility intervals of one table or of linked ones, and what is wrong, in sentences.

    Not ``in_time``: some cells were not attacked, so that it did not pass.
    """

    cells: tuple[Feasibility, ...]
    problems: tuple[str, ...]
    seconds: float
    in_time: bool = True

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
    witnesses: bool = False,
    seconds: float = math.inf,
) -> Audit:
    """Attack ``tables``, taken together, with linear programmes over all that they publish.

    ``only_sensitive`` leaves out the cells without a requirement. ``integers`` makes the attack on
    counts use that they are whole (always exact, slower); by default where it can matter, which is
    in tables of more than two dimensions or with sub-totals, up to 300 hidden cells. With
    ``witnesses`` a cell needs no programme where points that the protector left, checked here anew,
    show that it is protected: its interval is then what is shown, and may be wider. ``seconds`` of
    the processor are there for the programmes: what is not shown by then counts as not protected.
    Tables of different methods cannot be audited together: BadInput.
    """
    began, deadline = time.perf_counter(), Deadline(seconds, time.thread_time)
    group = [tables] if isinstance(tables, AggregateTable) else list(tables)
    methods = {table.method for table in group}
    if len(methods) != 1:
        raise BadInput("an audit takes tables protected by one method: audit the others apart")
    if methods == {"suppression"}:
        found, problems = _audit_suppression(group, only_sensitive, integers, witnesses, deadline)
    else:
        found, problems = _audit_noise(group, deadline)
    in_time = not deadline.passed or _settled(found)
    problems += [] if in_time else [f"{seconds:g} seconds did not suffice to attack all cells"]
    problems += [
        f"{name_of(cell.cell)} can be bounded to {cell.lower:g} .. {cell.upper:g} ({cell.layer})"
        for cell in found
        if not cell.met and (in_time or cell.lower <= cell.upper)
    ]
    return Audit(tuple(found), tuple(problems), time.perf_counter() - began, in_time)


def _settled(found: Sequence[Feasibility]) -> bool:
    """Whether all that is required was shown, so that it does not matter what came too late."""
    return all(cell.met and cell.required is not None for cell in found)


def _audit_suppression(
    group: Sequence[AggregateTable],
    only_sensitive: bool,
    integers: bool | None,
    witnesses: bool,
    deadline: Deadline,
) -> tuple[list[Feasibility], list[str]]:
    equations = equations_of(group)
    hidden = hidden_of(group)
    exact = _may_matter(group) and len(hidden) <= MOST_INTEGER if integers is None else integers
    found: list[Feasibility] = []
    for place, layer in enumerate(group[0].truth.layers):
        published = published_of(group, layer.name)
        required = required_of(group, place)
        wanted = [cell for cell in hidden if not only_sensitive or cell in required]
        whole = exact and layer.name == "count"
        attack = Attack(equations, published, hidden, layer.floor, whole=whole)
        shown = (
            shown_ranges(group[0], place, equations, set(hidden))
            if witnesses and len(group) == 1
            else {}
        )
        for cell in wanted:
            need = required.get(cell)
            lower, upper = shown.get(cell, (math.inf, -math.inf))
            if need is None or not _meets(lower, upper, need):
                lower, upper = attack.interval(cell, deadline)
            if layer.name == "count":
                lower, upper = _ceiling(lower), _floor(upper)
            met = need is None or _meets(lower, upper, need)
            found.append(Feasibility(tuple(sorted(cell)), layer.name, lower, upper, need, met))
    return found, short_lines(group, equations, set(hidden))


def _audit_noise(
    group: Sequence[AggregateTable], deadline: Deadline
) -> tuple[list[Feasibility], list[str]]:
    """Rounded and perturbed tables: the true counts near the published ones that would add up."""
    published = published_of(group, "count")
    reach = group[0].noise
    problems = noise_problems(group)
    attack = Attack(equations_of(group), {}, list(published), 0.0, near=(published, reach))
    found = []
    for cell in published:
        lower, upper = attack.interval(cell, deadline)
        found.append(
            Feasibility(
                tuple(sorted(cell)),
                "count",
                _ceiling(lower),
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
        published = published_of(group, "count")
        problems = [
            f"{name_of(tuple(sorted(total)))} is not the sum of its parts"
            for total, parts in equations_of(group)
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


def _meets(lower: float, upper: float, need: tuple[float, float, float]) -> bool:
    slack = _CLOSE * max(1.0, abs(need[0]), abs(need[1]))
    return (
        lower <= need[0] + slack and upper >= need[1] - slack and upper - lower >= need[2] - slack
    )


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


def _ceiling(value: float) -> float:
    return value if math.isinf(value) else math.ceil(value - _CLOSE)
