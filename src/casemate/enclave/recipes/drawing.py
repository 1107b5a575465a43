"""Figures drawn by trusted code from figures that passed the check; no byte of the researcher's in it.

What leaves is this drawing: the researcher's file held the figures alone.
"""

from collections.abc import Collection
from typing import Any

from casemate.analysis import Answer, Recipe
from casemate.analysis.recipes import Figure, Survival
from casemate.charts import draw

MAX_MARKS = 2_000
"""Lines of an answer that are drawn; more cannot be told apart."""


def drawn(recipe: Recipe, answer: Answer, *, hidden: Collection[int] = ()) -> bytes:
    """The figure as SVG; lines ``hidden`` (from 0) are left out.

    Raises ``ValueError`` for an answer with too many lines to draw.
    """
    figure = recipe.what
    assert isinstance(figure, Figure)
    if len(answer.rows) > MAX_MARKS:
        raise ValueError(f"a figure has at most {MAX_MARKS} marks; this has {len(answer.rows)}")
    keys, value = answer.columns[: answer.keys], _value(figure, answer)
    rows = [
        {"x": _text(row[answer.keys - 1]), "group": _group(row, answer.keys), "y": row[value]}
        for place, row in enumerate(answer.rows)
        if place not in hidden
    ]
    rows = [row | {"y": _rounded(row["y"], recipe.decimals)} for row in rows]
    description = figure.description or figure.title or f"{answer.columns[value]} by {keys[-1]}"
    return draw(_specification(figure, answer, rows, value), alternative=description).encode()


def _value(figure: Figure, answer: Answer) -> int:
    """Which column is drawn: the first figure, of a survival curve the survival."""
    if isinstance(figure.of, Survival):
        return len(answer.columns) - 1
    return answer.keys if answer.columns[0:1] != ("quantile",) else answer.keys + 1


def _specification(
    figure: Figure, answer: Answer, rows: list[dict[str, Any]], value: int
) -> dict[str, Any]:
    across = answer.columns[answer.keys - 1] if answer.keys else ""
    order = {"sort": None}
    number = isinstance(figure.of, Survival)
    if number:
        rows = [row | {"x": float(row["x"])} for row in rows]
    x = {"field": "x", "type": "quantitative" if number else "nominal", "title": across, **order}
    y = {"field": "y", "type": "quantitative", "title": answer.columns[value]}
    encoding: dict[str, Any] = {"x": x, "y": y}
    if answer.keys > 1:
        encoding["color"] = {"field": "group", **order}
        if figure.mark == "bar":
            encoding["xOffset"] = {"field": "group", **order}
    mark: dict[str, Any] = {"type": figure.mark}
    if figure.mark == "line" and number:
        mark["interpolate"] = "step-after"
    specification = {
        "data": {"values": rows},
        "mark": mark,
        "width": 520,
        "height": 240,
        "encoding": encoding,
    }
    return specification | ({"title": figure.title} if figure.title else {})


def _group(row: tuple[Any, ...], keys: int) -> str:
    return ", ".join(_text(one) for one in row[: keys - 1])


def _text(key: Any) -> str:
    return "(missing)" if key is None else str(key)


def _rounded(value: Any, decimals: int) -> Any:
    return round(value, decimals) if isinstance(value, float) else value
