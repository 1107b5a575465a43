"""Does a model hold people? Its arrays are compared with the rows that it was made from.

Three signs: an array with a row for each person (embedding tables, k-nearest neighbours, Gaussian
processes, support vectors); rows of an array that are people's rows, as they are or after any change of
unit for each column (standardising); and numbers that only the data hold.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

_SAMPLE = 4000
_MIN_PEOPLE = 20
_NEAR = 1e-4


def facts(
    arrays: Iterator[tuple[str, Any]], people: Any, columns: list[str], known: int
) -> dict[str, Any]:
    problems, notes = [], []
    for name, array in arrays:
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu" or array.size < 2:
            continue
        said = name.encode("ascii", "backslashreplace").decode()[:80]
        table = (
            array.astype("<f8").reshape(array.shape[0], -1) if array.ndim else array.reshape(1, 1)
        )
        if known >= _MIN_PEOPLE and known in array.shape:
            problems.append(f"{said}: has as many rows as there are people")
        held = max(_shared_rows(table, people), _shared_rows(table.T, people))
        if held >= 2:
            problems.append(f"{said}: {held} of its rows are rows of people")
        elif (alike := _alike(table, people)) >= 3:
            problems.append(f"{said}: {alike} rows are those of people in other units")
        elif values := _own_values(table, people):
            notes.append(f"{said}: {values} of its numbers stand in the data too")
    return {
        "problems": [one[:300] for one in problems[:40]],
        "notes": [one[:300] for one in notes[:40]],
    }


def _shared_rows(table: Any, people: Any) -> int:
    """Rows of ``table`` whose first columns are a person's, to the precision of a float of 32 bits."""
    width = people.shape[1]
    if table.shape[1] < width or width < 2 or len(table) < 2:
        return 0
    known = {row.tobytes() for row in people.astype("<f4")}
    rows = np.unique(table[:, :width].astype("<f4"), axis=0)
    varied = rows[(rows != 0).sum(axis=1) >= 2]
    return sum(row.tobytes() in known for row in varied)


def _alike(table: Any, people: Any) -> int:
    """Rows that are people's after one affine change for each column, found by two people who agree.

    Ratios of differences do not change with units: the first row is tried as each person, the scale
    comes from the columns' spreads (standardising uses the mean and deviation of the people).
    """
    if table.shape[1] != people.shape[1] or people.shape[1] < 2 or len(table) < 3:
        return 0
    centre, spread = people.mean(axis=0), people.std(axis=0)
    moving = spread > 0
    if moving.sum() < 2:
        return 0
    known = (people[:, moving] - centre[moving]) / spread[moving]
    low, wide = people.min(axis=0)[moving], np.ptp(people, axis=0)[moving]
    both = (known, (people[:, moving] - low) / wide)
    rows = table[:_SAMPLE, moving]
    return max(_near(rows, one[:_SAMPLE]) for one in both)


def _near(rows: Any, known: Any) -> int:
    from scipy.spatial import cKDTree

    if not np.isfinite(rows).all():
        return 0
    distance, _ = cKDTree(known).query(rows)
    return int((distance < _NEAR * np.sqrt(rows.shape[1])).sum())


def _own_values(table: Any, people: Any) -> int:
    """Numbers with five digits or more that are somebody's value."""
    numbers = np.unique(table.astype("<f4"))
    numbers = numbers[np.abs(numbers) >= 10_000] if numbers.size else numbers
    return int(np.isin(numbers, people.astype("<f4")).sum())
