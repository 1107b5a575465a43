"""Anonymise a large table end to end, in three engines, against one bare group-by of the same engine.

    python benchmarks/protection/scale.py [--rows 1000000] [--engines polars,duckdb,spark]
                                          [--suppression 0.02] [--folder DIR] [--memory 6]
                                          [--seconds 3600] [--source FILE] [--json]

Draws a synthetic population of nine quasi-identifiers (``casemate.protection.population``, the columns
as they are: communes, single years of age, two-digit ISCO groups) to a Parquet file, or takes one that
is there (``--source``). Then each engine in a new process on two threads: read, group, search the whole
lattice, apply, write, check. Prints JSON: wall-clock and CPU seconds and the peak memory of the whole
process (for Spark with its Java process; sampled every 50 ms), what one group-by of the nine columns
takes the same engine in a process of its own, their ratio in both, and whether all engines gave the same
node, loss and rows. ``--memory`` is what DuckDB and Spark may take, in GiB; a task that takes longer than
``--seconds`` is ended and said to have been. Progress goes to the standard error. Files are removed.
"""

import argparse
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

THREADS = 2
K = 5
PAGE, TICKS = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--engines", default="polars,duckdb,spark")
    parser.add_argument("--suppression", default="0.02")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--memory", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=3600.0, help="the limit of each task")
    parser.add_argument("--source", type=Path, help="a population that is there, not drawn")
    parser.add_argument("--json", action="store_true", help="JSON is what is printed in any case")
    parser.add_argument("--child", nargs=3, metavar=("TASK", "ENGINE", "SOURCE"))
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    if options.child is not None:
        task, engine, source = options.child
        TASKS[task](engine, source, options)
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # so that files are removed
    with tempfile.TemporaryDirectory(dir=options.folder, prefix="scale-") as folder:
        print(json.dumps(measured(options, Path(folder)), indent=2))


def measured(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    source = options.source or folder / "population.parquet"
    found: dict[str, Any] = {"rows": options.rows, "cores": os.cpu_count()}
    if options.source is None:
        drawn = run("draw", "polars", source, options)
        found["drawing_seconds"] = drawn.get("seconds")
    found["source_mib"] = round(source.stat().st_size / 2**20, 1)
    found["engines"] = {
        engine: _engine(engine, source, options, folder) for engine in options.engines.split(",")
    }
    runs = list(found["engines"].values())
    same = ("generalisation", "loss", "suppressed", "rows_digest")
    found["equal"] = all(one.get(part) == runs[0].get(part) for one in runs for part in same)
    return found


def _engine(engine: str, source: Path, options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """The bare group-by, the whole, and a digest of what was written."""
    output = folder / f"{engine}.parquet"
    bare = run("bare", engine, source, options)
    whole = run("anonymise", engine, source, options, output)
    if "failed" in whole or "failed" in bare:
        return {**whole, "bare": bare}
    rows = run("rows", "polars", output, options)
    shutil.rmtree(output) if output.is_dir() else output.unlink()
    return {
        **whole,
        "bare": bare,
        "ratio_seconds": round(whole["seconds"] / bare["query_seconds"], 2),
        "ratio_cpu_seconds": round(whole["cpu_seconds"] / bare["cpu_seconds"], 2),
        "rows_digest": rows.get("digest"),
    }


@dataclass
class Watch:
    """The memory and CPU time of a process and all that it starts, as /proc tells them."""

    peak: int = 0

    def __post_init__(self) -> None:
        self._cpu: dict[int, float] = {}

    @property
    def cpu(self) -> float:
        return sum(self._cpu.values())

    def look(self, root: int) -> None:
        family, resident = {root}, 0
        for pid, parent, seconds, pages in _processes():
            if pid in family or parent in family:
                family.add(pid)
                self._cpu[pid] = max(seconds, self._cpu.get(pid, 0.0))
                resident += pages * PAGE
        self.peak = max(self.peak, resident)


def _processes() -> list[tuple[int, int, float, int]]:
    """Number, parent, CPU seconds and resident pages of each process, parents first."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            seconds = (int(fields[11]) + int(fields[12])) / TICKS
            found.append((int(folder.name), int(fields[1]), seconds, int(fields[21])))
    return sorted(found)


def run(
    task: str, engine: str, source: Path, options: argparse.Namespace, output: Path | None = None
) -> dict[str, Any]:
    """A task in a new process: what it printed, and what the process took."""
    words = [
        sys.executable, __file__, "--child", task, engine, str(source), "--rows", str(options.rows),
        "--suppression", options.suppression, "--memory", str(options.memory),
        *(["--output", str(output)] if output is not None else []),
    ]  # fmt: skip
    threads = {"POLARS_MAX_THREADS": str(THREADS), "NUMBA_NUM_THREADS": str(THREADS)}
    start, watch, ended = time.perf_counter(), Watch(), False
    print(f"{task} by {engine} ...", end=" ", file=sys.stderr, flush=True)
    load = os.getloadavg()[0]
    with subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **threads},
        start_new_session=True,
    ) as process:
        try:
            while process.poll() is None and not ended:
                watch.look(process.pid)
                ended = time.perf_counter() - start > options.seconds
                time.sleep(0.05)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)  # Spark's Java process with it
        text = process.stdout.read() if process.stdout else ""
    figures = {
        "seconds": round(time.perf_counter() - start, 2),
        "cpu_seconds": round(watch.cpu, 2),
        "peak_mib": round(watch.peak / 2**20),
        "load_average": round(load, 2),
    }
    print(f"{figures['seconds']} s, {figures['peak_mib']} MiB", file=sys.stderr, flush=True)
    if ended or process.returncode:
        why = f"not done in {options.seconds} s" if ended else f"exit status {process.returncode}"
        return {**figures, "failed": f"{task} by {engine}: {why}"}
    return {**figures, **json.loads(text.strip().splitlines()[-1])}


def names() -> list[str]:
    from casemate.protection.population import luxembourg

    return list(luxembourg().columns)


def draw(engine: str, source: str, options: argparse.Namespace) -> None:
    from casemate.protection.population import fit_population, luxembourg, write_population

    write_population(source, fit_population(luxembourg()), options.rows, seed=1)
    print("{}")


def bare(engine: str, source: str, options: argparse.Namespace) -> None:
    """One group-by of the nine columns; the groups are made, and counted."""
    queries: Mapping[str, Callable[[], int]] = {
        "polars": lambda: _polars_groups(source),
        "duckdb": lambda: _duckdb_groups(source, options),
        "spark": lambda: _spark_groups(source, options),
    }
    groups_of = queries[engine]
    if engine == "spark":
        _spark(options)  # Java is there before the clock starts, as Python is
    start = time.perf_counter()
    groups = groups_of()
    print(json.dumps({"query_seconds": round(time.perf_counter() - start, 2), "groups": groups}))


def _polars_groups(source: str) -> int:
    import polars as pl

    query = pl.scan_parquet(source).group_by(names()).len()
    return int(query.select(pl.len()).collect(engine="streaming").item())


def _duckdb(options: argparse.Namespace) -> Any:
    import duckdb

    return duckdb.connect(config={"threads": THREADS, "memory_limit": f"{options.memory}GB"})


def _duckdb_groups(source: str, options: argparse.Namespace) -> int:
    columns = ", ".join(names())
    sql = f"SELECT count(*) FROM (SELECT {columns}, count(*) FROM '{source}' GROUP BY ALL)"
    return int(_duckdb(options).execute(sql).fetchone()[0])


def _spark(options: argparse.Namespace) -> Any:
    from pyspark.sql import SparkSession

    builder: Any = SparkSession.builder
    session = (
        builder.master(f"local[{THREADS}]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.memory", f"{options.memory}g")
        .config("spark.driver.maxResultSize", "0")
        .config("spark.sql.shuffle.partitions", str(4 * THREADS))
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    return session


def _spark_groups(source: str, options: argparse.Namespace) -> int:
    frame = _spark(options).read.parquet(source)
    return int(frame.groupBy(*names()).count().count())


def anonymise(engine: str, source: str, options: argparse.Namespace) -> None:
    from casemate.protection import KAnonymity
    from casemate.protection import anonymise as anonymised
    from casemate.protection.population import population_hierarchies

    output = str(options.output)
    rest: dict[str, Any] = {"models": [KAnonymity(K)], "suppression": options.suppression}
    hierarchies = population_hierarchies()
    if engine == "polars":
        result = anonymised(source, hierarchies, output=output, **rest)
    elif engine == "duckdb":
        connection = _duckdb(options)
        result = anonymised(connection.read_parquet(source), hierarchies, **rest)
        result.table.write_parquet(output, compression="zstd")
    else:
        result = anonymised(_spark(options).read.parquet(source), hierarchies, **rest)
        result.table.write.parquet(output)
    told = {
        "generalisation": result.generalisation, "loss": f"{result.loss:.10g}",
        "gap": f"{result.gap:.10g}", "suppressed": result.suppressed, "nodes": result.nodes,
        "lattice": result.lattice,
    }  # fmt: skip
    print(json.dumps(told))


def rows(engine: str, source: str, options: argparse.Namespace) -> None:
    """A digest of the records that were written, in whatever order they are: of each distinct one
    and how often it is there, as text."""
    import polars as pl

    files = f"{source}/*.parquet" if Path(source).is_dir() else source
    counted = pl.scan_parquet(files).group_by(names()).len().collect(engine="streaming")
    text = counted.with_columns(pl.col(name).cast(pl.String) for name in names()).sort(names())
    digest = hashlib.sha256(text.write_csv().encode()).hexdigest()
    print(json.dumps({"digest": digest, "classes": len(text)}))


TASKS: Mapping[str, Callable[[str, str, argparse.Namespace], None]] = {
    "draw": draw, "bare": bare, "anonymise": anonymise, "rows": rows,
}  # fmt: skip


if __name__ == "__main__":
    main()
