"""An attacker plays differencing against the memory of releases, and a researcher ordinary tables: JSON.

Attacks come in sessions on one memory that holds ordinary tables; each attack releases what passes, and
an oracle of other code (scipy's branch and bound and least squares, over everything released) says
whether the group that it was after is known. A harmless table is wrongly held where the oracle finds
that nothing small follows from it.

    python benchmarks/differencing_game.py [--attacks 1000] [--workloads 20] [--seed 1] [--limit 1500]

Half of the attacks are played on each of two tables; each stops after ``--limit`` seconds, and says how
many were played.
"""

import argparse
import itertools
import json
import math
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import LinearConstraint, milp

from casemate.enclave.differencing import DifferencingRules, Memory, Statement, decide

Mask = npt.NDArray[np.bool_]
Table = list[Statement]
RULES = DifferencingRules(threshold=10, margin=3, seconds=5)
PER_SESSION = 10
ORDINARY = 2


@dataclass
class Data:
    """Categories by name, each a list of codes; ``age`` in years; ``rows`` people."""

    name: str
    columns: dict[str, npt.NDArray[np.int64]]

    @property
    def rows(self) -> int:
        return len(self.columns["age"])

    @property
    def categories(self) -> list[str]:
        return [name for name in self.columns if name not in {"age", "id"}]


def nhefs() -> Data:
    """1,566 people of the NHANES I epidemiologic follow-up (causaldata), in the bands of a paper."""
    from causaldata import nhefs_complete

    frame = nhefs_complete.load_pandas().data
    age = frame["age"].to_numpy().astype(np.int64)
    names = {"sex": "sex", "race": "race", "education": "education", "exercise": "exercise",
             "active": "active", "quit": "qsmk"}  # fmt: skip
    columns = {new: frame[old].astype(int).to_numpy() for new, old in names.items()}
    columns["intensity"] = np.digitize(frame["smokeintensity"].to_numpy(), [10, 20, 30])
    return Data("NHEFS", {"age": age, "age10": age // 10, "age5": age // 5, **columns})


def made(seed: int = 7) -> Data:
    """3,000 people who do not exist, with a rare category in each variable."""
    draw = np.random.default_rng(seed)
    rows = 3_000
    age = draw.integers(18, 90, rows)
    columns = {
        "sex": draw.integers(0, 2, rows),
        "region": draw.choice(6, rows, p=[0.3, 0.25, 0.2, 0.15, 0.08, 0.02]),
        "job": draw.choice(5, rows, p=[0.4, 0.3, 0.2, 0.08, 0.02]),
        "diagnosis": draw.choice(4, rows, p=[0.6, 0.25, 0.12, 0.03]),
    }
    return Data("synthetic", {"age": age, "age10": age // 10, "age5": age // 5, **columns})


def table(data: Data, by: tuple[str, ...], where: Mask | None = None, of: str = "") -> Table:
    """Counts by ``by`` of those ``where``, and a statistic of a variable in each cell if asked."""
    where = np.ones(data.rows, dtype=bool) if where is None else where
    codes = np.zeros(data.rows, dtype=np.int64)
    for name in by:
        codes = codes * 1_000 + data.columns[name]
    found = []
    for line, code in enumerate(np.unique(codes[where]), start=1):
        people = np.flatnonzero(where & (codes == code))
        found.append(Statement.of(people, line=line))
        if of:
            found.append(Statement.of(people, f"of {of}", line=line))
    return found


def is_ordinary(cells: Table) -> bool:
    """Whether the rules for one table alone would let it pass."""
    return len(cells) > 0 and min(len(cell.records) for cell in cells) >= RULES.threshold


def ordinary(data: Data, draw: np.random.Generator) -> Table:
    """A table such as papers print: one or two variables, at times of a part of the people, with
    means at times; every cell is large enough."""
    while True:
        by = tuple(draw.choice(data.categories, draw.integers(1, 3), replace=False))
        where = None
        if draw.random() < 0.3:
            name = draw.choice([c for c in data.categories if c not in by])
            where = data.columns[name] == draw.choice(data.columns[name])
        cells = table(data, by, where, "weight" if draw.random() < 0.4 else "")
        if is_ordinary(cells):
            return cells


def few(data: Data, draw: np.random.Generator, inside: Mask | None = None) -> Mask:
    """A small group that a predicate singles out: people of one age and some categories."""
    inside = np.ones(data.rows, dtype=bool) if inside is None else inside
    while True:
        who = int(draw.choice(np.flatnonzero(inside)))
        group = inside.copy()
        for name in ["age", *draw.permutation(data.categories)]:
            group &= data.columns[name] == data.columns[name][who]
            if 0 < group.sum() < RULES.threshold:
                return group


def large(data: Data, draw: np.random.Generator) -> Mask:
    """A group of some size."""
    name = str(draw.choice(data.categories))
    age = data.columns["age"] >= draw.integers(20, 45)
    group: Mask = age & (data.columns[name] != draw.choice(data.columns[name]))
    return group if group.sum() > 200 else age


def one(group: Mask, figure: str = "count") -> Table:
    return [Statement.of(np.flatnonzero(group), figure)]


@dataclass
class Attack:
    """Tables to ask for, and whom they are to tell of: +1 and -1 are who is added and taken away."""

    tables: list[Table]
    target: npt.NDArray[np.int64]
    figure: str = "count"


Attacker = Callable[[Data, np.random.Generator], Attack]


def overlapping(data: Data, draw: np.random.Generator) -> Attack:
    """A filter, and the same filter without a few."""
    group = large(data, draw)
    target = few(data, draw, group)
    return Attack([one(group), one(group & ~target)], target.astype(np.int64))


def nested_ages(data: Data, draw: np.random.Generator) -> Attack:
    """From an age on, and from the next year on, in a part of the people."""
    while True:
        part = large(data, draw) & (data.columns["sex"] == draw.integers(0, 2))
        age = int(draw.integers(25, 80))
        target = part & (data.columns["age"] == age)
        if 0 < target.sum() < RULES.threshold:
            break
    older = part & (data.columns["age"] > age)
    return Attack([one(older | target), one(older)], target.astype(np.int64))


def complement(data: Data, draw: np.random.Generator) -> Attack:
    """Everybody but a few: the catalogue tells how many there are."""
    target = few(data, draw)
    return Attack([one(~target)], target.astype(np.int64))


def margins(data: Data, draw: np.random.Generator) -> Attack:
    """A table with its small cells hidden, then its margins."""
    for _ in range(500):
        down, across = draw.choice(data.categories, 2, replace=False)
        part = large(data, draw)
        cells = table(data, (down, across), part)
        small = [cell for cell in cells if len(cell.records) < RULES.threshold]
        if small:
            shown = [cell for cell in cells if len(cell.records) >= RULES.threshold]
            target = np.zeros(data.rows, dtype=np.int64)
            target[small[int(draw.integers(len(small)))].records] = 1
            return Attack([shown, table(data, (down,), part), table(data, (across,), part)], target)
    return overlapping(data, draw)


def sums(data: Data, draw: np.random.Generator) -> Attack:
    """Two means, of people who differ by a few."""
    group = large(data, draw)
    target = few(data, draw, group)
    asked = [one(group, "of weight"), one(group & ~target, "of weight")]
    return Attack(asked, target.astype(np.int64), "of weight")


def leave_one_out(data: Data, draw: np.random.Generator) -> Attack:
    """A regression, and the same without one to three people; then for another one."""
    group = large(data, draw)
    left = draw.choice(np.flatnonzero(group), draw.integers(1, 4), replace=False)
    target = np.zeros(data.rows, dtype=bool)
    target[left] = True
    asked = [one(group, "of weight"), one(group & ~target, "of weight")]
    return Attack(asked, target.astype(np.int64), "of weight")


def exchanged(data: Data, draw: np.random.Generator) -> Attack:
    """Two means of equally many, in which a few take the place of a few others."""
    group = large(data, draw)
    leave = few(data, draw, group)
    come = few(data, draw, group & ~leave)
    if leave.sum() + come.sum() >= RULES.threshold:
        return leave_one_out(data, draw)
    asked = [one(group & ~leave, "of weight"), one(group & ~come, "of weight")]
    return Attack(asked, come.astype(np.int64) - leave.astype(np.int64), "of weight")


def across_permits(data: Data, draw: np.random.Generator) -> Attack:
    """One permit sees ages in tens, the other in fives: parts of both add up but for a few."""
    group = large(data, draw)
    ten = int(draw.choice(data.columns["age10"][group]))
    target = few(data, draw, group & (data.columns["age10"] == ten))
    fives = [group & ~target & (data.columns["age5"] == 2 * ten + half) for half in (0, 1)]
    whole = group & (data.columns["age10"] == ten)
    return Attack([one(whole), one(fives[0]), one(fives[1])], target.astype(np.int64))


def pieces(data: Data, draw: np.random.Generator) -> Attack:
    """A whole, and all its parts but a small one, each asked for on its own."""
    group = large(data, draw)
    target = few(data, draw, group)
    name = str(draw.choice(data.categories))
    rest = group & ~target
    parts = [
        one(rest & (data.columns[name] == code)) for code in np.unique(data.columns[name][rest])
    ]
    asked = [*parts, one(group)]
    return Attack([asked[at] for at in draw.permutation(len(asked))], target.astype(np.int64))


ATTACKERS: tuple[Attacker, ...] = (
    overlapping, nested_ages, complement, margins, sums, leave_one_out, exchanged, across_permits, pieces,
)  # fmt: skip


@dataclass
class Oracle:
    """Knows all that was released; sets of people, no label, span or exchange of the checker's."""

    rows: int
    released: list[tuple[frozenset[int], str]] = field(default_factory=list)
    late: int = 0

    def hears(self, statements: Table) -> None:
        self.released += [(frozenset(s.records.tolist()), s.figure) for s in statements]

    def classes(self) -> tuple[list[list[int]], npt.NDArray[np.float64], list[frozenset[int]]]:
        """(classes of people, groups over classes, groups)."""
        groups = list(dict.fromkeys([frozenset(range(self.rows)), *(g for g, _ in self.released)]))
        found: dict[tuple[int, ...], list[int]] = {}
        of: list[list[int]] = [[] for _ in range(self.rows)]
        for at, group in enumerate(groups):
            for person in group:
                of[person].append(at)
        for person in range(self.rows):
            found.setdefault(tuple(of[person]), []).append(person)
        matrix = np.zeros((len(groups), len(found)))
        for place, signature in enumerate(found):
            matrix[list(signature), place] = 1
        return list(found.values()), matrix, groups

    def may_have(self, inside: npt.NDArray[np.float64], many: int, seconds: float = 10) -> bool:
        """Whether the classes ``inside`` (1 where they are) can have so many people, in whole numbers;
        so it is taken to be where time runs out (``late`` counts these)."""
        classes, matrix, _ = self.classes()
        true = matrix @ np.array([len(one) for one in classes], dtype=float)
        rows, low = np.vstack([matrix, inside]), np.append(true, many)
        done = milp(
            np.zeros(len(classes)), constraints=LinearConstraint(rows, low, np.append(true, np.inf)),
            integrality=np.ones(len(classes), dtype=np.int64), options={"time_limit": seconds},
        )  # fmt: skip
        self.late += done.status == 1
        return bool(done.status != 2)

    def knows(self, attack: Attack) -> bool:
        """Whether the target's number is bounded below the threshold, or its figure follows."""
        classes, matrix, groups = self.classes()
        share = np.array([np.mean(attack.target[one]) for one in classes])
        if not np.isin(share, (-1, 0, 1)).all():
            inside = np.array([float((attack.target[one] != 0).all()) for one in classes])
        else:
            inside = (share > 0).astype(float)
            told = [g for g, figure in self.released if figure == attack.figure]
            rows = matrix[[groups.index(group) for group in dict.fromkeys(told)]]
            if len(rows) and attack.figure != "count":
                best = np.linalg.lstsq(rows.T, share, rcond=None)[0]
                if np.abs(rows.T @ best - share).max() < 1e-9:
                    return True
        return bool(inside.any()) and not self.may_have(inside, RULES.threshold)

    def finds(self, table: Table, at_most: int = 10_000) -> bool:
        """Whether, with ``table``, some small class is bounded, or statistics differ by few people."""
        after = Oracle(self.rows, list(self.released))
        after.hears(table)
        by_figure = [(g, f) for g, f in after.released if f != "count"]
        for (one_, figure), (other, same) in itertools.combinations(by_figure, 2):
            if figure == same and 0 < len(one_ ^ other) < RULES.threshold:
                return True
        classes, _, _ = after.classes()
        small = [at for at, one in enumerate(classes) if len(one) < RULES.threshold]
        for at in small[:at_most]:
            inside = np.zeros(len(classes))
            inside[at] = 1
            needed = max(RULES.threshold, len(classes[at]) + RULES.margin)
            if not after.may_have(inside, needed, 5):
                return True
        return False


def play(
    data: Data, attacks: int, draw: np.random.Generator, until: float = math.inf
) -> dict[str, Any]:
    """So many attacks, each of a kind drawn at random, or as many as time suffices for."""
    through: Counter[str] = Counter()
    played: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    times: list[float] = []
    late = 0
    for number in range(attacks):
        if time.monotonic() > until:
            break
        if number % PER_SESSION == 0:
            print(number, dict(through), file=sys.stderr)
            memory, oracle = Memory(data.rows), Oracle(data.rows)
            for _ in range(ORDINARY):
                _ask(memory, oracle, ordinary(data, draw), times)
        attacker = ATTACKERS[int(draw.integers(len(ATTACKERS)))]
        attack = attacker(data, draw)
        outcomes = [_ask(memory, oracle, asked, times) for asked in attack.tables if asked]
        played[attacker.__name__] += 1
        refused[attacker.__name__] += not all(outcomes)
        before = oracle.late
        through[attacker.__name__] += oracle.knows(attack)
        late += oracle.late - before
    return {
        "attacks": sum(played.values()),
        "wanted": attacks,
        "got_through": sum(through.values()),
        "by_kind": {kind: {"played": played[kind], "stopped": refused[kind],
                           "got_through": through[kind]} for kind in sorted(played)},
        "undecided_by_the_oracle": late,
        "tables_asked": len(times),
        "median_ms": round(1000 * float(np.median(times)), 1),
        "p95_ms": round(1000 * float(np.quantile(times, 0.95)), 1),
    }  # fmt: skip


def work(data: Data, workloads: int, tables: int, draw: np.random.Generator) -> dict[str, Any]:
    """Ordinary tables, ``tables`` of them on each fresh memory."""
    asked = held = wrongly = undecided = 0
    times: list[float] = []
    for _ in range(workloads):
        memory, oracle = Memory(data.rows), Oracle(data.rows)
        for _ in range(tables):
            wanted = ordinary(data, draw)
            asked += 1
            started = time.perf_counter()
            decision = decide(memory, wanted, RULES)
            times.append(time.perf_counter() - started)
            if decision.passes:
                memory.add(wanted)
                oracle.hears(wanted)
                continue
            held += 1
            undecided += bool(decision.undecided)
            wrongly += not oracle.finds(wanted)
    return {
        "tables": asked, "tables_a_memory": tables, "held": held, "undecided": undecided,
        "wrongly_held": wrongly, "wrongly_held_percent": round(100 * wrongly / max(asked, 1), 2),
        "held_percent": round(100 * held / max(asked, 1), 2),
        "median_ms": round(1000 * float(np.median(times)), 1),
        "p95_ms": round(1000 * float(np.quantile(times, 0.95)), 1),
    }  # fmt: skip


def _ask(memory: Memory, oracle: Oracle, wanted: Table, times: list[float]) -> bool:
    started = time.perf_counter()
    passes = decide(memory, wanted, RULES).passes
    times.append(time.perf_counter() - started)
    if passes:
        memory.add(wanted)
        oracle.hears(wanted)
    return passes


def main() -> None:
    """Print the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--attacks", type=int, default=1000)
    parser.add_argument("--workloads", type=int, default=20)
    parser.add_argument("--tables", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--limit", type=float, default=1500, help="seconds for each table's attacks"
    )
    parser.add_argument("--data", help="NHEFS or synthetic alone")
    asked = parser.parse_args()
    result: dict[str, Any] = {"seed": asked.seed, "threshold": RULES.threshold}
    for data in (nhefs(), made()):
        if asked.data and data.name != asked.data:
            continue
        draw = np.random.default_rng(asked.seed)
        result[data.name] = {
            "people": data.rows,
            "game": play(data, asked.attacks // 2, draw, time.monotonic() + asked.limit),
            "harmless": work(data, asked.workloads // 2, asked.tables, draw),
        }
    result["load_average"] = round(os.getloadavg()[0], 1)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
