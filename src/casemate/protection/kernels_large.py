"""The search's inner loops for many millions of tuples: in parts that fit a cache, on two threads.

A table of 10^7 classes is larger than any cache, so that each look into it waits for memory. Rows are
first dealt out by the hash of their keys to parts whose tables are small. Importing this module needs
numba; ``loops`` decides when it pays.
"""

import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from casemate.protection.compiling import compiled
from casemate.protection.kernels import joint_keys

_SPREAD = np.int64(-7046029254386353131)  # 2^64 over the golden ratio
_ROWS_OF_A_PART = 15  # bits
_MOST_PARTS = 10  # bits
THREADS = min(8, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2)


def in_threads(function: Callable[..., Any], pieces: list[tuple[int, int]]) -> list[Any]:
    with ThreadPoolExecutor(max_workers=len(pieces)) as pool:
        return list(pool.map(lambda piece: function(*piece), pieces))


def stretches(many: int) -> list[tuple[int, int]]:
    """The rows in as many stretches as there are threads, none of them empty."""
    threads = max(1, min(THREADS, many))
    return list(itertools.pairwise(many * piece // threads for piece in range(threads + 1)))


def add_keys(codes: Any, places: Any, starts: Any, strides: Any, labels: Any, keys: Any) -> None:
    """``kernels.joint_keys``, on several threads."""

    def piece(low: int, high: int) -> None:
        joint_keys(codes[low:high], places, starts, strides, labels, keys[low:high])

    in_threads(piece, stretches(len(keys)))


def classes_by_parts(keys: Any, counts: Any) -> tuple[Any, Any, Any]:
    """What ``kernels.classes_by_hash`` gives, with the classes in another order.

    Every array is read and written from front to back, or along one such front for each part.
    """
    many = len(keys)
    bits = max(1, min(_MOST_PARTS, int(many).bit_length() - _ROWS_OF_A_PART))
    pieces, parts = stretches(many), stretches(1 << bits)
    sizes = in_threads(lambda low, high: _part_sizes(keys[low:high], bits), pieces)
    ends = np.cumsum(np.vstack(sizes).T.ravel())
    begins = np.append(0, ends[:-1]).reshape(1 << bits, len(pieces))
    fronts = {low: begins[:, place].copy() for place, (low, _) in enumerate(pieces)}
    rows, number, first = (np.empty(many, dtype=np.int32) for _ in range(3))
    dealt, weights = np.empty(many, dtype=np.int64), np.empty(many, dtype=counts.dtype)
    in_threads(
        lambda low, high: _deal(
            keys[low:high], counts[low:high], low, bits, fronts[low].copy(), rows, dealt, weights
        ),
        pieces,
    )
    bounds, found = np.append(begins[:, 0], many), np.zeros(1 << bits, dtype=np.int64)
    in_threads(
        lambda low, high: _number(low, high, bounds, rows, dealt, weights, number, first, found),
        parts,
    )
    offsets = np.append(0, np.cumsum(found))
    class_of = rows  # its numbers have been read for the last time
    in_threads(
        lambda low, high: _tell(
            keys[low:high], bits, fronts[low], number, offsets, class_of[low:high]
        ),
        pieces,
    )
    firsts, totals = np.empty(offsets[-1], np.int32), np.empty(offsets[-1], np.int64)
    in_threads(
        lambda low, high: _close_up(low, high, bounds, offsets, first, weights, firsts, totals),
        parts,
    )
    return class_of, firsts, totals


def chosen_rows(chosen: Any, class_of: Any) -> Any:
    """The rows of the chosen classes, in order."""
    parts = in_threads(
        lambda low, high: _chosen(chosen, class_of[low:high], low), stretches(len(class_of))
    )
    return np.concatenate(parts)


def unpack(keys: Any, strides: Any, radices: Any, matrix: Any, place: int) -> Any:
    """Write the codes of ``keys``, one for each stride from the largest to 1, to the columns of
    ``matrix`` from ``place`` on; gives back which codes there are, with a row for each stride."""
    seen = in_threads(
        lambda low, high: _unpack(keys[low:high], strides, radices.max(), matrix[low:high], place),
        stretches(len(keys)),
    )
    return np.logical_or.reduce(seen)


@compiled
def _part_sizes(keys: Any, bits: Any) -> Any:
    sizes = np.zeros(1 << bits, dtype=np.int64)
    mask = np.int64((1 << bits) - 1)
    for row in range(len(keys)):
        sizes[((keys[row] * _SPREAD) >> np.int64(64 - bits)) & mask] += 1
    return sizes


@compiled
def _deal(
    keys: Any, counts: Any, start: Any, bits: Any, at: Any, rows: Any, dealt: Any, weights: Any
) -> None:
    mask = np.int64((1 << bits) - 1)
    for row in range(len(keys)):
        part = ((keys[row] * _SPREAD) >> np.int64(64 - bits)) & mask
        place = at[part]
        at[part] = place + 1
        rows[place] = start + row
        dealt[place] = keys[row]
        weights[place] = counts[row]


@compiled
def _number(
    low: Any,
    high: Any,
    bounds: Any,
    rows: Any,
    dealt: Any,
    weights: Any,
    number: Any,
    first: Any,
    found: Any,
) -> None:
    """Number the keys of each part, from 0. What belongs to a class stands where its part begins:
    the first row in ``first``, the sum of weights in ``weights``, over those that have been read."""
    widest = 1
    for part in range(low, high):
        widest = max(widest, bounds[part + 1] - bounds[part])
    room = 4
    while room < 2 * widest:
        room *= 2
    held, numbers = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int32)
    for part in range(low, high):
        begin, end = bounds[part], bounds[part + 1]
        mask = 3
        while mask + 1 < 2 * (end - begin):
            mask = 2 * mask + 1
        numbers[: mask + 1] = -1
        many = 0
        for place in range(begin, end):
            key, weight = dealt[place], weights[place]
            slot = ((key * _SPREAD) >> np.int64(20)) & mask
            while numbers[slot] >= 0 and held[slot] != key:
                slot = (slot + 1) & mask
            if numbers[slot] < 0:
                held[slot] = key
                numbers[slot] = many
                first[begin + many] = rows[place]
                weights[begin + many] = weight
                many += 1
            else:
                weights[begin + numbers[slot]] += weight
            number[place] = numbers[slot]
        found[part] = many


@compiled
def _tell(keys: Any, bits: Any, at: Any, number: Any, offsets: Any, class_of: Any) -> None:
    """The class of each row, by dealing the rows once more."""
    mask = np.int64((1 << bits) - 1)
    for row in range(len(keys)):
        part = ((keys[row] * _SPREAD) >> np.int64(64 - bits)) & mask
        class_of[row] = offsets[part] + number[at[part]]
        at[part] += 1


@compiled
def _close_up(
    low: Any,
    high: Any,
    bounds: Any,
    offsets: Any,
    first: Any,
    weights: Any,
    firsts: Any,
    totals: Any,
) -> None:
    for part in range(low, high):
        begin, offset = bounds[part], offsets[part]
        for many in range(offsets[part + 1] - offset):
            firsts[offset + many] = first[begin + many]
            totals[offset + many] = weights[begin + many]


@compiled
def _chosen(chosen: Any, class_of: Any, start: Any) -> Any:
    found = np.empty(len(class_of), dtype=np.int32)
    many = 0
    for row in range(len(class_of)):
        if chosen[class_of[row]]:
            found[many] = start + row
            many += 1
    return found[:many].copy()


@compiled
def _unpack(keys: Any, strides: Any, widest: Any, matrix: Any, place: Any) -> Any:
    seen = np.zeros((len(strides), widest), dtype=np.bool_)
    for row in range(len(keys)):
        rest = keys[row]
        for at in range(len(strides)):
            code = rest // strides[at]
            rest -= code * strides[at]
            matrix[row, place + at] = code
            seen[at, code] = True
    return seen
