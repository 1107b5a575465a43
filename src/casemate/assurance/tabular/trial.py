"""What every check of a model works on: the model, the people, what it said of them, the settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from casemate.assurance.statistics.intervals import LEVEL
from casemate.assurance.tabular.answers import Said
from casemate.assurance.tabular.data import Labels, Table
from casemate.assurance.tabular.groups import LEAST, Division, divisions
from casemate.assurance.tabular.models import Model

Places = np.ndarray[Any, np.dtype[np.int64]]
Matrix = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Settings:
    """How an evaluation is done. ``least``: people below which no figure is told of a subgroup.

    ``most_rows`` bounds the rows that shift, explanation and attacks are tried on; performance and
    fairness are always of all.
    """

    level: float = LEVEL
    least: int = LEAST
    most_rows: int = 2000
    repeats: int = 5
    noise: float = 0.1
    digits: int = 2
    wrong_labels: float = 0.05


@dataclass(frozen=True)
class Trial:
    """A model on a table, and what it said of each row."""

    model: Model
    table: Table
    said: Said
    settings: Settings
    seed: int

    @cached_property
    def divided(self) -> tuple[Division, ...]:
        """The subgroups."""
        return divisions(self.table, self.settings.least)

    @cached_property
    def places(self) -> Places:
        """The rows that the dearer checks are tried on: all, or ``most_rows`` drawn by the seed."""
        draw = np.random.default_rng(self.seed)
        return np.sort(draw.permutation(len(self.table))[: self.settings.most_rows])

    def ask(self, frames: list[pl.DataFrame]) -> list[Said]:
        """What the model says of several frames, in one call: each call of a sandbox costs a start."""
        told = self.model.says(pl.concat(frames, how="vertical_relaxed"))
        found, start = [], 0
        for frame in frames:
            part = slice(start, start + frame.height)
            scores = None if told.scores is None else told.scores[part]
            found.append(Said(told.decided[part], scores))
            start += frame.height
        return found


@dataclass(frozen=True)
class Codes:
    """Features as numbers and back: text by the place of its value, what is missing by the usual value."""

    rows: pl.DataFrame
    values: Mapping[str, Labels]

    @classmethod
    def of(cls, rows: pl.DataFrame) -> "Codes":
        """The codes of the values that ``rows`` have."""
        texts = [one for one in rows.get_columns() if not one.dtype.is_numeric()]
        return cls(
            rows,
            {one.name: np.unique(one.cast(pl.String).fill_null("").to_numpy()) for one in texts},
        )

    @property
    def numeric(self) -> tuple[int, ...]:
        """The places of the features that are numbers."""
        return tuple(
            place for place, name in enumerate(self.rows.columns) if name not in self.values
        )

    def encode(self) -> Matrix:
        """The rows as numbers."""
        columns = []
        for one in self.rows.get_columns():
            if one.name in self.values:
                known = self.values[one.name]
                written = one.cast(pl.String).fill_null("").to_numpy()
                columns.append(np.searchsorted(known, written).astype(np.float64))
            else:
                number = one.cast(pl.Float64).fill_nan(None)
                usual = number.median()
                columns.append(number.fill_null(0.0 if usual is None else usual).to_numpy())
        return np.column_stack(columns)

    def decode(self, numbers: Matrix) -> pl.DataFrame:
        """Numbers as rows that the model can read."""
        columns = []
        for place, one in enumerate(self.rows.get_columns()):
            given = numbers[:, place]
            if one.name in self.values:
                known = self.values[one.name]
                at = np.clip(np.rint(given), 0, len(known) - 1).astype(np.int64)
                text = pl.Series(one.name, known[at].tolist(), dtype=pl.String)
                columns.append(text.cast(one.dtype) if one.dtype != pl.Boolean else text == "true")
            else:
                columns.append(pl.Series(one.name, given, dtype=pl.Float64))
        return pl.DataFrame(columns)
