"""Statistics of a variable within the cells of a table: recomputed, and looked at for dominance."""

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from casemate.enclave.checks_claims import Claim, Key, Pattern, masked
from casemate.enclave.checks_columns import Measure, is_count, measures
from casemate.enclave.checks_model import Findings, Rules, listed
from casemate.enclave.checks_parse import Table, as_number, canonical_cell

Values = NDArray[np.float64]


def check_measures(
    claim: Claim, people: pl.DataFrame, table: Table, rules: Rules, findings: Findings
) -> None:
    """Recompute each column that is neither key nor count; what cannot be is for a person."""
    for column in table.columns:
        if column in claim.keys or is_count(column, claim.frame):
            continue
        texts = table.column(column)
        measure = _matching(claim, people, column, texts)
        if measure is None:
            findings.review(
                "not recomputed", f"column {column!r} cannot be recomputed from the inputs"
            )
        else:
            apply_rules(column, measure, values_by_cell(claim, people, measure), rules, findings)


def _matching(
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


def apply_rules(
    column: str, measure: Measure, groups: Sequence[Values], rules: Rules, findings: Findings
) -> None:
    """The rules for one statistic on the values that it was made of."""

    def refuse(rule: str, breaks: Callable[[Values], bool], what: str) -> None:
        rows = [number for number, values in enumerate(groups, start=1) if breaks(values)]
        if rows:
            message = f"column {column!r}, {listed(rows)}: {what}"
            findings.refuse(rule, message, rows=rows[:10])

    few = f"fewer than {rules.min_cell} people"
    refuse("minimum cell count", lambda v: 0 < len(v) < rules.min_cell, f"it rests on {few}")
    if measure.statistic == "count":
        return
    if measure.statistic == "median":
        refuse("percentile", lambda v: 0 < len(v) // 2 < rules.min_cell, f"{few} on each side")
    elif all(_is_yes_no(values) for values in groups):
        refuse(
            "minimum cell count",
            lambda v: _hides_small_cell(v, rules.min_cell),
            f"it gives the count of a group of {few}, or of nobody",
        )
    else:
        refuse("dominance", lambda v: is_dominated(v, rules), _dominance_text(rules))
        _all_equal(column, groups, findings)


def _all_equal(column: str, groups: Sequence[Values], findings: Findings) -> None:
    rows = [n for n, values in enumerate(groups, 1) if len(values) and not np.ptp(values)]
    if rows:
        message = f"column {column!r}, {listed(rows)}: everybody has the same value"
        findings.review("all values equal", message, rows=rows[:10])


def _dominance_text(rules: Rules) -> str:
    return (
        f"{rules.dominance_top} people make up {rules.dominance_permille / 10:g} % or more, or the "
        f"largest value can be estimated within {rules.p_percent} %"
    )


def is_dominated(values: Values, rules: Rules) -> bool:
    """The (n, k) and the p % rule on the sizes of the contributions (acro safe_nk_*, safe_pratio_p)."""
    sizes = np.sort(np.abs(values))[::-1]
    total = float(sizes.sum())
    if len(sizes) == 0 or total == 0:
        return False
    top = float(sizes[: rules.dominance_top].sum())
    rest = total - float(sizes[:2].sum())
    dominant = top * 1000 >= rules.dominance_permille * total
    return dominant or rest * 100 < rules.p_percent * float(sizes[0])


def _is_yes_no(values: Values) -> bool:
    return bool(np.isin(values, (0.0, 1.0)).all())


def _hides_small_cell(values: Values, min_cell: int) -> bool:
    yes = int(values.sum())
    return len(values) > 0 and min(yes, len(values) - yes) < min_cell
