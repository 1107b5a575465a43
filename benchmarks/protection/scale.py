"""Anonymise a large table end to end, in three engines, against one bare group-by of the same engine.

    python benchmarks/protection/scale.py [--rows 1000000] [--engines polars,duckdb,spark]
                                          [--suppression 0.02] [--folder DIR] [--memory 4] [--most 8]
                                          [--seconds 900] [--source FILE] [--json]

Draws a synthetic population of nine quasi-identifiers (``casemate.protection.population``, the columns
as they are: communes, single years of age, two-digit ISCO groups) to a Parquet file, or takes one that
is there (``--source``). Then each engine in a new process on two threads: read, group, search the whole
lattice, apply, write, check. A line an engine: the CPU seconds of the whole process over those of a
process that makes one group-by of the nine columns, and the same by the clock; the peak of the resident
memory of the process and all that it starts (Spark's Java with it; looked at every 50 ms); and whether
node, loss, suppression and every record written are those of the first engine. ``--memory`` is what
DuckDB and Spark may take, in GiB. A task that takes more than ``--most`` GiB in all, or longer than
``--seconds``, is ended and said to have been. ``--json`` prints all that was measured, with the load at
the start of each task. Progress goes to the standard error. Files are removed.
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
SAME = ("generalisation", "loss", "suppressed", "rows_digest")
HEADING = (
    f"{'engine':8} {'CPU ratio':>9} {'CPU s':>8} {'bare':>8} {'ratio':>9} {'s':>8} {'bare':>8} "
    f"{'peak GiB':>9} {'bare':>9} {'load':>6}   equal results"
)
PAGE, TICKS = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--engines", default="polars,duckdb,spark")
    parser.add_argument("--suppression", default="0.02")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--memory", type=int, default=4)
    parser.add_argument("--most", type=float, default=8.0, help="GiB, the limit of each task")
    parser.add_argument("--seconds", type=float, default=900.0, help="the limit of each task")
    parser.add_argument("--source", type=Path, help="a population that is there, not drawn")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", nargs=3, metavar=("TASK", "ENGINE", "SOURCE"))
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    if options.child is not None:
        task, engine, source = options.child
        TASKS[task](engine, source, options)
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # so that files are removed
    with tempfile.TemporaryDirectory(dir=options.folder, prefix="scale-") as folder:
        options.folder = Path(folder)
        figures = measured(options)
    print(json.dumps(figures, indent=2) if options.json else "\n".join(as_lines(figures)))


def measured(options: argparse.Namespace) -> dict[str, Any]:
    source = options.source or options.folder / "population.parquet"
    found: dict[str, Any] = {"rows": options.rows, "cores": os.cpu_count(), "engines": {}}
    if options.source is None:
        drawn = run("draw", "polars", source, options)
        found["drawing_seconds"] = drawn["seconds"]
        if "failed" in drawn:
            return {**found, "failed": drawn["failed"]}
    found["source_mib"] = round(source.stat().st_size / 2**20, 1)
    for engine in options.engines.split(","):
        found["engines"][engine] = _engine(engine, source, options)
    whole = [one for one in found["engines"].values() if "failed" not in one]
    for one in whole:
        one["equal"] = all(one[part] == whole[0][part] for part in SAME)
    found["equal"] = len(whole) == len(found["engines"]) and all(one["equal"] for one in whole)
    return found


def _engine(engine: str, source: Path, options: argparse.Namespace) -> dict[str, Any]:
    """The bare group-by, the whole, and a digest of what was written."""
    folder: Path = options.folder
    output = folder / f"{engine}.parquet"
    bare = run("bare", engine, source, options)
    whole = run("anonymise", engine, source, options, output)
    rows = run("rows", "polars", output, options) if "failed" not in whole else {}
    for left in (output, folder / "spill"):
        shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
    if failed := [one["failed"] for one in (bare, whole, rows) if "failed" in one]:
        return {**whole, "bare": bare, "failed": failed[0]}
    return {
        **whole,
        "bare": bare,
        "ratio_seconds": round(whole["seconds"] / bare["seconds"], 2),
        "ratio_cpu_seconds": round(whole["cpu_seconds"] / bare["cpu_seconds"], 2),
        "rows_digest": rows["digest"],
    }


def as_lines(figures: dict[str, Any]) -> list[str]:
    """The figures as a table."""
    head = f"{figures['rows']} records, 9 quasi-identifiers, {figures['cores']} cores"
    if "failed" in figures:
        return [head, figures["failed"]]
    lines = [head, HEADING]
    for engine, one in figures["engines"].items():
        if "failed" in one:
            lines.append(f"{engine:8} failed: {one['failed']}; peak {one['peak_gib']} GiB")
            continue
        bare = one["bare"]
        lines.append(
            f"{engine:8} {one['ratio_cpu_seconds']:9.2f} {one['cpu_seconds']:8.1f} "
            f"{bare['cpu_seconds']:8.1f} {one['ratio_seconds']:9.2f} {one['seconds']:8.1f} "
            f"{bare['seconds']:8.1f} {one['peak_gib']:9.2f} {bare['peak_gib']:9.2f} "
            f"{one['load_average']:6.1f}   {'yes' if one['equal'] else 'NO'}"
        )
    first = next((one for one in figures["engines"].values() if "failed" not in one), None)
    if first is not None:
        lines.append(
            f"loss {first['loss']}, {first['suppressed']} suppressed, gap {first['gap']}, "
            f"{first['nodes']} of {first['lattice']} nodes looked at"
        )
    return lines


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

    def why_end(self, seconds: float, options: argparse.Namespace) -> str | None:
        """Why the process must not go on; None where it may."""
        if seconds > options.seconds:
            return f"not done in {options.seconds:g} s"
        if self.peak > options.most * 2**30:
            return f"took more than {options.most:g} GiB"
        return None


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
        "--folder", str(options.folder),
        *(["--output", str(output)] if output is not None else []),
    ]  # fmt: skip
    threads = {"POLARS_MAX_THREADS": str(THREADS), "NUMBA_NUM_THREADS": str(THREADS)}
    start, watch, ended = time.perf_counter(), Watch(), None
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
            while process.poll() is None and ended is None:
                watch.look(process.pid)
                ended = watch.why_end(time.perf_counter() - start, options)
                time.sleep(0.05)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)  # Spark's Java process with it
        text = process.stdout.read() if process.stdout else ""
    figures = {
        "seconds": round(time.perf_counter() - start, 2),
        "cpu_seconds": round(watch.cpu, 2),
        "peak_gib": round(watch.peak / 2**30, 2),
        "load_average": round(load, 2),
    }
    print(f"{figures['seconds']} s, {figures['peak_gib']} GiB", file=sys.stderr, flush=True)
    if ended or process.returncode:
        why = ended or f"exit status {process.returncode}"
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

    return duckdb.connect(
        config={
            "threads": THREADS,
            "memory_limit": f"{options.memory}GB",
            "temp_directory": str(options.folder / "spill"),
        }
    )


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
        .config("spark.local.dir", str(options.folder / "spill"))
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
