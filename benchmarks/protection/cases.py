"""The optimal search against ARX's optima and times, on every case of `expected.json`.

    python benchmarks/protection/cases.py [FOLDER] [--repeat 3] [--only adult,military] [--json]

FOLDER holds `expected.json` and the data sets beside it (default: ../shared/data/anonymisation).
For each case it prints whether the optimum is ARX's, and the median wall-clock time of the whole
call (distinct tuples, search, application, risk, independent check) and of the search alone, with
ARX's median and the ratio of the two whole times. ARX's times are copied from `expected.json`; they
were taken on another run of a like machine, so the ratio is a guide. `--json` prints one document.
"""

import argparse
import json
import statistics
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
    TCloseness,
    anonymise,
    from_csv,
)
from casemate.protection.search import find_optimum
from casemate.protection.tuples import distinct_tuples

MEASURES: dict[str, Measure] = {
    "loss": Loss(),
    "discern": Discernibility(),
    "entropy": NonUniformEntropy(),
}
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "anonymisation"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=SHARED)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    expected = json.loads((options.folder / "expected.json").read_text())["datasets"]
    wanted = options.only.split(",") if options.only else list(expected)
    rows = []
    if not options.json:
        print(HEADING)
    for name in wanted:
        for row in measure_dataset(options.folder / name, name, expected[name], options.repeat):
            rows.append(row)
            if not options.json:
                print(as_line(row), flush=True)
    if options.json:
        print(json.dumps(rows, indent=1))


HEADING = (
    f"{'set':11} {'models':10} {'supp.':>6} {'measure':8} {'same optimum':12} {'score':>18} "
    f"{'nodes':>6} {'ARX':>6} {'search ms':>10} {'whole ms':>9} {'ARX ms':>7} {'ratio':>6}"
)


def as_line(row: dict[str, Any]) -> str:
    return (
        f"{row['set']:11} {row['models']:10} {row['suppression_limit']:6} {row['measure']:8} "
        f"{'yes' if row['same_optimum'] else 'NO':12} {row['score']:18.10f} {row['nodes']:6} "
        f"{row['arx_nodes']:6} {row['search_ms']:10.1f} {row['whole_ms']:9.1f} "
        f"{row['arx_ms']:7.0f} {row['whole_ms'] / row['arx_ms']:6.2f}"
    )


def measure_dataset(
    folder: Path, name: str, expected: dict[str, Any], repeat: int
) -> Iterator[dict[str, Any]]:
    table = pl.read_csv(folder / f"{name}.csv.gz", separator=";", infer_schema=False)
    for case in expected["cases"]:
        yield {"set": name, **measure_case(table, folder, case, repeat)}


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


def measure_case(
    table: pl.DataFrame, folder: Path, case: dict[str, Any], repeat: int
) -> dict[str, Any]:
    quasi = {name: from_csv(folder / f"hierarchy_{name}.csv") for name in case["optimum"]}
    models = models_of(case, folder)
    measure = MEASURES[case["metric"]]
    limit = case["suppression_limit"]
    whole, search = [], []
    for _ in range(repeat):
        start = time.perf_counter()
        result = anonymise(table, quasi, models=models, suppression=limit, measure=measure)
        whole.append(_milliseconds(start))
    guarded = table.select([case["sensitive"]] if case["sensitive"] else [])
    tuples, _ = distinct_tuples(table.select(list(quasi)), list(quasi.values()), guarded)
    highs = tuple(ladder.height - 1 for ladder in tuples.ladders)
    most = int(Fraction(str(limit)) * len(table))
    for _ in range(repeat):
        start = time.perf_counter()
        find_optimum(tuples, models, measure, most, (0,) * len(highs), highs)
        search.append(_milliseconds(start))
    return {
        "models": case["models"],
        "suppression_limit": limit,
        "measure": case["metric"],
        "same_optimum": result.generalisation == case["optimum"],
        "score": result.score,
        "arx_score": case["score"],
        "relative_difference": abs(result.score / case["score"] - 1),
        "suppressed": result.suppressed,
        "nodes": result.nodes,
        "arx_nodes": case["arx_nodes_checked"],
        "lattice": result.lattice,
        "distinct_tuples": len(tuples.counts),
        "search_ms": statistics.median(search),
        "whole_ms": statistics.median(whole),
        "arx_ms": case["arx_ms"]["anonymize_median"],
    }


def _milliseconds(start: float) -> float:
    return round((time.perf_counter() - start) * 1000, 1)


if __name__ == "__main__":
    main()
