"""Pictures of a dataset, from what publishing measured: quality, risk, and the spread of one variable."""

import math
from typing import Any, Protocol

from casemate.catalogue import Dataset, Variable, in_language
from casemate.portal.pages.charts import Chart, bars
from casemate.portal.pages.language import format_number, mark
from casemate.portal.pages.visit import Visit

SCORES = {
    "completeness": mark("Completeness"),
    "validity": mark("Validity"),
    "uniqueness": mark("Uniqueness"),
    "consistency": mark("Consistency"),
    "findability": mark("Findability"),
    "accessibility": mark("Accessibility"),
    "interoperability": mark("Interoperability"),
    "reusability": mark("Reusability"),
    "contextuality": mark("Contextuality"),
}
_GROUPS = (
    ("1", 1, 1), ("2–4", 2, 4), ("5–9", 5, 9), ("10–49", 10, 49), ("≥ 50", 50, math.inf)
)  # fmt: skip
"""Sizes of groups of people who look alike: a name, the least and the most."""


class Measured(Protocol):
    """A dataset, or what would become one."""

    @property
    def quality(self) -> dict[str, Any]:
        """Its scores."""

    @property
    def risk(self) -> dict[str, Any]:
        """The re-identification risk of its raw table."""


def quality(seen: Visit, known: Measured) -> Chart:
    """The four scores of the data."""
    what, score = seen.gettext("Aspect"), seen.gettext("Score of 100")
    scores = known.quality["data"]
    rows = [
        {what: seen.gettext(SCORES[name]), score: round(100 * one["score"], 1)}
        for name, one in scores.items()
    ]
    numbers = sorted(float(row[score]) for row in rows)
    least, most = (format_number(one, seen.lang, 1) for one in (numbers[0], numbers[-1]))
    return bars(
        rows,
        x=what,
        y=score,
        sideways=True,
        title=seen.gettext("Quality of the data"),
        alternative=seen.gettext(
            "The four scores lie between %(least)s and %(most)s of 100.", least=least, most=most
        ),
    )


def metadata(seen: Visit, known: Measured) -> Chart:
    """The five scores of the description, each as a share of what it could be."""
    what, share = seen.gettext("Aspect"), seen.gettext("Percent of the points")
    scored = known.quality["metadata"]
    rows = [
        {what: seen.gettext(SCORES[name]), share: round(100 * one["points"] / one["of"])}
        for name, one in scored["dimensions"].items()
    ]
    return bars(
        rows,
        x=what,
        y=share,
        sideways=True,
        title=seen.gettext("Quality of the description"),
        alternative=seen.gettext(
            "The description has %(points)s of %(most)s points of the European data portal's assessment.",
            points=scored["points"],
            most=scored["of"],
        ),
    )


def risk(seen: Visit, known: Measured) -> Chart | None:
    """How many people look alike in the raw table; ``None`` where nothing was measured."""
    sizes = known.risk.get("class_sizes")
    if not sizes:
        return None
    group, people = seen.gettext("People who look alike"), seen.gettext("People")
    least = int(known.risk["threshold"])
    counted = {
        name: sum(size * number for size, number in sizes if low <= size <= high)
        for name, low, high in _GROUPS
    }
    rows = [{group: name, people: number} for name, number in counted.items()]
    return bars(
        rows,
        x=group,
        y=people,
        title=seen.gettext("Who could be recognised in the raw table"),
        alternative=seen.gettext(
            "%(unique)s of %(all)s people are alone with their quasi-identifiers; %(share)s percent are in "
            "groups under %(least)s. Protection makes the groups larger before a program reads the data.",
            unique=known.risk["uniques"],
            all=known.risk["records"],
            least=least,
            share=round(100 * float(known.risk["at_risk"])),
        ),
    )


def spread(seen: Visit, known: Dataset, variable: Variable) -> Chart | None:
    """How the values of one variable spread, of at least ten people each; ``None`` where it is not told."""
    facts: dict[str, Any] = known.profile["variables"].get(variable.name, {})
    value, people = seen.gettext("Value"), seen.gettext("People")
    if "histogram" in facts:
        rows = [{value: _span(one), people: one["people"]} for one in facts["histogram"]]
    elif facts.get("categories"):
        codes = variable.codes
        rows = [
            {value: _meaning(seen, codes, str(one["value"])), people: one["people"]}
            for one in facts["categories"]
        ]
    else:
        return None
    label = in_language(variable.label, seen.lang)
    return bars(
        rows,
        x=value,
        y=people,
        sideways=True,
        title=label,
        alternative=seen.gettext(
            "%(count)s groups of values, each of at least ten people, rounded to fives.",
            count=len(rows),
        ),
    )


def _span(one: dict[str, Any]) -> str:
    low, high = one["from"], one["to"]
    if low is None:
        return f"< {high}"
    return f"≥ {low}" if high is None else f"{low} – {high}"


def _meaning(seen: Visit, codes: Any, value: str) -> str:
    return in_language(codes[value], seen.lang) if value in codes else value
