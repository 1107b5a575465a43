"""The health flagship's page: one file with charts, drawn offline, that tells the whole story."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined

from casemate.access import Permit
from casemate.charts import bars, intervals, line
from casemate.clock import timestamp
from casemate.enclave import OutputState
from casemate.flagships.health.evaluation import PUBLISHED, Effect
from casemate.flagships.health.story import Told
from casemate.ledger import Entry
from casemate.protection.frontier import Point

EDGES = (1, 2, 5, 10, 20, 50, 100)


def effects_chart(raw: Effect, protected: Effect) -> str:
    """Published, raw and protected effect under one another."""
    shown = [
        ("Published", PUBLISHED),
        ("On the raw file, by its holder", raw),
        ("Released from the enclave", protected),
    ]
    rows = [
        {"label": label, "estimate": effect.estimate, "low": effect.ci_low, "high": effect.ci_high}
        for label, effect in shown
    ]
    alternative = "; ".join(f"{label}: {effect}" for label, effect in shown)
    return intervals(rows, title="Weight change due to quitting (kg)", alternative=alternative)


def risk_chart(before: Mapping[str, int], after: Mapping[str, int]) -> str:
    """Records by the size of their equivalence class, before and after protection."""
    sizes = list(before)
    rows = [
        {"People who look alike": size, "Records": counts.get(size, 0), "When": when}
        for when, counts in (("before protection", before), ("after protection", after))
        for size in sizes
    ]
    alternative = "Records by class size. " + "; ".join(
        f"{size}: {before.get(size, 0)} before, {after.get(size, 0)} after" for size in sizes
    )
    return bars(
        rows, x="People who look alike", y="Records", colour="When", alternative=alternative
    )


def frontier_chart(points: Sequence[Point]) -> str:
    """What more protection costs: information loss against the highest risk that is left, by k."""
    rows = [
        {
            "Information loss": round(point.loss, 4),
            "Highest risk left": round(point.highest_risk, 4),
            "k": f"k = {point.k}",
        }
        for point in points
    ]
    alternative = "; ".join(
        f"{row['k']}: risk {row['Highest risk left']:.0%}, loss {row['Information loss']:.3f}"
        for row in rows
    )
    x, y = "Highest risk left", "Information loss"
    return line(rows, x=x, y=y, label="k", alternative=alternative)


def report(story: Mapping[str, Any]) -> str:
    """The page as one HTML document that loads nothing from anywhere.

    Raises ``jinja2.UndefinedError`` where ``story`` lacks a part.
    """
    # A template of ours on disk, autoescaped: text from data sets and people stays text.
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = files(__package__).joinpath("report.html.j2").read_text(encoding="utf-8")
    return environment.from_string(template).render(story=story)


def story_of(
    told: Told, raw: Effect, points: Sequence[Point], entries: Sequence[Entry]
) -> dict[str, Any]:
    """The story in the words and figures of the report's template."""
    report, plan = told.view.report, told.permit.scopes[0].plan
    before, after = report["risk_before"], report["risk_after"]
    run = told.run.resources["used"]
    return {
        "dataset": {
            "title": told.dataset.titles["en"],
            "holder": told.dataset.holder,
            "version": told.dataset.version,
            "rows": told.dataset.rows,
            "variables": len(told.dataset.variables),
            "quality": told.dataset.quality["overall"],
        },
        "permit": _permit_rows(told.permit),
        "risk": {
            "quasi_identifiers": sorted(report["generalisation"]),
            "uniques_before": before["uniques"],
            "before": f"{float(before['prosecutor_highest']):.0%}",
            "after": f"{float(after['prosecutor_highest']):.0%}",
            "suppressed": report["suppressed"],
            "suppressed_share": f"{float(report['suppressed_share']):.1%}",
            "loss": f"{float(report['loss']):.3f}",
            "k": after["smallest_class"],
        },
        "generalisation": [
            {
                "name": name,
                "labels": generalised_to(plan["quasi_identifiers"][name], level),
                "loss": f"{float(report['attribute_losses'][name]):.3f}",
            }
            for name, level in report["generalisation"].items()
        ],
        "run": {
            "seconds": f"{run['wall_ms'] / 1000:.1f}",
            "memory": f"{run['max_rss_bytes'] / 2**20:.0f} MiB",
        },
        "outputs": [
            {
                "name": output.name,
                "state": output.state.value,
                "released": output.state is OutputState.released,
                "reason": output.why,
            }
            for output in told.outputs
        ],
        "protected": told.protected,
        "chart_effects": effects_chart(raw, told.protected),
        "chart_frontier": frontier_chart(points),
        "chart_risk": risk_chart(by_class_size(before), by_class_size(after)),
        "refusals": told.attempts,
        "ledger": {
            "size": told.ledger.size,
            "root": told.ledger.root,
            "verdict": "It verifies." if told.ledger.ok else " ".join(told.ledger.problems),
            "entries": entries,
        },
    }


def by_class_size(risk: Mapping[str, Any]) -> dict[str, int]:
    """Records by how many people look alike, in bins that start at ``EDGES``."""
    bins: dict[str, int] = {}
    for low, high in zip(EDGES, [*EDGES[1:], None], strict=True):
        label = str(low) if high == low + 1 else f"{low}–{high - 1}" if high else f"{low} or more"
        bins[label] = sum(
            size * classes
            for size, classes in risk["class_sizes"]
            if size >= low and (high is None or size < high)
        )
    return bins


def _permit_rows(permit: Permit) -> list[tuple[str, str]]:
    scope = permit.scopes[0]
    return [
        ("Number", permit.id),
        ("People", ", ".join(sorted(permit.people))),
        ("Purpose", f"{permit.purpose}: {permit.purpose_text}"),
        ("Dataset", f"{scope.dataset}, version {scope.version}"),
        ("Variables", ", ".join(scope.variables)),
        ("In force", f"{timestamp(permit.valid_from)} to {timestamp(permit.valid_until)}"),
        ("Conditions", " ".join(permit.conditions)),
        ("Least count in a cell", str(permit.output_rules.min_cell)),
        (
            "Ended",
            f"{permit.revoke_reason} ({timestamp(permit.revoked_at)})" if permit.revoked_at else "",
        ),
        ("Signature", permit.digest),
    ]


def generalised_to(hierarchy: Mapping[str, Any], level: int) -> str:
    """What a value became at ``level`` of the plan's ``hierarchy``, in words."""
    if level == 0:
        return "as collected"
    if hierarchy["kind"] == "intervals" and level <= len(hierarchy["widths"]):
        return f"bands of {hierarchy['widths'][level - 1]} years"
    if hierarchy["kind"] == "groups" and level <= len(hierarchy["levels"]):
        return "; ".join(hierarchy["levels"][level - 1])
    return "withheld"
