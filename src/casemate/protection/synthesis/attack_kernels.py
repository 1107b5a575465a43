"""Compiled loops of the attacks: how many records a query matches, and which records are nearest.

Importing this module needs numba.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from casemate.protection.compiling import compiled

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

EQUAL, UNEQUAL, AT_LEAST, AT_MOST, ABOVE, BELOW, MISSING, PRESENT = range(8)


@compiled
def _holds(value: float, sign: int, wanted: float) -> Any:
    """A comparison as in SQL: with what is missing, only the two tests for that hold."""
    if sign == 6:
        return np.isnan(value)
    if np.isnan(value):
        return False
    if sign == 7:
        return True
    if sign == 0:
        return value == wanted
    if sign == 1:
        return value != wanted
    if sign == 2:
        return value >= wanted
    if sign == 3:
        return value <= wanted
    if sign == 4:
        return value > wanted
    return value < wanted


@compiled
def count_matches(
    table: Floats, columns: Codes, signs: Codes, wanted: Floats, most: int, found: Codes
) -> None:
    """For each query (a row of ``columns``, ``signs``, ``wanted``: conditions joined by and), how many
    records of ``table`` (one row a column) it matches, counted up to ``most``."""
    for query in range(len(columns)):
        matches = 0
        for record in range(table.shape[1]):
            holds = True
            for part in range(columns.shape[1]):
                value = table[columns[query, part], record]
                if not _holds(value, signs[query, part], wanted[query, part]):
                    holds = False
                    break
            if holds:
                matches += 1
                if matches >= most:
                    break
        found[query] = matches


@compiled
def nearest_records(
    targets: Floats, table: Floats, numeric: Codes, starts: Codes, many: int, found: Codes
) -> None:
    """For each row of ``targets`` the ``many`` nearest rows of ``table``, into ``found``.

    Gower's distance, not divided by the number of columns: numbers (where ``numeric``) differ by
    their gap, already scaled to at most 1; other values by 0 or 1; missing and missing by 0. Among
    equally near rows those first after ``starts`` win: a random start is a random choice.
    """
    best = np.empty(many)
    for target in range(len(targets)):
        best[:] = np.inf
        for step in range(len(table)):
            row = starts[target] + step
            if row >= len(table):
                row -= len(table)
            gap = 0.0
            for column in range(targets.shape[1]):
                one, other = targets[target, column], table[row, column]
                if one == other or (np.isnan(one) and np.isnan(other)):
                    continue
                if numeric[column] and not (np.isnan(one) or np.isnan(other)):
                    gap += abs(one - other)
                else:
                    gap += 1.0
                if gap >= best[many - 1]:
                    break
            if gap >= best[many - 1]:
                continue
            place = many - 1
            while place > 0 and best[place - 1] > gap:
                best[place] = best[place - 1]
                found[target, place] = found[target, place - 1]
                place -= 1
            best[place] = gap
            found[target, place] = row
