"""Each class made finer by itself: a greedy walk down the hierarchies, as long as the models hold.

A class takes one quasi-identifier a level down. Its parts that meet the models become classes of
their own, the rest keeps the coarser labels and must meet them too. Of all quasi-identifiers the one
that wins back most detail goes first; until none wins any. This is top-down specialisation (Fung,
Wang and Yu, ICDE 2005) of classes instead of the whole table, and Mondrian (LeFevre, DeWitt and
Ramakrishnan, ICDE 2006) with hierarchies and a rest instead of medians. It only ever tells more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from casemate.protection.classes import Flags, PrivacyModel, weighed
from casemate.protection.ladders import Codes, Floats
from casemate.protection.search import violated_classes
from casemate.protection.transformations.regions import TupleRecoding, part_of
from casemate.protection.tuples import Grouping, Node, Tuples

_PULLED_BACK = 4
_LEAST_GAIN = 1e-9


def refined(
    tuples: Tuples,
    recoding: TupleRecoding,
    models: Sequence[PrivacyModel],
    lows: Node,
    weights: Floats,
) -> TupleRecoding:
    """``recoding`` with each class as fine as the greedy walk gets it, never below ``lows``.

    ``weights`` says what the detail of each quasi-identifier is worth. Models of the whole table
    (average risk) bound all classes together, so with one of them nothing is made finer.
    """
    if any(model.of_table for model in models) or not recoding.kept.any():
        return recoding
    walk = _Walk(part_of(tuples, recoding.kept), recoding.levels[recoding.kept], models, lows)
    active: Flags = np.ones(len(walk.levels), dtype=bool)
    while active.any():
        active = walk.step(active, weights)
    levels = recoding.levels.copy()
    levels[recoding.kept] = walk.levels
    return replace(recoding, levels=levels)


@dataclass(frozen=True)
class _Move:
    """One quasi-identifier a level down: which tuples go, and what each class wins."""

    goes: Flags
    parts: Codes
    gains: Floats


class _Walk:
    def __init__(
        self, tuples: Tuples, levels: Codes, models: Sequence[PrivacyModel], lows: Node
    ) -> None:
        self._tuples = tuples
        self._models = models
        self._lows = lows
        self._codes = [np.stack(ladder.codes) for ladder in tuples.ladders]
        self._shares = [
            np.stack([part[codes] for part, codes in zip(one.shares, one.codes, strict=True)])
            for one in tuples.ladders
        ]
        self.levels = levels.copy()
        self._class_of = _classes(
            [*levels.T, *(self._at(place, levels[:, place]) for place in range(len(lows)))]
        )

    def _at(self, place: int, levels: Codes) -> Codes:
        found: Codes = self._codes[place][levels, self._tuples.codes[place]]
        return found

    def step(self, active: Flags, weights: Floats) -> Flags:
        """Take each class one move down, the best; gives the tuples of the classes that moved."""
        rows = np.flatnonzero(active)
        part = part_of(self._tuples, active)
        classes = _classes([self._class_of[rows]])
        moves = [
            self._move(place, part, rows, classes, float(weights[place]))
            for place in range(len(self._lows))
        ]
        gains = np.stack([move.gains for move in moves])
        best = gains.argmax(axis=0)
        wins = gains.max(axis=0) > _LEAST_GAIN
        moved: Flags = np.zeros(len(active), dtype=bool)
        fresh = int(self._class_of.max()) + 1
        for place, move in enumerate(moves):
            chosen = (best == place) & wins
            goes = move.goes & chosen[classes]
            self.levels[rows[goes], place] -= 1
            self._class_of[rows[goes]] = fresh + move.parts[goes]
            fresh += int(move.parts.max()) + 1
            moved[rows[chosen[classes]]] = True
        return moved

    def _move(self, place: int, part: Tuples, rows: Codes, classes: Codes, weight: float) -> _Move:
        levels = self.levels[rows, place]
        lower = np.maximum(levels - 1, self._lows[place])
        parts = _classes([classes, self._codes[place][lower, part.codes[place]]])
        many, classes_many = int(parts.max()) + 1, int(classes.max()) + 1
        goes = (lower < levels) & ~self._violated(part, parts)[parts]
        shares = self._shares[place]
        values = part.codes[place]
        worth = weight * part.counts * (shares[levels, values] - shares[lower, values])
        part_worth = weighed(parts, worth, many)
        for _ in range(_PULLED_BACK):
            torn = self._torn(part, classes, goes)
            if not torn.any():
                break
            goes &= ~self._cheapest(parts, classes, goes & torn[classes], part_worth)[parts]
        else:
            goes &= ~self._torn(part, classes, goes)[classes]
        return _Move(goes, parts, weighed(classes, worth * goes, classes_many))

    def _torn(self, part: Tuples, classes: Codes, goes: Flags) -> Flags:
        """The classes whose rest, without the parts that go, does not meet the models."""
        torn: Flags = np.zeros(int(classes.max()) + 1, dtype=bool)
        stays = ~goes
        if goes.any() and stays.any():
            whose = np.zeros(len(torn), dtype=bool)
            whose[classes[goes]] = True
            stays &= whose[classes]
            if stays.any():
                bad = self._violated(part_of(part, stays), classes[stays])
                torn[: len(bad)] = bad
        return torn

    def _violated(self, part: Tuples, class_of: Codes) -> Flags:
        sizes = np.bincount(class_of, weights=part.counts).astype(np.int64)
        return violated_classes(part, Grouping(sizes, class_of), self._models)

    def _cheapest(self, parts: Codes, classes: Codes, going: Flags, worth: Floats) -> Flags:
        """For each class the part that wins least of those that go: it stays, to fill the rest."""
        found: Flags = np.zeros(len(worth), dtype=bool)
        numbers, first = np.unique(parts[going], return_index=True)
        owners = classes[going][first]
        order = np.lexsort((numbers, worth[numbers], owners))
        _, lead = np.unique(owners[order], return_index=True)
        found[numbers[order[lead]]] = True
        return found


def _classes(columns: Sequence[Codes]) -> Codes:
    """One number for each combination, without gaps."""
    keys = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        radix = int(column.max(initial=0)) + 1
        keys = np.unique(keys * radix + column, return_inverse=True)[1].ravel()
    return keys
