"""The search's inner loops, compiled: grouping rows by their labels, and counting labels.

Importing this module needs numba, and takes longer than a small search: ``loops`` decides. The
loops hold no lock. Machine code is kept beside the module, or in the user's cache where that folder
is read-only, so that a new process loads it in milliseconds.
"""

from typing import Any

import numpy as np

from casemate.protection.compiling import compiled

# 2^64 over the golden ratio: multiplied by it, keys that follow each other spread over the table
_SPREAD = np.int64(-7046029254386353131)
_FIRST_TABLE = 1 << 12
_BITS = 11
_DIGITS = 1 << _BITS


@compiled
def joint_keys(codes: Any, places: Any, starts: Any, strides: Any, labels: Any, keys: Any) -> None:
    """Add up each row's labels in ``places``, times ``strides``, to its key.

    The label of a value is ``labels[start of the attribute and level + value]``.
    """
    for row in range(len(keys)):
        key = keys[row]
        for at in range(len(places)):
            key += strides[at] * labels[starts[at] + codes[row, places[at]]]
        keys[row] = key


@compiled
def classes_by_place(keys: Any, radix: Any, counts: Any) -> Any:
    """Number the distinct keys below ``radix`` in the order met: each row's number, the first row of
    each, and the sum of its ``counts``."""
    many = min(len(keys), radix)
    numbers = np.full(radix, -1, dtype=np.int32)
    class_of = np.empty(len(keys), dtype=np.int32)
    first = np.empty(many, dtype=np.int32)
    sizes = np.zeros(many, dtype=np.int64)
    found = 0
    for row in range(len(keys)):
        number = numbers[keys[row]]
        if number < 0:
            number = found
            numbers[keys[row]] = found
            first[found] = row
            found += 1
        class_of[row] = number
        sizes[number] += counts[row]
    return class_of, first[:found].copy(), sizes[:found].copy()


@compiled
def classes_by_hash(keys: Any, counts: Any) -> Any:
    """The same for keys of any size, by a table that grows with what it holds."""
    mask = np.int64(_FIRST_TABLE - 1)
    table = np.full((_FIRST_TABLE, 2), -1, dtype=np.int64)  # a key and its number in one cache line
    class_of = np.empty(len(keys), dtype=np.int32)
    first = np.empty(len(keys), dtype=np.int32)
    sizes = np.zeros(len(keys), dtype=np.int64)
    found = 0
    for row in range(len(keys)):
        key = keys[row]
        slot = ((key * _SPREAD) >> np.int64(24)) & mask
        while table[slot, 1] >= 0 and table[slot, 0] != key:
            slot = (slot + 1) & mask
        number = table[slot, 1]
        if number < 0:
            number = found
            table[slot, 0] = key
            table[slot, 1] = found
            first[found] = row
            found += 1
            if 2 * found > mask:
                mask = 4 * mask + 3
                table = np.full((mask + 1, 2), -1, dtype=np.int64)
                for held in range(found):
                    again = keys[first[held]]
                    slot = ((again * _SPREAD) >> np.int64(24)) & mask
                    while table[slot, 1] >= 0:
                        slot = (slot + 1) & mask
                    table[slot, 0] = again
                    table[slot, 1] = held
        class_of[row] = number
        sizes[number] += counts[row]
    return class_of, first[:found].copy(), sizes[:found].copy()


@compiled
def label_sums(
    codes: Any,
    rows: Any,
    counts: Any,
    values: Any,
    starts: Any,
    sums_at: Any,
    labels: Any,
    sums: Any,
) -> None:
    """Add the ``counts`` of ``rows`` to the ``sums`` of their labels, at every level.

    ``values[attribute]`` is how many values it has; labels of an attribute and level start at
    ``starts`` in ``labels`` and at ``sums_at`` in ``sums`` (-1 where there is no such level).
    """
    for place in range(len(values)):
        held = np.zeros(values[place])
        for at in range(len(rows)):
            held[codes[rows[at], place]] += counts[at]
        for level in range(starts.shape[1]):
            if starts[place, level] < 0:
                break
            for value in range(values[place]):
                label = labels[starts[place, level] + value]
                sums[sums_at[place, level] + label] += held[value]


@compiled
def order_of(keys: Any, order: Any) -> Any:
    """The places of ``keys`` from the least to the greatest, dealt out by eleven bits at a time."""
    many = len(keys)
    held, left = np.empty_like(keys), np.empty_like(keys)
    rows, other = order.copy(), np.empty_like(order)
    top = np.int64(0)
    for at in range(many):
        held[at] = keys[rows[at]]
        top = max(top, held[at])
    shift = 0
    while top >> shift > 0:
        starts = np.zeros(_DIGITS + 1, dtype=np.int64)
        for at in range(many):
            starts[((held[at] >> shift) & (_DIGITS - 1)) + 1] += 1
        starts = np.cumsum(starts)
        for at in range(many):
            digit = (held[at] >> shift) & (_DIGITS - 1)
            left[starts[digit]], other[starts[digit]] = held[at], rows[at]
            starts[digit] += 1
        held, left, rows, other = left, held, other, rows
        shift += _BITS
    return rows


@compiled
def digits(keys: Any, strides: Any, begin: Any, end: Any, found: Any) -> None:
    """See ``loops``; of the keys from ``begin`` to ``end``. A quotient is guessed in floating point,
    which is quicker than dividing."""
    for row in range(begin, end):
        left = keys[row]
        for at in range(len(strides)):
            digit = np.int64(left * (1.0 / strides[at]))
            left -= digit * strides[at]
            while left < 0:
                left += strides[at]
                digit -= 1
            while left >= strides[at]:
                left -= strides[at]
                digit += 1
            found[at, row] = digit


@compiled
def tally(classes: Any, values: Any, counts: Any, radix: Any, space: Any) -> Any:
    """Add up ``counts`` by class and value, whose joint keys are below ``space``: the classes, values
    and sums that there are, in order."""
    sums = np.zeros(space, dtype=np.int64)
    for at in range(len(classes)):
        sums[classes[at] * radix + values[at]] += counts[at]
    many = 0
    for key in range(space):
        many += sums[key] > 0
    found, held = np.empty(many, dtype=np.int64), np.empty(many, dtype=np.int64)
    totals, at = np.empty(many, dtype=np.int64), 0
    for one in range(space // radix):
        for value in range(radix):
            total = sums[one * radix + value]
            if total > 0:
                found[at], held[at], totals[at] = one, value, total
                at += 1
    return found, held, totals
