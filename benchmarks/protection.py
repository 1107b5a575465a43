"""The optimal search against ARX's optima and times: prints one JSON document.

    python benchmarks/protection.py [FOLDER] [--repeat 3] [--only adult,military]

FOLDER holds `expected.json` and the data sets beside it (default: ../shared/data/anonymisation).
For each k-anonymity case it gives the optimum found, whether it is ARX's, and wall-clock times in
milliseconds: the search alone and the whole call (distinct tuples, search, application, risk,
independent check), first and median. ARX's own times are copied from `expected.json`; they were
taken on another run of a like machine, so the ratio is a guide.
"""

import argparse
import json
import statistics
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl

from casemate.protection import Discernibility, KAnonymity, Loss, Measure, anonymise, from_csv
from casemate.protection.search import find_optimum
from casemate.protection.tuples import distinct_tuples

MEASURES: dict[str, Measure] = {"loss": Loss(), "discern": Discernibility()}
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "anonymisation"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=SHARED)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    expected = json.loads((options.folder / "expected.json").read_text())["datasets"]
    wanted = options.only.split(",") if options.only else list(expected)
    report = {
        name: measure_dataset(options.folder / name, name, expected[name]["cases"], options.repeat)
        for name in wanted
    }
    print(json.dumps(report, indent=1))


def measure_dataset(folder: Path, name: str, cases: list[Any], repeat: int) -> dict[str, Any]:
    start = time.perf_counter()
    table = pl.read_csv(folder / f"{name}.csv.gz", separator=";", infer_schema=False)
    names = {column for case in cases for column in case["optimum"]}
    hierarchies = {name: from_csv(folder / f"hierarchy_{name}.csv") for name in names}
    load = _milliseconds(start)
    chosen = [case for case in cases if case["metric"] in MEASURES and ";" not in case["models"]]
    return {
        "rows": len(table),
        "load_ms": load,
        "arx_load_ms": chosen[0]["arx_ms"]["csv_and_hierarchy_load"],
        "cases": [measure_case(table, hierarchies, case, repeat) for case in chosen],
    }


def measure_case(
    table: pl.DataFrame, hierarchies: dict[str, Any], case: dict[str, Any], repeat: int
) -> dict[str, Any]:
    quasi = {name: hierarchies[name] for name in case["optimum"]}
    models = [KAnonymity(int(case["models"].removeprefix("k=")))]
    measure = MEASURES[case["metric"]]
    whole = []
    for _ in range(repeat):
        start = time.perf_counter()
        result = anonymise(
            table, quasi, models=models, suppression=case["suppression_limit"], measure=measure
        )
        whole.append(_milliseconds(start))
    tuples, _ = distinct_tuples(table.select(list(quasi)), list(quasi.values()))
    highs = tuple(ladder.height - 1 for ladder in tuples.ladders)
    most = int(Fraction(str(case["suppression_limit"])) * len(table))
    search = []
    for _ in range(repeat):
        start = time.perf_counter()
        find_optimum(tuples, models, measure, most, (0,) * len(highs), highs)
        search.append(_milliseconds(start))
    return {
        "models": case["models"],
        "suppression_limit": case["suppression_limit"],
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
        "search_ms": {"first": search[0], "median": statistics.median(search)},
        "whole_ms": {"first": whole[0], "median": statistics.median(whole)},
        "arx_ms": {
            "first": case["arx_ms"]["anonymize_first_in_jvm"],
            "median": case["arx_ms"]["anonymize_median"],
        },
    }


def _milliseconds(start: float) -> float:
    return round((time.perf_counter() - start) * 1000, 1)


if __name__ == "__main__":
    main()
