"""Loops over tuples that are one 64-bit key each: rolling up, and judging a node by class size.

Rows are dealt out by the hash of their key at a node to parts whose tables fit a cache, and a part is
counted, and its lost rows tallied, while it is there. What a key becomes at a node is put together from
a few tables, each for a stretch of the key's bits (``Steps``). Importing this module needs numba.
"""

from typing import Any, NamedTuple

import numpy as np

from casemate.protection.compiling import compiled
from casemate.protection.kernels import _SPREAD
from casemate.protection.kernels_large import in_threads, stretches

_ROWS_OF_A_PART = 14  # bits
_MOST_PARTS = 11  # bits


class Steps(NamedTuple):
    """A key at a node: the sum of ``table[start + (key >> shift & mask)]`` over its stretches."""

    table: Any
    starts: Any
    shifts: Any
    masks: Any


class Fields(NamedTuple):
    """Where the code of each quasi-identifier stands in a key, and its figures in an array of all."""

    shifts: Any
    masks: Any
    starts: Any


class Dealt(NamedTuple):
    """Rows by parts: those of a part are from ``bounds[part]`` up to ``bounds[part + 1]``."""

    bounds: Any
    keys: Any
    counts: Any


class Verdict(NamedTuple):
    """Of the classes of a node: how many, the records of those below the least size, the squares of
    sizes, of all and of those below; and the records lost by field and code."""

    classes: int
    lost: int
    squares: float
    lost_squares: float
    held: Any


def deal(keys: Any, counts: Any, steps: Steps) -> Dealt:
    """The rows by parts, so that rows alike at the node are in one part."""
    many = len(keys)
    bits = min(_MOST_PARTS, int(many).bit_length() - _ROWS_OF_A_PART)
    if bits <= 1:
        return Dealt(np.array([0, many]), keys, counts)
    pieces = stretches(many)
    sizes = in_threads(lambda low, high: _part_sizes(keys[low:high], steps, bits), pieces)
    ends = np.cumsum(np.vstack(sizes).T.ravel())
    begins = np.append(0, ends[:-1]).reshape(1 << bits, len(pieces))
    dealt = Dealt(np.append(begins[:, 0], many), np.empty_like(keys), np.empty_like(counts))
    fronts = {low: begins[:, place].copy() for place, (low, _) in enumerate(pieces)}
    in_threads(
        lambda low, high: _deal(keys[low:high], counts[low:high], steps, bits, fronts[low], dealt),
        pieces,
    )
    return dealt


def rolled(keys: Any, counts: Any, steps: Steps) -> tuple[Any, Any]:
    """The distinct keys at a node, and the sum of ``counts`` of each."""
    dealt = deal(keys, counts, steps)
    if dealt.keys is keys:
        dealt = Dealt(dealt.bounds, keys.copy(), counts.copy())
    pieces = stretches(len(dealt.bounds) - 1)
    found = np.concatenate(in_threads(lambda low, high: _roll(low, high, dealt, steps), pieces))
    ends = np.cumsum(found)
    new, sums = np.empty(ends[-1], keys.dtype), np.empty(ends[-1], counts.dtype)
    for begin, many, end in zip(dealt.bounds, found, ends, strict=False):
        new[end - many : end] = dealt.keys[begin : begin + many]
        sums[end - many : end] = dealt.counts[begin : begin + many]
    return new, sums


def judged(keys: Any, counts: Any, steps: Steps, fields: Fields, least: int, most: int) -> Verdict:
    """The classes of a node; ``held`` is whole unless more than ``most`` records are lost."""
    dealt = deal(keys, counts, steps)
    parts = in_threads(
        lambda low, high: _judge(low, high, dealt, steps, fields, least, most),
        stretches(len(dealt.bounds) - 1),
    )
    classes, lost, squares, lost_squares = (sum(part[at] for part in parts) for at in range(4))
    held = sum(part[4] for part in parts)
    return Verdict(int(classes), int(lost), float(squares), float(lost_squares), held)


def pack(matrix: Any, shifts: Any) -> Any:
    """A key for each row of codes."""
    keys = np.empty(len(matrix), dtype=np.int64)
    in_threads(
        lambda low, high: _pack(matrix[low:high], shifts, keys[low:high]), stretches(len(keys))
    )
    return keys


def totals(matrix: Any, counts: Any, starts: Any) -> Any:
    """The sum of ``counts`` by column and code, columns end to end from their ``starts``."""
    return sum(
        in_threads(
            lambda low, high: _totals(matrix[low:high], counts[low:high], starts),
            stretches(len(matrix)),
        )
    )


@compiled
def _pack(matrix: Any, shifts: Any, keys: Any) -> None:
    for row in range(len(keys)):
        key = np.int64(0)
        for at in range(len(shifts)):
            key |= np.int64(matrix[row, at]) << shifts[at]
        keys[row] = key


@compiled
def _totals(matrix: Any, counts: Any, starts: Any) -> Any:
    found = np.zeros(starts[-1])
    for row in range(len(matrix)):
        for at in range(matrix.shape[1]):
            found[starts[at] + matrix[row, at]] += counts[row]
    return found


@compiled
def _at_node(key: Any, steps: Any) -> Any:
    found = np.int64(0)
    for at in range(len(steps.shifts)):
        found += steps.table[steps.starts[at] + ((key >> steps.shifts[at]) & steps.masks[at])]
    return found


@compiled
def _part_sizes(keys: Any, steps: Any, bits: Any) -> Any:
    sizes = np.zeros(1 << bits, dtype=np.int64)
    mask = np.int64((1 << bits) - 1)
    for row in range(len(keys)):
        sizes[((_at_node(keys[row], steps) * _SPREAD) >> np.int64(64 - bits)) & mask] += 1
    return sizes


@compiled
def _deal(keys: Any, counts: Any, steps: Any, bits: Any, at: Any, dealt: Any) -> None:
    mask = np.int64((1 << bits) - 1)
    for row in range(len(keys)):
        part = ((_at_node(keys[row], steps) * _SPREAD) >> np.int64(64 - bits)) & mask
        place = at[part]
        at[part] = place + 1
        dealt.keys[place] = keys[row]
        dealt.counts[place] = counts[row]


@compiled
def _room(low: Any, high: Any, bounds: Any) -> Any:
    """Slots for the widest of the parts."""
    widest = 1
    for part in range(low, high):
        widest = max(widest, bounds[part + 1] - bounds[part])
    room = 4
    while room < 2 * widest:
        room *= 2
    return room


@compiled
def _roll(low: Any, high: Any, dealt: Any, steps: Any) -> Any:
    """Count the classes of each part, in its own place: its keys and counts are overwritten."""
    bounds, keys, counts = dealt
    room = _room(low, high, bounds)
    held, slots = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int32)
    found = np.zeros(high - low, dtype=np.int64)
    for part in range(low, high):
        begin, end = bounds[part], bounds[part + 1]
        mask = 3
        while mask + 1 < 2 * (end - begin):
            mask = 2 * mask + 1
        slots[: mask + 1] = -1
        many = 0
        for place in range(begin, end):
            key, count = _at_node(keys[place], steps), counts[place]
            slot = ((key * _SPREAD) >> np.int64(20)) & mask
            while slots[slot] >= 0 and held[slot] != key:
                slot = (slot + 1) & mask
            if slots[slot] < 0:
                held[slot], slots[slot] = key, many
                keys[begin + many], counts[begin + many] = key, count
                many += 1
            else:
                counts[begin + slots[slot]] += count
        found[part - low] = many
    return found


@compiled
def _judge(low: Any, high: Any, dealt: Any, steps: Any, fields: Any, least: Any, most: Any) -> Any:
    bounds, keys, counts = dealt
    room = _room(low, high, bounds)
    held, sizes = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64)
    slot_of = np.empty(room, dtype=np.int32)
    gone = np.zeros(fields.starts[-1])
    classes, lost, squares, lost_squares = 0, 0, 0.0, 0.0
    for part in range(low, high):
        begin, end = bounds[part], bounds[part + 1]
        mask = 3
        while mask + 1 < 2 * (end - begin):
            mask = 2 * mask + 1
        sizes[: mask + 1] = 0
        for place in range(begin, end):
            key = _at_node(keys[place], steps)
            slot = ((key * _SPREAD) >> np.int64(20)) & mask
            while sizes[slot] > 0 and held[slot] != key:
                slot = (slot + 1) & mask
            held[slot] = key
            sizes[slot] += counts[place]
            slot_of[place - begin] = slot
        before = lost
        for slot in range(mask + 1):
            size = sizes[slot]
            if size > 0:
                classes += 1
                squares += float(size) * size
                if size < least:
                    lost += size
                    lost_squares += float(size) * size
        if lost > before and lost <= most:
            for place in range(begin, end):
                if sizes[slot_of[place - begin]] < least:
                    key = keys[place]
                    for at in range(len(fields.shifts)):
                        code = (key >> fields.shifts[at]) & fields.masks[at]
                        gone[fields.starts[at] + code] += counts[place]
    return classes, lost, squares, lost_squares, gone
