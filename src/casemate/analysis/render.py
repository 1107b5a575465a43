"""An answer as the bytes of its file: one way only, so that equal figures are equal files."""

import csv
import io
import json
from collections.abc import Collection
from typing import Any

from casemate.analysis.compute import Answer
from casemate.analysis.recipes import Crosstab, Recipe
from casemate.analysis.words import Cell

HIDDEN = "c"
"""Stands for a figure that is confidential, as in protected tables."""


def render(recipe: Recipe, answer: Answer, *, hidden: Collection[int] = ()) -> bytes:
    """The file's content: CSV or JSON by its name; the figures of an SVG as CSV.

    The figures of the lines ``hidden`` (from 0) are not shown.
    """
    lines = []
    for place, row in enumerate(answer.rows):
        shown = tuple(_shown(cell, recipe.decimals) for cell in row)
        figures = len(row) - answer.keys
        kept = place not in hidden
        lines.append(shown if kept else (*shown[: answer.keys], *(HIDDEN,) * figures))
    columns, lines = _across(recipe, answer, lines)
    if recipe.file.endswith(".json"):
        return _json(recipe, answer, columns, lines)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([["" if cell is None else cell for cell in line] for line in lines])
    return text.getvalue().encode()


def _shown(cell: Cell, decimals: int) -> Any:
    """A float to the decimals asked for, -0 as 0; anything else as it is."""
    if not isinstance(cell, float):
        return cell
    rounded = round(cell, decimals) + 0.0
    return int(rounded) if decimals == 0 else rounded


def _across(
    recipe: Recipe, answer: Answer, lines: list[tuple[Any, ...]]
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """A crosstab is written wide: the second key along the top."""
    if not isinstance(recipe.what, Crosstab):
        return list(answer.columns), lines
    down = list(dict.fromkeys(line[0] for line in lines))
    across = list(dict.fromkeys(line[1] for line in lines))
    cells = {line[:2]: line[2] for line in lines}
    wide = [(one, *(cells.get((one, two)) for two in across)) for one in down]
    return [answer.columns[0], *("" if two is None else str(two) for two in across)], wide


def _json(
    recipe: Recipe, answer: Answer, columns: list[str], lines: list[tuple[Any, ...]]
) -> bytes:
    document = {
        **{name: _shown(value, recipe.decimals) for name, value in answer.notes},
        "rows": [dict(zip(columns, line, strict=True)) for line in lines],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"
