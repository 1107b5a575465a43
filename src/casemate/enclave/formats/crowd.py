"""Does a line of text tell of a person? The rows that hold each value, and what chance would give."""

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import polars as pl

from casemate.enclave.checks_parse import canonical_cell

MIN_COLUMNS = 3
Places = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


class Crowd:
    """One input as the rows that hold each value, by column; and people who do not exist, for chance."""

    def __init__(self, frame: pl.DataFrame, few: int) -> None:
        self._columns = [_cells(column) for column in frame.get_columns()]
        self._few = few

    @cached_property
    def _real(self) -> list[Mapping[str, Places]]:
        return [_places(cells) for cells in self._columns]

    @cached_property
    def _chance(self) -> list[Mapping[str, Places]]:
        """Each column in an order of its own."""
        return [
            _places([cells[at] for at in np.random.default_rng(place).permutation(len(cells))])
            for place, cells in enumerate(self._columns)
        ]

    def told_by(self, lines: list[frozenset[str]]) -> tuple[int, int]:
        """(lines that hold values of few people, how many would by chance)."""
        real = sum(self._is_linkable(words, self._real) for words in lines)
        return real, sum(self._is_linkable(words, self._chance) for words in lines) if real else 0

    def _is_linkable(self, words: frozenset[str], places: list[Mapping[str, Places]]) -> bool:
        """Whether a line names three values or more that together 1 to ``few`` - 1 people have.

        Only columns of which the line holds exactly one value count: others could mean anything. A word
        counts once, in however many columns it is a value: "version 1" is no row of flags.
        """
        members: Places | None = None
        used: set[str] = set()
        for place in places:
            named = [word for word in words if word in place]
            if len(named) == 1:
                rows = place[named[0]]
                members = rows if members is None else np.intersect1d(members, rows, True)
                used.add(named[0])
        return members is not None and len(used) >= MIN_COLUMNS and 0 < members.size < self._few


def _cells(column: pl.Series) -> list[str | None]:
    """As a table's cells are compared; each distinct value is spelled once."""
    distinct = {value: canonical_cell(value) for value in column.unique().to_list()}
    return [distinct[value] for value in column.to_list()]


def _places(cells: list[str | None]) -> Mapping[str, Places]:
    """The rows that hold each value."""
    schema = {"cell": pl.String, "row": pl.Int64}
    codes = pl.DataFrame({"cell": cells, "row": range(len(cells))}, schema=schema)
    groups = codes.drop_nulls().group_by("cell").agg("row")
    return {cell: np.array(rows) for cell, rows in groups.iter_rows()}
