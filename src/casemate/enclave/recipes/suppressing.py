"""Cells left out by trusted code, with what else must go so that they cannot be computed back."""

from collections.abc import Mapping

import polars as pl

from casemate.analysis import Answer, BadRecipe, Recipe
from casemate.analysis.compute import MARGIN
from casemate.analysis.evaluate import select
from casemate.analysis.recipes import Crosstab, Figure, Table
from casemate.analysis.words import key
from casemate.enclave.checks_model import Rules
from casemate.errors import CasemateError
from casemate.protection.aggregation import Rules as CellRules
from casemate.protection.aggregation import aggregate

MOST_KEYS = 4
_MISSING = "(missing)"


def hidden_lines(
    recipe: Recipe, answer: Answer, frame: pl.DataFrame, rules: Rules
) -> frozenset[int]:
    """The lines of a table of counts whose figures may not be shown: those of fewer than
    ``rules.min_cell`` people, and with margins the cheapest others that keep them unknown.

    Raises BadRecipe for what is no table that cells can be left out of.
    """
    what = recipe.what.of if isinstance(recipe.what, Figure) else recipe.what
    match what:
        case Table(by=by, measures=measures, margins=margins) if by:
            pass
        case Crosstab(down=down, across=across, measure=measure, margins=margins):
            by, measures = (down, across), (measure,)
        case _:
            raise BadRecipe("cells are left out of tables and crosstabs by at least one column")
    if not margins:  # no sum is told, so that nothing can be computed back
        return frozenset(
            line for line, people in enumerate(answer.people) if len(people) < rules.min_cell
        )
    if len(by) > MOST_KEYS or any(one.function != "count" for one in measures):
        raise BadRecipe(
            f"with margins, cells are left out of counts by at most {MOST_KEYS} columns"
        )
    return _with_margins(by, answer, select(recipe, frame), rules.min_cell)


def _with_margins(
    by: tuple[str, ...], answer: Answer, table: pl.DataFrame, min_cell: int
) -> frozenset[int]:
    texts = pl.DataFrame({name: _texts(table[name]) for name in by})
    try:
        protected = aggregate(
            texts,
            rows=by[:1],
            columns=by[1:],
            rules=CellRules(min_frequency=min_cell, dominance=None, p_percent=None),
            total_label=MARGIN,
        )
    except CasemateError as problem:
        raise BadRecipe(f"no cells can be left out of this table: {problem}") from None
    lines: Mapping[tuple[str, ...], int] = {
        tuple(_MISSING if one is None else str(one) for one in row[: answer.keys]): line
        for line, row in enumerate(answer.rows)
    }
    return frozenset(lines[cell.cell] for cell in protected.report.suppressed if cell.cell in lines)


def _texts(column: pl.Series) -> pl.Series:
    written = {value: key(value) for value in column.unique().to_list()}
    texts = [_MISSING if written[value] is None else str(written[value]) for value in column]
    return pl.Series(column.name, texts, dtype=pl.String)
