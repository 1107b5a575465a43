"""Statistics of a variable within the cells of a table: recomputed, and looked at for dominance."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from casemate.enclave.checks_claims import Claim, Key, Pattern, masked
from casemate.enclave.checks_columns import Measure, is_count, measures
from casemate.enclave.checks_model import Findings, Rules
from casemate.enclave.checks_parse import Table, as_number, canonical_cell
from casemate.enclave.rules.breaches import report
from casemate.enclave.rules.groups import group_breaches

Values = NDArray[np.float64]


def check_measures(
    claim: Claim, people: pl.DataFrame, table: Table, rules: Rules, findings: Findings
) -> None:
    """Recompute each column that is neither key nor count; what cannot be is for a person."""
    for column in table.columns:
        if column in claim.keys or is_count(column, claim.frame):
            continue
        texts = table.column(column)
        measure = matching(claim, people, column, texts)
        if measure is None:
            findings.review(
                "not recomputed", f"column {column!r} cannot be recomputed from the inputs"
            )
        else:
            groups = dict(enumerate(values_by_cell(claim, people, measure)))
            found = group_breaches(measure.statistic, None, groups, rules, column)
            report(found, findings, lambda line: line + 1)


def matching(
    claim: Claim, people: pl.DataFrame, column: str, texts: Sequence[str | None]
) -> Measure | None:
    """What ``column`` is, shown by recomputing it to as many decimals as it gives."""
    for measure in measures(column, people):
        if measure.variable in claim.keys:
            continue
        groups = values_by_cell(claim, people, measure)
        true = [
            None if hidden else statistic(measure.statistic, values)
            for values, hidden in zip(groups, claim.hidden, strict=True)
        ]
        if all(agrees(text, value) for text, value in zip(texts, true, strict=True)):
            return measure
    return None


def values_by_cell(claim: Claim, people: pl.DataFrame, measure: Measure) -> list[Values]:
    """The values of the variable, missing left out, of the people in each row; none in hidden rows."""
    found: dict[tuple[Pattern, Key], list[Values]] = {}
    values = pl.col(measure.variable).cast(pl.Float64).drop_nulls().drop_nans()
    for *raw, group in people.group_by(claim.keys).agg(values.alias("__values")).iter_rows():
        key = tuple(canonical_cell(value) for value in raw)
        for pattern in set(claim.margins):
            place = (pattern, masked(key, pattern))
            found.setdefault(place, []).append(np.asarray(group, dtype=np.float64))
    nobody = [np.empty(0)]
    return [
        np.concatenate(nobody if hidden else found.get((pattern, masked(cell, pattern)), nobody))
        for cell, pattern, hidden in zip(claim.cells, claim.margins, claim.hidden, strict=True)
    ]


def statistic(name: str, values: Values) -> float | None:
    """``name`` of ``values``; ``None`` where it is not defined (where pandas gives NaN)."""
    if name == "count":
        return float(len(values))
    if name == "sum":
        return float(values.sum())
    if len(values) == 0 or (name == "std" and len(values) < 2):
        return None
    if name == "std":
        return float(np.std(values, ddof=1))
    return float(np.median(values) if name == "median" else np.mean(values))


def agrees(text: str | None, true: float | None) -> bool:
    """Equal to as many decimals as the file gives; missing where the statistic is not defined."""
    claimed = as_number(text)
    if claimed is None or true is None or text is None:
        return text is None and true is None
    decimals = 12 if "e" in text.lower() else min(12, len(text.partition(".")[2]))
    return bool(abs(claimed - true) <= 0.5000001 * 10.0**-decimals + 1e-9 * abs(true))
