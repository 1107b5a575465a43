"""The search against the definition: every node of small lattices, in plain Python."""

import itertools
from collections import Counter
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycanon import anonymity

from casemate.errors import BadInput
from casemate.protection import (
    Discernibility,
    Hierarchy,
    KAnonymity,
    Loss,
    anonymise,
    groups,
    intervals,
    suppressible,
)

HIERARCHIES: dict[str, Hierarchy] = {
    "age": intervals(2, 4, 8, top=14),
    "job": groups({"x": ["a", "b"], "y": ["c"], "z": ["d"]}, {"xy": ["x", "y"], "zz": ["z"]}),
    "sex": suppressible(),
    "town": intervals("0.5", 1, domain=(0, 4)),
}
VALUES = {
    "age": st.one_of(st.none(), st.integers(0, 16)),
    "job": st.sampled_from("abcd"),
    "sex": st.sampled_from(["f", "m", None]),
    "town": st.integers(0, 4),
}
Row = tuple[object, ...]


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[Row]]:
    names = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=3, unique=True))
    rows = draw(st.lists(st.tuples(*(VALUES[name] for name in names)), min_size=1, max_size=40))
    return names, rows


def written(value: object) -> str | None:
    return None if value is None else str(value)


def brute_force(
    names: list[str], rows: list[Row], k: int, limit: Fraction, measure: str
) -> tuple[Fraction | None, int]:
    """The least score over all nodes within the limit, and the least suppression over all nodes."""
    records = len(rows)
    columns: list[list[list[str | None]]] = []
    costs: list[list[list[Fraction]]] = []
    sizes: list[int] = []
    for place, name in enumerate(names):
        lines = HIERARCHIES[name].lines(name, [row[place] for row in rows])
        table = {key: (key, *labels) for key, labels in lines.items()}
        cells = [table[written(row[place])] for row in rows]
        depth = len(cells[0])
        columns.append([[cell[level] for cell in cells] for level in range(depth)])
        covers = [Counter(line[level] for line in table.values()) for level in range(depth)]
        costs.append(
            [
                [Fraction(covers[level][label], len(table)) for label in columns[-1][level]]
                for level in range(depth)
            ]
        )
        sizes.append(len(table))
    best: Fraction | None = None
    least = records
    for node in itertools.product(*(range(len(levels)) for levels in columns)):
        tuples = list(zip(*(columns[at][level] for at, level in enumerate(node)), strict=True))
        count = Counter(tuples)
        suppressed = [count[item] < k for item in tuples]
        least = min(least, sum(suppressed))
        if sum(suppressed) > limit * records:
            continue
        if measure == "loss":
            score = loss([costs[at][level] for at, level in enumerate(node)], suppressed, sizes)
        else:
            score = Fraction(
                sum(
                    records if gone else count[item]
                    for item, gone in zip(tuples, suppressed, strict=True)
                )
            )
        best = score if best is None else min(best, score)
    return best, least


def loss(shares: list[list[Fraction]], suppressed: list[bool], sizes: list[int]) -> Fraction:
    total = Fraction(0)
    for column, lines in zip(shares, sizes, strict=True):
        if lines == 1:
            continue
        spent = sum(
            (
                Fraction(1) if gone else share
                for share, gone in zip(column, suppressed, strict=True)
            ),
            Fraction(0),
        )
        least = Fraction(len(suppressed), lines)
        total += (spent - least) / (len(suppressed) - least)
    return total / len(sizes)


@settings(max_examples=150, deadline=None)
@given(
    table=tables(),
    k=st.integers(1, 4),
    limit=st.sampled_from(["0", "0.05", "0.1", "0.3", "0.6"]),
    measure=st.sampled_from([Loss(), Discernibility()]),
)
def test_the_optimum_is_that_of_every_node_tried(
    table: tuple[list[str], list[Row]], k: int, limit: str, measure: Loss | Discernibility
) -> None:
    names, rows = table
    frame = pl.DataFrame(
        rows,
        schema={n: pl.String if n in ("job", "sex") else pl.Int64 for n in names},
        orient="row",
    )
    best, least = brute_force(names, rows, k, Fraction(limit), measure.name)
    hierarchies = {name: HIERARCHIES[name] for name in names}
    if best is None:
        with pytest.raises(BadInput) as refusal:
            anonymise(
                frame, hierarchies, models=[KAnonymity(k)], suppression=limit, measure=measure
            )
        if len(rows) >= k:
            assert f"the least possible is {least} records" in str(refusal.value)
        return
    result = anonymise(
        frame, hierarchies, models=[KAnonymity(k)], suppression=limit, measure=measure
    )
    assert result.score == pytest.approx(float(best), rel=1e-9, abs=1e-12)
    assert result.gap == 0
    assert result.suppressed <= Fraction(limit) * len(rows)
    assert len(result.table) == len(rows) - result.suppressed
    kept = result.table.select(pl.all().cast(pl.String).fill_null("missing")).to_pandas()
    assert anonymity.k_anonymity(kept, names) >= k


@settings(max_examples=60, deadline=None)
@given(table=tables(), k=st.integers(1, 3), data=st.data())
def test_bounded_levels_give_the_best_node_within_the_bounds(
    table: tuple[list[str], list[Row]], k: int, data: st.DataObject
) -> None:
    """Fixing the levels of a free optimum finds it again; no other fixed node beats it."""
    names, rows = table
    frame = pl.DataFrame(
        rows,
        schema={n: pl.String if n in ("job", "sex") else pl.Int64 for n in names},
        orient="row",
    )
    hierarchies = {name: HIERARCHIES[name] for name in names}
    arguments = {"models": [KAnonymity(k)], "suppression": "0.5"}
    try:
        free = anonymise(frame, hierarchies, **arguments)  # type: ignore[arg-type]
    except BadInput:
        return
    again = anonymise(frame, hierarchies, levels=free.generalisation, **arguments)  # type: ignore[arg-type]
    assert again.score == pytest.approx(free.score)
    assert again.lattice == 1
    highest = {entry.variable: entry.highest for entry in free.codebook}
    other = {name: data.draw(st.integers(0, highest[name])) for name in names}
    try:
        bounded = anonymise(frame, hierarchies, levels=other, **arguments)  # type: ignore[arg-type]
    except BadInput:
        return
    assert bounded.score >= free.score - 1e-12
