"""The distinct tuples of a table, as integer codes, and their grouping at a node of the lattice."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from casemate.protection.classes import Classes, Distribution, Flags, SensitiveColumn, tally
from casemate.protection.ladders import Codes, Floats, Ladder
from casemate.protection.loops import (
    LARGE,
    Labels,
    Small,
    group_rows,
    label_totals,
    rows_of_classes,
)

Node = tuple[int, ...]
"""A level for each quasi-identifier, in their order; 0 is the value as collected."""


@dataclass(frozen=True)
class Grouping:
    """The classes of a node: how many records each holds (0 for numbers not in use), and whose.

    ``node`` is empty where the classes are those of no one node.
    """

    sizes: npt.NDArray[np.int64]
    class_of: npt.NDArray[Any]
    node: Node = ()


@dataclass(frozen=True, kw_only=True)
class NodeGrouping(Grouping):
    """The classes that ``tuples`` form at ``node``; ``first`` is one tuple of each."""

    tuples: "Tuples"
    first: Small

    def labels(self, attribute: int) -> Codes:
        """The label code of each class in one attribute."""
        up = self.tuples.ladders[attribute].codes[self.node[attribute]]
        return np.asarray(up[self.tuples.matrix[self.first, attribute]])

    def finest_rows(self, chosen: Flags) -> Codes | Small:
        """The tuples of the chosen classes, among the finest that these were rolled up from."""
        return self.tuples.finest_of(chosen[self.class_of])


@dataclass(frozen=True)
class Held:
    """How many records of each tuple hold each value of one sensitive attribute, entry by entry."""

    column: SensitiveColumn
    rows: Codes
    values: Codes
    counts: Codes


class Tuples:
    """Distinct tuples, with the number of records that hold each.

    ``codes`` gives the value of each tuple in each quasi-identifier; where tuples are rolled up to a
    ``base`` node, that of one of those that share its labels there. ``sensitive`` says how sensitive
    values lie in them, ``population`` how many people of the population share each tuple, where a
    model asks; a tuple nobody collected has a count of 0.
    """

    def __init__(
        self,
        ladders: Sequence[Ladder],
        base: Node,
        codes: Sequence[Codes],
        counts: Codes,
        sensitive: Sequence[Held] = (),
        population: Codes | None = None,
    ) -> None:
        self.ladders = tuple(ladders)
        self.base = base
        self.codes = tuple(codes)
        self.counts = counts
        self.sensitive = tuple(sensitive)
        self.population = population
        self._rolled_from: tuple[Tuples, Small] | None = None

    @property
    def records(self) -> int:
        return int(self.counts.sum())

    @cached_property
    def matrix(self) -> Small:
        """``codes`` with a row for each tuple."""
        found = np.empty((len(self.counts), len(self.ladders)), dtype=np.int32)
        for place, codes in enumerate(self.codes):
            found[:, place] = codes
        return found

    @cached_property
    def labels(self) -> Labels:
        """What each value becomes at each level, laid end to end."""
        return Labels.of(self.ladders)

    @cached_property
    def label_totals(self) -> Floats:
        """How many records have each label, of every attribute and level end to end."""
        return label_totals(self.matrix, self.counts, self.labels)

    @cached_property
    def finest_class(self) -> Small | None:
        """For each of the tuples that these were rolled up from first, the one it went into; None
        where these were not rolled up."""
        if self._rolled_from is None:
            return None
        finer, went_into = self._rolled_from
        return went_into if finer.finest_class is None else went_into[finer.finest_class]

    def finest_of(self, flags: Flags) -> Codes | Small:
        """The finest tuples that went into those marked, as rows of what was rolled up first."""
        if self._rolled_from is None:
            return np.flatnonzero(flags)
        finer, went_into = self._rolled_from
        if finer._rolled_from is None:
            return rows_of_classes(flags, went_into)
        if len(went_into) < LARGE and self.finest_class is not None:
            return rows_of_classes(flags, self.finest_class)
        return finer.finest_of(flags[went_into])

    def column(self, attribute: int, level: int) -> Codes:
        """The label code of each tuple in one attribute at ``level``, which is not below the base."""
        return self.ladders[attribute].codes[level][self.codes[attribute]]

    def group(self, node: Node) -> NodeGrouping:
        """The classes that the tuples form at ``node``."""
        class_of, first, sizes = group_rows(self.matrix, self.counts, self.labels, node)
        return NodeGrouping(sizes, class_of, node, tuples=self, first=first)

    def classes(self, grouping: Grouping) -> tuple[Classes, Codes]:
        """The classes in use at a node as models see them, and their numbers in ``grouping``."""
        present = np.flatnonzero(grouping.sizes)
        if not self.sensitive and self.population is None:
            return Classes(grouping.sizes[present]), present
        rank = np.zeros(len(grouping.sizes), dtype=np.int64)
        rank[present] = np.arange(len(present))
        class_of = rank[grouping.class_of]
        distributions = {
            held.column.attribute: Distribution(
                held.column,
                *tally(class_of[held.rows], held.values, held.counts, len(held.column.values)),
            )
            for held in self.sensitive
        }
        return Classes(
            grouping.sizes[present], distributions, self._population(grouping, present)
        ), present

    def _population(self, grouping: Grouping, present: Codes) -> Codes | None:
        if self.population is None:
            return None
        people = np.bincount(
            grouping.class_of, weights=self.population, minlength=len(grouping.sizes)
        )
        return people[present].astype(np.int64)

    def rolled_up(self, base: Node) -> "Tuples":
        """The distinct tuples at a higher ``base``."""
        grouping = self.group(base)
        everyone = np.arange(len(grouping.sizes))
        sensitive = [
            Held(
                held.column,
                *tally(
                    grouping.class_of[held.rows].astype(np.int64),
                    held.values,
                    held.counts,
                    len(held.column.values),
                ),
            )
            for held in self.sensitive
        ]
        population = self._population(grouping, everyone)
        chosen = self.matrix[grouping.first]
        codes = list(chosen.T)
        found = Tuples(self.ladders, base, codes, grouping.sizes, sensitive, population)
        found.matrix, found.labels = chosen, self.labels
        found._rolled_from = self, grouping.class_of
        return found
