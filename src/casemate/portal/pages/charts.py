"""Charts on pages: drawn on the server to SVG, in the page's own colours, with their numbers beneath.

The colours are the style sheet's variables, so that one drawing fits light, dark, print. Nothing is drawn
in the browser: a chart is there without JavaScript, and the content security policy stays strict.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any

import vl_convert
from markupsafe import Markup

_THEME: dict[str, Any] = {
    "background": None,
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelColor": "currentColor",
        "titleColor": "currentColor",
        "gridColor": "var(--line)",
        "domainColor": "var(--line-strong)",
        "tickColor": "var(--line-strong)",
        "labelLimit": 260,
    },
    "legend": {
        "labelFontSize": 12,
        "title": None,
        "orient": "top",
        "labelColor": "currentColor",
        "titleColor": "currentColor",
    },
    "title": {"color": "currentColor"},
    "header": {"labelColor": "currentColor", "titleColor": "currentColor"},
    "text": {"color": "currentColor"},
    "rule": {"color": "var(--chart-1)"},
    "bar": {"color": "var(--chart-1)"},
    "line": {"color": "var(--chart-1)"},
    "point": {"color": "var(--chart-2)", "filled": True},
    "area": {"color": "var(--chart-1)"},
    "range": {"category": [f"var(--chart-{number})" for number in range(1, 7)]},
}


@dataclass(frozen=True)
class Chart:
    """A drawing with its ``title``, what it shows in words, and its numbers as a table."""

    title: str
    svg: Markup
    alternative: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def draw(
    specification: Mapping[str, Any],
    *,
    title: str,
    alternative: str,
    rows: Sequence[Mapping[str, Any]],
) -> Chart:
    """``specification`` (Vega-Lite 5, its data included) and the ``rows`` that the table beneath shows."""
    columns = tuple(rows[0]) if rows else ()
    table = tuple(tuple(row.get(name) for name in columns) for row in rows)
    svg = _svg(json.dumps(specification, sort_keys=True, default=str), alternative)
    return Chart(title, svg, alternative, columns, table)


@lru_cache(maxsize=256)
def _svg(specification: str, alternative: str) -> Markup:
    full = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "config": _THEME,
        **json.loads(specification),
    }
    drawn = vl_convert.vegalite_to_svg(json.dumps(full), vl_version="5.21")
    # One picture with one description: the parts' own roles would be read out one by one.
    plain = re.sub(r'\s(?:role|aria-[a-z]+)="[^"]*"', "", drawn)
    label = escape(alternative, quote=True)
    marked = re.sub(r"<svg\b", f'<svg role="img" aria-label="{label}"', plain, count=1)
    return Markup(marked)  # noqa: S704 - Vega escapes the texts of the data, and the label was just now


def bars(
    rows: Sequence[Mapping[str, Any]],
    *,
    x: str,
    y: str,
    title: str,
    alternative: str,
    colour: str | None = None,
    sideways: bool = False,
) -> Chart:
    """Bars of the column ``y`` over the categories of ``x``, by ``colour`` if given.

    ``sideways``: one line a category, where their names are long.
    """
    category: dict[str, Any] = {"field": x, "type": "nominal", "sort": None}
    amount: dict[str, Any] = {"field": y, "type": "quantitative"}
    # Sideways, the axis's title would lie over long names; the table beneath says it.
    category["axis"] = {"title": None} if sideways else {"labelAngle": 0}
    encoding: dict[str, Any] = (
        {"y": category, "x": amount} if sideways else {"x": category, "y": amount}
    )
    if colour is not None:
        encoding["color"] = {"field": colour, "sort": None}
        encoding["yOffset" if sideways else "xOffset"] = {"field": colour, "sort": None}
    size: dict[str, Any] = {"width": 460, "height": {"step": 26} if sideways else 180}
    specification = {"data": {"values": list(rows)}, "mark": "bar", "encoding": encoding, **size}
    return draw(specification, title=title, alternative=alternative, rows=rows)
