"""How long a table takes to be judged with 10, 1,000 and 10,000 earlier releases, as JSON.

The table has 30,000 records. Earlier releases are tables by one or two of eight variables, often of a
part of the people, as many researchers ask for them again and again; cells under the threshold are
merged into others, so that each release passes the rules for one table. The new tables are of three
kinds: one that follows from what is out, one that adds groups, and one that discloses.

    python benchmarks/differencing.py [--releases 10 1000 10000]
"""

import argparse
import itertools
import json
import os
import statistics
import time
from typing import Any

import numpy as np
import numpy.typing as npt

from casemate.enclave.differencing import DifferencingRules, Memory, Statement, decide

PEOPLE = 30_000
RULES = DifferencingRules(seconds=30)
LEVELS = (2, 2, 3, 3, 4, 4, 5, 6)
Columns = list[npt.NDArray[np.int64]]


def people() -> Columns:
    """Eight variables of people who do not exist."""
    draw = np.random.default_rng(3)
    return [draw.integers(0, levels, PEOPLE) for levels in LEVELS]


def table(columns: Columns, by: tuple[int, ...], where: tuple[int, int] | None) -> list[Statement]:
    """Counts by the variables ``by``, of those with a value of one other variable where given."""
    inside = np.ones(PEOPLE, dtype=bool)
    if where is not None:
        inside = columns[where[0]] == where[1]
    codes = np.zeros(PEOPLE, dtype=np.int64)
    for name in by:
        codes = codes * 10 + columns[name]
    cells = (np.flatnonzero(inside & (codes == code)) for code in np.unique(codes[inside]))
    return [Statement.of(cell, line=at) for at, cell in enumerate(cells, start=1)]


def earlier(many: int, columns: Columns) -> list[list[Statement]]:
    """Tables of the first six variables: 10,000 of them are a few hundred, asked for repeatedly."""
    draw = np.random.default_rng(4)
    pairs = [(a,) for a in range(6)] + list(itertools.combinations(range(6), 2))
    found = []
    known: dict[Any, list[Statement]] = {}
    for _ in range(many):
        by = pairs[int(draw.integers(len(pairs)))]
        others = [name for name in range(6) if name not in by]
        name = int(draw.choice(others))
        where = (name, int(draw.integers(LEVELS[name]))) if draw.random() < 0.3 else None
        if (by, where) not in known:
            known[by, where] = table(columns, by, where)
        found.append(known[by, where])
    return found


def timed(memory: Memory, wanted: list[Statement], rounds: int) -> dict[str, Any]:
    """The median time to judge ``wanted``, and what was decided."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        decision = decide(memory, wanted, RULES)
        times.append(1000 * (time.perf_counter() - started))
    outcome = "passes" if decision.passes else "discloses" if decision.discloses else "undecided"
    return {"outcome": outcome, "ms": round(statistics.median(times), 1), "rows": len(wanted)}


def measure(many: int, columns: Columns) -> dict[str, Any]:
    """The figures with ``many`` earlier releases."""
    memory, started = Memory(PEOPLE), time.perf_counter()
    for statements in earlier(many, columns):
        memory.add(statements)
    loaded = time.perf_counter() - started
    almost = np.ones(PEOPLE, dtype=bool)
    almost[:4] = False
    return {
        "releases": many,
        "groups": len(memory),
        "classes": len(np.unique(memory.labels)),
        "load_s": round(loaded, 2),
        "known_table": timed(memory, table(columns, (0, 2), None), 5),
        "new_table": timed(memory, table(columns, (6,), None), 3),
        "disclosing_table": timed(memory, [Statement.of(np.flatnonzero(almost))], 5),
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--releases", type=int, nargs="+", default=[10, 1_000, 10_000])
    asked = parser.parse_args()
    columns = people()
    tables = [measure(many, columns) for many in asked.releases]
    result: dict[str, Any] = {"people": PEOPLE, "tables": tables}
    result["load_average"] = round(os.getloadavg()[0], 1)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
