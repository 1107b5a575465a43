"""Where a table lies: each engine groups it there, and writes it anew there."""

from pathlib import Path
from typing import Any

import narwhals as nw
import polars as pl

from casemate.protection.engines.base import (
    COUNT,
    ByColumn,
    ByTuple,
    Engine,
    Packing,
    Recoding,
    Survey,
)
from casemate.protection.plain_names import require_plain_names

__all__ = [
    "COUNT",
    "ByColumn",
    "ByTuple",
    "Engine",
    "Packing",
    "Recoding",
    "Survey",
    "in_memory",
    "open_engine",
]


def in_memory(table: Any) -> bool:
    """Whether ``table`` is no query and no file, but a table in this process."""
    return not (
        isinstance(table, pl.LazyFrame | str | Path)
        or nw.dependencies.is_duckdb_relation(table)
        or nw.dependencies.is_pyspark_dataframe(table)
    )


def open_engine(table: Any) -> Engine:
    """The engine of ``table``: polars (frame or lazy), pandas, PyArrow, a DuckDB relation, a Spark
    frame, the path of a CSV or Parquet file. Raises BadInput for anything else."""
    if isinstance(table, pl.LazyFrame):
        from casemate.protection.engines.lazy import Lazy

        require_plain_names(table.collect_schema().names(), "the table")
        return Lazy(table)
    if isinstance(table, str | Path):
        from casemate.protection.engines.lazy import Lazy
        from casemate.protection.files import scan_table

        return Lazy(scan_table(table))
    if nw.dependencies.is_duckdb_relation(table):
        from casemate.protection.engines.relation import Relation

        require_plain_names(table.columns, "the table")
        return Relation(table)
    if nw.dependencies.is_pyspark_dataframe(table):
        from casemate.protection.engines.spark import Spark

        require_plain_names(table.columns, "the table")
        return Spark(table)
    from casemate.protection.engines.in_memory import InMemory

    return InMemory(table)
