"""The peers of ``name_matching.py``, for an environment that has them; see there.

    python name_matching_peers.py rapidfuzz|recordlinkage FOLDER

rapidfuzz: each record with each, the Jaro-Winkler similarity of "first last born" in lower case, 0.95
or more. recordlinkage: blocked on date of birth, then on the last name's Metaphone; Jaro-Winkler 0.85
of the names, date and commune exact; three of four agree (its guide's way, without training).
"""

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

import polars as pl


def by_rapidfuzz(left: pl.DataFrame, right: pl.DataFrame) -> list[tuple[int, int]]:
    process = importlib.import_module("rapidfuzz.process")
    distance: Any = importlib.import_module("rapidfuzz.distance")
    sides = [
        [" ".join(row).casefold() for row in table.select("first", "last", "born").iter_rows()]
        for table in (left, right)
    ]
    found: list[tuple[int, int]] = []
    for at in range(0, len(left), 1000):
        likeness = process.cdist(
            sides[0][at : at + 1000],
            sides[1],
            scorer=distance.JaroWinkler.similarity,
            score_cutoff=0.95,
            workers=-1,
        )
        rows, columns = likeness.nonzero()
        found += [(at + int(a), int(b)) for a, b in zip(rows, columns, strict=True)]
    return found


def by_recordlinkage(left: pl.DataFrame, right: pl.DataFrame) -> list[tuple[int, int]]:
    peer: Any = importlib.import_module("recordlinkage")
    phonetic: Any = importlib.import_module("recordlinkage.preprocessing").phonetic
    one, other = left.to_pandas(), right.to_pandas()
    for table in (one, other):
        table["sound"] = phonetic(table["last"], method="metaphone")
    index = peer.Index()
    index.block("born")
    index.block("sound")
    pairs = index.index(one, other)
    compare = peer.Compare()
    compare.string("first", "first", method="jarowinkler", threshold=0.85)
    compare.string("last", "last", method="jarowinkler", threshold=0.85)
    compare.exact("born", "born")
    compare.exact("commune", "commune")
    agreed = compare.compute(pairs, one, other)
    return [(int(a), int(b)) for a, b in agreed[agreed.sum(axis=1) >= 3].index]


def main() -> None:
    name, folder = sys.argv[1], Path(sys.argv[2])
    left, right = (pl.read_parquet(folder / f"{side}.parquet") for side in ("left", "right"))
    work = {"rapidfuzz": by_rapidfuzz, "recordlinkage": by_recordlinkage}[name]
    wall, cpu = time.perf_counter(), time.process_time()
    pairs = work(left, right)
    seconds = {
        "wall_s": time.perf_counter() - wall,
        "cpu_s": round(time.process_time() - cpu, 2),
    }
    schema = {"left": pl.Int64, "right": pl.Int64}
    pl.DataFrame(pairs, schema, orient="row").write_parquet(folder / f"{name}.parquet")
    (folder / f"{name}.json").write_text(json.dumps(seconds))


if __name__ == "__main__":
    main()
