"""Protection by suppression: primary cells, the cells that must go with them, and the audit."""

import dataclasses
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from casemate.errors import IntegrityFailure
from casemate.protection.aggregation.auditor import (
    MOST_INTEGER,
    audit,
    whole_numbers_tell_nothing,
)
from casemate.protection.aggregation.dimensions import Dimension
from casemate.protection.aggregation.hypercube import Cubes, Witness, cubes_of
from casemate.protection.aggregation.markers import CONFIDENTIAL, PLAIN
from casemate.protection.aggregation.request import Options, Tabulation, table_of
from casemate.protection.aggregation.rules import Facts, Layer, count_layer, sensitive, sum_layer
from casemate.protection.aggregation.solver import Deadline, Flags, Floats, Ints
from casemate.protection.aggregation.suppression import (
    LARGEST_EXACT,
    Pattern,
    Problem,
    Start,
    out_of_time,
    protect,
    protect_large,
)
from casemate.protection.aggregation.system import System, numbered, system_of
from casemate.protection.aggregation.table import (
    AggregateReport,
    AggregateTable,
    Truth,
    reasons_of,
    without,
)

_TRIES = 8
# sensitive cells times cells: beyond this a linear programme for each takes minutes
MOST_BY_PROGRAMMES = 1_000_000
# of the processor, for all that protects a table and shows it, unless more is asked for
LONGEST = 600.0


def suppressed(
    tabulations: Sequence[Tabulation], options: Options, kind: str
) -> list[AggregateTable]:
    """Protect, audit, and give back; whole numbers may need a wider pattern than fractions do.

    Raises Unavailable where that takes longer than ``LONGEST``, or the seconds that were asked for.
    """
    deadline = Deadline(max(LONGEST, options.seconds), time.thread_time)
    numbers = numbered([one.dimensions for one in tabulations])
    system = system_of([one.dimensions for one in tabulations], numbers)
    facts = joined([one.facts for one in tabulations], numbers, system.cells)
    primary = sensitive(options.rules, facts)
    layers = _layers(options, facts, primary)
    wider, bound = np.ones(system.cells), 0.0
    for _ in range(_TRIES):
        widened = [_wider(layer, wider) for layer in layers]
        dimensions = tabulations[0].dimensions if len(tabulations) == 1 else ()
        pattern, witnesses = _pattern(
            system, widened, facts, primary, options, dimensions, deadline
        )
        if wider.max() > 1:  # more was asked than is required: the bound is not the question's
            pattern = dataclasses.replace(pattern, method="heuristic", bound=bound)
        else:
            bound = pattern.bound
        tables = [
            _suppressed_table(
                one, ids, facts, layers, primary, pattern, options, kind, len(numbers), witnesses
            )
            for one, ids in zip(tabulations, numbers, strict=True)
        ]
        verdict = audit(
            tables, only_sensitive=True, witnesses=True, seconds=max(0.0, deadline.left)
        )
        if verdict.passed:
            return tables
        if not verdict.in_time or deadline.passed:
            raise out_of_time()
        failing = {cell.cell for cell in verdict.failing}
        if not failing:
            break
        for one, ids in zip(tabulations, numbers, strict=True):
            wider[ids[_places(one, failing)]] *= 1.5
    raise IntegrityFailure(
        f"the audit found a table that is not protected ({verdict.problems[0]}): nothing is given "
        "back; please report it"
    )


def _wider(layer: Layer, wider: Floats) -> Layer:
    """A layer that asks for more; whole numbers stay whole, as hypercubes need them."""
    rounded = np.ceil if layer.name == "count" else np.positive
    return dataclasses.replace(
        layer, up=rounded(layer.up * wider), width=rounded(layer.width * wider)
    )


def joined(parts: Sequence[Facts], numbers: Sequence[Ints], cells: int) -> Facts:
    """The facts of the cells of all tables, by number."""

    def gather(name: str) -> Any:
        arrays = [getattr(part, name) for part in parts]
        if arrays[0] is None:
            return None
        whole = np.zeros((cells, *arrays[0].shape[1:]), dtype=arrays[0].dtype)
        for ids, array in zip(numbers, arrays, strict=True):
            whole[ids] = array
        return whole

    return Facts(gather("counts"), gather("sums"), gather("absolutes"), gather("tops"))


def _layers(options: Options, facts: Facts, primary: dict[str, Flags]) -> list[Layer]:
    """What is published, and so attacked; a mean tells both of what it is made of."""
    layers = []
    if {"count", "mean"} & set(options.statistics):
        layers.append(count_layer(options.rules, facts, primary))
    if {"sum", "mean"} & set(options.statistics):
        layers.append(sum_layer(options.rules, facts, primary, negative=options.negative))
    return layers


def _pattern(
    system: System,
    layers: Sequence[Layer],
    facts: Facts,
    primary: dict[str, Flags],
    options: Options,
    dimensions: Sequence[Dimension],
    deadline: Deadline,
) -> tuple[Pattern, tuple[Witness, ...]]:
    """The pattern over all cells; empty ones are published and left out of the search.

    The one table of ``dimensions`` is covered by hypercubes where programmes would take too long.
    """
    kept = np.ones(system.cells, dtype=bool) if options.rules.zeros else facts.counts > 0
    hidden = np.logical_or.reduce(list(primary.values()))
    costs = _costs(facts, options)
    problem = _problem(system, layers, facts, hidden, kept, costs, options)
    witnesses: tuple[Witness, ...] = ()
    if int(hidden.sum()) * int(kept.sum()) > MOST_BY_PROGRAMMES:
        start = None
        if dimensions:
            guarded = (facts.counts == 1) & hidden & options.rules.insiders
            cubes = cubes_of(
                *(dimensions, layers, hidden, kept, costs, guarded, facts.counts > 0),
                deadline=deadline,
                progress=options.progress,
            )
            if cubes is None:
                raise out_of_time()
            start = _start(cubes, kept)
        pattern, witnesses = protect_large(
            *(problem, start),
            seconds=options.seconds,
            deadline=deadline,
            progress=options.progress,
        )
        places = np.flatnonzero(kept)
        witnesses = tuple(dataclasses.replace(one, cells=places[one.cells]) for one in witnesses)
    else:
        exact = int(kept.sum()) <= LARGEST_EXACT
        pattern = protect(problem, exact=exact, seconds=options.seconds, deadline=deadline)
    suppressed = np.zeros(system.cells, dtype=bool)
    suppressed[kept] = pattern.suppressed
    return dataclasses.replace(pattern, suppressed=suppressed), witnesses


def _costs(facts: Facts, options: Options) -> Floats:
    """What it costs to suppress each cell."""
    value = facts.counts if facts.absolutes is None else facts.absolutes
    return np.ones(len(value)) if options.cost == "cells" else value.astype(np.float64)


def _problem(
    system: System,
    layers: Sequence[Layer],
    facts: Facts,
    hidden: Flags,
    kept: Flags,
    costs: Floats,
    options: Options,
) -> Problem:
    """What is to be protected, over the ``kept`` cells."""
    return Problem(
        system.restricted(kept),
        [
            dataclasses.replace(
                layer,
                values=layer.values[kept],
                up=layer.up[kept],
                down=layer.down[kept],
                width=layer.width[kept],
            )
            for layer in layers
        ],
        hidden[kept],
        (facts.counts == 1)[kept] & options.rules.insiders,
        np.maximum(costs[kept], 1e-3 * costs[kept].mean()),
        (facts.counts > 0)[kept],
    )


def _start(cubes: Cubes, kept: Flags) -> Start:
    """What hypercubes found, numbered as the kept cells."""
    number = np.cumsum(kept) - 1
    witnesses = tuple(dataclasses.replace(one, cells=number[one.cells]) for one in cubes.witnesses)
    known = [(rise[kept], fall[kept]) for rise, fall in cubes.known]
    complete = not len(cubes.left) and not cubes.short
    return Start(cubes.suppressed[kept], witnesses, known, complete)


def _places(one: Tabulation, failing: set[tuple[tuple[str, str], ...]]) -> Ints:
    shape = [len(dimension) for dimension in one.dimensions]
    found = [
        at
        for at, nodes in enumerate(np.ndindex(*shape))
        if tuple(
            sorted(
                (dimension.name, dimension.labels[node])
                for dimension, node in zip(one.dimensions, nodes, strict=True)
                if node != dimension.total
            )
        )
        in failing
    ]
    return np.array(found, dtype=np.int64)


def _suppressed_table(
    one: Tabulation,
    ids: Ints,
    facts: Facts,
    layers: Sequence[Layer],
    primary: dict[str, Flags],
    pattern: Pattern,
    options: Options,
    kind: str,
    linked: int,
    witnesses: tuple[Witness, ...],
) -> AggregateTable:
    suppressed = pattern.suppressed[ids]
    rules = {rule: flags[ids] for rule, flags in primary.items()}
    additive = {"count": without(one.facts.counts.astype(np.float64), suppressed)}
    if one.facts.sums is not None:
        additive["sum"] = without(one.facts.sums, suppressed)
    own = tuple(
        Layer(
            layer.name,
            layer.values[ids],
            layer.floor,
            layer.up[ids],
            layer.down[ids],
            layer.width[ids],
        )
        for layer in layers
    )
    report = AggregateReport(
        method="suppression",
        rules=options.rules,
        cells=len(ids),
        empty=int((one.facts.counts == 0).sum()),
        primary={rule: int(flags.sum()) for rule, flags in rules.items()},
        suppressed=reasons_of(one.dimensions, suppressed, rules),
        search=pattern.method if any(flags.any() for flags in primary.values()) else "none",
        cost=pattern.cost,
        bound=pattern.bound,
        gap=pattern.gap,
        seconds=pattern.seconds,
        hidden_cells=float(suppressed.sum() / max(1, (one.facts.counts > 0).sum())),
        hidden_value=_hidden_value(one, suppressed),
        mean_change=0.0,
        largest_change=0,
        linked=linked,
        notes=_notes(one, pattern, linked, witnesses),
    )
    markers = tuple(CONFIDENTIAL if hidden else PLAIN for hidden in suppressed.tolist())
    truth = Truth(one.facts.counts, own, options.rules.insiders, witnesses)
    return table_of(one, options, kind, additive, markers, report, truth, noise=0)


def _notes(
    one: Tabulation, pattern: Pattern, linked: int, witnesses: tuple[Witness, ...]
) -> tuple[str, ...]:
    """What search and audit left out, so that nobody takes them for more than they were."""
    notes = []
    if witnesses:
        notes.append(
            "so many cells are sensitive that the pattern comes from a heuristic: the table is "
            "protected, but may hide more than it must, by no more than the gap; fewer categories "
            "would keep more, and rounding or cell keys hide nothing"
        )
    whole = all((w.moves == np.round(w.moves)).all() for w in witnesses if w.layer == 0)
    many = int(pattern.suppressed.sum()) > MOST_INTEGER
    plain = linked == 1 and whole_numbers_tell_nothing(one.dimensions)
    if many and not plain and not (witnesses and whole):
        notes.append(
            f"more than {MOST_INTEGER} cells are suppressed: the audit did not use that counts are "
            "whole numbers; audit(table, integers=True) does"
        )
    return tuple(notes)


def _hidden_value(one: Tabulation, suppressed: Flags) -> float:
    """The share of the value that lies in suppressed cells of the finest categories."""
    shape = [len(dimension) for dimension in one.dimensions]
    finest = np.ix_(*(list(dimension.leaves) for dimension in one.dimensions))
    value = one.facts.counts if one.facts.absolutes is None else one.facts.absolutes
    leaves = value.reshape(shape)[finest]
    return float(leaves[suppressed.reshape(shape)[finest]].sum() / leaves.sum())
