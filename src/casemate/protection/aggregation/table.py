"""A protected table: what may be published, and the report for those who check it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from casemate.protection.aggregation.dimensions import Dimension
from casemate.protection.aggregation.html import table_html
from casemate.protection.aggregation.hypercube import Witness
from casemate.protection.aggregation.markers import CONFIDENTIAL, LEGEND
from casemate.protection.aggregation.rules import Layer, Rules
from casemate.protection.aggregation.solver import Flags, Floats, Ints


@dataclass(frozen=True)
class SuppressedCell:
    """A cell that is not published: its labels, and the rules it breaks (none: secondary)."""

    cell: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def primary(self) -> bool:
        return bool(self.reasons)

    def to_dict(self) -> dict[str, Any]:
        return {"cell": list(self.cell), "reasons": list(self.reasons) or ["secondary"]}


@dataclass(frozen=True)
class AggregateReport:
    """How a table was protected and what that cost. For checkers: it is not to be published.

    ``search`` is "optimal" where ``cost`` is proven the least, "heuristic" where only ``bound`` is
    proven, "none" where nothing had to be chosen. ``gap`` is their distance as a share of the cost.
    For suppression the cost is the value (contributors, or total of the measure) of the secondary
    cells; for rounding the distance from the true counts. ``hidden_cells`` is the share of the cells
    with contributors that is suppressed, ``hidden_value`` the share of the value that lies in such
    cells of the finest categories; ``mean_change`` the mean absolute change of a published count.
    ``linked`` is the number of tables protected together, to which search and cost belong.
    """

    method: str
    rules: Rules
    cells: int
    empty: int
    primary: dict[str, int]
    suppressed: tuple[SuppressedCell, ...]
    search: str
    cost: float
    bound: float
    gap: float
    seconds: float
    hidden_cells: float
    hidden_value: float
    mean_change: float
    largest_change: int
    linked: int = 1
    notes: tuple[str, ...] = ()

    @property
    def secondary(self) -> int:
        return sum(not cell.primary for cell in self.suppressed)

    def to_dict(self) -> dict[str, Any]:
        """The report as a document; it holds floats (see ``without_floats``)."""
        plain = {
            name: getattr(self, name)
            for name in (
                *("method", "cells", "empty", "primary", "secondary", "search", "cost", "bound"),
                *("gap", "seconds", "hidden_cells", "hidden_value", "mean_change"),
                *("largest_change", "linked"),
            )
        }
        return {
            **plain,
            "rules": self.rules.to_dict(),
            "suppressed": [cell.to_dict() for cell in self.suppressed],
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class Truth:
    """What the auditor must know to judge, and nobody else may: never printed, never exported."""

    counts: Ints
    layers: tuple[Layer, ...]
    insiders: bool
    witnesses: tuple[Witness, ...] = ()


@dataclass(frozen=True)
class AggregateTable:
    """A protected table. ``frame``, ``html`` and ``to_dict`` hold only what may be published.

    One row a cell, the total last in each dimension. ``marker`` is "c" for a confidential cell,
    primary or secondary alike, because to tell them apart would tell that a count is small; "r" for
    a rounded one, "p" for a perturbed one. The object itself also holds the true values for
    ``audit``: publish its frame, not the object.
    """

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    measure: str | None
    statistics: tuple[str, ...]
    dimensions: tuple[Dimension, ...]
    additive: dict[str, Floats]
    markers: tuple[str, ...]
    method: str
    kind: str
    noise: int
    base: int
    report: AggregateReport
    truth: Truth = field(repr=False, compare=False)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(dimension) for dimension in self.dimensions)

    @property
    def hidden(self) -> Flags:
        """Which cells are confidential."""
        found: Flags = np.array(self.markers) == CONFIDENTIAL
        return found

    def labels(self) -> list[tuple[str, ...]]:
        """The labels of each cell, in order."""
        return [
            tuple(
                dimension.labels[node] for dimension, node in zip(self.dimensions, at, strict=True)
            )
            for at in np.ndindex(self.shape)
        ]

    def statistic(self, name: str) -> list[float | int | None]:
        """A published statistic of each cell; None where it is confidential or there is no mean."""
        counts = self.additive["count"]
        if name == "count":
            return [None if np.isnan(value) else int(value) for value in counts]
        sums = self.additive["sum"]
        if name == "sum":
            return [None if np.isnan(value) else float(value) for value in sums]
        return [
            None if np.isnan(count) or not count else float(total / count)
            for total, count in zip(sums, counts, strict=True)
        ]

    @property
    def frame(self) -> Any:
        """The publishable table in the kind of frame that was given, one row a cell."""
        nodes = np.unravel_index(np.arange(len(self.markers)), self.shape)
        columns = {
            dimension.name: pl.Series([dimension.labels[node] for node in at], dtype=pl.String)
            for dimension, at in zip(self.dimensions, nodes, strict=True)
        }
        for name in self.statistics:
            dtype = pl.Int64 if name == "count" else pl.Float64
            columns[name] = pl.Series(self.statistic(name), dtype=dtype)
        columns["marker"] = pl.Series(self.markers, dtype=pl.String)
        found = pl.DataFrame(columns)
        if self.kind == "pandas":
            return found.to_pandas()
        return found.to_arrow() if self.kind == "pyarrow" else found

    def to_dict(self) -> dict[str, Any]:
        """The publishable table as a document; it holds floats where there is a measure."""
        values = {name: self.statistic(name) for name in self.statistics}
        return {
            "title": self.title,
            "rows": list(self.rows),
            "columns": list(self.columns),
            "measure": self.measure,
            "method": self.method,
            "markers": {
                marker: LEGEND[marker] for marker in sorted(set(self.markers)) if marker in LEGEND
            },
            "cells": [
                {
                    "labels": list(labels),
                    **{name: values[name][at] for name in self.statistics},
                    "marker": self.markers[at],
                }
                for at, labels in enumerate(self.labels())
            ],
        }

    def html(self, statistic: str | None = None) -> str:
        """One statistic (the last one by default) as a small HTML table that readers can navigate."""
        return table_html(self, statistic or self.statistics[-1])


def without(values: Floats, hidden: Flags) -> Floats:
    """``values`` with NaN where they are hidden."""
    found = values.astype(np.float64)
    found[hidden] = np.nan
    return found


def reasons_of(
    dimensions: Sequence[Dimension], suppressed: Flags, primary: dict[str, Flags]
) -> tuple[SuppressedCell, ...]:
    """Why each suppressed cell is not published."""
    shape = [len(dimension) for dimension in dimensions]
    found = []
    for cell in np.flatnonzero(suppressed):
        nodes = np.unravel_index(cell, shape)
        labels = tuple(d.labels[int(node)] for d, node in zip(dimensions, nodes, strict=True))
        reasons = tuple(rule for rule, flags in primary.items() if flags[cell])
        found.append(SuppressedCell(labels, reasons))
    return tuple(found)
