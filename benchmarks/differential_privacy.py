"""What differential privacy adds to a plain aggregate: prints one JSON document.

    python benchmarks/differential_privacy.py [--rows 1000000] [--repeat 7]

For each question: wall-clock milliseconds (median, and the first in the process) of the private answer
and of the plain polars aggregate that asks the same, over a table in memory and over a Parquet file.
`added_ms` is the difference, to be at most 50. The import of OpenDP, once a process, is given apart.
With a person column, the plain aggregate is that of the rows already cut off.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from casemate.protection.privacy_loss import (
    Clipped,
    Count,
    Grouped,
    Histogram,
    Mean,
    PrivacyBudget,
    PrivacyLoss,
    PrivateTable,
    Quantile,
    Query,
    Sum,
)
from casemate.protection.privacy_loss.opendp import library

CANTONS = [f"canton {number}" for number in range(12)]
INCOME = Clipped("income", 0, 200_000)
EDGES = tuple(float(edge) for edge in range(0, 200_001, 5_000))
QUESTIONS: dict[str, tuple[Query, pl.Expr | None]] = {
    "count": (Count(), pl.len()),
    "sum of floats": (Sum(INCOME), pl.col("income").sum()),
    "sum of integers": (Sum(Clipped("age", 0, 120, 1)), pl.col("age").sum()),
    "mean": (Mean(INCOME), pl.col("income").mean()),
    "median, 41 candidates": (Quantile("income", "0.5", EDGES), pl.col("income").median()),
    "histogram, 40 bins": (
        Histogram("income", EDGES),
        pl.col("income").hist(list(EDGES)),
    ),
    "12 public groups, count and sum": (
        Grouped(("canton",), tuple((name,) for name in CANTONS), INCOME),
        None,
    ),
    "unknown groups, count and sum": (Grouped(("canton",), None, INCOME), None),
}


def people(rows: int) -> pl.DataFrame:
    """Made-up people; what they are does not change the time."""
    rng = np.random.default_rng(1)
    return pl.DataFrame(
        {
            "person": rng.integers(0, rows // 2, rows),
            "income": rng.gamma(2, 20_000, rows),
            "age": rng.integers(0, 100, rows),
            "canton": rng.choice(CANTONS, rows),
        }
    )


def milliseconds(act: Callable[[], Any], repeat: int) -> dict[str, float]:
    """The first and the median time of ``act``."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        act()
        times.append((time.perf_counter() - start) * 1000)
    return {"first": round(times[0], 1), "median": round(statistics.median(times), 1)}


def plain(table: pl.LazyFrame, measure: pl.Expr | None) -> Callable[[], Any]:
    """The same question without privacy."""
    if measure is None:
        return table.group_by("canton").agg(pl.len(), pl.col("income").sum()).collect
    return table.select(measure).collect


def measure(private: PrivateTable, table: pl.LazyFrame, loss: PrivacyLoss, repeat: int) -> Any:
    """Every question, ours and plain."""
    budget = PrivacyBudget(PrivacyLoss(loss.accounting, loss.amount * 10_000, loss.delta * 10_000))
    report = {}
    for name, (query, expression) in QUESTIONS.items():
        bare = milliseconds(plain(table, expression), repeat)
        ours = milliseconds(lambda query=query: private.ask(query, loss, budget), repeat)  # type: ignore[misc]
        added = round(ours["median"] - bare["median"], 1)
        report[name] = {"ours_ms": ours, "plain_ms": bare, "added_ms": added}
    return report


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=7)
    options = parser.parse_args()
    start = time.perf_counter()
    library()
    imported = round((time.perf_counter() - start) * 1000)
    table = people(options.rows)
    laplace, gauss = PrivacyLoss.epsilon(1, "1e-7"), PrivacyLoss.rho("0.01", "1e-7")
    start = time.perf_counter()
    personal = PrivateTable(table, person="person", contribution=2)
    cut = round((time.perf_counter() - start) * 1000)
    first_two = pl.col("person").cum_count().over("person") <= 2
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.parquet"
        table.write_parquet(path)
        file, memory = pl.scan_parquet(path), table.lazy()
        report = {
            "rows": options.rows,
            "import_opendp_ms_once": imported,
            "cut_off_rows_of_persons_ms_once": cut,
            "in_memory_laplace": measure(PrivateTable(table), memory, laplace, options.repeat),
            "in_memory_gaussian": measure(PrivateTable(table), memory, gauss, options.repeat),
            "parquet_laplace": measure(PrivateTable(path), file, laplace, options.repeat),
            "two_rows_a_person_laplace": measure(
                personal, table.filter(first_two).lazy(), laplace, options.repeat
            ),
        }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
