"""Recipes carried out a second time behind the walls, by the checker: this is the job's program.

Under /in lie ``NUMBER.recipe`` files and the inputs that they read. Under /out it leaves, for each,
``NUMBER.json`` (the answer, or ``problem``) and ``NUMBER.people`` (the rows behind each line, as
little-endian 32-bit numbers, one line after the other).
"""

import json
from pathlib import Path
from typing import Any

import polars as pl

from casemate.analysis.compute import Answer, compute
from casemate.analysis.recipes import BadRecipe, recipe_from_json


def main(folder_in: Path = Path("/in"), folder_out: Path = Path("/out")) -> None:
    """Carry out every recipe, in the order of their numbers."""
    for path in sorted(folder_in.glob("*.recipe"), key=lambda path: int(path.stem)):
        recipe = recipe_from_json(path.read_bytes())
        frame = pl.read_parquet(folder_in / f"{recipe.input}.parquet")
        try:
            answer = compute(recipe, frame)
        except BadRecipe as problem:
            document: dict[str, Any] = {"problem": str(problem)}
        else:
            document = _document(answer)
            people = b"".join(one.astype("<u4").tobytes() for one in answer.people)
            (folder_out / f"{path.stem}.people").write_bytes(people)
        (folder_out / f"{path.stem}.json").write_text(json.dumps(document, allow_nan=False))


def _document(answer: Answer) -> dict[str, Any]:
    return {
        "columns": answer.columns,
        "keys": answer.keys,
        "rows": answer.rows,
        "people": [len(one) for one in answer.people],
        "notes": answer.notes,
    }
