"""What the literature says, and whether a protected result agrees with it."""

import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from casemate.analysis import People
from casemate.catalogue import read_table
from casemate.flagships.health.quit_smoking import effect
from casemate.flagships.health.sources import nhefs_file, nhefs_plan
from casemate.protection import Plan, Point, frontier

TOLERANCE_KG = 0.2
"""How far the protected point estimate may lie from the one on raw data."""


@dataclass(frozen=True)
class Effect:
    """A mean difference in weight change, in kilograms, with its 95 % confidence interval."""

    estimate: float
    ci_low: float
    ci_high: float

    def __str__(self) -> str:
        return f"{self.estimate:.2f} kg [{self.ci_low:.2f}, {self.ci_high:.2f}]"

    def covers(self, value: float) -> bool:
        """Whether the confidence interval holds ``value``."""
        return self.ci_low <= value <= self.ci_high


KS = (2, 3, 5, 7, 10)

PUBLISHED = Effect(3.4, 2.4, 4.5)
"""Hernán & Robins, *Causal Inference: What If* (2020), section 12.2."""


def effect_of(document: dict[str, Any]) -> Effect:
    """The effect that a released ``effect.json`` states."""
    (row,) = document["rows"]
    return Effect(row["estimate"], row["low"], row["high"])


def raw_effect() -> Effect:
    """The same program on the hospital's own unprotected file, outside the platform."""
    with TemporaryDirectory() as folder:
        out = Path(folder)
        # The file is the holder's own: no permit is needed to read what is one's own.
        effect(People("nhefs", read_table(nhefs_file()), out))
        return effect_of(json.loads((out / "effect.json").read_bytes()))


def risk_and_loss() -> tuple[Point, ...]:
    """What each k would cost, on the hospital's own file and by the plan's own ladders."""
    plan = Plan.from_dict(nhefs_plan())
    people = read_table(nhefs_file()).select(list(plan.quasi_identifiers))
    return frontier(people, plan.quasi_identifiers, KS, suppression=plan.suppression)


def agrees(protected: Effect, raw: Effect) -> bool:
    """Whether protection kept the answer: close to raw, and the published value inside the interval."""
    close = abs(protected.estimate - raw.estimate) <= TOLERANCE_KG
    return close and protected.covers(PUBLISHED.estimate)
