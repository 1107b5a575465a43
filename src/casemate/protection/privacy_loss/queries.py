"""The questions: what each computes exactly, and how far one person can move it.

A query's exact answer is a few vectors of integers. Its sensitivity is the argument on which all of
the privacy rests: for tables that differ in one person, that is in at most ``c`` rows added or taken
away, no vector moves by more, in L1, L2 or the largest entry, than the query says.

* A count or a cell of it moves by 1 a row, so c rows move a vector of disjoint cells by at most c in
  each of the three norms (all of them may lie in one cell).
* A sum of values clipped to [l, h] moves by at most m = max(|l|, |h|) a row: c·m.
* A mean is a sum of values less the middle of [l, h], so m = max(h - mid, mid - l), and a count.
* A quantile p/q scores each candidate v by |(q-p)·#(x<v) - p·#(x>v)|, least for the quantile. A row
  moves it by at most max(p, q-p), c rows by c times that.

``tests/generative/test_privacy_loss_sensitivity.py`` tries each on neighbouring tables.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any

import polars as pl

from casemate.errors import BadInput
from casemate.protection.privacy_loss.conditions import Conditions, Value, as_type
from casemate.protection.privacy_loss.losses import Amount, exact
from casemate.protection.privacy_loss.numbers import Clipped
from casemate.protection.privacy_loss.ranks import ranks
from casemate.protection.privacy_loss.rows import Rows

Vector = list[int]
_MOST_CANDIDATES = 2_000
_MOST_CELLS = 1_000_000


@dataclass(frozen=True)
class Sensitivity:
    """The most by which one person moves a vector, in three norms."""

    l1: int
    l2: int
    linf: int

    @classmethod
    def of_rows(cls, rows: int, each: int = 1) -> "Sensitivity":
        """Disjoint cells, each row moving one of them by at most ``each``."""
        return cls(rows * each, rows * each, rows * each)


@dataclass(frozen=True, kw_only=True)
class Query(ABC):
    """A question about the rows that meet ``where``: for each column a value, a list of values, a
    ``Range`` or ``NoneOf``. All are of one row alone, so that no sensitivity changes with them."""

    where: Conditions = field(default_factory=dict)

    @abstractmethod
    def columns(self) -> list[str]:
        """The columns it reads, without those of ``where``."""

    @abstractmethod
    def check(self, rows: Rows) -> None:
        """Raise BadInput if the question does not fit the table's columns: looks at no row."""

    @abstractmethod
    def exact(self, rows: Rows) -> list[Vector]:
        """The exact answer; it never leaves this package."""

    @abstractmethod
    def sensitivities(self, contribution: int) -> list[Sensitivity]:
        """One for each vector of the exact answer."""


@dataclass(frozen=True)
class Count(Query):
    """How many rows."""

    def columns(self) -> list[str]:
        return []

    def check(self, rows: Rows) -> None:
        rows.require(list(self.where))

    def exact(self, rows: Rows) -> list[Vector]:
        return [_row(rows.where(self.where).select(pl.len().cast(pl.Int64)))]

    def sensitivities(self, contribution: int) -> list[Sensitivity]:
        return [Sensitivity.of_rows(contribution)]


@dataclass(frozen=True)
class Sum(Query):
    """The sum of a clipped column; null and NaN add nothing."""

    values: Clipped

    def columns(self) -> list[str]:
        return [self.values.column]

    def check(self, rows: Rows) -> None:
        rows.require([self.values.column, *self.where])
        self.values.check(rows.schema[self.values.column])

    def exact(self, rows: Rows) -> list[Vector]:
        units = self.values.units(rows.schema[self.values.column])
        return [_row(rows.where(self.where).select(units.sum()))]

    def sensitivities(self, contribution: int) -> list[Sensitivity]:
        return [Sensitivity.of_rows(contribution, largest(self.values))]


@dataclass(frozen=True)
class Mean(Query):
    """The mean of a clipped column over the rows where it is not null."""

    values: Clipped

    def columns(self) -> list[str]:
        return [self.values.column]

    def check(self, rows: Rows) -> None:
        rows.require([self.values.column, *self.where])
        self.values.check(rows.schema[self.values.column])

    def exact(self, rows: Rows) -> list[Vector]:
        units = self.values.units(rows.schema[self.values.column])
        found = rows.where(self.where).select(
            units.sum().alias("sum"), units.count().cast(pl.Int64).alias("count")
        )
        total, count = _row(found)
        return [[total - count * self.values.middle], [count]]

    def sensitivities(self, contribution: int) -> list[Sensitivity]:
        return [
            Sensitivity.of_rows(contribution, half_width(self.values)),
            Sensitivity.of_rows(contribution),
        ]


@dataclass(frozen=True)
class Quantile(Query):
    """The candidate nearest to a quantile (0.5: the median); candidates are chosen unseen."""

    column: str
    level: Amount
    candidates: tuple[float, ...]

    def __post_init__(self) -> None:
        level = exact(self.level, "the quantile")
        if not 0 < level < 1 or level.denominator > 10_000:
            raise BadInput("a quantile lies between 0 and 1, with at most four decimals")
        found = self.candidates
        if not 2 <= len(found) <= _MOST_CANDIDATES or list(found) != sorted(set(found)):
            raise BadInput(f"give 2 to {_MOST_CANDIDATES} candidates, ascending, each once")
        if not all(math.isfinite(value) for value in found):
            raise BadInput("candidates are finite numbers")

    def columns(self) -> list[str]:
        return [self.column]

    def check(self, rows: Rows) -> None:
        rows.require([self.column, *self.where])
        Clipped(self.column, 0, 1).check(rows.schema[self.column])

    def exact(self, rows: Rows) -> list[Vector]:
        """Scores: 0 for a perfect quantile, larger the further off."""
        low, high = self._weights()
        found = ranks(rows.floats(self.column, self.where), self.candidates)
        sides = zip(found.below, found.above, strict=True)
        return [[abs(high * under - low * over) for under, over in sides]]

    def sensitivities(self, contribution: int) -> list[Sensitivity]:
        most = contribution * max(self._weights())
        places = len(self.candidates)
        return [Sensitivity(most * places, most * math.isqrt(places - 1) + most, most)]

    def ranks(self, score: float) -> float:
        """A score as a number of rows: how far the candidate's rank is off."""
        return score / sum(self._weights())

    def _weights(self) -> tuple[int, int]:
        level: Fraction = exact(self.level, "the quantile")
        return level.numerator, level.denominator - level.numerator


@dataclass(frozen=True)
class Histogram(Query):
    """Rows in each bin of ``edges``: [a, b), the last one [a, b]. What lies outside is not counted."""

    column: str
    edges: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.edges) < 2 or list(self.edges) != sorted(set(self.edges)):
            raise BadInput("a histogram has at least two edges, ascending, each once")

    def columns(self) -> list[str]:
        return [self.column]

    def check(self, rows: Rows) -> None:
        rows.require([self.column, *self.where])
        Clipped(self.column, 0, 1).check(rows.schema[self.column])

    def exact(self, rows: Rows) -> list[Vector]:
        found = ranks(rows.floats(self.column, self.where), self.edges)
        starts = [*found.below[:-1], found.values - found.above[-1]]
        return [[after - before for before, after in pairwise(starts)]]

    def sensitivities(self, contribution: int) -> list[Sensitivity]:
        return [Sensitivity.of_rows(contribution)]


@dataclass(frozen=True)
class Grouped(Query):
    """Rows in each group of ``by``, and the sum of ``values`` in it where given.

    ``keys``: every group there can be, known publicly; each is answered, also where nobody is in it.
    Without them the groups are the data's own, and only those are named whose noisy count passes a
    threshold that holds the chance of naming a single person's group to the query's δ.
    """

    by: tuple[str, ...]
    keys: tuple[tuple[Value, ...], ...] | None = None
    values: Clipped | None = None

    def __post_init__(self) -> None:
        if not self.by or len(set(self.by)) != len(self.by):
            raise BadInput("group by at least one column, each once")
        if self.keys is None:
            return
        if not 0 < len(self.keys) <= _MOST_CELLS:
            raise BadInput(f"give 1 to {_MOST_CELLS} keys")
        if any(not isinstance(key, tuple) or len(key) != len(self.by) for key in self.keys):
            raise BadInput(
                f"each key is a tuple of {len(self.by)} values, one for each of {self.by}"
            )

    def columns(self) -> list[str]:
        return [*self.by, *([self.values.column] if self.values else [])]

    def check(self, rows: Rows) -> None:
        rows.require([*self.columns(), *self.where])
        for name in self.by:
            if rows.schema[name].is_float() or rows.schema[name].is_nested():
                raise BadInput(
                    f"the column {name!r} holds {rows.schema[name]}: put it into bins first"
                )
        if self.values:
            self.values.check(rows.schema[self.values.column])
        if self.keys is not None:
            self.key_table(rows)

    def key_table(self, rows: Rows) -> pl.DataFrame:
        """The public keys as a table. Raises BadInput if one is there twice: a row must count once."""
        keys = self.keys or ()
        table = pl.DataFrame(
            [
                as_type([key[place] for key in keys], rows.schema[name], name)
                for place, name in enumerate(self.by)
            ]
        )
        if table.is_duplicated().any():
            raise BadInput("a key is given twice")
        return table

    def exact(self, rows: Rows) -> list[Vector]:
        """Counts of the public keys in their order, then sums where asked for."""
        return _vectors(
            self.key_table(rows)
            .lazy()
            .join(
                self._groups(rows), on=self.by, how="left", nulls_equal=True, maintain_order="left"
            )
            .select(pl.exclude(self.by).fill_null(0))
            .collect()
        )

    def found(self, rows: Rows) -> tuple[pl.DataFrame, list[Vector]]:
        """The data's own groups and their exact vectors: not to be named before a threshold."""
        table = self._groups(rows).collect()
        return table.select(self.by), _vectors(table.select(pl.exclude(self.by)))

    def sensitivities(self, contribution: int) -> list[Sensitivity]:
        counts = Sensitivity.of_rows(contribution)
        if self.values is None:
            return [counts]
        return [counts, Sensitivity.of_rows(contribution, largest(self.values))]

    def _groups(self, rows: Rows) -> pl.LazyFrame:
        parts = [pl.len().cast(pl.Int64).alias(self.count_name)]
        if self.values:
            units = self.values.units(rows.schema[self.values.column])
            parts.append(units.sum().alias(self.sum_name))
        return rows.where(self.where).group_by(self.by).agg(parts)

    @property
    def count_name(self) -> str:
        """The column of counts in the answer."""
        return free_name("count", self.by)

    @property
    def sum_name(self) -> str:
        """The column of sums in the answer."""
        return free_name("sum", self.by)


def free_name(name: str, taken: Sequence[str]) -> str:
    """``name``, with underscores added until no column of ``taken`` has it."""
    while name in taken:
        name += "_"
    return name


def largest(values: Clipped) -> int:
    """The most that one row adds to a sum, in units."""
    return max(abs(values.least), abs(values.most))


def half_width(values: Clipped) -> int:
    """The most that one row adds to a sum of differences from the middle, in units."""
    return max(values.most - values.middle, values.middle - values.least)


def _row(frame: pl.LazyFrame) -> Vector:
    """The only row of ``frame``, all integers."""
    return [int(value) for value in frame.collect().row(0)]


def _vectors(frame: pl.DataFrame) -> list[Vector]:
    return [column.to_list() for column in frame.get_columns()]


def describe(query: Query) -> dict[str, Any]:
    """What was asked, as a document without data: the public parameters only."""
    values = getattr(query, "values", None)
    return {
        "query": type(query).__name__.lower(),
        "columns": query.columns(),
        "where": sorted(query.where),
        "bounds": [str(values.low), str(values.high)] if values else None,
    }
