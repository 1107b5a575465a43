"""Who is behind each line of an answer, as trusted code found them: the rules look at nothing else."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from casemate.analysis import Answer, Recipe
from casemate.analysis.compute import MARGIN
from casemate.analysis.evaluate import ROW, select
from casemate.analysis.recipes import Crosstab, Figure, Table

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Supports:
    """An answer with the records behind it.

    ``people`` gives for each row of the input the number of the person that it is of; without it every
    row is a person. ``hidden`` are lines whose figures are not shown.
    """

    recipe: Recipe
    answer: Answer
    frame: pl.DataFrame
    people: Ints | None = None
    hidden: frozenset[int] = frozenset()
    _values: dict[str, Floats] = field(default_factory=dict, repr=False)

    @property
    def what(self) -> Any:
        """The analysis; of a figure, the one that it draws."""
        what = self.recipe.what
        return what.of if isinstance(what, Figure) else what

    @property
    def is_table(self) -> bool:
        """Whether lines are cells of a table with measures."""
        return isinstance(self.what, Table | Crosstab)

    @cached_property
    def table(self) -> pl.DataFrame:
        """The records that the recipe is of."""
        return select(self.recipe, self.frame)

    @cached_property
    def open(self) -> tuple[int, ...]:
        """The lines that are shown."""
        return tuple(line for line in range(len(self.answer.rows)) if line not in self.hidden)

    @cached_property
    def margins(self) -> tuple[tuple[bool, ...], ...]:
        """For each line, the keys that it sums over."""
        summed = self.is_table and self.what.margins
        width = self.answer.keys
        return tuple(
            tuple(summed and value == MARGIN for value in row[:width]) for row in self.answer.rows
        )

    @cached_property
    def counts(self) -> Ints:
        """People behind each line."""
        return np.array([self.count(rows) for rows in self.answer.people], dtype=np.int64)

    def count_of(self, line: int) -> int:
        """People behind one line; all lines of a model are of the same."""
        return int(self.counts[line if len(self.counts) > 1 else 0])

    def count(self, rows: Any) -> int:
        """How many people these rows are of."""
        if self.people is None:
            return len(rows)
        return len(np.unique(self.people[rows]))

    @property
    def everyone(self) -> int:
        """People in the input, which the catalogue tells anyone."""
        return self.count(np.arange(len(self.frame)))

    def values(self, name: str) -> Floats:
        """A number for each row of the input: NaN where it is missing, or not in the selection."""
        if name not in self._values:
            found = np.full(len(self.frame), np.nan)
            column = self.table[name].cast(pl.Float64).to_numpy()
            found[self.table[ROW].to_numpy()] = column
            self._values[name] = found
        return self._values[name]

    def valid(self, name: str) -> Flags:
        """Which rows of the input are selected and have a value."""
        found = np.zeros(len(self.frame), dtype=bool)
        found[self.table[ROW].to_numpy()] = self.table[name].is_not_null().to_numpy()
        return found

    def contributions(self, name: str, line: int) -> Floats:
        """What each person behind a line adds to it: the values of one who has several rows together."""
        rows = self.answer.people[line]
        values = self.values(name)[rows]
        held = ~np.isnan(values)
        if self.people is None:
            return values[held]
        _, person = np.unique(self.people[rows][held], return_inverse=True)
        return np.bincount(person, values[held]).astype(np.float64)

    def is_number(self, name: str) -> bool:
        """Whether a column has values to add up."""
        kind = self.table.schema[name]
        return kind.is_numeric() or kind == pl.Boolean

    @property
    def noun(self) -> str:
        """What the lines are in the file."""
        return "cell" if isinstance(self.recipe.what, Crosstab) else "row"

    def place(self, line: int) -> int:
        """The line's number in the file, from 1; cells of a crosstab are counted row by row."""
        if not isinstance(self.recipe.what, Crosstab):
            return line + 1
        row = self.answer.rows[line]
        return self._down[row[0]] * len(self._across) + self._across[row[1]] + 1

    @cached_property
    def _down(self) -> dict[Any, int]:
        return {key: at for at, key in enumerate(dict.fromkeys(r[0] for r in self.answer.rows))}

    @cached_property
    def _across(self) -> dict[Any, int]:
        return {key: at for at, key in enumerate(dict.fromkeys(r[1] for r in self.answer.rows))}
