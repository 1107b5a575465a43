"""Histograms, quantiles and survival curves: lines that follow one another along a number."""

from typing import Any

import numpy as np

from casemate.analysis.evaluate import ROW
from casemate.analysis.recipes import Histogram, Quantiles, Survival
from casemate.analysis.words import key
from casemate.enclave.checks_model import Rules
from casemate.enclave.rules.breaches import Breach, at_level
from casemate.enclave.rules.cells import empty_cells, lacking, small_cells
from casemate.enclave.rules.figures import digits
from casemate.enclave.rules.magnitudes import rests_on_few
from casemate.enclave.rules.supports import Supports


def histogram_breaches(supports: Supports, rules: Rules) -> list[Breach]:
    """Every bin is a cell, the end ones too; and so are those whom the breaks leave out."""
    what: Histogram = supports.what
    used = frozenset({what.of, *([what.by] if what.by else [])})
    return [
        *small_cells(supports, rules),
        *empty_cells(supports, rules),
        *_beyond_the_breaks(supports, what, rules),
        *lacking(supports, rules, used),
    ]


def _beyond_the_breaks(supports: Supports, what: Histogram, rules: Rules) -> list[Breach]:
    """Few people below the first break or above the last: the extremes, by their absence."""
    inside = np.zeros(len(supports.frame), dtype=bool)
    for rows in supports.answer.people:
        inside[rows] = True
    outside = supports.valid(what.of) & ~inside
    for rows in _group_rows(supports, what.by):
        if 0 < supports.count(rows[outside[rows]]) < rules.min_cell:
            said = f"fewer than {rules.min_cell} people lie beyond the first or the last break"
            return [Breach("end bins", "refuse", said, (), None, rules.min_cell)]
    return []


def _group_rows(supports: Supports, by: str | None) -> list[Any]:
    if by is None:
        return [supports.table[ROW].to_numpy()]
    return [group[ROW].to_numpy() for group in supports.table.partition_by(by, maintain_order=True)]


def quantile_breaches(supports: Supports, rules: Rules) -> list[Breach]:
    """Enough people beyond the outer quantiles and between two of them; never an extreme."""
    what: Quantiles = supports.what
    counts = supports.counts
    lines = tuple(
        line for line in supports.open if rests_on_few(int(counts[line]), what.at, rules.min_cell)
    )
    found = [*small_cells(supports, rules)]
    if lines:
        said = f"fewer than {rules.min_cell} people lie beyond a quantile, or between two of them"
        found.append(Breach("quantile", "refuse", said, lines, None, rules.min_cell))
    found += lacking(supports, rules, frozenset({what.of, *what.by}))
    return [*found, *digits(supports, what.of, rules)]


def survival_breaches(supports: Supports, rules: Rules) -> list[Breach]:
    """Each step is a cell: those at risk, the events, and those who left since the time before.

    acro ``survival_safe_threshold``; SACRO on survival functions.
    """
    what: Survival = supports.what
    used = frozenset({what.duration, what.event, *([what.by] if what.by else [])})
    few, none = _steps(supports, what, rules)
    found = []
    if few:
        said = (
            f"fewer than {rules.min_cell} people are at risk, have the event or leave since the "
            "time before"
        )
        found.append(Breach("survival step", "refuse", said, few, None, rules.min_cell))
    if none:
        found += at_level(rules.zeros, "zero cells", "nobody is at risk, or has the event", none)
    found += _everybody(supports)
    return [*found, *lacking(supports, rules, used), *digits(supports, "survival", rules)]


def _steps(
    supports: Supports, what: Survival, rules: Rules
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """(lines that rest on few people, lines in which somebody counts nobody)."""
    events = supports.values(what.event)
    durations = supports.values(what.duration)
    few, none = [], []
    there = np.zeros(len(supports.frame), dtype=bool)
    before: dict[Any, tuple[Any, float]] = {}
    for line, at_risk in enumerate(supports.answer.people):
        group, time = supports.answer.rows[line][:-4], float(str(supports.answer.rows[line][-4]))
        earlier, since = before.get(group, (_rows_of(supports, what, group), -np.inf))
        there[:] = False
        there[at_risk] = True
        left = earlier[~there[earlier]]
        passed = (durations[earlier] > since) & (durations[earlier] <= time)
        happened = earlier[(events[earlier] != 0) & passed]
        sizes = [supports.count(rows) for rows in (at_risk, left, happened)]
        if any(0 < size < rules.min_cell for size in sizes):
            few.append(line)
        elif sizes[0] == 0 or sizes[2] == 0:
            none.append(line)
        before[group] = (at_risk, time)
    return tuple(few), tuple(none)


def _rows_of(supports: Supports, what: Survival, group: tuple[Any, ...]) -> Any:
    """The rows of a group at the start: everyone with a duration and an event."""
    held = supports.valid(what.duration) & supports.valid(what.event)
    if what.by is None:
        return np.flatnonzero(held)
    mine = [key(value) == group[0] for value in supports.table[what.by].to_list()]
    rows = supports.table[ROW].to_numpy()[np.array(mine, dtype=bool)]
    return rows[held[rows]]


def _everybody(supports: Supports) -> list[Breach]:
    """A curve that reaches 0: everybody of the group had the event."""
    lines = tuple(line for line in supports.open if supports.answer.rows[line][-1] == 0.0)
    if not lines:
        return []
    return [Breach("class disclosure", "refuse", "everybody had the event", lines)]
