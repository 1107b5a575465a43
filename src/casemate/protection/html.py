"""The report on a protected table as one page: risk, generalisation, loss, and what else there was.

The page is one file. It loads nothing, is light or dark as the reader's system is, prints, and gives
each chart's figures as a table too.
"""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from casemate.protection.anonymise import Result
from casemate.protection.apply import ProtectionReport
from casemate.protection.codebook import CodebookEntry
from casemate.protection.drawing import bars, line
from casemate.protection.frontier import Point
from casemate.protection.risk import Risk

EDGES = (1, 2, 3, 5, 10, 20, 50, 100)
_SHOWN_LABELS = 8


def report_html(
    report: Result | ProtectionReport,
    *,
    title: str = "Protection report",
    frontier: Sequence[Point] = (),
) -> str:
    """The page on what ``anonymise`` or ``apply_plan`` did; with the ``frontier``, where given.

    Attributes, labels and ``title`` may come from anywhere: they are escaped.
    """
    from jinja2 import Environment, StrictUndefined  # a twentieth of a second, for pages only

    after = report.risk if isinstance(report, Result) else report.risk_after
    models = [model if isinstance(model, str) else model.describe() for model in report.models]
    # a template of ours, autoescaped: text from data stays text
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = files(__package__).joinpath("report.html.j2").read_text(encoding="utf-8")
    return environment.from_string(template).render(
        title=title,
        models=models,
        facts=_facts(report, after),
        bins=_bins(report.risk_before, after),
        risk_chart=_risk_chart(report.risk_before, after),
        attributes=[_attribute(entry, report.attribute_losses) for entry in report.codebook],
        frontier=frontier,
        frontier_chart=_frontier_chart(frontier, after) if frontier else "",
        details=_details(report),
    )


def _facts(report: Result | ProtectionReport, after: Risk) -> list[tuple[str, str, str]]:
    before = report.risk_before
    return [
        (
            "Highest risk of a person",
            f"{after.prosecutor_highest:.1%}",
            f"before {before.prosecutor_highest:.1%}",
        ),
        (
            "Average risk",
            f"{after.prosecutor_average:.2%}",
            f"before {before.prosecutor_average:.2%}",
        ),
        (
            "Records suppressed",
            f"{report.suppressed:,}",
            f"{report.suppressed_share:.1%} of {before.records:,}",
        ),
        ("Information loss", f"{report.loss:.3f}", "0 nothing, 1 everything"),
    ]


def _bins(before: Risk, after: Risk) -> list[tuple[str, int, int]]:
    """Records by class size, before and after."""
    found = []
    for low, high in zip(EDGES, [*EDGES[1:], None], strict=True):
        label = str(low) if high == low + 1 else f"{low}–{high - 1}" if high else f"{low}+"
        found.append((label, _records(before, low, high), _records(after, low, high)))
    return found


def _records(risk: Risk, low: int, high: int | None) -> int:
    return sum(
        size * classes
        for size, classes in risk.class_sizes
        if size >= low and (high is None or size < high)
    )


def _risk_chart(before: Risk, after: Risk) -> str:
    found = _bins(before, after)
    alternative = "Share of records by how many people look alike. " + "; ".join(
        f"{label}: {one / before.records:.0%} before, {two / after.records:.0%} after"
        for label, one, two in found
    )
    return bars(
        [label for label, _, _ in found],
        [
            ("before", [one / before.records for _, one, _ in found]),
            ("after", [two / after.records for _, _, two in found]),
        ],
        x="people who look alike (size of the class)",
        alternative=alternative,
    )


def _frontier_chart(points: Sequence[Point], after: Risk) -> str:
    near = [place for place, point in enumerate(points) if point.k <= after.smallest_class]
    alternative = "Information loss by k. " + "; ".join(
        f"k {point.k}: {point.loss:.3f}" for point in points
    )
    return line(
        [(str(point.k), point.loss) for point in points],
        x="k, the least number of people who look alike",
        marked=near[-1] if near else None,
        alternative=alternative,
    )


def _attribute(entry: CodebookEntry, losses: Mapping[str, float]) -> dict[str, Any]:
    labels = [
        "missing" if record.label is None else record.label
        for record in entry.labels[:_SHOWN_LABELS]
    ]
    return {
        "name": entry.variable,
        "level": entry.level,
        "highest": entry.highest,
        "labels": labels,
        "more": len(entry.labels) - len(labels),
        "loss": losses[entry.variable],
    }


def _details(report: Result | ProtectionReport) -> list[tuple[str, str]]:
    gap = "proven the best" if report.gap == 0 else f"at most {report.gap:.1%} above the best"
    if isinstance(report, Result):
        searched = f"{report.nodes:,} of {report.lattice:,} generalisations judged"
        return [("Measure", report.measure), ("Search", f"{searched}; {gap}")]
    return [
        ("Measure", f"{report.measure}; {gap}"),
        ("Variables", ", ".join(report.variables)),
        ("Pseudonymised", ", ".join(report.pseudonymised) or "none"),
        ("Plan", report.plan_digest),
        ("What came in", report.input_digest),
        ("What left", report.output_digest),
    ]
