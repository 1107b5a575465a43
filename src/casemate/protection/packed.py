"""Searches of many tuples by class size alone: a tuple is one 64-bit key beside its count.

A key has a field of bits for each quasi-identifier, with the code of a value: of the first one that
has the same label, where tuples are rolled up. So a key at a node is read off a few tables, no row
of codes is looked at, and no row is remembered: what suppression costs is told at the levels of the
tuples at hand. Levels finer than those are charged as much as these, which is never too much, since a
record that is suppressed costs the more the less a kept one would.
"""

import importlib
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from casemate.protection.attacker import SizeJudge
from casemate.protection.classes import PrivacyModel
from casemate.protection.judging import Look
from casemate.protection.ladders import Codes
from casemate.protection.loops import Labels, compiling, sums_of_values
from casemate.protection.measures import (
    NOTHING,
    DiscernibilityScorer,
    Scorer,
    SeparableScorer,
    Surcharge,
)
from casemate.protection.tuples import Node, Tuples

_BITS = 62
_OF_A_TABLE = 13  # bits, so that tables stay in the nearest caches
_SMALL_COUNTS = 1 << 31


class Layout:
    """How the tuples of a table are packed, and what keys become at a node."""

    def __init__(self, labels: Labels) -> None:
        self.labels = labels
        self.bits = [max(1, int(many - 1).bit_length()) for many in labels.values]
        ends = np.cumsum(self.bits[::-1])[::-1]
        self.shifts = np.append(ends[1:], 0).astype(np.int64)
        self.starts = np.append(0, np.cumsum(labels.values)).astype(np.int64)
        self._firsts: dict[tuple[int, int], Codes] = {}

    @property
    def fits(self) -> bool:
        return sum(self.bits) <= _BITS

    @cached_property
    def fields(self) -> Any:
        masks = np.array([(1 << bits) - 1 for bits in self.bits], dtype=np.int64)
        return _kernels().Fields(self.shifts, masks, self.starts)

    def _first_of_label(self, place: int, level: int) -> Codes:
        """For each value the first one that has its label."""
        if (place, level) not in self._firsts:
            start, values = self.labels.starts[place, level], int(self.labels.values[place])
            label = self.labels.labels[start : start + values]
            first = np.zeros(int(self.labels.radices[place, level]), dtype=np.int64)
            first[label[::-1]] = np.arange(values)[::-1]
            self._firsts[place, level] = first[label]
        return self._firsts[place, level]

    def steps(self, node: Node) -> Any:
        """The tables from which keys at ``node`` are put together."""
        tables, shifts, masks = [], [], []
        place = len(self.bits)
        while place:
            last, wide = place, self.bits[place - 1]
            place -= 1
            while place and wide + self.bits[place - 1] <= _OF_A_TABLE:
                place -= 1
                wide += self.bits[place]
            table = np.zeros(1, dtype=np.int64)
            for at in range(place, last):
                part = np.zeros(1 << self.bits[at], dtype=np.int64)
                first = self._first_of_label(at, node[at])
                part[: len(first)] = first << self.shifts[at]
                table = (table[:, None] + part).ravel()
            tables.append(table)
            shifts.append(self.shifts[last - 1])
            masks.append(len(table) - 1)
        starts = np.cumsum([0, *(len(table) for table in tables[:-1])])
        return _kernels().Steps(
            np.concatenate(tables), starts, np.array(shifts), np.array(masks, dtype=np.int64)
        )


class Packed:
    """Distinct tuples at a ``base``, each a key, and the records of each."""

    def __init__(self, layout: Layout, base: Node, keys: Codes, counts: Any) -> None:
        self.layout = layout
        self.base = base
        self.keys = keys
        self.counts = counts

    def rolled_up(self, base: Node) -> "Packed":
        """The distinct tuples at a higher ``base``."""
        keys, counts = _kernels().rolled(self.keys, self.counts, self.layout.steps(base))
        return Packed(self.layout, base, keys, counts)


class PackedBench:
    """Judges single nodes, as ``judging.Bench`` does."""

    def __init__(self, scorer: Scorer, least: int, most: int, records: int) -> None:
        self._scorer = scorer
        self._least = least
        self._most = most
        self._records = records
        self.least_seen = records
        self.judged = 0
        self.last_sure = 0

    def look_at(self, tuples: Packed, node: Node) -> Look:
        self.judged += 1
        layout = tuples.layout
        verdict = _kernels().judged(
            tuples.keys, tuples.counts, layout.steps(node), layout.fields, self._least, self._most
        )
        self.last_sure = verdict.lost
        self.least_seen = min(self.least_seen, verdict.lost)
        floor = verdict.squares
        if isinstance(self._scorer, SeparableScorer):
            floor = self._scorer.floor_at(node)
        if verdict.lost > self._most:
            return Look(np.inf, verdict.lost, floor, None, verdict.classes)
        surcharge = self._surcharge(tuples, verdict, node)
        return Look(floor + surcharge.own, verdict.lost, floor, surcharge, verdict.classes)

    def _surcharge(self, tuples: Packed, verdict: Any, node: Node) -> Surcharge:
        layout = tuples.layout
        if not verdict.lost:
            return NOTHING
        if not isinstance(self._scorer, SeparableScorer):
            more = self._records * verdict.lost - verdict.lost_squares
            return Surcharge(own=more, everywhere=more)
        sums = sums_of_values(verdict.held, layout.labels)
        found = self._scorer.surcharge_of(sums, verdict.lost, node)
        for part, low in zip(found.by_level, tuples.base, strict=True):
            part[:low] = part[low]
        return found


def packed_search(
    tuples: Tuples, models: Sequence[PrivacyModel], scorer: Scorer, most: int, lows: Node
) -> tuple[PackedBench, Packed] | None:
    """What judges nodes, and the tuples at ``lows``; None where the loops are not loaded, a key has
    not room enough, or a model or the measure is one that looks at more than class sizes."""
    known = isinstance(scorer, DiscernibilityScorer | SeparableScorer)
    if not (compiling() and known) or tuples.sensitive or tuples.population is not None:
        return None
    judges = [model.judge({}) for model in models]
    sizes = [judge.least for judge in judges if isinstance(judge, SizeJudge) and not judge.known]
    layout = Layout(tuples.labels)
    if len(sizes) < len(judges) or not layout.fits:
        return None
    records = tuples.records
    counts = tuples.counts.astype(np.int32 if records < _SMALL_COUNTS else np.int64)
    keys = _kernels().pack(tuples.matrix, layout.shifts)
    packed = Packed(layout, (0,) * len(lows), keys, counts)
    bench = PackedBench(scorer, max(sizes), most, records)
    return bench, packed.rolled_up(lows) if any(lows) else packed


def _kernels() -> Any:
    return importlib.import_module("casemate.protection.kernels_packed")
