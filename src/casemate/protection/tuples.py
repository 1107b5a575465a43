"""The distinct tuples of a table, as integer codes, and their grouping at a node of the lattice."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from casemate.errors import BadInput
from casemate.protection.classes import Classes, Distribution, Flags, SensitiveColumn, tally
from casemate.protection.hierarchies import Hierarchy, Key
from casemate.protection.ladders import Codes, Ladder, build_ladder
from casemate.protection.loops import Labels, Small, group_rows
from casemate.protection.values import text_of

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

    def finest_rows(self, chosen: Flags) -> Codes:
        """The tuples of the chosen classes, among the finest that these were rolled up from."""
        of_tuple = chosen[self.class_of]
        finest = self.tuples.finest_class
        return np.flatnonzero(of_tuple if finest is None else of_tuple[finest])


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
    def finest_class(self) -> Small | None:
        """For each of the tuples that these were rolled up from first, the one it went into; None
        where these were not rolled up."""
        if self._rolled_from is None:
            return None
        finer, went_into = self._rolled_from
        return went_into if finer.finest_class is None else went_into[finer.finest_class]

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
        codes = list(chosen.T.astype(np.int64))
        found = Tuples(self.ladders, base, codes, grouping.sizes, sensitive, population)
        found.matrix, found.labels = chosen, self.labels
        found._rolled_from = self, grouping.class_of
        return found


def _joint_keys(columns: Sequence[Codes], radices: Sequence[int], length: int) -> tuple[Codes, int]:
    """One number for each distinct combination; gaps are allowed while counting by array is cheap."""
    limit = max(2 * length, 1 << 14)
    keys = np.zeros(length, dtype=np.int64)
    radix = 1
    for column, size in zip(columns, radices, strict=True):
        if size == 1:
            continue
        if radix * size > limit:
            keys, radix = _without_gaps(keys, radix, limit)
        keys = keys * size + column
        radix *= size
    return _without_gaps(keys, radix, limit) if radix > limit else (keys, radix)


def _without_gaps(keys: Codes, radix: int, limit: int) -> tuple[Codes, int]:
    if radix > 8 * limit:
        distinct, dense = np.unique(keys, return_inverse=True)
        return dense.astype(np.int64), len(distinct)
    seen = np.zeros(radix, dtype=bool)
    seen[keys] = True
    present = np.flatnonzero(seen)
    rank = np.empty(radix, dtype=np.int64)
    rank[present] = np.arange(len(present))
    return rank[keys], len(present)


def distinct_tuples(
    columns: pl.DataFrame,
    hierarchies: Sequence[Hierarchy],
    sensitive: pl.DataFrame | None = None,
    population: pl.DataFrame | None = None,
) -> tuple[Tuples, Codes]:
    """The distinct tuples of the records as codes, and the number of each record's tuple.

    ``sensitive`` has a row for each record too. ``population`` has the columns of ``columns`` and a
    last one with a number of people; its tuples are among those found, with a count of 0 where
    nobody was collected.
    """
    many = len(columns)
    if population is None:
        everyone = columns
    else:
        everyone = pl.concat([columns, population.select(columns.columns)], how="vertical_relaxed")
    ladders, codes = [], []
    for attribute, hierarchy in zip(everyone.columns, hierarchies, strict=True):
        values, numbers = encoded(everyone[attribute])
        ladders.append(build_ladder(attribute, hierarchy, values))
        codes.append(numbers)
    # keys grow with the codes, so tuples stand in an order of their own: every sum, and so every
    # tie, is the same from run to run
    radices = [len(ladder.codes[0]) for ladder in ladders]
    keys, radix = _joint_keys(codes, radices, len(everyone))
    tuple_of, found = _without_gaps(keys, radix, len(everyone))
    member = np.zeros(found, dtype=np.int64)
    member[tuple_of] = np.arange(len(tuple_of))
    chosen = [code[member] for code in codes]
    counts = np.bincount(tuple_of[:many], minlength=found).astype(np.int64)
    people = _people(population, tuple_of[many:], counts)
    tuple_of = tuple_of[:many]
    held = [] if sensitive is None else [_held(tuple_of, one) for one in sensitive]
    return Tuples(ladders, (0,) * len(ladders), chosen, counts, held, people), tuple_of


def encoded(column: pl.Series) -> tuple[list[Any], Codes]:
    """The distinct values of a column in order, null first, and the place of each record's."""
    values = column.unique().sort()
    if column.dtype == pl.String:
        kind = pl.Enum(values.drop_nulls())
        codes = column.cast(kind).to_physical()
        if values.null_count():
            codes = (codes.cast(pl.Int64) + 1).fill_null(0)
    else:
        table = pl.DataFrame({"value": values, "code": np.arange(len(values), dtype=np.int64)})
        codes = column.to_frame("value").join(
            table, on="value", how="left", nulls_equal=True, maintain_order="left"
        )["code"]
    return values.to_list(), codes.to_numpy().astype(np.int64)


def _people(population: pl.DataFrame | None, tuple_of: Codes, counts: Codes) -> Codes | None:
    """How many people share each tuple; nobody may be in the table and not in the population."""
    if population is None:
        return None
    weights = population.to_series(population.width - 1).to_numpy()
    people = np.bincount(tuple_of, weights=weights, minlength=len(counts)).astype(np.int64)
    if lost := int((counts > people).sum()):
        raise BadInput(
            f"the population holds fewer people than the table has records, for {lost} combinations "
            "of the quasi-identifiers: it must hold everyone in the table"
        )
    return people


def _held(tuple_of: Codes, sensitive: pl.Series) -> Held:
    """Where each value of ``sensitive`` lies in the tuples."""
    values, codes = encoded(sensitive)
    ones = np.ones(len(codes), dtype=np.int64)
    rows, held, counts = tally(tuple_of, codes, ones, len(values))
    totals = np.bincount(codes, minlength=len(values)).astype(np.int64)
    return Held(SensitiveColumn(sensitive.name, tuple(values), totals), rows, held, counts)


def typed(texts: Sequence[Key], like: pl.Series) -> pl.Series:
    """Values written as text, in the type of the column ``like``; BadInput for one that is none."""
    held = {text_of(value, repr(like.name)): value for value in like.unique().to_list()}
    column = pl.Series(like.name, texts, dtype=pl.String)
    kind = like.dtype
    try:
        if kind == pl.Boolean:
            truth = {"true": True, "false": False, None: None}
            return pl.Series(like.name, [truth[text] for text in texts], kind)
        if kind.is_temporal():
            return pl.Series(like.name, [held[text] for text in texts], kind)
        return column.cast(kind)
    except (KeyError, pl.exceptions.PolarsError) as error:
        raise BadInput(
            f"the population has a value of {like.name!r} that is no {kind} of the table: {error}"
        ) from None
