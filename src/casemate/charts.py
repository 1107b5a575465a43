"""Charts drawn offline: a Vega-Lite specification in, an SVG with a text alternative out.

vl-convert carries Vega-Lite, its JavaScript engine and its fonts in one wheel, so that a report is a
single file that opens anywhere and asks no network for anything.
"""

import html
import json
import re
from typing import Any

import vl_convert

_THEME: dict[str, Any] = {
    "background": None,
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "gridColor": "#d9dde3",
    },
    "legend": {"labelFontSize": 12, "title": None, "orient": "top"},
    "range": {"category": ["#1f4e79", "#c2571a", "#4b7f52", "#7a4a87"]},
}


def draw(specification: dict[str, Any], *, alternative: str) -> str:
    """``specification`` (Vega-Lite 5) as an inline ``<svg>`` that a screen reader reads as ``alternative``.

    Raises ``ValueError`` where the specification is not one.
    """
    full = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "config": _THEME,
        **specification,
    }
    svg = vl_convert.vegalite_to_svg(json.dumps(full), vl_version="5.21")
    label = html.escape(alternative, quote=True)
    return re.sub(r"<svg\b", f'<svg role="img" aria-label="{label}"', svg, count=1)


def bars(
    rows: list[dict[str, Any]], *, x: str, y: str, colour: str | None = None, alternative: str
) -> str:
    """Bars of ``y`` over the categories of ``x``, side by side by ``colour``."""
    encoding: dict[str, Any] = {
        "x": {"field": x, "type": "nominal", "sort": None, "axis": {"labelAngle": 0}},
        "y": {"field": y, "type": "quantitative"},
    }
    if colour is not None:
        encoding |= {
            "color": {"field": colour, "sort": None},
            "xOffset": {"field": colour, "sort": None},
        }
    return draw(
        {
            "data": {"values": rows},
            "mark": "bar",
            "width": 520,
            "height": 200,
            "encoding": encoding,
        },
        alternative=alternative,
    )


def intervals(rows: list[dict[str, Any]], *, title: str, alternative: str) -> str:
    """Estimates with their intervals, a line each: ``label``, ``estimate``, ``low``, ``high``."""
    y = {
        "field": "label",
        "type": "nominal",
        "sort": None,
        "title": None,
        "axis": {"labelLimit": 320},
    }
    x = {"type": "quantitative", "scale": {"zero": True}, "title": title}
    return draw(
        {
            "data": {"values": rows},
            "width": 440,
            "height": {"step": 44},
            "layer": [
                {
                    "mark": {"type": "rule", "strokeWidth": 3, "color": "#1f4e79"},
                    "encoding": {"y": y, "x": {"field": "low", **x}, "x2": {"field": "high"}},
                },
                {
                    "mark": {
                        "type": "point",
                        "filled": True,
                        "size": 130,
                        "color": "#c2571a",
                        "opacity": 1,
                    },
                    "encoding": {"y": y, "x": {"field": "estimate", **x}},
                },
            ],
        },
        alternative=alternative,
    )


def line(rows: list[dict[str, Any]], *, x: str, y: str, label: str, alternative: str) -> str:
    """Points of ``y`` over ``x`` joined in order, each with its ``label``."""
    place = {
        "x": {"field": x, "type": "quantitative", "scale": {"zero": True}},
        "y": {"field": y, "type": "quantitative"},
    }
    return draw(
        {
            "data": {"values": rows},
            "width": 520,
            "height": 200,
            "encoding": place,
            "layer": [
                {"mark": {"type": "line", "color": "#1f4e79", "point": {"size": 70}}},
                {
                    "mark": {"type": "text", "dy": -12, "fontSize": 12},
                    "encoding": {"text": {"field": label}},
                },
            ],
        },
        alternative=alternative,
    )
