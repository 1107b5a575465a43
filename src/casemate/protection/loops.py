"""The search's inner loops, by numpy or compiled: the same answers, up to the order of classes.

Loading the compiler takes longer than a small search does. So the compiled loops are loaded once the
searches of a process add up to work that is worth it, and used from then on.
"""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from casemate.protection.at_once import at_once
from casemate.protection.ladders import Codes, Floats, Ladder

Flags = npt.NDArray[np.bool_]

WORTH_COMPILING = float(1 << 29)
"""Distinct tuples times nodes of the lattice, added up over searches, worth loading the compiler."""

LARGE = 1 << 21
"""Rows from which loops in parts and on several threads pay (see ``kernels_large``)."""

_LARGEST_KEY = 1 << 62
_IN_TWO = 1 << 16  # numbers from which a second thread pays
Small = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Labels:
    """The label of every value at every level, of all quasi-identifiers laid end to end.

    ``labels[starts[attribute, level] + value]`` is the code of a label; ``radices`` counts the
    labels, and ``sums_at`` is where those of an attribute and level start in an array of all labels.
    """

    values: Codes
    radices: Codes
    starts: Codes
    sums_at: Codes
    labels: Small

    @classmethod
    def of(cls, ladders: tuple[Ladder, ...]) -> "Labels":
        shape = (len(ladders), max((ladder.height for ladder in ladders), default=0))
        radices, starts, sums_at = (np.full(shape, -1, dtype=np.int64) for _ in range(3))
        parts, start, sums = [np.zeros(0, dtype=np.int32)], 0, 0
        for place, ladder in enumerate(ladders):
            for level, codes in enumerate(ladder.codes):
                radices[place, level] = len(ladder.labels[level])
                starts[place, level], sums_at[place, level] = start, sums
                start += len(codes)
                sums += len(ladder.labels[level])
                parts.append(codes.astype(np.int32))
        values = np.array([len(ladder.codes[0]) for ladder in ladders], dtype=np.int64)
        return cls(values, radices, starts, sums_at, np.concatenate(parts))

    @cached_property
    def sizes(self) -> list[list[int]]:
        """``radices`` as plain numbers, which are read one by one."""
        found: list[list[int]] = self.radices.tolist()
        return found

    @cached_property
    def many(self) -> int:
        """The number of labels of all attributes and levels."""
        return int(self.radices[self.radices > 0].sum())


_loaded: list[Any] = []
_work = [0.0]


def load_if_worth(work: float) -> None:
    """Load the compiled loops, if a search of so many tuples times nodes makes it worth it."""
    _work[0] += work
    if not _loaded and _work[0] >= WORTH_COMPILING and find_spec("numba") is not None:
        _loaded.append(importlib.import_module("casemate.protection.kernels"))


def compiling() -> bool:
    """Whether the compiled loops are loaded."""
    return bool(_loaded)


def _for_large() -> Any:
    return importlib.import_module("casemate.protection.kernels_large")


def unpack_large(
    words: Sequence[tuple[Codes, Sequence[int], Sequence[int]]],
) -> tuple[npt.NDArray[Any], list[Flags]] | None:
    """A matrix of codes as small as they fit, and which codes each of its columns holds.

    Words are keys, the strides of their codes, and the radices. None where the keys are few.
    """
    rows = len(words[0][0]) if words else 0
    if rows < LARGE or find_spec("numba") is None:
        return None
    widest = max(radix for _, _, radices in words for radix in radices)
    kind = np.uint8 if widest <= 1 << 8 else np.uint16 if widest <= 1 << 16 else np.int32
    matrix = np.empty((rows, sum(len(strides) for _, strides, _ in words)), dtype=kind)
    seen: list[Flags] = []
    for keys, strides, radices in words:
        held = np.array(strides, dtype=np.int64), np.array(radices, dtype=np.int64)
        flags = _for_large().unpack(keys, *held, matrix, len(seen))
        seen += [line[:radix] for line, radix in zip(flags, radices, strict=True)]
    return matrix, seen


def tally(
    classes: Codes, values: Codes, counts: Codes, radix: int, space: int
) -> tuple[Codes, Codes, Codes]:
    """``classes.tally`` where the joint keys are below ``space``. Compiled: see ``compiling``."""
    whole = (part.astype(np.int64, copy=False) for part in (classes, values, counts))
    found = _loaded[0].tally(*whole, radix, space)
    return (found[0], found[1], found[2])


def classes_by_hash(keys: Codes) -> tuple[Small, Small, Codes]:
    """``classes_of_keys`` of keys that are any numbers, with a count of one each. Compiled: see
    ``compiling``."""
    found = _loaded[0].classes_by_hash(keys, np.broadcast_to(np.int64(1), len(keys)))
    return (found[0], found[1], found[2])


def order_of(keys: Codes, order: Codes | None = None) -> Codes:
    """The places of ``keys``, which are not below 0, from the least to the greatest; those of equal
    ones stand as in ``order``. Compiled: see ``compiling``."""
    places = np.arange(len(keys), dtype=np.int64) if order is None else order
    found: Codes = _loaded[0].order_of(keys, places)
    return found


def digits(keys: Codes, strides: Sequence[int]) -> Small:
    """How often each of the ``strides``, from the largest to 1, goes into what those before it leave
    of the ``keys``: a line for each stride. Compiled: see ``compiling``."""
    found = np.empty((len(strides), len(keys)), dtype=np.int32)
    many, half = len(keys), len(keys) // 2
    by, part = np.array(strides, dtype=np.int64), _loaded[0].digits
    if found.size < _IN_TWO:
        part(keys, by, 0, many, found)
    else:
        at_once(lambda: part(keys, by, 0, half, found), lambda: part(keys, by, half, many, found))
    return found


def rows_of_classes(chosen: Flags, class_of: Small) -> Codes | Small:
    """The rows of the chosen classes, in order."""
    if _loaded and len(class_of) >= LARGE:
        found: Small = _for_large().chosen_rows(chosen, class_of)
        return found
    return np.flatnonzero(chosen[class_of])


def group_rows(
    codes: Small, counts: Codes, labels: Labels, node: Sequence[int]
) -> tuple[Small, Small, Codes]:
    """The classes that rows form at ``node``: each row's class, and the first row and the sum of
    ``counts`` of each class."""
    keys = np.zeros(len(codes), dtype=np.int64)
    radix, sizes = 1, labels.sizes
    pending: list[int] = []
    strides: list[int] = []
    for place, level in enumerate(node):
        size = sizes[place][level]
        if size == 1:
            continue
        if radix * size > _LARGEST_KEY:
            _add_keys(codes, labels, node, pending, strides, keys)
            numbers, first, _ = classes_of_keys(keys, radix, counts)
            keys, radix, pending, strides = numbers.astype(np.int64), len(first), [], []
        pending.append(place)
        strides.append(radix)
        radix *= size
    _add_keys(codes, labels, node, pending, strides, keys)
    return classes_of_keys(keys, radix, counts)


def _add_keys(
    codes: Small,
    labels: Labels,
    node: Sequence[int],
    places: list[int],
    strides: list[int],
    keys: Codes,
) -> None:
    """Add to ``keys`` the labels of the attributes in ``places``, each times its stride."""
    starts = [int(labels.starts[place, node[place]]) for place in places]
    if _loaded:
        whole = (np.array(part, dtype=np.int64) for part in (places, starts, strides))
        add_keys = _for_large().add_keys if len(keys) >= LARGE else _loaded[0].joint_keys
        add_keys(codes, *whole, labels.labels, keys)
        return
    for place, start, stride in zip(places, starts, strides, strict=True):
        values = int(labels.values[place])
        keys += (labels.labels[start : start + values] * np.int64(stride))[codes[:, place]]


def classes_of_keys(keys: Codes, radix: int, counts: Codes) -> tuple[Small, Small, Codes]:
    """Number the distinct ``keys``, which are below ``radix``: each one's class, and the first row
    and the sum of ``counts`` of each class."""
    few = radix <= max(2 * len(keys), 1 << 12)
    if _loaded:
        kernels = _loaded[0]
        if few:
            found = kernels.classes_by_place(keys, radix, counts)
        elif len(keys) >= LARGE:
            found = _for_large().classes_by_parts(keys, counts)
        else:
            found = kernels.classes_by_hash(keys, counts)
        return (found[0], found[1], found[2])
    if few:
        seen = np.zeros(radix, dtype=bool)
        seen[keys] = True
        present = np.flatnonzero(seen)
        rank = np.empty(radix, dtype=np.int32)
        rank[present] = np.arange(len(present))
        class_of = rank[keys]
    else:
        present, places = np.unique(keys, return_inverse=True)
        class_of = places.astype(np.int32)
    first = np.empty(len(present), dtype=np.int32)
    first[class_of[::-1]] = np.arange(len(keys) - 1, -1, -1)
    # float64 holds every count below 2^53 exactly
    sizes = np.bincount(class_of, weights=counts, minlength=len(present)).astype(np.int64)
    return class_of, first, sizes


def label_sums(codes: Small, rows: Codes | Small, counts: Codes, labels: Labels) -> Floats:
    """The sum of ``counts`` of ``rows`` by label, of every attribute and level end to end."""
    sums = np.zeros(labels.many)
    if _loaded:
        _loaded[0].label_sums(
            codes, rows, counts, labels.values, labels.starts, labels.sums_at, labels.labels, sums
        )
        return sums
    held = [
        np.bincount(codes[rows, place], weights=counts, minlength=values)
        for place, values in enumerate(labels.values)
    ]
    return sums_of_values(np.concatenate([sums[:0], *held]), labels)


def label_totals(codes: Small, counts: Codes, labels: Labels) -> Floats:
    """``label_sums`` of all rows."""
    if _loaded and len(codes) >= LARGE:
        starts = np.append(0, np.cumsum(labels.values))
        kernels = importlib.import_module("casemate.protection.kernels_packed")
        return sums_of_values(kernels.totals(codes, counts, starts), labels)
    return label_sums(codes, np.arange(len(codes)), counts, labels)


def sums_of_values(held: Floats, labels: Labels) -> Floats:
    """The sums of ``label_sums``, from those of values, those of all attributes end to end."""
    sums, first = np.zeros(labels.many), 0
    for place, values in enumerate(labels.values):
        of_value, first = held[first : first + values], first + values
        for start, at, radix in zip(
            labels.starts[place], labels.sums_at[place], labels.radices[place], strict=True
        ):
            if start >= 0:
                sums[at : at + radix] = np.bincount(
                    labels.labels[start : start + values], weights=of_value, minlength=radix
                )
    return sums
