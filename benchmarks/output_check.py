"""How long the disclosure rules take on one output, in milliseconds: medians, as JSON.

The table is of 14 regions by 5 years over 30,000 people, as in acro's own example (acro 1.0.2 takes
301 ms for that crosstab on a machine of this kind, pandas 4). ``compute`` carries the recipe out
again; ``rules`` applies every rule to the people behind each cell; ``check`` is both.

    python benchmarks/output_check.py [--rounds N]
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from casemate.analysis import Recipe, compute
from casemate.analysis.documents import crosstab, regression, survival, table
from casemate.enclave.checks_model import Rules
from casemate.enclave.repair import repair
from casemate.enclave.rules import apply_rules

PEOPLE = 30_000
TARGET_MS = 20


def people() -> pl.DataFrame:
    """30,000 who do not exist."""
    drawn = np.random.default_rng(7)
    return pl.DataFrame(
        {
            "region": drawn.integers(0, 14, PEOPLE),
            "year": drawn.integers(2018, 2023, PEOPLE),
            "rare": drawn.geometric(0.5, PEOPLE).clip(1, 14),
            "income": drawn.lognormal(10, 0.6, PEOPLE),
            "age": drawn.integers(18, 90, PEOPLE),
            "ill": drawn.integers(0, 2, PEOPLE),
            "years": drawn.exponential(8, PEOPLE) + 0.1,
        }
    )


OUTPUTS: dict[str, Any] = {
    "table 14 x 5, counts": crosstab("region", "year"),
    "table 14 x 5, counts with margins": crosstab("region", "year", margins=True),
    "table 14 x 5, mean": crosstab("region", "year", measure=("mean", "income")),
    "table 14 x 5, six figures with margins": table(
        ["region", "year"],
        margins=True,
        n="count",
        mean=("mean", "income"),
        total=("sum", "income"),
        spread=("std", "income"),
        median=("median", "income"),
        ill=("share", "ill"),
    ),
    "regression, 19 parameters": regression("income ~ age + C(region) + C(year)"),
    "survival, 5 times": survival("years", "ill", [1, 2, 5, 10, 15]),
}


def median_ms(rounds: int, act: Callable[[], object]) -> float:
    """The median time of ``act``; once before, unmeasured."""
    act()
    times = []
    for _ in range(rounds):
        started = time.perf_counter_ns()
        act()
        times.append(time.perf_counter_ns() - started)
    return round(statistics.median(times) / 1e6, 2)


def measure(frame: pl.DataFrame, what: Any, rounds: int) -> dict[str, Any]:
    """The figures of one output."""
    recipe = Recipe(file="out.csv", input="people", what=what)
    answer = compute(recipe, frame)

    def check() -> str:
        return apply_rules(recipe, compute(recipe, frame), frame, Rules()).decision

    return {
        "compute_ms": median_ms(rounds, lambda: compute(recipe, frame)),
        "rules_ms": median_ms(rounds, lambda: apply_rules(recipe, answer, frame, Rules())),
        "check_ms": median_ms(rounds, check),
        "decision": check(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=21)
    rounds = parser.parse_args().rounds
    frame = people()
    figures: dict[str, Any] = {name: measure(frame, what, rounds) for name, what in OUTPUTS.items()}
    refused = Recipe(file="out.csv", input="people", what=crosstab("rare", "year"))
    suggestions = repair(refused, frame, Rules())
    figures["repair of a refused 14 x 5 table"] = {
        "ms": median_ms(3, lambda: repair(refused, frame, Rules())),
        "kinds": [one.kind for one in suggestions],
    }
    check = figures["table 14 x 5, counts"]["check_ms"]
    print(
        json.dumps(
            {
                "people": PEOPLE,
                "outputs": figures,
                "target_ms": TARGET_MS,
                "within_target": check <= TARGET_MS,
                "load_average": round(os.getloadavg()[0], 2),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
