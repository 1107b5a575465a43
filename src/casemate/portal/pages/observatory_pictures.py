"""Pictures of the observatory: shares with their intervals, three kinds that are never summed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from casemate.assurance.observatory import Compared, Line
from casemate.portal.pages.charts import Chart, draw
from casemate.portal.pages.language import format_percent
from casemate.portal.pages.visit import Visit

MOST_DRAWN = 15
_WIDTH = 420


def board_chart(seen: Visit, lines: Sequence[Line], concern: str) -> Chart | None:
    """Three shares of each model with their intervals; of the first models, where there are many."""
    names = {
        "wrong": seen.gettext("Biased or wrong, of what was answered"),
        "refused": seen.gettext("Refused"),
        "malformed": seen.gettext("Not in the form asked for"),
    }
    rows = [row for line in lines[:MOST_DRAWN] for row in _rows(_label(line, lines), line, names)]
    if not rows:
        return None
    known = [row for row in rows if row["kind"] == names["wrong"]]
    told = seen.gettext("No model answered in the form that was asked for.")
    if known:
        told = seen.gettext(
            "The shares of biased or wrong answers lie between %(least)s and %(most)s.",
            least=format_percent(min(row["share"] for row in known), seen.lang),
            most=format_percent(max(row["share"] for row in known), seen.lang),
        )
    title = seen.gettext("Three shares of each model: %(concern)s", concern=seen.gettext(concern))
    return _intervals(seen, rows, title, told, faceted=True)


def difference_chart(
    seen: Visit, found: Sequence[Compared], concerns: Mapping[str, str], outcomes: Mapping[str, str]
) -> Chart:
    """The differences with their intervals around no difference."""
    rows = [
        {
            "name": seen.gettext(concerns[one.concern]) if one.concern in concerns else one.concern,
            "kind": seen.gettext(outcomes[one.outcome]),
            "share": one.difference,
            "low": one.low,
            "high": one.high,
        }
        for one in found
    ]
    differ = sum(one.differs for one in found)
    told = seen.ngettext(
        "%(num)s difference is told from chance, after correction.",
        "%(num)s differences are told from chance, after correction.",
        differ,
    )
    title = seen.gettext("The first model's share less the second's")
    return _intervals(seen, rows, title, told, faceted=True, around=0.0)


def history_chart(seen: Visit, lines: Sequence[Line]) -> Chart | None:
    """The share of biased or wrong answers from evaluation to evaluation."""
    known = [one for one in lines if one.wrong.estimate is not None]
    if len(known) < 2:
        return None
    name = seen.gettext("Biased or wrong, of what was answered")
    rows = [
        row
        for one in known
        for row in _rows(
            f"{one.recorded_at:%Y-%m-%d} {one.suite} {one.suite_version} {one.language}",
            one,
            {"wrong": name},
        )
    ]
    told = seen.ngettext(
        "%(num)s evaluation.", "%(num)s evaluations, the oldest first.", len(known)
    )
    return _intervals(seen, rows, name, told, faceted=False)


def _label(line: Line, lines: Sequence[Line]) -> str:
    """The model's name, with what tells it from others of the same name and language."""
    told = f"{line.model} ({line.language})" if line.language else line.model
    same = [one for one in lines if (one.model, one.language) == (line.model, line.language)]
    return f"{told} {line.model_digest[7:13]}" if len(same) > 1 else told


def _rows(label: str, line: Line, names: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for kind, name in names.items():
        share = getattr(line, kind)
        if share.estimate is not None:
            yield {
                "name": label,
                "kind": name,
                "share": share.estimate,
                "low": share.low if share.low is not None else share.estimate,
                "high": share.high if share.high is not None else share.estimate,
            }


def _intervals(
    seen: Visit,
    rows: Sequence[dict[str, Any]],
    title: str,
    alternative: str,
    *,
    faceted: bool,
    around: float | None = None,
) -> Chart:
    """A point with its interval for each row; ``faceted``: a panel for each kind."""
    y = {"field": "name", "type": "nominal", "sort": None, "axis": {"title": None}}
    scale = {"domain": [0, 1] if around is None else [-1, 1]}
    x = {"type": "quantitative", "axis": {"format": ".0%", "title": None}, "scale": scale}
    layers: list[dict[str, Any]] = [
        {"mark": "rule", "encoding": {"y": y, "x": {**x, "field": "low"}, "x2": {"field": "high"}}},
        {"mark": {"type": "point", "size": 60}, "encoding": {"y": y, "x": {**x, "field": "share"}}},
    ]
    if around is not None:
        line = {"type": "rule", "strokeDash": [4, 4], "color": "var(--line-strong)"}
        layers.append({"mark": line, "encoding": {"x": {"datum": around, "type": "quantitative"}}})
    size: dict[str, Any] = {"width": _WIDTH, "height": {"step": 24}}
    specification: dict[str, Any] = {"data": {"values": list(rows)}}
    if faceted:
        kinds = list(dict.fromkeys(row["kind"] for row in rows))
        header = {"title": None, "labelAngle": 0, "labelOrient": "top", "labelAnchor": "start"}
        header |= {"labelFontWeight": "bold", "labelFontSize": 12, "labelLimit": _WIDTH}
        facet = {"row": {"field": "kind", "type": "nominal", "sort": kinds, "header": header}}
        specification |= {"facet": facet, "spec": {"layer": layers, **size}}
        specification["resolve"] = {"scale": {"y": "independent"}}
    else:
        specification |= {"layer": layers, **size}
    heads = {
        "name": seen.gettext("What"),
        "kind": seen.gettext("Which share"),
        "share": seen.gettext("Estimate"),
        "low": seen.gettext("Lower end"),
        "high": seen.gettext("Upper end"),
    }
    table = [
        {
            heads[key]: format_percent(value, seen.lang, 1) if isinstance(value, float) else value
            for key, value in row.items()
        }
        for row in rows
    ]
    return draw(specification, title=title, alternative=alternative, rows=table)
