"""Tables of 1.2 million records in the shape of `synpop_dev`, anonymised in a new process each.

    python benchmarks/protection/sisters.py [FOLDER] [--rows 1200000] [--seeds 1,2] [--json]

The bigger sisters of `synpop_dev` are not handed out, nor is the generator that made them. So these are
drawn from `synpop_dev` itself, as a chain: each column is taken from a random record that agrees in the
two columns before it which tell most about it. That keeps every such joint distribution and makes
combinations that `synpop_dev` does not have, so that there are about as many distinct ones for each
record. ARX's time on the true sisters (223 s at 5 % suppression) is a guide to them, no more.

A line a table: records, distinct combinations, seconds and CPU seconds of the new process from its start
to its end, with imports and the reading of CSV and hierarchies, its peak memory, the loss and the nodes
looked at, with k = 5, at most 5 % suppressed, and Loss. Written files are removed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from casemate.protection import KAnonymity, anonymise, from_csv

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "anonymisation"
SET, SENSITIVE = "synpop_dev", "income_band"
Codes = npt.NDArray[np.int64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=SHARED)
    parser.add_argument("--rows", type=int, default=1_200_000)
    parser.add_argument("--seeds", default="1,2")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        once(options.folder / SET, options.child)
        return
    known = pl.read_csv(options.folder / SET / f"{SET}.csv.gz", separator=";", infer_schema=False)
    found = []
    for seed in options.seeds.split(","):
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "sister.csv"
            sister(known, options.rows, int(seed)).write_csv(path, separator=";")
            found.append(
                {"seed": int(seed), "records": options.rows, **timed(options.folder, path)}
            )
    print(json.dumps(found, indent=1) if options.json else "\n".join(as_lines(found)))


def as_lines(found: list[dict[str, Any]]) -> list[str]:
    heading = (
        f"{'records':>9} {'tuples':>8} {'s':>7} {'CPU s':>7} {'MiB':>6} {'load':>5}  loss, nodes"
    )
    return [heading] + [
        f"{one['records']:9} {one['tuples']:8} {one['seconds']:7.2f} {one['cpu_seconds']:7.2f} "
        f"{one['peak_mib']:6.0f} {one['load_average']:5.1f}  {one['loss']:.6f}, {one['nodes']} of "
        f"{one['lattice']}, {one['suppressed']} suppressed, gap {one['gap']:g}"
        for one in found
    ]


def sister(known: pl.DataFrame, rows: int, seed: int) -> pl.DataFrame:
    """Records like those of ``known``, column by column."""
    random = np.random.default_rng(seed)
    codes = {name: known[name].rank("dense").to_numpy().astype(np.int64) for name in known.columns}
    drawn: dict[str, Codes] = {}
    for name in known.columns:
        parents = _parents(codes, list(drawn), name)
        drawn[name] = _given(codes, drawn, name, parents, rows, random)
    values = {name: known[name].unique().sort() for name in known.columns}
    return pl.DataFrame(
        {name: values[name].gather(pl.Series(held - 1)) for name, held in drawn.items()}
    )


def _parents(codes: dict[str, Codes], before: list[str], name: str) -> list[str]:
    """The two columns that share most information with ``name``."""
    shared = {other: _bits(codes[other]) - _bits(codes[other], codes[name]) for other in before}
    return sorted(shared, key=lambda other: -shared[other])[:2]


def _bits(*columns: Codes) -> float:
    """The entropy of some columns together."""
    counts = np.unique(_joint(columns), return_counts=True)[1]
    shares = counts / counts.sum()
    return float(-(shares * np.log2(shares)).sum())


def _joint(columns: Any) -> Codes:
    key = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        key = key * 10_000 + column
    return key


def _given(
    codes: dict[str, Codes],
    drawn: dict[str, Codes],
    name: str,
    parents: list[str],
    rows: int,
    random: np.random.Generator,
) -> Codes:
    """A value for each row, from a random known record with the same parents."""
    if not parents:
        return random.choice(codes[name], rows)
    theirs = _joint([codes[parent] for parent in parents])
    ours = _joint([drawn[parent] for parent in parents])
    order = np.argsort(theirs, kind="stable")
    low, high = (np.searchsorted(theirs[order], ours, side) for side in ("left", "right"))
    last = parents[:-1]
    if (
        low == high
    ).any():  # a pair that nobody has, drawn by other ways: by the first parent alone
        alone = _given(codes, drawn, name, last, rows, random)
        picked = np.where(
            high > low, low + (random.random(rows) * (high - low)).astype(np.int64), 0
        )
        return np.where(high > low, codes[name][order[picked]], alone)
    return codes[name][order[low + (random.random(rows) * (high - low)).astype(np.int64)]]


def once(folder: Path, path: Path) -> None:
    """What the new process does."""
    table = pl.read_csv(path, separator=";", infer_schema=False)
    names = [name for name in table.columns if name != SENSITIVE]
    quasi = {name: from_csv(folder / f"hierarchy_{name}.csv") for name in names}
    result = anonymise(table, quasi, models=[KAnonymity(5)], suppression="0.05")
    told = ("loss", "gap", "suppressed", "nodes", "lattice", "generalisation")
    found = {name: getattr(result, name) for name in told}
    print(json.dumps({"tuples": result.risk_before.classes, **found}))


def timed(folder: Path, path: Path) -> dict[str, Any]:
    words = [sys.executable, __file__, str(folder), "--child", str(path)]
    load, start = os.getloadavg()[0], time.perf_counter()
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as child:
        text = child.stdout.read() if child.stdout else ""
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"the process ended with {child.returncode}")
    return {
        "seconds": round(time.perf_counter() - start, 2),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 2),
        "peak_mib": round(usage.ru_maxrss / 1024, 1),
        "load_average": round(load, 2),
        **json.loads(text),
    }


if __name__ == "__main__":
    main()
