"""The loop of MDAV, compiled. Importing this module needs numba.

Records not yet in a group lie side by side at the front of the arrays, so that each pass reads memory
in order; a record that is taken changes places with the last of them.
"""

from typing import Any

import numpy as np

from casemate.protection.compiling import compiled
from casemate.protection.ladders import Codes, Floats


def groups(points: Floats, k: int) -> Codes:
    """See ``mdav_groups``; ``points`` is contiguous and not changed."""
    found: Codes = _groups(points.copy(), k)
    return found


@compiled
def _distance(points: Any, place: int, centre: Any) -> float:
    total = 0.0
    for column in range(points.shape[1]):
        step = points[place, column] - centre[column]
        total += step * step
    return total


@compiled
def _farthest(points: Any, numbers: Any, left: int, centre: Any) -> int:
    best, most = 0, -1.0
    for place in range(left):
        far = _distance(points, place, centre)
        if far > most or (far == most and numbers[place] < numbers[best]):
            best, most = place, far
    return best


@compiled
def _nearest(points: Any, numbers: Any, left: int, centre: Any, k: int) -> Any:
    """The places of the ``k`` records nearest to ``centre``, kept in order while passing once."""
    places = np.full(k, -1, dtype=np.int64)
    nears = np.full(k, np.inf)
    for place in range(left):
        near = _distance(points, place, centre)
        last = k - 1
        if near > nears[last]:
            continue
        if near == nears[last] and numbers[place] > numbers[places[last]]:
            continue
        while last > 0 and (
            near < nears[last - 1]
            or (near == nears[last - 1] and numbers[place] < numbers[places[last - 1]])
        ):
            nears[last], places[last] = nears[last - 1], places[last - 1]
            last -= 1
        nears[last], places[last] = near, place
    return places


@compiled
def _take(
    points: Any, numbers: Any, left: int, sums: Any, taken: Any, group_of: Any, group: int
) -> int:
    """Put the records at ``taken`` into ``group``; gives how many are left."""
    # from the back, so that no place still to be taken has moved
    for place in np.sort(taken)[::-1]:
        group_of[numbers[place]] = group
        left -= 1
        for column in range(points.shape[1]):
            sums[column] -= points[place, column]
            points[place, column] = points[left, column]
        numbers[place] = numbers[left]
    return left


@compiled
def _groups(points: Any, k: int) -> Any:
    left = points.shape[0]
    numbers = np.arange(left)
    group_of = np.zeros(left, dtype=np.int64)
    sums = np.zeros(points.shape[1])
    for place in range(left):
        sums += points[place]
    group = 0
    while left >= 3 * k:
        # the record farthest from the mean, and the one farthest from that
        first = points[_farthest(points, numbers, left, sums / left)].copy()
        second = points[_farthest(points, numbers, left, first)].copy()
        near = _nearest(points, numbers, left, first, k)
        left = _take(points, numbers, left, sums, near, group_of, group)
        near = _nearest(points, numbers, left, second, k)
        left = _take(points, numbers, left, sums, near, group_of, group + 1)
        group += 2
    if left >= 2 * k:
        first = points[_farthest(points, numbers, left, sums / left)].copy()
        near = _nearest(points, numbers, left, first, k)
        left = _take(points, numbers, left, sums, near, group_of, group)
        group += 1
    _take(points, numbers, left, sums, np.arange(left), group_of, group)
    return group_of
