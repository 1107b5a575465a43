"""An evaluation as one page: what was found in plain words, charts with their tables, what was not tested.

The page loads nothing, is light or dark as the reader's system is, prints, and is made for screen readers:
each chart has a text alternative and its figures as a table. Names come from data and are escaped.
"""

from dataclasses import dataclass
from importlib.resources import files

from casemate.assurance.results import Evaluation, Figure
from casemate.assurance.words import findings, share, untested
from casemate.charts import intervals

_MOST_LINES = 24
_TITLES = {
    "performance": "How well it does",
    "fairness": "Whether groups are treated alike",
    "shift": "Where the data are not as they were",
    "explanation": "What it goes by",
    "extraction": "Copying it",
    "membership inference": "Who trained it",
    "attribute inference": "What those who trained it are like",
    "evasion": "Turning its decisions",
    "poisoning": "Spoiling what it learns from",
}


@dataclass(frozen=True)
class _Part:
    """One check: its title, its charts, and the rows of its table."""

    title: str
    charts: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def report_html(found: Evaluation) -> str:
    """The page on ``found``."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = files(__package__).joinpath("page.html.j2").read_text(encoding="utf-8")
    return environment.from_string(template).render(
        found=found,
        findings=findings(found),
        untested=untested(found),
        parts=_parts(found),
        level=f"{found.settings['level']:.0%}",
    )


def _parts(found: Evaluation) -> list[_Part]:
    checks = dict.fromkeys(one.check for one in found.figures)
    return [
        _Part(_TITLES[check], _charts(found.of(check)), tuple(_row(one) for one in found.of(check)))
        for check in checks
    ]


def _charts(figures: tuple[Figure, ...]) -> tuple[str, ...]:
    """A chart for each measure of two figures or more."""
    drawn = []
    for measure in dict.fromkeys(one.measure for one in figures):
        shown = [one for one in figures if one.measure == measure and one.estimate is not None]
        if len(shown) > 1:
            drawn.append(_chart(measure, shown[:_MOST_LINES]))
    return tuple(drawn)


def _chart(measure: str, shown: list[Figure]) -> str:
    rows = [
        {"label": one.group, "estimate": one.estimate, "low": one.low, "high": one.high}
        for one in shown
    ]
    told = "; ".join(f"{one.group}: {share(one)}" for one in shown)
    return intervals(rows, title=measure, alternative=f"{measure}, with intervals. {told}")


def _row(one: Figure) -> tuple[str, ...]:
    if one.estimate is None or one.low is None or one.high is None:
        return (one.measure, one.group, "withheld", "", "", "", one.withheld)
    base = "" if one.baseline is None else f"{one.baseline:.3f} ({one.baseline_of})"
    chance = "" if one.p_value is None else f"{one.p_value:.2g}"
    return (
        one.measure,
        one.group,
        f"{one.estimate:.3f}",
        f"{one.low:.3f} to {one.high:.3f}",
        base,
        chance,
        one.verdict,
    )
