"""The health flagship's page: one file with charts, drawn offline, that tells the whole story."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined

from casemate.charts import bars, intervals
from casemate.flagships.health.evaluation import PUBLISHED, Effect


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


def report(story: Mapping[str, Any]) -> str:
    """The page as one HTML document that loads nothing from anywhere.

    Raises ``jinja2.UndefinedError`` where ``story`` lacks a part.
    """
    # A template of ours on disk, autoescaped: text from data sets and people stays text.
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = files(__package__).joinpath("report.html.j2").read_text(encoding="utf-8")
    return environment.from_string(template).render(story=story)


def shares(counts: Sequence[int], edges: Sequence[int]) -> dict[str, int]:
    """Records by class size: ``counts[i]`` is the size of class ``i``; ``edges`` start each bin."""
    bins: dict[str, int] = {}
    for low, high in zip(edges, [*edges[1:], None], strict=True):
        label = f"{low}" if high == low + 1 else f"{low}–{high - 1}" if high else f"{low} or more"
        bins[label] = sum(size for size in counts if size >= low and (high is None or size < high))
    return bins
