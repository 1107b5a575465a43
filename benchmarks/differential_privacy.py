"""What differential privacy adds to a plain aggregate: prints one JSON document.

    python benchmarks/differential_privacy.py [--rows 1000000] [--repeat 7]

For each question: milliseconds (median, and the first) of wall clock and of CPU for the private answer
and for the plain polars aggregate that asks the same, over a table in memory and over a Parquet file.
`added_ms` and `added_cpu_ms` are the differences, to be at most 50. `fresh_process` asks each question
once in a process of its own, OpenDP's import included, and the plain aggregate once in another: the
median of five of each, taken in turns. With a person column, the plain aggregate is
that of the rows already cut off.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
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
    Range,
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
    "median, 2000 candidates": (
        Quantile("income", "0.5", tuple(100.0 * number for number in range(2_000))),
        pl.col("income").median(),
    ),
    "count in a range": (
        Count(where={"age": Range(at_least=18, below=65)}),
        ((pl.col("age") >= 18) & (pl.col("age") < 65)).sum(),
    ),
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
    """The first and the median time of ``act``, by the wall clock and of the CPU."""
    walls, cpus = [], []
    for _ in range(repeat):
        wall, cpu = time.perf_counter(), time.process_time()
        act()
        walls.append((time.perf_counter() - wall) * 1000)
        cpus.append((time.process_time() - cpu) * 1000)
    return {
        "first": round(walls[0], 1),
        "median": round(statistics.median(walls), 1),
        "first_cpu": round(cpus[0], 1),
        "median_cpu": round(statistics.median(cpus), 1),
    }


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
        report[name] = {
            "ours_ms": ours,
            "plain_ms": bare,
            "added_ms": round(ours["median"] - bare["median"], 1),
            "added_cpu_ms": round(ours["median_cpu"] - bare["median_cpu"], 1),
        }
    return report


def once(name: str, rows: int, *, private: bool) -> dict[str, float]:
    """One question, as the first of this process."""
    table, (query, expression) = people(rows), QUESTIONS[name]
    if not private:
        return milliseconds(plain(table.lazy(), expression), 1)
    asked, loss = PrivateTable(table), PrivacyLoss.epsilon(1, "1e-7")
    return milliseconds(lambda: asked.ask(query, loss, PrivacyBudget(loss)), 1)


def in_fresh_processes(rows: int, processes: int = 5) -> dict[str, Any]:
    """The first question of a process, of each kind, ours and plain in turns."""
    me = [sys.executable, __file__, "--rows", str(rows), "--once"]
    found = {}
    for name in QUESTIONS:
        taken: dict[str, list[dict[str, float]]] = {"ours": [], "plain": []}
        for _ in range(processes):
            for kind, flags in (("ours", []), ("plain", ["--plain"])):
                done = subprocess.run(
                    [*me, name, *flags], capture_output=True, text=True, check=True
                )
                taken[kind].append(json.loads(done.stdout))
        found[name] = {
            f"{kind}_{of}": round(statistics.median(one[of] for one in ones), 1)
            for kind, ones in taken.items()
            for of in ("first", "first_cpu")
        }
        for of in ("first", "first_cpu"):
            found[name][f"added_{of}"] = round(
                found[name][f"ours_{of}"] - found[name][f"plain_{of}"], 1
            )
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--once", choices=QUESTIONS, help="only this question, once")
    parser.add_argument("--plain", action="store_true", help="once, and without privacy")
    options = parser.parse_args()
    if options.once:
        print(json.dumps(once(options.once, options.rows, private=not options.plain)))
        return
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
            "load_average": os.getloadavg()[0],
            "import_opendp_ms_once": imported,
            "fresh_process": in_fresh_processes(options.rows),
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
