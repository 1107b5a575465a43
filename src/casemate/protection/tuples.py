"""The distinct tuples of a table, as integer codes, and their grouping at a node of the lattice."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from casemate.errors import BadInput
from casemate.protection.classes import Classes, Distribution, SensitiveColumn, tally
from casemate.protection.hierarchies import Hierarchy, Key
from casemate.protection.ladders import Codes, Ladder, build_ladder
from casemate.protection.values import text_of

Node = tuple[int, ...]
"""A level for each quasi-identifier, in their order; 0 is the value as collected."""

COUNT = "records"
PEOPLE = "people"
VALUE = "value"
ROW = "row"


@dataclass(frozen=True)
class Grouping:
    """The classes of a node: how many records each holds (0 for numbers not in use), and whose."""

    sizes: npt.NDArray[np.int64]
    class_of: Codes


@dataclass(frozen=True)
class Held:
    """How many records of each tuple hold each value of one sensitive attribute, entry by entry."""

    column: SensitiveColumn
    rows: Codes
    values: Codes
    counts: Codes


class Tuples:
    """Distinct tuples at a ``base`` node, with the number of records that hold each.

    ``sensitive`` says how sensitive values lie in them, ``population`` how many people of the
    population share each tuple, where a model asks; a tuple nobody collected has a count of 0.

    ``rolled_up`` gives the coarser set at a higher base: while the search goes on, nodes below the
    meet of those still open are never looked at again, so their detail is dropped.
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
        self._columns: dict[tuple[int, int], Codes] = {}

    @property
    def records(self) -> int:
        return int(self.counts.sum())

    def column(self, attribute: int, level: int) -> Codes:
        """The label code of each tuple in one attribute at ``level``, which is not below the base."""
        place = (attribute, level)
        if place not in self._columns:
            up = self.ladders[attribute].up(self.base[attribute], level)
            self._columns[place] = up[self.codes[attribute]]
        return self._columns[place]

    def group(self, node: Node) -> Grouping:
        """The classes that the tuples form at ``node``."""
        columns = [self.column(place, level) for place, level in enumerate(node)]
        radices = [len(self.ladders[place].labels[level]) for place, level in enumerate(node)]
        keys, radix = _joint_keys(columns, radices, len(self.counts))
        # float64 holds every count below 2^53 exactly
        sizes = np.bincount(keys, weights=self.counts, minlength=radix).astype(np.int64)
        return Grouping(sizes, keys)

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
        used = np.zeros(len(grouping.sizes), dtype=bool)
        used[grouping.class_of] = True
        present = np.flatnonzero(used)
        member = np.zeros(len(grouping.sizes), dtype=np.int64)
        member[grouping.class_of] = np.arange(len(grouping.class_of))
        chosen = member[present]
        codes = [self.column(place, level)[chosen] for place, level in enumerate(base)]
        rank = np.zeros(len(grouping.sizes), dtype=np.int64)
        rank[present] = np.arange(len(present))
        class_of = rank[grouping.class_of]
        sensitive = [
            Held(
                held.column,
                *tally(class_of[held.rows], held.values, held.counts, len(held.column.values)),
            )
            for held in self.sensitive
        ]
        population = self._population(grouping, present)
        return Tuples(self.ladders, base, codes, grouping.sizes[present], sensitive, population)


def _joint_keys(columns: Sequence[Codes], radices: Sequence[int], length: int) -> tuple[Codes, int]:
    """One number for each distinct combination; gaps are allowed while counting by array is cheap."""
    limit = max(8 * length, 1 << 16)
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
) -> tuple[Tuples, pl.DataFrame]:
    """One pass over the records: the distinct tuples as codes, and as a frame in the same order.

    One more pass for each attribute of ``sensitive``, which has a row for each record too.
    ``population`` has the columns of ``columns`` and a last one with a number of people.
    """
    names = [str(place) for place in range(columns.width)]
    attributes = columns.columns
    columns = columns.rename(dict(zip(attributes, names, strict=True)))
    distinct = columns.group_by(names).len(COUNT)
    if population is not None:
        distinct = _with_population(distinct, population)
    ladders, codes = [], []
    for name, attribute, hierarchy in zip(names, attributes, hierarchies, strict=True):
        values = distinct[name].unique().sort()
        ladders.append(build_ladder(attribute, hierarchy, values.to_list()))
        codes.append(_codes(distinct[name], values))
    # an order of their own makes every sum, and so every tie, the same from run to run
    order = np.lexsort(codes[::-1])
    distinct = distinct[order]
    tuples = Tuples(
        ladders,
        (0,) * len(ladders),
        [code[order] for code in codes],
        distinct[COUNT].to_numpy().astype(np.int64),
        [] if sensitive is None else [_held(columns, distinct, one) for one in sensitive],
        distinct[PEOPLE].to_numpy().astype(np.int64) if population is not None else None,
    )
    frame = distinct.select(names).rename(dict(zip(names, attributes, strict=True)))
    return tuples, frame


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


def _with_population(distinct: pl.DataFrame, population: pl.DataFrame) -> pl.DataFrame:
    """The distinct tuples of records and population, with how many hold each in both."""
    names = distinct.columns[:-1]
    people = population.rename(dict(zip(population.columns, [*names, PEOPLE], strict=True)))
    both = pl.concat([distinct, people], how="diagonal_relaxed")
    found = both.group_by(names).agg(pl.col(COUNT).sum(), pl.col(PEOPLE).sum())
    if lost := found.filter(pl.col(COUNT) > pl.col(PEOPLE)).height:
        raise BadInput(
            f"the population holds fewer people than the table has records, for {lost} combinations "
            "of the quasi-identifiers: it must hold everyone in the table"
        )
    return found


def _held(columns: pl.DataFrame, distinct: pl.DataFrame, sensitive: pl.Series) -> Held:
    """Where each value of ``sensitive`` lies in the ``distinct`` tuples of ``columns``."""
    names = columns.columns
    values = sensitive.unique().sort()
    coded = columns.with_columns(pl.Series(VALUE, _codes(sensitive, values)))
    counted = coded.group_by([*names, VALUE]).len(COUNT)
    placed = counted.join(
        distinct.select(*names, pl.int_range(pl.len()).alias(ROW)),
        on=names,
        how="left",
        nulls_equal=True,
    ).sort(ROW, VALUE)
    rows, codes, counts = (placed[part].to_numpy().astype(np.int64) for part in (ROW, VALUE, COUNT))
    totals = np.bincount(codes, weights=counts, minlength=len(values)).astype(np.int64)
    column = SensitiveColumn(sensitive.name, tuple(values.to_list()), totals)
    return Held(column, rows, codes, counts)


def _codes(column: pl.Series, values: pl.Series) -> Codes:
    table = pl.DataFrame({"value": values, "code": np.arange(len(values), dtype=np.int64)})
    found = column.to_frame("value").join(
        table, on="value", how="left", nulls_equal=True, maintain_order="left"
    )
    return found["code"].to_numpy().astype(np.int64)
