"""Draws from many small distributions at once, compiled: the alias method (Walker 1977; Vose 1991).

Each draw needs one random number and looks at one place, however many values there are. Random
numbers are counted, not streamed: SplitMix64 (Steele, Lea and Flood 2014) of key + number of the
record, so that a record is the same whatever chunk or thread it is drawn in. Importing this module
needs numba.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from casemate.protection.compiling import compiled

u64 = np.uint64
Places = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint32]


@compiled
def build(weights: npt.NDArray[np.float64], keep: Words, other: Places) -> None:
    """An alias table for each row of ``weights``, written to ``keep`` (thresholds of 32 bits) and
    ``other``. A row of zeros stands for what never happens: its table is not to be drawn from."""
    rows, size = weights.shape
    small, large = np.empty(size, np.int64), np.empty(size, np.int64)
    left = np.empty(size)
    for row in range(rows):
        whole = weights[row].sum()
        few = many = 0
        for at in range(size):
            other[row, at] = at
            keep[row, at] = 0xFFFFFFFF
            left[at] = weights[row, at] * size / whole if whole > 0 else 1.0
            if left[at] < 1.0:
                small[few] = at
                few += 1
            else:
                large[many] = at
                many += 1
        while few and many:
            few -= 1
            low, high = small[few], large[many - 1]
            keep[row, low] = np.uint32(left[low] * 4294967295.0)
            other[row, low] = high
            left[high] -= 1.0 - left[low]
            if left[high] < 1.0:
                many -= 1
                small[few] = high
                few += 1
        # What rounding left over would keep its own place for good: an impossible value must not.
        for at in range(few):
            if weights[row, small[at]] <= 0.0 and whole > 0:
                keep[row, small[at]] = 0
                other[row, small[at]] = np.argmax(weights[row])


@compiled
def mixed(word: Any) -> Any:
    """SplitMix64's output function: 64 bits, each of which depends on all bits of ``word``."""
    word = (word ^ (word >> u64(30))) * u64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> u64(27))) * u64(0x94D049BB133111EB)
    return word ^ (word >> u64(31))


@compiled
def draw(key: Any, first: int, rows: Places, keep: Words, other: Places, found: Places) -> None:
    """Draw for record ``first`` + i from table ``rows[i]`` into ``found[i]``.

    High bits choose a place, low bits whether it or its alias: the bias of the multiplication is
    below size / 2^32.
    """
    size = u64(keep.shape[1])
    for at in range(len(rows)):
        word = mixed(key + u64(first + at) * u64(0x9E3779B97F4A7C15))
        place = ((word >> u64(32)) * size) >> u64(32)
        if np.uint32(word & u64(0xFFFFFFFF)) < keep[rows[at], place]:
            found[at] = place
        else:
            found[at] = other[rows[at], place]
