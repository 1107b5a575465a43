"""The classes of a finished table, found anew from what it says: nothing is shared with the search
and its codes.

In memory a class is a hash of its records' labels. Two classes whose hashes met, which is improbable
beyond measure, would be counted as one: then their sizes are not those that the search reports, and
the table is refused. They cannot pass unseen. Elsewhere the engine groups by the labels themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from casemate.protection.engines import COUNT, in_memory, open_engine
from casemate.protection.frames import open_frame, polars_columns
from casemate.protection.ladders import Codes
from casemate.protection.loops import classes_by_hash, compiling

_FEW, _MANY = 512, 1 << 17


@dataclass(frozen=True)
class Regrouped:
    """The records of a table, each with the number of its class; see ``Grouped`` for the parts."""

    names: tuple[str, ...]
    sensitive: tuple[str, ...]
    table: pl.DataFrame
    number_of: pl.Series

    @cached_property
    def _classes(self) -> pl.DataFrame:
        """The number of records of each class, and where its first one stands."""
        if compiling() and len(self.number_of) < _MANY:  # above, Polars shares it among threads
            _, first, sizes = classes_by_hash(self.number_of.to_numpy().view(np.int64))
            return pl.DataFrame({"first": first, COUNT: sizes})
        numbered = pl.DataFrame({"number": self.number_of}).with_row_index("first")
        return numbered.group_by("number").agg(pl.len().alias(COUNT), pl.first("first"))

    @property
    def remaining(self) -> int:
        return self.table.height

    def sizes(self) -> Codes:
        return self._classes[COUNT].to_numpy().astype("int64")

    def lines(self, number: str) -> pl.DataFrame:
        """The number of each record's class, and its sensitive values."""
        return self.records(self.sensitive, number).select(number, *self.sensitive)

    def records(self, names: Sequence[str], number: str | None = None) -> pl.DataFrame:
        columns = [self.table[name] for name in names]
        return pl.DataFrame(columns if number is None else [*columns, self.number_of.alias(number)])

    def spread(self, name: str) -> pl.DataFrame:
        """``tallied``, or with several lines for a label where adding them up is not worth it."""
        return self._labels(name) if self._few else self.tallied(name)

    def _labels(self, name: str) -> pl.DataFrame:
        labels = self._firsts[name] if self._few else self.table[name][self._classes["first"]]
        return pl.DataFrame({name: labels, COUNT: self._classes[COUNT]})

    @property
    def _few(self) -> bool:
        return len(self._classes) < _FEW

    @cached_property
    def _firsts(self) -> pl.DataFrame:
        """The first record of each class."""
        return self.table[self._classes["first"]]

    def tallied(self, name: str) -> pl.DataFrame:
        return self._labels(name).group_by(name).agg(pl.col(COUNT).sum())


@dataclass(frozen=True)
class Recounted:
    """Each combination of labels and sensitive values of a table, once, and in ``COUNT`` the records
    that hold it; see ``Regrouped`` for the parts."""

    names: tuple[str, ...]
    sensitive: tuple[str, ...]
    table: pl.DataFrame

    @property
    def remaining(self) -> int:
        return int(self.table[COUNT].sum())

    def sizes(self) -> Codes:
        classes = self.table
        if self.sensitive:
            classes = classes.group_by(self.names).agg(pl.col(COUNT).sum())
        return classes[COUNT].to_numpy().astype("int64")

    def lines(self, number: str) -> pl.DataFrame:
        return self._numbered(number).select(number, *self.sensitive, COUNT)

    def records(self, names: Sequence[str], number: str | None = None) -> pl.DataFrame:
        table = self.table if number is None else self._numbered(number)
        wanted = [*names, *([] if number is None else [number])]
        return table.select(pl.col(wanted).repeat_by(COUNT).explode())

    def _numbered(self, number: str) -> pl.DataFrame:
        """With the number of a line of the same class beside each."""
        return self.table.with_row_index(number).with_columns(
            pl.col(number).first().over(self.names)
        )

    def spread(self, name: str) -> pl.DataFrame:
        few = len(self.table) < _FEW
        return self.table.select(name, COUNT) if few else self.tallied(name)

    def tallied(self, name: str) -> pl.DataFrame:
        return self.table.group_by(name).agg(pl.col(COUNT).sum())


def regroup(
    table: Any, names: Sequence[str], sensitive: Sequence[str] = ()
) -> Regrouped | Recounted:
    """The classes over ``names`` of any table."""
    if not in_memory(table):
        counted = open_engine(table).classes([*names, *sensitive])
        return Recounted(tuple(names), tuple(sensitive), counted)
    columns = polars_columns(open_frame(table), [*names, *sensitive])
    labels = columns.select(names) if sensitive else columns
    hashed = labels.hash_rows() if names else pl.Series([0] * columns.height)
    return Regrouped(tuple(names), tuple(sensitive), columns, hashed)
