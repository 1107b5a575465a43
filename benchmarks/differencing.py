"""How long a table takes to be judged with 10, 1,000 and 10,000 earlier releases, as JSON.

The table has 30,000 records and two worlds are played.

*repeated*: six of eight variables are released by one or two, at times of those with a value of a third,
as many researchers ask for them again and again; each class has about fifty people. The new tables are
one that follows from what is out, one by a variable that nobody asked for yet (which cuts all classes
into small ones), and one that discloses.

*wide*: eight uneven variables that go together, whose classes are mostly single people. Each table is
judged before it is out, as in life, and only those that pass are: the times are of all the tables that
were asked for, the first and the last of them, and it is told how many were held, and why.

Times are medians in milliseconds, of the wall and of the processor: where other work loads the machine,
only the latter says something. Each size stops after ``--limit`` seconds, and says so.

    python benchmarks/differencing.py [--releases 10 1000 10000] [--limit 240] [--seconds 20]
"""

import argparse
import itertools
import json
import os
import resource
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from casemate.enclave.differencing import DifferencingRules, Memory, Statement, decide

PEOPLE = 30_000
LEVELS = (2, 2, 3, 3, 4, 4, 5, 6)
RELEASED = 6
SMALLEST = 10
LAST = 20
Columns = list[npt.NDArray[np.int64]]
Table = list[Statement]
Wanted = tuple[tuple[int, ...], tuple[int, int] | None]


def even() -> Columns:
    """Eight variables of people who do not exist, each value as frequent as the others."""
    draw = np.random.default_rng(3)
    return [draw.integers(0, levels, PEOPLE) for levels in LEVELS]


def uneven() -> Columns:
    """Eight variables that go together, with rare values (2 % of the people or more)."""
    draw = np.random.default_rng(5)
    common = draw.normal(size=PEOPLE)
    found = []
    for levels in LEVELS:
        shares = np.maximum(0.6 ** np.arange(levels), 0.02)
        shares /= shares.sum()
        inclined = 0.5 * common + draw.normal(size=PEOPLE)
        found.append(np.digitize(inclined, np.quantile(inclined, np.cumsum(shares)[:-1])))
    return found


def table(columns: Columns, by: tuple[int, ...], where: tuple[int, int] | None) -> Table:
    """Counts by the variables ``by``, of those with a value of one other variable where given."""
    inside = np.ones(PEOPLE, dtype=bool)
    if where is not None:
        inside = columns[where[0]] == where[1]
    codes = np.zeros(PEOPLE, dtype=np.int64)
    for name in by:
        codes = codes * 10 + columns[name]
    cells = (np.flatnonzero(inside & (codes == code)) for code in np.unique(codes[inside]))
    return [Statement.of(cell, line=at) for at, cell in enumerate(cells, start=1)]


def asked(many: int, variables: int) -> Iterator[Wanted]:
    """What ``many`` researchers ask for: the same few hundred tables, again and again."""
    draw = np.random.default_rng(4)
    names = range(variables)
    pairs = [(a,) for a in names] + list(itertools.combinations(names, 2))
    for _ in range(many):
        by = pairs[int(draw.integers(len(pairs)))]
        name = int(draw.choice([name for name in names if name not in by]))
        where = (name, int(draw.integers(LEVELS[name]))) if draw.random() < 0.3 else None
        yield by, where


def timed(memory: Memory, wanted: Table, rounds: int, rules: DifferencingRules) -> dict[str, Any]:
    """The median time to judge ``wanted``, and what was decided."""
    walls, processor = [], []
    for _ in range(rounds):
        wall, used = time.perf_counter(), time.process_time()
        decision = decide(memory, wanted, rules)
        walls.append(1000 * (time.perf_counter() - wall))
        processor.append(1000 * (time.process_time() - used))
    outcome = "passes" if decision.passes else "discloses" if decision.discloses else "undecided"
    return {
        "outcome": outcome, "ms": round(statistics.median(walls), 1),
        "cpu_ms": round(statistics.median(processor), 1), "rows": len(wanted),
    }  # fmt: skip


def repeated(many: int, until: float, rules: DifferencingRules) -> dict[str, Any]:
    """The figures with ``many`` earlier releases of evenly spread variables."""
    columns, memory, known = even(), Memory(PEOPLE), dict[Wanted, Table]()
    started, added = time.process_time(), 0
    for wanted in asked(many, RELEASED):
        if time.monotonic() > until:
            break
        statements = known.get(wanted) or known.setdefault(wanted, table(columns, *wanted))
        memory.add(statements)
        added += 1
    almost = np.ones(PEOPLE, dtype=bool)
    almost[:4] = False
    found: dict[str, Any] = {"releases": added, "finished": added == many, **_size(memory)}
    found["load_cpu_s"] = round(time.process_time() - started, 2)
    questions = {
        "known_table": (table(columns, (0, 2), None), 5),
        "new_table": (table(columns, (6,), None), 3),
        "disclosing_table": ([Statement.of(np.flatnonzero(almost))], 5),
    }
    for name, (wanted_table, rounds) in questions.items():
        late = time.monotonic() > until
        found[name] = "no time was left" if late else timed(memory, wanted_table, rounds, rules)
    return found


@dataclass
class Judged:
    """How one table fared."""

    seconds: float
    cpu: float
    outcome: str
    new: bool


def wide(many: int, until: float, rules: DifferencingRules) -> dict[str, Any]:
    """``many`` tables asked for one after another, each out only if it passes."""
    columns, memory = uneven(), Memory(PEOPLE)
    judged: list[Judged] = []
    seen: set[Wanted] = set()
    for wanted in asked(many, len(LEVELS)):
        if time.monotonic() > until:
            break
        statements = table(columns, *wanted)
        if min(len(one.records) for one in statements) < SMALLEST:
            continue  # the rules for one table hold it
        wall, used = time.perf_counter(), time.process_time()
        decision = decide(memory, statements, rules)
        outcome = "passed" if decision.passes else "held" if decision.discloses else "undecided"
        judged.append(Judged(time.perf_counter() - wall, time.process_time() - used, outcome,
                             wanted not in seen))  # fmt: skip
        seen.add(wanted)
        if decision.passes:
            memory.add(statements)
    return {"asked": len(judged), "finished": time.monotonic() <= until, **_size(memory),
            "all": _summary(judged), "of_them_new": _summary([one for one in judged if one.new]),
            f"last_{LAST}": _summary(judged[-LAST:])}  # fmt: skip


def _size(memory: Memory) -> dict[str, int]:
    classes = np.unique(memory.labels, return_counts=True)[1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"groups": len(memory), "independent": memory.rank, "classes": len(classes),
            "classes_under_10": int((classes < SMALLEST).sum()), "peak_mib": peak}  # fmt: skip


def _summary(judged: list[Judged]) -> dict[str, Any]:
    if not judged:
        return {"tables": 0}
    walls, cpu = [one.seconds for one in judged], [one.cpu for one in judged]
    found: dict[str, Any] = {"tables": len(judged)}
    for outcome in ("passed", "held", "undecided"):
        found[outcome] = sum(one.outcome == outcome for one in judged)
    for name, times in (("ms", walls), ("cpu_ms", cpu)):
        for share in (0.5, 0.95, 1.0):
            found[f"{name}_{share:.0%}"] = round(1000 * float(np.quantile(times, share)), 1)
    return found


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--releases", type=int, nargs="+", default=[10, 1_000, 10_000])
    parser.add_argument("--limit", type=float, default=240, help="seconds for each size and world")
    parser.add_argument("--seconds", type=float, default=20, help="limit of one decision")
    parser.add_argument("--world", choices=["repeated", "wide"], help="one of the two alone")
    wanted = parser.parse_args()
    rules = DifferencingRules(seconds=wanted.seconds)
    result: dict[str, Any] = {"people": PEOPLE, "seconds_a_decision": wanted.seconds}
    for name, play in {"repeated": repeated, "wide": wide}.items():
        if wanted.world in (None, name):
            result[name] = {
                str(many): play(many, time.monotonic() + wanted.limit, rules)
                for many in wanted.releases
            }
    result["load_average"] = round(os.getloadavg()[0], 1)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
