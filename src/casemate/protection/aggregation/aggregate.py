"""Tables of counts and totals that may be published: aggregated, protected, audited."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from casemate.errors import BadInput
from casemate.protection.aggregation.dimensions import Dimension, dimension_of
from casemate.protection.aggregation.hiding import suppressed
from casemate.protection.aggregation.noising import perturbed, randomly_rounded, rounded
from casemate.protection.aggregation.ptable import PTable
from casemate.protection.aggregation.request import (
    Options,
    keys_of,
    kind_of,
    measure_of,
    require_sense,
    require_tables,
    statistics_of,
    tabulation_of,
)
from casemate.protection.aggregation.rounding import require_base
from casemate.protection.aggregation.rules import Rules
from casemate.protection.aggregation.solver import Ints
from casemate.protection.aggregation.table import AggregateTable
from casemate.protection.frames import open_frame, polars_columns

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
) -> list[AggregateTable]:
    """Several tables (rows, columns) of the same records that share margins, protected together.

    ``trees`` gives, for a dimension, the sub-totals over its categories: nested mappings with lists
    at the end, or a hierarchy of this room. ``totals`` publishes the totals. ``statistics`` are
    among count, sum and mean; with a ``measure`` all three, else the count. A record is a
    contributor. Nulls of a dimension are a category of their own.

    Methods: "suppression" (the search for the cheapest pattern, by ``cost`` "value" or "cells", has
    ``seconds``); "rounding" to ``base``, additive; "random_rounding", unbiased and not additive;
    "cell_key", noise from ``ptable``. The last two need a secret ``key`` and ``record_id``, the
    column that identifies records. Only suppression protects a measure.

    ``negative`` allows negative values of the measure: dominance is then judged on absolute values,
    and an attacker is taken to know no lower bound of a total.

    Raises BadInput for anything wrong in the input; Unavailable where a rounding was not found in
    time; IntegrityFailure if a table fails the audit, which would be a bug of ours.
    """
    frame = open_frame(table)
    wanted = statistics_of(statistics, measure)
    chosen = Options(
        rules, method, wanted, measure, negative, cost, seconds, require_base(base), ptable
    )
    require_sense(chosen, key, record_id)
    names = require_tables(frame, tables, measure, record_id)
    if not len(frame):
        raise BadInput("the table has no record to aggregate")
    values = measure_of(frame, measure, negative)
    data = polars_columns(frame, names)
    found = _dimensions(data, trees or {}, totals, total_label)
    keys = keys_of(frame, method, key, record_id)
    texts = [*titles, *[""] * len(tables)]
    tabulations = [
        tabulation_of(spec, texts[at], found, values, chosen, keys)
        for at, spec in enumerate(tables)
    ]
    return _PROTECTORS[method](tabulations, chosen, kind_of(frame))


def _dimensions(
    data: pl.DataFrame, trees: Mapping[str, Any], totals: bool, total_label: str
) -> dict[str, tuple[Dimension, Ints]]:
    """Each column as a dimension, with the place of each record in it."""
    if unknown := sorted(set(trees) - set(data.columns)):
        raise BadInput(f"a tree is given for {unknown[0]!r}, which is no dimension of the table")
    return {
        name: dimension_of(data[name], trees.get(name), totals=totals, total_label=total_label)
        for name in data.columns
    }
