"""How long the check of an output with a recipe takes: a table in the checker's process, a model behind
the walls. Prints JSON: milliseconds, median of repeats, and the machine's load."""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import polars as pl

from casemate.analysis import Recipe, compute, render
from casemate.analysis.documents import crosstab, regression
from casemate.enclave.checks_model import Rules
from casemate.enclave.recipes import Input, judge_by_recipe, recompute_all

ROWS = 30_000
SCRIPT = b"people.crosstab('t.csv', 'down', 'across'); 'p' 'value' 'r.json' 'x' 'y'"


def people() -> pl.DataFrame:
    dice = np.random.default_rng(1)
    return pl.DataFrame(
        {"down": dice.integers(0, 14, ROWS), "across": dice.integers(0, 5, ROWS),
         "x": dice.normal(0, 1, ROWS), "y": dice.normal(0, 1, ROWS)}
    )  # fmt: skip


def checked(recipe: Recipe, frame: pl.DataFrame) -> Callable[[], float]:
    data, parquet = render(recipe, compute(recipe, frame)), b""
    if recipe.file == "r.json":
        import io

        buffer = io.BytesIO()
        frame.write_parquet(buffer)
        parquet = buffer.getvalue()

    def once() -> float:
        before = time.perf_counter()
        found = recompute_all(
            {"o": (recipe.file, recipe.to_json())}, {"p": Input(frame, lambda: parquet)}
        )
        judged = judge_by_recipe(data, found["o"], {"p": frame}, Rules(), SCRIPT)
        assert judged.verdict.decision == "pass", judged
        return (time.perf_counter() - before) * 1000

    return once


def main() -> None:
    frame = people()
    table = checked(Recipe(file="t.csv", input="p", what=crosstab("down", "across")), frame)
    model = checked(Recipe(file="r.json", input="p", what=regression("y ~ x")), frame)
    figures = {
        "table_14x5_of_30000_ms": round(statistics.median(table() for _ in range(51)), 1),
        "regression_behind_the_walls_ms": round(statistics.median(model() for _ in range(3)), 1),
        "load": round(os.getloadavg()[0], 1),
    }
    json.dump(figures, sys.stdout)
    print()


if __name__ == "__main__":
    main()
