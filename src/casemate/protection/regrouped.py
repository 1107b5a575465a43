"""The classes of a finished table in memory, found anew: by a hash of each record's labels.

Nothing is shared with the search and its codes. Two classes whose hashes met, which is improbable
beyond measure, would be counted as one: then their sizes are not those that the search reports, and
the table is refused. They cannot pass unseen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from casemate.protection.engines import COUNT
from casemate.protection.frames import open_frame, polars_columns
from casemate.protection.ladders import Codes


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
        numbered = pl.DataFrame({"number": self.number_of}).with_row_index("first")
        return numbered.group_by("number").agg(pl.len().alias(COUNT), pl.first("first"))

    @property
    def remaining(self) -> int:
        return self.table.height

    def sizes(self) -> Codes:
        return self._classes[COUNT].to_numpy().astype("int64")

    def records(self, names: Sequence[str], number: str | None = None) -> pl.DataFrame:
        columns = [self.table[name] for name in names]
        return pl.DataFrame(columns if number is None else [*columns, self.number_of.alias(number)])

    def tallied(self, name: str) -> pl.DataFrame:
        classes = self._classes
        labels = self.table[name].gather(classes["first"])
        tallies = pl.DataFrame({name: labels, COUNT: classes[COUNT]})
        return tallies.group_by(name).agg(pl.col(COUNT).sum())


def regroup(table: Any, names: Sequence[str], sensitive: Sequence[str] = ()) -> Regrouped:
    """The classes over ``names`` of a table of Polars, pandas or PyArrow."""
    columns = polars_columns(open_frame(table), [*names, *sensitive])
    hashed = columns.select(names).hash_rows() if names else pl.Series([0] * columns.height)
    return Regrouped(tuple(names), tuple(sensitive), columns, hashed)
