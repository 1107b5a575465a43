"""What is asked for, checked, and the records counted into cells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from casemate.errors import BadInput
from casemate.protection.aggregation.cellkey import cell_uniforms, record_keys
from casemate.protection.aggregation.cells import require_size, tabulate
from casemate.protection.aggregation.dimensions import Dimension
from casemate.protection.aggregation.hypercube import Progress
from casemate.protection.aggregation.ptable import PTable
from casemate.protection.aggregation.rounding import require_base
from casemate.protection.aggregation.rules import Facts, Rules
from casemate.protection.aggregation.solver import Floats, Ints
from casemate.protection.aggregation.table import AggregateReport, AggregateTable, Truth
from casemate.protection.frames import Frame, polars_columns, require_columns

METHODS = ("suppression", "rounding", "random_rounding", "cell_key")
_DIMENSIONS = 4


@dataclass(frozen=True)
class Options:
    rules: Rules
    method: str
    statistics: tuple[str, ...]
    measure: str | None
    negative: bool
    cost: str
    seconds: float
    base: int
    ptable: PTable
    progress: Progress | None = None


@dataclass(frozen=True)
class Tabulation:
    """One table before protection; ``uniforms`` are its cells' keys where the method needs them."""

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    dimensions: tuple[Dimension, ...]
    facts: Facts
    uniforms: Floats | None


def statistics_of(statistics: Sequence[str] | None, measure: str | None) -> tuple[str, ...]:
    allowed = ("count",) if measure is None else ("count", "sum", "mean")
    if statistics is None:
        return allowed
    wanted = (statistics,) if isinstance(statistics, str) else tuple(statistics)
    for name in wanted:
        if name not in allowed:
            hint = "" if measure else ": name a measure for sums and means"
            raise BadInput(f"the statistic {name!r} is none of {', '.join(allowed)}{hint}")
    if not wanted:
        raise BadInput("statistics is empty: name count, sum or mean")
    return tuple(name for name in allowed if name in wanted)


def require_sense(options: Options, key: bytes | None, record_id: str | None) -> None:
    if options.method not in METHODS:
        raise BadInput(f"the method {options.method!r} is none of {', '.join(METHODS)}")
    if options.cost not in ("value", "cells"):
        raise BadInput(f"the cost {options.cost!r} is none of value, cells")
    if not isinstance(options.seconds, int | float) or not options.seconds > 0:
        raise BadInput(f"seconds is a number above 0, not {options.seconds!r}")
    require_base(options.base)
    if options.method != "suppression" and options.measure is not None:
        raise BadInput(
            f"{options.method} protects counts, not the totals of {options.measure!r}: use suppression"
        )
    if options.method in ("random_rounding", "cell_key") and (key is None or record_id is None):
        raise BadInput(
            f"{options.method} needs a secret key and record_id, the column that identifies records"
        )


def require_tables(
    frame: Frame,
    tables: Sequence[tuple[Sequence[str], Sequence[str]]],
    measure: str | None,
    record_id: str | None,
) -> list[str]:
    """The dimensions of all tables, each once."""
    if not tables:
        raise BadInput("no table is asked for: give rows and columns")
    names: dict[str, None] = {}
    for spec in tables:
        for part in spec:
            if isinstance(part, str):
                raise BadInput(f"rows and columns are lists of column names: write [{part!r}]")
        dimensions = [*spec[0], *spec[1]]
        if not 1 <= len(dimensions) <= _DIMENSIONS:
            raise BadInput(f"a table has 1 to {_DIMENSIONS} dimensions, not {len(dimensions)}")
        if not spec[0]:
            raise BadInput("a table needs at least one dimension in its rows")
        if len(set(dimensions)) != len(dimensions):
            raise BadInput(f"a dimension stands twice in one table: {', '.join(dimensions)}")
        names.update(dict.fromkeys(dimensions))
    require_columns(frame, list(names), "a dimension")
    for name in (measure, record_id):
        if name in names:
            raise BadInput(f"{name!r} is a dimension of the table: it cannot be something else too")
    taken = {"count", "sum", "mean", "marker"} & set(names)
    if taken:
        raise BadInput(f"a dimension may not be named {min(taken)!r}: the result has that column")
    return list(names)


def measure_of(frame: Frame, measure: str | None, negative: bool) -> Floats | None:
    if measure is None:
        return None
    require_columns(frame, [measure], "the measure")
    column = polars_columns(frame, [measure])[measure]
    if not (column.dtype.is_numeric() or column.dtype.is_decimal()):
        raise BadInput(f"the measure {measure!r} holds {column.dtype} values: give numbers")
    if column.null_count():
        raise BadInput(
            f"the measure {measure!r} has {column.null_count():,} nulls: drop those records or fill "
            "them, so that count and sum speak of the same records"
        )
    values: Floats = column.cast(pl.Float64).to_numpy()
    if not negative and (values < 0).any():
        raise BadInput(
            f"the measure {measure!r} has negative values: pass negative=True, which judges "
            "dominance on absolute values, or add up gains and losses apart"
        )
    if not values.any():
        raise BadInput(f"the measure {measure!r} is 0 everywhere: there is nothing to add up")
    return values


def keys_of(frame: Frame, method: str, key: bytes | None, record_id: str | None) -> Any:
    if method not in ("random_rounding", "cell_key") or key is None or record_id is None:
        return None
    require_columns(frame, [record_id], "the record identifier")
    return record_keys(polars_columns(frame, [record_id])[record_id], key, method)


def kind_of(frame: Frame) -> str:
    kind = frame.implementation
    return "pandas" if kind.is_pandas() else "pyarrow" if kind.is_pyarrow() else "polars"


def tabulation_of(
    spec: tuple[Sequence[str], Sequence[str]],
    title: str,
    found: Mapping[str, tuple[Dimension, Ints]],
    values: Floats | None,
    options: Options,
    keys: Any,
) -> Tabulation:
    names = [*spec[0], *spec[1]]
    dimensions = tuple(found[name][0] for name in names)
    codes = [found[name][1] for name in names]
    require_size(dimensions)
    facts = tabulate(dimensions, codes, values, options.rules.tops)
    uniforms = None if keys is None else cell_uniforms(dimensions, codes, keys)
    what = "Records" if options.measure is None else options.measure
    text = title or f"{what} by {', '.join(names)}"
    return Tabulation(text, tuple(spec[0]), tuple(spec[1]), dimensions, facts, uniforms)


def table_of(
    one: Tabulation,
    options: Options,
    kind: str,
    additive: dict[str, Floats],
    markers: tuple[str, ...],
    report: AggregateReport,
    truth: Truth,
    *,
    noise: int,
) -> AggregateTable:
    return AggregateTable(
        title=one.title,
        rows=one.rows,
        columns=one.columns,
        measure=options.measure,
        statistics=options.statistics,
        dimensions=one.dimensions,
        additive=additive,
        markers=markers,
        method=options.method,
        kind=kind,
        noise=noise,
        base=options.base,
        report=report,
        truth=truth,
    )
