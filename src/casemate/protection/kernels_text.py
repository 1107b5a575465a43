"""Columns of text as codes, compiled: read where Arrow holds them, and none of it copied.

Arrow and Polars keep a text as a *view* of two words: its length and first four bytes, then either
its other bytes, up to twelve in all, or the number of a buffer and an offset in it. So most texts
are compared as two numbers, and only longer ones where they lie. Importing this module needs numba;
``engines.encoded`` decides when it pays.
"""

import importlib
from typing import Any, NamedTuple

import numpy as np

from casemate.protection.compiling import compiled, numba

MOST_VALUES = 1 << 16
"""Distinct texts of a column, at most: their codes fit 16 bits."""

_ir: Any = importlib.import_module("llvmlite.ir")

_FIRST_TABLE, _LARGEST_TABLE = 1 << 10, 1 << 18
_INLINE = np.uint64(12)  # bytes of a text that lies in its view
_LOW = np.uint64(0xFFFFFFFF)
_HALF, _STEP = np.uint64(32), np.uint64(8)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio
_OTHER = np.uint64(0xC2B2AE3D27D4EB4F)  # and another odd number
MASK, FOUND, MISSING = range(3)  # of Values.state


class Piece(NamedTuple):
    """A stretch of a column: its views, a bit for each record from ``offset`` on that says whether it
    is there (nothing where all are), and the addresses of the buffers of long texts."""

    views: Any
    valid: Any
    offset: Any
    addresses: Any


class Values(NamedTuple):
    """The distinct values of a column so far: a hash table of their numbers, and for each its view
    (with an address in place of buffer and offset), its hash and the first record with it."""

    table: Any
    held: Any
    hashes: Any
    first: Any
    state: Any

    @classmethod
    def room(cls) -> "Values":
        return cls(
            np.empty(_LARGEST_TABLE, dtype=np.int32),
            np.empty((MOST_VALUES, 2), dtype=np.uint64),
            np.empty(MOST_VALUES, dtype=np.uint64),
            np.empty(MOST_VALUES, dtype=np.int64),
            np.zeros(3, dtype=np.int64),
        )


def _word_at(context: Any, address: Any) -> Any:
    """The eight bytes at an address, aligned or not."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = builder.inttoptr(arguments[0], _ir.IntType(64).as_pointer())
        return builder.load(pointer, align=1)

    return numba.types.uint64(numba.types.uint64), build


word_at: Any = numba.extending.intrinsic(_word_at)


@compiled
def hash_of_long(length: Any, place: Any) -> Any:
    """A hash of the ``length`` bytes from the address ``place`` on: more than eight."""
    found, at = length, np.uint64(0)
    while at + _STEP < length:
        found = (found ^ word_at(place + at)) * _SPREAD
        found ^= found >> _HALF
        at += _STEP
    return (found ^ word_at(place + length - _STEP)) * _SPREAD


@compiled
def same_long(length: Any, place: Any, other: Any) -> Any:
    """Whether two texts of more than eight bytes, of one length, are the same."""
    at = np.uint64(0)
    while at + _STEP < length:
        if word_at(place + at) != word_at(other + at):
            return False
        at += _STEP
    return word_at(place + length - _STEP) == word_at(other + length - _STEP)


@compiled
def forget(values: Any) -> None:
    """Begin a column: no value is known of it."""
    values.table[:_FIRST_TABLE] = -1
    values.state[MASK], values.state[FOUND], values.state[MISSING] = _FIRST_TABLE - 1, 0, -1


@compiled
def text_codes(piece: Any, begin: Any, codes: Any, values: Any) -> Any:
    """Put in ``codes``, from the record ``begin`` on, the number of each text in the order met, null
    among them. Whether there was room for all of its ``values``."""
    mask, found = values.state[MASK], values.state[FOUND]
    nulls = len(piece.valid) > 0
    for row in range(len(piece.views)):
        bit = piece.offset + row
        if nulls and not (piece.valid[bit >> 3] >> (bit & 7)) & 1:
            codes[begin + row] = number_of_null(values, begin + row)
            found = values.state[FOUND]
            continue
        one, other = piece.views[row, 0], piece.views[row, 1]
        length = one & _LOW
        if length > _INLINE:
            other = piece.addresses[other & _LOW] + (other >> _HALF)
            hashed = hash_of_long(length, other)
        else:
            hashed = one * _SPREAD ^ other * _OTHER
        slot = np.int64(hashed >> _HALF) & mask
        number = np.int64(values.table[slot])
        while number >= 0:
            if values.held[number, 0] == one:
                if values.held[number, 1] == other:
                    break
                if length > _INLINE and same_long(length, other, values.held[number, 1]):
                    break
            slot = (slot + 1) & mask
            number = np.int64(values.table[slot])
        if number < 0:
            if found - (values.state[MISSING] >= 0) == MOST_VALUES - 1:  # one is for null
                return False
            number = found
            values.table[slot], values.hashes[found] = found, hashed
            values.held[found, 0], values.held[found, 1] = one, other
            values.first[found] = begin + row
            found += 1
            if 2 * found > mask:
                mask = 4 * mask + 3
                make_room(values, found, mask)
            values.state[FOUND], values.state[MASK] = found, mask
        codes[begin + row] = number
    return True


@compiled
def number_of_null(values: Any, row: Any) -> Any:
    """The number of null, which is in no table."""
    if values.state[MISSING] < 0:
        found = values.state[FOUND]
        values.state[MISSING], values.first[found] = found, row
        values.state[FOUND] += 1
    return values.state[MISSING]


@compiled
def make_room(values: Any, found: Any, mask: Any) -> None:
    """Put the numbers below ``found``, but that of null, in a larger table."""
    values.table[: mask + 1] = -1
    for number in range(found):
        if number != values.state[MISSING]:
            slot = np.int64(values.hashes[number] >> _HALF) & mask
            while values.table[slot] >= 0:
                slot = (slot + 1) & mask
            values.table[slot] = number


@compiled
def row_keys(
    numbers: Any, lines: Any, starts: Any, parts: Any, begin: Any, end: Any, keys: Any
) -> None:
    """Put in ``keys`` the sum of what each record from ``begin`` to ``end`` has in each of the
    ``lines``: ``parts[start of the line + number]``."""
    for row in range(begin, end):
        key = np.int64(0)
        for at in range(len(lines)):
            key += parts[starts[at] + np.int64(numbers[lines[at], row])]
        keys[row] = key
