"""Statistics of a variable within the cells of a table: recomputed, and looked at for dominance."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from casemate.enclave.checks_model import CheckContext, Findings, Rules, listed
from casemate.enclave.checks_parse import Table, as_number, canonical_cell

Values = NDArray[np.float64]
Key = tuple[str | None, ...]
_STATISTICS: Mapping[str, str] = {
    "mean": "mean",
    "avg": "mean",
    "average": "mean",
    "sum": "sum",
    "total": "sum",
    "std": "std",
    "sd": "std",
    "median": "median",
    "count": "count",
    "n": "count",
    "share": "share",
    "percent": "share",
    "pct": "share",
    "proportion": "share",
}


@dataclass(frozen=True)
class Measure:
    """``statistic`` of ``variable`` within a cell; ``share`` has no variable."""

    statistic: str
    variable: str | None


def split_measure(column: str, frame: pl.DataFrame) -> tuple[Measure, ...]:
    """What a column may be: ``mean_x``, ``x_mean``, or just ``x`` (its mean, or else its sum)."""
    if column in frame.columns:
        return (Measure("mean", column), Measure("sum", column)) if _is_numeric(frame, column) else ()
    lowered = column.lower()
    for word, statistic in _STATISTICS.items():
        if lowered == word and statistic in {"mean", "sum", "std", "median"}:
            return tuple(Measure(statistic, name) for name in frame.columns if _is_numeric(frame, name))
        if lowered == word and statistic == "share":
            return (Measure("share", None),)
        for name in (column[len(word) + 1 :], column[: -len(word) - 1]):
            spelled = (f"{word}_{name}".lower(), f"{name}_{word}".lower())
            if statistic != "share" and lowered in spelled and _is_numeric(frame, name):
                return (Measure(statistic, name),)
    return ()


def _is_numeric(frame: pl.DataFrame, name: str) -> bool:
    return name in frame.columns and (
        frame.schema[name].is_numeric() or frame.schema[name] == pl.Boolean
    )


def check_measures(
    keys: tuple[str, ...],
    cells: Sequence[Key],
    margins: Sequence[tuple[bool, ...]],
    people: pl.DataFrame,
    table: Table,
    context: CheckContext,
    findings: Findings,
) -> None:
    """Recompute each column that is neither key nor count; what cannot be recomputed is for a person."""
    for column in table.columns:
        if column in keys or column.lower() in {"n", "count", "counts", "freq", "frequency", "size"}:
            continue
        if column.lower() in {"len", "people"} or column not in table.columns:
            continue
        claimed = [as_number(cell) for cell in table.column(column)]
        texts = table.column(column)
        if not _check_one(column, claimed, texts, keys, cells, margins, people, context, findings):
            findings.review("not recomputed", f"column {column!r} cannot be recomputed from the inputs")


def _check_one(
    column: str,
    claimed: Sequence[float | None],
    texts: Sequence[str | None],
    keys: tuple[str, ...],
    cells: Sequence[Key],
    margins: Sequence[tuple[bool, ...]],
    people: pl.DataFrame,
    context: CheckContext,
    findings: Findings,
) -> bool:
    for measure in split_measure(column, people):
        if measure.variable is None or measure.variable in keys:
            continue
        groups = values_by_cell(keys, cells, margins, people, measure.variable)
        if all(
            _agrees(value, text, statistic(measure.statistic, group))
            for value, text, group in zip(claimed, texts, groups, strict=True)
        ):
            _rules(column, measure, groups, context.rules, findings)
            return True
    return False


def values_by_cell(
    keys: tuple[str, ...],
    cells: Sequence[Key],
    margins: Sequence[tuple[bool, ...]],
    people: pl.DataFrame,
    variable: str,
) -> list[Values]:
    """The values of ``variable`` (missing left out) of the people in each row's cell."""
    found: dict[tuple[tuple[bool, ...], Key], list[Values]] = {}
    patterns = set(margins)
    values = pl.col(variable).cast(pl.Float64).drop_nulls().drop_nans()
    for *raw, group in people.group_by(keys).agg(values).iter_rows():
        key = tuple(canonical_cell(value) for value in raw)
        for pattern in patterns:
            place = (pattern, _masked(key, pattern))
            found.setdefault(place, []).append(np.asarray(group, dtype=np.float64))
    return [
        np.concatenate(found.get((pattern, _masked(cell, pattern)), [np.empty(0)]))
        for cell, pattern in zip(cells, margins, strict=True)
    ]


def _masked(key: Key, pattern: tuple[bool, ...]) -> Key:
    return tuple("*" if over else value for value, over in zip(key, pattern, strict=True))


def statistic(name: str, values: Values) -> float | None:
    """``name`` of ``values``; ``None`` where it is not defined (as pandas gives NaN)."""
    if name == "count":
        return float(len(values))
    if name == "sum":
        return float(values.sum())
    if len(values) == 0 or (name == "std" and len(values) < 2):
        return None
    if name == "std":
        return float(np.std(values, ddof=1))
    return float(np.median(values) if name == "median" else np.mean(values))


def _agrees(claimed: float | None, text: str | None, true: float | None) -> bool:
    """Equal to as many decimals as the file gives."""
    if claimed is None or true is None:
        return text is None and true is None
    decimals = len((text or "").partition(".")[2]) if "e" not in (text or "").lower() else 12
    return abs(claimed - true) <= 0.5000001 * 10.0 ** -min(decimals, 12) + 1e-9 * abs(true)


def _rules(
    column: str, measure: Measure, groups: Sequence[Values], rules: Rules, findings: Findings
) -> None:
    if measure.statistic == "count":
        _flag("minimum cell count", column, groups, lambda v: 0 < len(v) < rules.min_cell,
              f"fewer than {rules.min_cell} people have a value", findings)  # fmt: skip
        return
    _flag("minimum cell count", column, groups, lambda v: 0 < len(v) < rules.min_cell,
          f"it rests on fewer than {rules.min_cell} people", findings)  # fmt: skip
    if measure.statistic == "median":
        _flag("percentile", column, groups, lambda v: 0 < len(v) // 2 < rules.min_cell,
              f"fewer than {rules.min_cell} people lie on each side", findings)  # fmt: skip
        return
    if all(_is_yes_no(values) for values in groups):
        _flag("minimum cell count", column, groups, lambda v: _hides_small_cell(v, rules.min_cell),
              f"the share gives a count of fewer than {rules.min_cell} people, or of nobody",
              findings)  # fmt: skip
        return
    _flag("dominance", column, groups, lambda v: is_dominated(v, rules),
          f"{rules.dominance_top} people make up {rules.dominance_permille / 10:g} % or more, or the "
          f"largest can be estimated within {rules.p_percent} %", findings)  # fmt: skip
    equal = [n for n, v in enumerate(groups, 1) if len(v) and float(np.ptp(v)) == 0.0]
    if equal:
        findings.review(
            "all values equal", f"column {column!r}, {listed(equal)}: everybody has the same value"
        )


def is_dominated(values: Values, rules: Rules) -> bool:
    """(n, k) rule and p % rule on the sizes of the contributions (acro safe_nk, safe_pratio)."""
    sizes = np.sort(np.abs(values))[::-1]
    total = float(sizes.sum())
    if len(sizes) == 0 or total == 0:
        return False
    top = float(sizes[: rules.dominance_top].sum())
    rest = total - float(sizes[:2].sum())
    return top * 1000 >= rules.dominance_permille * total or rest * 100 < rules.p_percent * float(sizes[0])


def _is_yes_no(values: Values) -> bool:
    return bool(np.isin(values, (0.0, 1.0)).all())


def _hides_small_cell(values: Values, min_cell: int) -> bool:
    yes = int(values.sum())
    return len(values) > 0 and min(yes, len(values) - yes) < min_cell


def _flag(
    rule: str,
    column: str,
    groups: Sequence[Values],
    breaks: Callable[[Values], bool],
    what: str,
    findings: Findings,
) -> None:
    rows = [number for number, values in enumerate(groups, start=1) if breaks(values)]
    if rows:
        findings.refuse(rule, f"column {column!r}, {listed(rows)}: {what}", rows=rows[:10])
