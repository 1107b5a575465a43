"""Two registers of made people linked by name: seconds, precision, recall. Prints one JSON document.

    python benchmarks/name_matching.py [--people 100000] [--peers PYTHON --peer-people 10000]

The people, and the errors of the second register, are those of ``tests/made_names.py``; the truth is
known. Beside ``match_people`` stands what costs nothing, the exact join of names and date of birth.
``PYTHON`` is an interpreter that has polars, rapidfuzz and recordlinkage (a throw-away environment):
then both are run on ``--peer-people``, with ours on the same people in the same run.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import polars as pl

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from made_names import judged, made_people, seen_again  # noqa: E402  # the path comes first

from casemate.protection.name_matching import (  # noqa: E402
    NameAgreement,
    PersonColumns,
    match_people,
    names_k_map,
)

COLUMNS = PersonColumns("first", "last", "born", "commune")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--peers")
    parser.add_argument("--peer-people", type=int, default=10_000)
    options = parser.parse_args()
    people = made_people(options.people)
    report: dict[str, Any] = {
        "cores": len(os.sched_getaffinity(0)),
        "load_before": os.getloadavg()[0],
        "people": options.people,
        "linked": linked(people, seen_again(people)),
        "names_k_map_s": k_maps(people),
    }
    if options.peers:
        fewer = made_people(options.peer_people)
        again = seen_again(fewer)
        report["with_peers"] = {"people": options.peer_people, **linked(fewer, again)}
        report["with_peers"] |= peers(options.peers, fewer, again)
    report["peak_memory_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    report["load_after"] = os.getloadavg()[0]
    print(json.dumps(report, indent=1))


def linked(people: pl.DataFrame, again: pl.DataFrame) -> dict[str, Any]:
    start, cpu = time.perf_counter(), time.process_time()
    matches = match_people(people, again, columns=COLUMNS)
    taken, worked = time.perf_counter() - start, time.process_time() - cpu
    rows = matches.pairs.select("left", "right").iter_rows()
    pairs = {(people["truth"][a], again["truth"][b]) for a, b in rows}
    start = time.perf_counter()
    exact = people.join(again, on=["first", "last", "born"])
    joined = time.perf_counter() - start
    return {
        "match_people": {"cpu_s": round(worked, 2), **figures(taken, pairs, people)},
        "exact join": figures(joined, set(zip(exact["truth"], exact["truth_right"])), people),  # noqa: B905
    }


def figures(seconds: float, pairs: set[Any], people: pl.DataFrame) -> dict[str, float]:
    precision, recall = judged(pairs, {(number, number) for number in people["truth"]})
    return {
        "wall_s": round(seconds, 2),
        "precision": round(precision, 4),
        "recall": round(recall, 4),
    }


def k_maps(people: pl.DataFrame) -> dict[str, float]:
    found = {}
    for agreement in NameAgreement:
        start = time.perf_counter()
        names_k_map(people, people, columns=COLUMNS, agreement=agreement)
        found[str(agreement)] = round(time.perf_counter() - start, 2)
    return found


def peers(python: str, people: pl.DataFrame, again: pl.DataFrame) -> dict[str, Any]:
    """Each peer links in a process of its own; it gives its pairs of rows and its seconds."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        people.write_parquet(f"{folder}/left.parquet")
        again.write_parquet(f"{folder}/right.parquet")
        for name in ("rapidfuzz", "recordlinkage"):
            command = [python, str(HERE / "name_matching_peers.py"), name, folder]
            subprocess.run(command, check=True)
            pairs = pl.read_parquet(f"{folder}/{name}.parquet").iter_rows()
            true = {(people["truth"][a], again["truth"][b]) for a, b in pairs}
            seconds = json.loads(Path(f"{folder}/{name}.json").read_text())
            found[name] = {"cpu_s": seconds["cpu_s"], **figures(seconds["wall_s"], true, people)}
    return found


if __name__ == "__main__":
    main()
