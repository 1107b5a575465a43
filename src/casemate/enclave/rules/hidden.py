"""Suppressed lines: can they be worked out from the lines that are shown?

Solved anew with linear programmes (HiGHS), whoever chose the pattern. What an attacker knows: every
count that is shown, that who is hidden is somebody, and how many people there are in all.
"""

import math

import numpy as np

from casemate.enclave.checks_model import Rules
from casemate.enclave.rules.breaches import Breach
from casemate.enclave.rules.sensitive import sensitive_lines
from casemate.enclave.rules.supports import Flags, Floats, Supports
from casemate.protection.aggregation.solver import INFINITY, Program

MOST_HIDDEN = 400
MOST_LINES = 5_000


def hidden_breaches(supports: Supports, rules: Rules) -> list[Breach]:
    """Hidden lines that are bounded too tightly.

    A small one must be able to be no small one, in an interval of half the threshold at least (as in
    ``casemate.protection``'s tables); one that is hidden for its figures must not be determined.
    """
    if not supports.hidden:
        return []
    if len(supports.hidden) > MOST_HIDDEN or len(supports.answer.rows) > MOST_LINES:
        what = (
            f"more than {MOST_HIDDEN} of at most {MOST_LINES} cells are hidden: use fewer keys, or "
            "coarser ones"
        )
        return [Breach("suppression", "refuse", what, (), None, MOST_HIDDEN)]
    broken = _bounded(supports, rules)
    if not broken:
        return []
    what = "the hidden cell follows from what is shown, or nearly"
    return [Breach("differencing", "refuse", what, broken, None, rules.min_cell)]


def _bounded(supports: Supports, rules: Rules) -> tuple[int, ...]:
    atoms = [line for line in sorted(supports.hidden) if not any(supports.margins[line])]
    if not atoms:
        return tuple(sorted(supports.hidden))  # the sums of cells that are all shown
    program = Program(np.ones(len(atoms)), np.full(len(atoms), INFINITY))
    for members, rest in _equations(supports, atoms):
        places = np.flatnonzero(members)
        bounds = np.array([float(rest)])
        program.add_rows(bounds, bounds, np.zeros(1, dtype=np.int64), places, np.ones(len(places)))
    broken = []
    for line in sorted(supports.hidden & sensitive_lines(supports, rules)):
        cost: Floats = _under(supports, line, atoms).astype(np.float64)
        inner = _shown_under(supports, line)
        least, most = _range(program, cost)
        small = supports.counts[line] < rules.min_cell
        too_low = small and most + inner < rules.min_cell
        if too_low or most - least < (math.ceil(rules.min_cell / 2) if small else 1):
            broken.append(line)
    return tuple(broken)


def _equations(supports: Supports, atoms: list[int]) -> list[tuple[Flags, int]]:
    """(hidden cells that a shown sum holds, what they make up together)."""
    found = []
    for line in supports.open:
        if any(supports.margins[line]):
            members = _under(supports, line, atoms)
            if members.any():
                rest = _records(supports, line) - _shown_under(supports, line)
                found.append((members, rest))
    unseen = sum(_records(supports, atom) for atom in atoms)
    found.append((np.ones(len(atoms), dtype=bool), unseen))
    return found


def _records(supports: Supports, line: int) -> int:
    """Records, which add up, where people need not."""
    return len(supports.answer.people[line])


def _cells(supports: Supports) -> list[int]:
    return [line for line, margin in enumerate(supports.margins) if not any(margin)]


def _under(supports: Supports, line: int, atoms: list[int]) -> Flags:
    """Which of ``atoms`` the line holds."""
    return np.array([_holds(supports, line, atom) for atom in atoms], dtype=bool)


def _shown_under(supports: Supports, line: int) -> int:
    return sum(
        _records(supports, cell)
        for cell in _cells(supports)
        if cell not in supports.hidden and _holds(supports, line, cell)
    )


def _holds(supports: Supports, line: int, cell: int) -> bool:
    keys = zip(
        supports.answer.rows[line][: supports.answer.keys],
        supports.answer.rows[cell],
        supports.margins[line],
        strict=False,
    )
    return all(over or mine == theirs for mine, theirs, over in keys)


def _range(program: Program, members: Floats) -> tuple[float, float]:
    """The least and the largest sum of these cells."""
    program.set_costs(members)
    low = program.solve()
    program.set_costs(-members)
    high = program.solve()
    return (
        0.0 if low.unbounded else low.objective,
        math.inf if high.unbounded else -high.objective,
    )
