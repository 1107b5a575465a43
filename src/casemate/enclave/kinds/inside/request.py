"""Inside the sandbox: a data request, computed by our own code; whoever asked hands in no program."""

from pathlib import Path

import polars

from casemate.analysis import compute, recipe_from_json, render


def main(text: str, _filename: str) -> None:
    """Compute the recipe ``text``; beside its output goes the recipe, for the checker."""
    recipe = recipe_from_json(text.encode())
    frame = polars.read_parquet(f"/in/{recipe.input}.parquet")
    out = Path("/out")
    (out / recipe.file).write_bytes(render(recipe, compute(recipe, frame)))
    (out / f"{recipe.file}.recipe.json").write_bytes(text.encode())
