"""Protection of counts by rounding and by noise, checked before it is given back."""

import time
from collections.abc import Sequence

import numpy as np

from casemate.errors import BadInput, IntegrityFailure
from casemate.protection.aggregation.auditor import noise_problems
from casemate.protection.aggregation.hiding import joined
from casemate.protection.aggregation.markers import PERTURBED, ROUNDED
from casemate.protection.aggregation.request import Options, Tabulation, table_of
from casemate.protection.aggregation.rounding import Rounded, controlled_rounding
from casemate.protection.aggregation.rules import sensitive
from casemate.protection.aggregation.solver import Floats, Ints
from casemate.protection.aggregation.system import numbered, system_of
from casemate.protection.aggregation.table import AggregateReport, AggregateTable, Truth


def rounded(tabulations: Sequence[Tabulation], options: Options, kind: str) -> list[AggregateTable]:
    numbers = numbered([one.dimensions for one in tabulations])
    system = system_of([one.dimensions for one in tabulations], numbers)
    counts = joined([one.facts for one in tabulations], numbers, system.cells).counts
    found = controlled_rounding(system, counts, options.base, seconds=options.seconds)
    notes: tuple[str, ...] = ()
    if found.extra:
        notes = (
            f"no rounding to adjacent multiples adds up: cells moved up to {found.extra} further",
        )
    return _checked(
        [
            _changed(one, found.values[ids], options, kind, ROUNDED, found, notes, len(numbers))
            for one, ids in zip(tabulations, numbers, strict=True)
        ]
    )


def randomly_rounded(
    tabulations: Sequence[Tabulation], options: Options, kind: str
) -> list[AggregateTable]:
    """Up with the probability of what is left over, so that the mean is the count."""
    began = time.perf_counter()
    tables = []
    for one in tabulations:
        counts, uniforms = one.facts.counts, _uniforms(one)
        below, rest = counts // options.base, counts % options.base
        values = options.base * (below + (uniforms < rest / options.base))
        tables.append(_changed(one, values, options, kind, ROUNDED, began, (), 1))
    return _checked(tables)


def perturbed(
    tabulations: Sequence[Tabulation], options: Options, kind: str
) -> list[AggregateTable]:
    began = time.perf_counter()
    tables = []
    for one in tabulations:
        values = one.facts.counts + options.ptable.noise(one.facts.counts, _uniforms(one))
        tables.append(_changed(one, values, options, kind, PERTURBED, began, (), 1))
    return _checked(tables)


def _uniforms(one: Tabulation) -> Floats:
    if one.uniforms is None:
        raise BadInput("this method needs a secret key and record_id")
    return one.uniforms


def _changed(
    one: Tabulation,
    values: Ints,
    options: Options,
    kind: str,
    marker: str,
    how: Rounded | float,
    notes: tuple[str, ...],
    linked: int,
) -> AggregateTable:
    counts = one.facts.counts
    change = np.abs(values - counts)
    rounded = how if isinstance(how, Rounded) else None
    distance = rounded.distance if rounded else float(change.sum())
    report = AggregateReport(
        method=options.method,
        rules=options.rules,
        cells=len(counts),
        empty=int((counts == 0).sum()),
        primary={rule: int(f.sum()) for rule, f in sensitive(options.rules, one.facts).items()},
        suppressed=(),
        search=("optimal" if rounded.optimal else "heuristic") if rounded else "none",
        cost=distance,
        bound=rounded.bound if rounded else distance,
        gap=(distance - rounded.bound) / distance if rounded and not rounded.optimal else 0.0,
        seconds=rounded.seconds if rounded else time.perf_counter() - float(how),  # type: ignore[arg-type]
        hidden_cells=0.0,
        hidden_value=0.0,
        mean_change=float(change.mean()),
        largest_change=int(change.max()),
        linked=linked,
        notes=notes,
    )
    noise = options.ptable.maximum
    if marker == ROUNDED:
        noise = options.base * (1 + (rounded.extra if rounded else 0)) - 1
    return table_of(
        one,
        options,
        kind,
        {"count": values.astype(np.float64)},
        (marker,) * len(counts),
        report,
        Truth(counts, (), insiders=False),
        noise=noise,
    )


def _checked(tables: list[AggregateTable]) -> list[AggregateTable]:
    problems = noise_problems(tables)
    if problems:
        raise IntegrityFailure(
            f"the audit found a table that is not as it should be ({problems[0]}): nothing is given "
            "back; please report it"
        )
    return tables
