"""Every case of `expected.json` against ARX: the same optimum, and how long it took.

    python benchmarks/protection/cases.py [FOLDER] [--repeat 5] [--only adult,military] [--json]

FOLDER holds `expected.json` and the data sets beside it (default: ../shared/data/anonymisation). For
each case: whether optimum and score are ARX's; the median wall-clock and CPU time of the whole call in
a warm process (distinct tuples, search, application, risk, independent check); the median wall-clock
time of a new process from its start to its end, with imports and the reading of table and hierarchies,
and its peak memory, taken by the parent.

ARX's times are copied from `expected.json`, because ARX itself is not run here: `arx_ms` is its median
in a warm JVM, `arx_process_ms` its loading of the files plus its first call, to which the start of the
JVM would be added. They were taken on another run of a like machine, so that a ratio is a guide, and
none at all where `load_average` is far from 0.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl

from casemate.protection import (
    Discernibility,
    DistinctLDiversity,
    KAnonymity,
    Loss,
    Measure,
    NonUniformEntropy,
    PrivacyModel,
    Result,
    TCloseness,
    anonymise,
    from_csv,
)

MEASURES: dict[str, Measure] = {
    "loss": Loss(),
    "discern": Discernibility(),
    "entropy": NonUniformEntropy(),
}
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "anonymisation"
SAME, ROUNDED = 1e-9, 5e-11  # relative; and what a score of ten decimals may be off by


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=SHARED)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--only", default="")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", nargs=2, metavar=("SET", "CASE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    expected = json.loads((options.folder / "expected.json").read_text())["datasets"]
    if options.child:
        name, place = options.child
        once(options.folder / name, name, expected[name]["cases"][int(place)])
        return
    wanted = options.only.split(",") if options.only else list(expected)
    rows = []
    if not options.json:
        print(HEADING)
    for name in wanted:
        for row in measure_dataset(options.folder, name, expected[name], options.repeat):
            rows.append(row)
            if not options.json:
                print(as_line(row), flush=True)
    if options.json:
        print(json.dumps(rows, indent=1))


HEADING = (
    f"{'set':11} {'models':10} {'supp.':>6} {'measure':8} {'optimum':8} {'nodes':>6} {'ARX':>6} "
    f"{'warm ms':>9} {'CPU ms':>8} {'ARX ms':>7} {'ratio':>6} {'process s':>10} {'ARX s':>7} "
    f"{'MiB':>6} {'load':>5}"
)


def as_line(row: dict[str, Any]) -> str:
    return (
        f"{row['set']:11} {row['models']:10} {row['suppression_limit']:6} {row['measure']:8} "
        f"{'same' if row['same_optimum'] else 'OTHER':8} {row['nodes']:6} {row['arx_nodes']:6} "
        f"{row['warm_ms']:9.1f} {row['warm_cpu_ms']:8.1f} {row['arx_ms']:7.0f} "
        f"{row['warm_ms'] / row['arx_ms']:6.2f} {row['process_ms'] / 1000:10.2f} "
        f"{row['arx_process_ms'] / 1000:7.2f} {row['peak_mib']:6.0f} {row['load_average']:5.2f}"
    )


def measure_dataset(
    folder: Path, name: str, expected: dict[str, Any], repeat: int
) -> Iterator[dict[str, Any]]:
    table = read(folder / name, name)
    for place, case in enumerate(expected["cases"]):
        yield {
            "set": name,
            "records": len(table),
            "load_average": round(os.getloadavg()[0], 2),
            **warm(table, folder / name, case, repeat),
            **new_processes(folder, name, place, repeat),
        }


def read(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_csv(folder / f"{name}.csv.gz", separator=";", infer_schema=False)


def models_of(case: dict[str, Any], folder: Path) -> list[PrivacyModel]:
    """The models of a case, which are written "k=5;t=0.2"."""
    sensitive = case["sensitive"]
    readers: dict[str, Callable[[str], PrivacyModel]] = {
        "k": lambda text: KAnonymity(int(text)),
        "l": lambda text: DistinctLDiversity(int(text), sensitive),
        "te": lambda text: TCloseness(Fraction(text), sensitive),
        "t": lambda text: TCloseness(
            Fraction(text),
            sensitive,
            "hierarchical",
            from_csv(folder / f"hierarchy_{sensitive}.csv"),
        ),
    }
    parts = [part.split("=") for part in case["models"].split(";")]
    return [readers[name](text) for name, text in parts]


def call_of(folder: Path, case: dict[str, Any]) -> Callable[[pl.DataFrame], Result]:
    """The one call that a case asks for, its hierarchies read."""
    quasi = {name: from_csv(folder / f"hierarchy_{name}.csv") for name in case["optimum"]}
    models, measure = models_of(case, folder), MEASURES[case["metric"]]
    limit = case["suppression_limit"]
    return lambda table: anonymise(table, quasi, models=models, suppression=limit, measure=measure)


def once(folder: Path, name: str, case: dict[str, Any]) -> None:
    """What a new process does."""
    result = call_of(folder, case)(read(folder, name))
    if not same(result.score, case["score"]):
        raise SystemExit(f"{name}: the score {result.score} is not ARX's {case['score']}")


def same(score: float, arx: float) -> bool:
    """Whether two scores are equal: another node of the same score is as good an optimum."""
    return abs(score - arx) <= SAME * abs(arx) + ROUNDED


def warm(table: pl.DataFrame, folder: Path, case: dict[str, Any], repeat: int) -> dict[str, Any]:
    """The whole call in this process; the first one, which compiles or loads kernels, is not timed."""
    call = call_of(folder, case)
    result = call(table)
    wall, cpu = [], []
    for _ in range(repeat):
        start, used = time.perf_counter(), time.process_time()
        call(table)
        wall.append(1000 * (time.perf_counter() - start))
        cpu.append(1000 * (time.process_time() - used))
    times = case["arx_ms"]
    return {
        "models": case["models"],
        "suppression_limit": case["suppression_limit"],
        "measure": case["metric"],
        "same_optimum": same(result.score, case["score"]),
        "same_node": result.generalisation == case["optimum"],
        "score": result.score,
        "arx_score": case["score"],
        "relative_difference": abs(result.score / case["score"] - 1),
        "gap": result.gap,
        "suppressed": result.suppressed,
        "nodes": result.nodes,
        "arx_nodes": case["arx_nodes_checked"],
        "lattice": result.lattice,
        "warm_ms": round(statistics.median(wall), 1),
        "warm_cpu_ms": round(statistics.median(cpu), 1),
        "arx_ms": times["anonymize_median"],
        "arx_process_ms": times["csv_and_hierarchy_load"] + times["anonymize_first_in_jvm"],
    }


def new_processes(folder: Path, name: str, place: int, repeat: int) -> dict[str, float]:
    """Wall-clock time and peak memory of processes that do the case once and end."""
    words = [sys.executable, __file__, str(folder), "--child", name, str(place)]
    wall, peak = [], 0
    for _ in range(repeat):
        start = time.perf_counter()
        child = subprocess.Popen(words)
        _, status, usage = os.wait4(child.pid, 0)
        wall.append(1000 * (time.perf_counter() - start))
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise SystemExit(f"case {place} of {name} failed in a process of its own")
        peak = max(peak, usage.ru_maxrss)
    return {"process_ms": round(statistics.median(wall), 1), "peak_mib": round(peak / 1024, 1)}


if __name__ == "__main__":
    main()
