"""Made people of whom it is known how unfair a rule is to them, by construction."""

from typing import Any

import numpy as np
import polars as pl

from casemate.assurance.tabular import Table, table_of


def people(count: int = 1200, seed: int = 1) -> pl.DataFrame:
    """Skill decides who is hired, and nothing else does: women are as skilled as men.

    ``town`` means nothing; ``few`` has two values that hardly anybody has.
    """
    draw = np.random.default_rng(seed)
    sex = np.where(draw.random(count) < 0.4, "F", "M")
    skill = draw.normal(size=count).round(3)
    few = np.full(count, "common", dtype=object)
    few[:4], few[4:7] = "rare", "rarer"
    return pl.DataFrame(
        {
            "sex": sex,
            "skill": skill,
            "age": draw.integers(18, 70, count),
            "town": draw.choice(["north", "south"], count),
            "few": few.tolist(),
            "hired": skill + 0.7 * draw.normal(size=count) > 0,
            "trained": draw.random(count) < 0.5,
        }
    )


def table(frame: pl.DataFrame | None = None, **terms: Any) -> Table:
    """The people as a table whose protected column is sex; a rule reads skill, age, sex and town."""
    asked: dict[str, Any] = {
        "target": "hired",
        "protected": ["sex"],
        "features": ["skill", "age", "sex", "town"],
        **terms,
    }
    return table_of(people() if frame is None else frame, **asked)


def fair(rows: pl.DataFrame) -> Any:
    """Scores by skill alone."""
    return 1 / (1 + np.exp(-2 * rows["skill"].to_numpy()))


def unfair(rows: pl.DataFrame) -> Any:
    """Scores by skill, of which women are taken off 0.8: a selection rate of 21 % where men have 50 %."""
    skill = rows["skill"].to_numpy() - 0.8 * (rows["sex"].to_numpy() == "F")
    return 1 / (1 + np.exp(-2 * skill))


def by_sign(rows: pl.DataFrame) -> Any:
    """Decisions without scores."""
    return rows["skill"].to_numpy() > 0
