"""Tables of counts and totals that may be published: aggregated, protected, audited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from casemate.errors import BadInput
from casemate.protection.aggregation.dimensions import Dimension, dimension_of
from casemate.protection.aggregation.hiding import suppressed
from casemate.protection.aggregation.hypercube import Progress
from casemate.protection.aggregation.noising import perturbed, randomly_rounded, rounded
from casemate.protection.aggregation.ptable import PTable
from casemate.protection.aggregation.request import (
    Options,
    Tabulation,
    keys_of,
    kind_of,
    measure_of,
    require_sense,
    require_tables,
    statistics_of,
    tabulation_of,
)
from casemate.protection.aggregation.rules import Rules
from casemate.protection.aggregation.solver import Ints
from casemate.protection.aggregation.table import AggregateTable
from casemate.protection.frames import Frame, open_frame, polars_columns

_RULES = Rules()
_PTABLE = PTable()
_PROTECTORS = {
    "suppression": suppressed,
    "rounding": rounded,
    "random_rounding": randomly_rounded,
    "cell_key": perturbed,
}


def aggregate(
    table: Any,
    *,
    rows: Sequence[str],
    columns: Sequence[str] = (),
    measure: str | None = None,
    title: str = "",
    **options: Any,
) -> AggregateTable:
    """Count the records of ``table``, or add up ``measure``, by ``rows`` and ``columns``; protected.

    One to four dimensions. The options are those of ``aggregate_linked``, which says what is raised.
    """
    return aggregate_linked(table, [(rows, columns)], measure=measure, titles=[title], **options)[0]


def aggregate_linked(
    table: Any,
    tables: Sequence[tuple[Sequence[str], Sequence[str]]],
    *,
    measure: str | None = None,
    statistics: Sequence[str] | None = None,
    rules: Rules = _RULES,
    method: str = "suppression",
    totals: bool = True,
    total_label: str = "Total",
    trees: Mapping[str, Any] | None = None,
    negative: bool = False,
    cost: str = "value",
    seconds: float = 10.0,
    base: int = 5,
    ptable: PTable = _PTABLE,
    key: bytes | None = None,
    record_id: str | None = None,
    titles: Sequence[str] = (),
    progress: Progress | None = None,
) -> list[AggregateTable]:
    """Several tables (rows, columns) of the same records that share margins, protected together.

    ``trees`` gives, for a dimension, the sub-totals over its categories: nested mappings with lists
    at the end, or a hierarchy of this room. ``totals`` publishes the totals. ``statistics`` are
    among count, sum and mean; with a ``measure`` all three, else the count. A record is a
    contributor. Nulls of a dimension are a category of their own. ``negative`` allows negative values
    of the measure: dominance is then judged on absolute values, and an attacker knows no lower bound.

    Methods: "suppression" (the search for the cheapest pattern, by ``cost`` "value" or "cells", has
    ``seconds`` to make it cheaper); "rounding" to ``base``, additive; "random_rounding", unbiased
    and not additive; "cell_key", noise from ``ptable``. The last two need a secret ``key`` and
    ``record_id``, the column that identifies records. Only suppression protects a measure.

    ``progress`` hears, of a large table, how many sensitive cells are done, of how many.

    Raises BadInput for anything wrong in the input; Unavailable where a rounding was not found, or
    suppression not shown to protect, in time (ten minutes of the processor, or ``seconds`` if that
    is more); IntegrityFailure if a table fails the audit, which would be a bug of ours.
    """
    frame = open_frame(table)
    wanted = statistics_of(statistics, measure)
    chosen = Options(
        *(rules, method, wanted, measure, negative, cost, seconds, base, ptable, progress)
    )
    require_sense(chosen, key, record_id)
    margins = _Margins(trees or {}, totals, total_label)
    parts = _tabulations(frame, tables, chosen, margins, titles, (key, record_id))
    return _PROTECTORS[method](parts, chosen, kind_of(frame))


@dataclass(frozen=True)
class _Margins:
    """What is published beside the categories: sub-totals by the trees, and the totals."""

    trees: Mapping[str, Any]
    totals: bool
    total_label: str


def _tabulations(
    frame: Frame,
    tables: Sequence[tuple[Sequence[str], Sequence[str]]],
    options: Options,
    margins: _Margins,
    titles: Sequence[str],
    secret: tuple[bytes | None, str | None],
) -> list[Tabulation]:
    """The records counted into the cells of each table; ``secret``: the key, and what it is used on."""
    key, record_id = secret
    names = require_tables(frame, tables, options.measure, record_id)
    if not len(frame):
        raise BadInput("the table has no record to aggregate")
    values = measure_of(frame, options.measure, options.negative)
    found = _dimensions(polars_columns(frame, names), margins)
    keys = keys_of(frame, options.method, key, record_id)
    return [
        tabulation_of(spec, title, found, values, options, keys)
        for spec, title in zip(tables, [*titles, *[""] * len(tables)], strict=False)
    ]


def _dimensions(data: pl.DataFrame, margins: _Margins) -> dict[str, tuple[Dimension, Ints]]:
    """Each column as a dimension, with the place of each record in it."""
    if unknown := sorted(set(margins.trees) - set(data.columns)):
        raise BadInput(f"a tree is given for {unknown[0]!r}, which is no dimension of the table")
    return {
        name: dimension_of(
            data[name],
            margins.trees.get(name),
            totals=margins.totals,
            total_label=margins.total_label,
        )
        for name in data.columns
    }
