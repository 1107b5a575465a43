"""Every model and measure against its definition: all nodes of small lattices, in plain Python.

The definitions are those of the papers named in the modules: Machanavajjhala et al. (2007) for
l-diversity, Li et al. (2007) for t-closeness, Brickell & Shmatikov (2008) for delta-disclosure,
Cao & Karras (2012) for beta-likeness.
"""

import itertools
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from casemate.errors import BadInput
from casemate.protection import (
    Ambiguity,
    AverageClassSize,
    BetaLikeness,
    DeltaDisclosure,
    Discernibility,
    DistinctLDiversity,
    EntropyLDiversity,
    Hierarchy,
    KAnonymity,
    KLDivergence,
    Loss,
    Measure,
    NonUniformEntropy,
    Precision,
    PrivacyModel,
    RecursiveCLDiversity,
    TCloseness,
    anonymise,
    groups,
    intervals,
    suppressible,
)
from casemate.protection.checks import _ordered_distance, _tree_distance
from casemate.protection.closeness import tree_levels

HIERARCHIES: dict[str, Hierarchy] = {
    "age": intervals(2, 4, top=10),
    "job": groups({"x": ["a", "b"], "y": ["c"]}, {"all": ["x", "y"]}),
    "sex": suppressible(),
}
VALUES = {
    "age": st.one_of(st.none(), st.integers(0, 11)),
    "job": st.sampled_from("abc"),
    "sex": st.sampled_from(["f", "m"]),
}
ILLS = ["cold", "flu", "hiv", "none", None]
TREE = groups(
    {"airways": ["cold", "flu"], "blood": ["hiv"], "well": ["none"], "unknown": [None]},
    {"ill": ["airways", "blood"], "not known ill": ["well", "unknown"]},
)
ORDER = ("none", "cold", "fever", "flu", "hiv")
Rows = list[tuple[Any, ...]]
Verdict = Callable[[Counter[Any], Counter[Any]], bool]


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], Rows]:
    """Quasi-identifiers, then the sensitive attribute "ill"."""
    names = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=3, unique=True))
    ill = draw(st.sampled_from([ILLS[:2], ILLS[:4], ILLS]))
    row = st.tuples(*(VALUES[name] for name in names), st.sampled_from(ill))
    return names, draw(st.lists(row, min_size=1, max_size=30))


def shares(counts: Counter[Any], value: Any) -> Fraction:
    return Fraction(counts[value], sum(counts.values()))


def entropy_diverse(l: Fraction) -> Verdict:  # noqa: E741
    # H >= log l, as n^n >= l^n times the product of c^c, in whole numbers
    def holds(held: Counter[Any], whole: Counter[Any]) -> bool:
        size = sum(held.values())
        return bool(size**size >= l**size * math.prod(n**n for n in held.values()))

    return holds


def recursive_diverse(c: Fraction, l: int) -> Verdict:  # noqa: E741
    def holds(held: Counter[Any], whole: Counter[Any]) -> bool:
        ranked = sorted(held.values(), reverse=True)
        return ranked[0] < c * sum(ranked[l - 1 :])

    return holds


def close_equal(t: Fraction) -> Verdict:
    return lambda held, whole: (
        sum(abs(shares(held, value) - shares(whole, value)) for value in whole) / 2 <= t
    )


def close_ordered(t: Fraction) -> Verdict:
    def holds(held: Counter[Any], whole: Counter[Any]) -> bool:
        carried, moved = Fraction(0), Fraction(0)
        for value in ORDER:
            carried += shares(held, value) - shares(whole, value)
            moved += abs(carried)
        return moved / (len(ORDER) - 1) <= t

    return holds


def tree_height(left: Any, right: Any) -> int:
    """The height of the first label that two values share; the last is "*"."""
    lines = TREE.lines("ill", ILLS)
    ways = [(key, *lines[key]) for key in (left, right)]
    return next(h for h, (one, other) in enumerate(zip(*ways, strict=True)) if one == other)


def close_tree(t: Fraction) -> Verdict:
    lines = {key: (key, *line) for key, line in TREE.lines("ill", ILLS).items()}

    def holds(held: Counter[Any], whole: Counter[Any]) -> bool:
        extra = {key: shares(held, key) - shares(whole, key) for key in lines}
        cost = Fraction(0)
        for height in (1, 2, 3):
            for node in {line[height] for line in lines.values()}:
                children = {line[height - 1] for line in lines.values() if line[height] == node}
                amounts = [
                    sum(extra[key] for key, line in lines.items() if line[height - 1] == child)
                    for child in children
                ]
                up = sum((amount for amount in amounts if amount > 0), Fraction(0))
                down = -sum((amount for amount in amounts if amount < 0), Fraction(0))
                cost += Fraction(height, 3) * min(up, down)
        return cost <= t

    return holds


def disclosing_little(delta: int) -> Verdict:
    return lambda held, whole: all(
        Fraction(1, 2**delta) < shares(held, value) / shares(whole, value) < 2**delta
        for value in whole
    )


def alike(beta: Fraction, enhanced: bool) -> Verdict:
    def holds(held: Counter[Any], whole: Counter[Any]) -> bool:
        for value in whole:
            gain = shares(held, value) / shares(whole, value) - 1
            if gain > beta:
                return False
            if enhanced and gain > -math.log(shares(whole, value)) + 1e-12:
                return False
        return True

    return holds


def pair(model: PrivacyModel, verdict: Verdict) -> tuple[PrivacyModel, Verdict]:
    return model, verdict


@st.composite
def pairs(draw: st.DrawFn) -> tuple[PrivacyModel, Verdict]:
    """A model and its definition."""
    part = draw(st.sampled_from([Fraction(n, 20) for n in (0, 2, 4, 6, 8, 10, 14)]))
    many = draw(st.integers(2, 3))
    c = draw(st.sampled_from([Fraction(1, 2), Fraction(1), Fraction(3, 2), Fraction(3)]))
    return draw(
        st.sampled_from(
            [
                pair(DistinctLDiversity(many, "ill"), lambda held, whole: len(held) >= many),
                pair(EntropyLDiversity(many, "ill"), entropy_diverse(Fraction(many))),
                pair(EntropyLDiversity("1.5", "ill"), entropy_diverse(Fraction(3, 2))),
                pair(RecursiveCLDiversity(c, many, "ill"), recursive_diverse(c, many)),
                pair(TCloseness(part, "ill"), close_equal(part)),
                pair(
                    TCloseness(part, "ill", "ordered", order=ORDER),
                    close_ordered(part),
                ),
                pair(TCloseness(part, "ill", "hierarchical", TREE), close_tree(part)),
                pair(DeltaDisclosure(many - 1, "ill"), disclosing_little(many - 1)),
                pair(BetaLikeness(c, "ill", enhanced=False), alike(c, False)),
                pair(BetaLikeness(c, "ill"), alike(c, True)),
            ]
        )
    )


def cells_of(names: Sequence[str], rows: Rows) -> tuple[list[list[list[Any]]], list[Any]]:
    """For each attribute the labels of all rows at each level; and its hierarchy's lines."""
    columns, tables_ = [], []
    for place, name in enumerate(names):
        lines = HIERARCHIES[name].lines(name, [row[place] for row in rows])
        table = {key: (key, *labels) for key, labels in lines.items()}
        cells = [table[None if row[place] is None else str(row[place])] for row in rows]
        columns.append([list(level) for level in zip(*cells, strict=True)])
        tables_.append(list(table.values()))
    return columns, tables_


def score_of(
    measure: str,
    labels: list[list[Any]],
    originals: list[list[Any]],
    node: Sequence[int],
    lines: list[Any],
    gone: list[bool],
) -> float:
    """Each measure from its definition, over records one by one."""
    many = len(gone)
    tuples = list(zip(*labels, strict=True))
    sizes = Counter(tuples)
    kept = [not lost for lost in gone]
    covers = [
        Counter(line[level] for line in table) for table, level in zip(lines, node, strict=True)
    ]
    areas = [
        math.prod(cover[label] for cover, label in zip(covers, row, strict=True)) for row in tuples
    ]
    domain = math.prod(len(table) for table in lines)
    if measure == "discernibility":
        return float(
            sum(many if lost else sizes[row] for row, lost in zip(tuples, gone, strict=True))
        )
    if measure == "average-class-size":
        classes = len({row for row, stays in zip(tuples, kept, strict=True) if stays})
        return many / (classes + any(gone))
    if measure == "ambiguity":
        return float(sum(domain if lost else area for area, lost in zip(areas, gone, strict=True)))
    if measure == "kl-divergence":
        real = Counter(zip(*originals, strict=True))
        total = 0.0
        for at, row in enumerate(zip(*originals, strict=True)):
            guess = sum(gone) / domain if gone[at] else sizes[tuples[at]] / areas[at]
            total += math.log2(real[row] / guess) / many
        return total
    parts = []
    for at, column in enumerate(labels):
        height, table = len(lines[at][0]) - 1, lines[at]
        if measure == "precision":
            level = node[at] / height if height else 0.0
            parts.append(sum(1.0 if lost else level for lost in gone) / many)
        elif measure == "loss":
            spent = sum(
                1.0 if lost else covers[at][label] / len(table)
                for label, lost in zip(column, gone, strict=True)
            )
            least = many / len(table)
            parts.append((spent - least) / (many - least) if len(table) > 1 else 0.0)
        else:
            before, after = Counter(originals[at]), Counter(column)
            lost_labels = Counter(label for label, lost in zip(column, gone, strict=True) if lost)
            bits = sum(
                math.log2(after[new] / before[old])
                for old, new in zip(originals[at], column, strict=True)
            )
            bits += sum(count * math.log2(sum(gone) / count) for count in lost_labels.values())
            parts.append(bits)
    return sum(parts) / len(parts)


def brute_force(
    names: Sequence[str],
    rows: Rows,
    k: int,
    verdicts: Sequence[Verdict],
    limit: Fraction,
    measure: str,
) -> float | None:
    """The least score over all nodes within the limit; None where there is none."""
    columns, lines = cells_of(names, rows)
    ill = [row[-1] for row in rows]
    whole = Counter(ill)
    best: float | None = None
    for node in itertools.product(*(range(len(levels)) for levels in columns)):
        labels = [columns[at][level] for at, level in enumerate(node)]
        members: dict[Any, list[int]] = {}
        for at, row in enumerate(zip(*labels, strict=True)):
            members.setdefault(row, []).append(at)
        gone = [False] * len(rows)
        for group in members.values():
            held = Counter(ill[at] for at in group)
            if len(group) < k or not all(verdict(held, whole) for verdict in verdicts):
                for at in group:
                    gone[at] = True
        if sum(gone) > limit * len(rows):
            continue
        originals = [levels[0] for levels in columns]
        score = score_of(measure, labels, originals, node, lines, gone)
        best = score if best is None else min(best, score)
    return best


def frame_of(names: Sequence[str], rows: Rows) -> pl.DataFrame:
    kinds = {name: pl.Int64 if name == "age" else pl.String for name in (*names, "ill")}
    return pl.DataFrame(rows, schema=kinds, orient="row")


MEASURES: list[Measure] = [
    Loss(),
    Discernibility(),
    NonUniformEntropy(),
    Precision(),
    AverageClassSize(),
    Ambiguity(),
    KLDivergence(),
]


@settings(max_examples=300, deadline=None)
@given(
    table=tables(),
    k=st.integers(1, 3),
    chosen=st.lists(pairs(), min_size=0, max_size=2),
    limit=st.sampled_from(["0", "0.1", "0.3", "0.6", "0.9"]),
    measure=st.sampled_from(MEASURES),
)
def test_the_optimum_is_that_of_every_node_tried(
    table: tuple[list[str], Rows],
    k: int,
    chosen: list[tuple[PrivacyModel, Verdict]],
    limit: str,
    measure: Measure,
) -> None:
    names, rows = table
    models = [KAnonymity(k), *(model for model, _ in chosen)]
    if any(isinstance(model, TCloseness) and model.distance == "ordered" for model in models):
        rows = [row for row in rows if row[-1] is not None] or [(*rows[0][:-1], "flu")]
    verdicts = [verdict for _, verdict in chosen]
    best = brute_force(names, rows, k, verdicts, Fraction(limit), measure.name)
    if best is None or len(rows) < max(model.smallest_table() for model in models):
        with pytest.raises(BadInput, match=r"no generalisation reaches|too few"):
            run(names, rows, models, limit, measure)
        return
    result = run(names, rows, models, limit, measure)
    assert result.score == pytest.approx(best, rel=1e-9, abs=1e-9)
    assert result.gap == 0
    assert result.suppressed <= Fraction(limit) * len(rows)
    require_verdicts(result.table, names, rows, k, verdicts)


def run(
    names: Sequence[str], rows: Rows, models: list[PrivacyModel], limit: str, measure: Measure
) -> Any:
    quasi = {name: HIERARCHIES[name] for name in names}
    return anonymise(
        frame_of(names, rows), quasi, models=models, suppression=limit, measure=measure
    )


def require_verdicts(
    table: pl.DataFrame, names: Sequence[str], rows: Rows, k: int, verdicts: Sequence[Verdict]
) -> None:
    whole = Counter(row[-1] for row in rows)
    held: dict[Any, Counter[Any]] = {}
    for row in table.select(*names, "ill").rows():
        held.setdefault(row[:-1], Counter())[row[-1]] += 1
    for counts in held.values():
        assert sum(counts.values()) >= k
        assert all(verdict(counts, whole) for verdict in verdicts)


def transport(p: Any, q: Any, ground: Any) -> float:
    """The earth mover's distance as what it is: the cheapest way to move the mass."""
    many = len(p)
    moves: Mapping[str, Any] = {
        "A_eq": np.vstack(
            [np.kron(np.eye(many), np.ones(many)), np.kron(np.ones(many), np.eye(many))]
        ),
        "b_eq": np.concatenate([p, q]),
    }
    found: Any = linprog(np.asarray(ground).ravel(), method="highs", **moves)
    return float(found.fun)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 9), min_size=5, max_size=5).filter(any),
    st.lists(st.integers(0, 9), min_size=5, max_size=5).filter(any),
)
def test_distances_are_the_cheapest_transport(p: list[int], q: list[int]) -> None:
    """The search's and the checker's formulas, both against the linear programme."""
    left, right = np.array(p) / sum(p), np.array(q) / sum(q)
    extra = [one * sum(q) - other * sum(p) for one, other in zip(p, q, strict=True)]
    scale = sum(p) * sum(q)
    steps = np.abs(np.subtract.outer(np.arange(5), np.arange(5))) / 4
    assert float(_ordered_distance(extra)) / scale == pytest.approx(
        transport(left, right, steps), abs=1e-9
    )
    heights = [[tree_height(one, other) / 3 for other in ILLS] for one in ILLS]
    expected = transport(left, right, heights)
    lines = {key: (key, *line) for key, line in TREE.lines("ill", ILLS).items()}
    by_paper = _tree_distance(dict(zip(ILLS, extra, strict=True)), lines)
    assert float(by_paper) / scale == pytest.approx(expected, abs=1e-9)
    levels = tree_levels("ill", TREE, ILLS)
    by_levels = sum(np.abs(np.bincount(level, weights=extra)).sum() for level in levels) / 2
    assert by_levels / len(levels) / scale == pytest.approx(expected, abs=1e-9)
