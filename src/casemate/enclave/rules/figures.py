"""The measures of a table, on the values of the people behind each line."""

from itertools import combinations

import numpy as np

from casemate.analysis.recipes import Crosstab, Measure, Table
from casemate.enclave.checks_model import Rules
from casemate.enclave.rules.breaches import Breach, at_level
from casemate.enclave.rules.groups import OF_VALUES, group_breaches
from casemate.enclave.rules.magnitudes import has_many_digits, rests_on_few
from casemate.enclave.rules.supports import Supports


def measures_of(what: Table | Crosstab) -> tuple[Measure, ...]:
    """The measures of a table or of a crosstab."""
    return (what.measure,) if isinstance(what, Crosstab) else what.measures


def figure_breaches(supports: Supports, rules: Rules) -> list[Breach]:
    """Every rule on every measure, and on what two measures tell together."""
    measures = measures_of(supports.what)
    found: list[Breach] = []
    for measure in measures:
        found += _measure(supports, measure, rules)
    for one, other in combinations(measures, 2):
        found += _difference(supports, one, other, rules)
    return [*found, *_quantiles_together(supports, measures, rules)]


def _measure(supports: Supports, measure: Measure, rules: Rules) -> list[Breach]:
    if measure.of is None:
        return []
    if measure.function == "valid":
        return _valid(supports, measure, rules)
    groups = {line: supports.contributions(measure.of, line) for line in supports.open}
    found = group_breaches(measure.function, measure.at, groups, rules, measure.name)
    return [*found, *digits(supports, measure.name, rules)]


def _valid(supports: Supports, measure: Measure, rules: Rules) -> list[Breach]:
    assert measure.of is not None
    valid = supports.valid(measure.of)
    small = tuple(
        line for line in supports.open if 0 < _people_with(supports, line, valid) < rules.min_cell
    )
    if not small:
        return []
    what = f"it counts fewer than {rules.min_cell} people"
    return [Breach("minimum cell count", "refuse", what, small, measure.name)]


def _difference(supports: Supports, one: Measure, other: Measure, rules: Rules) -> list[Breach]:
    """Two figures of nearly the same people, or nearly the same values: their difference is of few."""
    counting = {"count", "valid"}
    if one.function in counting and other.function in counting:
        names = [measure.of for measure in (one, other) if measure.of]
        differ = _counted_apart(supports, names)
    elif {one.function, other.function} <= OF_VALUES and one.of != other.of:
        assert one.of is not None
        assert other.of is not None
        left, right = supports.values(one.of), supports.values(other.of)
        differ = (left != right) & ~(np.isnan(left) & np.isnan(right))
    else:
        return []
    lines = tuple(
        line for line in supports.open if 0 < _people_with(supports, line, differ) < rules.min_cell
    )
    if not lines:
        return []
    what = f"the difference from column {other.name!r} is of fewer than {rules.min_cell} people"
    if one.function in counting:
        return at_level(rules.missing, "small difference", what, lines, rules.min_cell)
    return [Breach("small difference", "refuse", what, lines, one.name, rules.min_cell)]


def _counted_apart(
    supports: Supports, names: list[str]
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    flags = [supports.valid(name) for name in names]
    return ~flags[0] if len(flags) == 1 else flags[0] != flags[1]


def _people_with(
    supports: Supports, line: int, flags: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> int:
    rows = supports.answer.people[line]
    return supports.count(rows[flags[rows]])


def _quantiles_together(
    supports: Supports, measures: tuple[Measure, ...], rules: Rules
) -> list[Breach]:
    """Several quantiles of one variable: between two of them there are people too."""
    found = []
    for name in dict.fromkeys(measure.of for measure in measures if measure.of):
        at = [
            0.5 if one.at is None else one.at
            for one in measures
            if one.of == name and one.function in {"median", "quantile"}
        ]
        if len(at) < 2:
            continue
        lines = tuple(
            line
            for line in supports.open
            if rests_on_few(len(supports.contributions(name, line)), at, rules.min_cell)
        )
        if lines:
            what = f"fewer than {rules.min_cell} people lie between two quantiles of {name!r}"
            found.append(Breach("quantile", "refuse", what, lines, None, rules.min_cell))
    return found


def digits(supports: Supports, column: str, rules: Rules) -> list[Breach]:
    """Figures with more digits than the number of people supports."""
    place = supports.answer.columns.index(column)
    lines = tuple(
        line
        for line in supports.open
        if isinstance(figure := supports.answer.rows[line][place], float)
        and has_many_digits(figure, supports.recipe.decimals, supports.count_of(line), rules)
    )
    if not lines:
        return []
    what = (
        f"it has more significant digits than the count of people has and "
        f"{rules.digits_beyond_count}: round it"
    )
    return [Breach("digits", "review", what, lines, column, rules.digits_beyond_count)]
