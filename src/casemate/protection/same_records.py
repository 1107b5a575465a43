"""Whether two tables hold the same records, in whatever order, by what their cells say."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from casemate.protection.contents import written

_MEMORY = "2GB"


def same_records(one: pl.LazyFrame, other: pl.LazyFrame) -> bool:
    """Compare as text, each record as often as it is there.

    Both stream to files, and DuckDB counts them there: memory is bounded, and disk takes what is over.
    The columns are those of ``one``, by name.
    """
    import duckdb  # where files are compared only: importing protection need not wait for it

    names = one.collect_schema().names()
    with TemporaryDirectory(prefix="casemate-verify-") as folder:
        config: dict[str, Any] = {
            "temp_directory": str(Path(folder) / "spill"),
            "memory_limit": _MEMORY,
        }
        with duckdb.connect(config=config) as connection:
            for view, table in (("one", one), ("other", other)):
                path = Path(folder) / f"{view}.parquet"
                _as_text(table.select(names)).sink_parquet(path)
                connection.read_parquet(str(path)).create_view(view)
            columns = ", ".join(f'"{place}"' for place in range(len(names)))
            sides = " UNION ALL ".join(
                f"SELECT {columns}, {weight} AS side FROM {view}"  # noqa: S608 (our own names)
                for view, weight in (("one", 1), ("other", -1))
            )
            unbalanced = connection.sql(
                f"SELECT {columns} FROM ({sides}) GROUP BY {columns} "  # noqa: S608 (our own names)
                "HAVING sum(side) <> 0 LIMIT 1"
            ).fetchall()
    return not unbalanced


def _as_text(table: pl.LazyFrame) -> pl.LazyFrame:
    """Cells as text in columns named by their place, which no name can clash with."""
    text = table.select(written(table.collect_schema()))
    names = text.collect_schema().names()
    return text.rename({name: str(place) for place, name in enumerate(names)})
