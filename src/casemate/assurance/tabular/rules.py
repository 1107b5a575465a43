"""A rule system as data: an expression that is true of whom it decides for. No code of anybody is run."""

import json

import numpy as np
import polars as pl

from casemate.analysis import BadRecipe, Recipe, recipe_from_json
from casemate.analysis.evaluate import ROW, select
from casemate.assurance.tabular.answers import Flags
from casemate.errors import BadInput

Rule = Recipe


def read_rule(data: bytes) -> Rule:
    """The rule in ``data``, an expression of ``casemate.analysis``; raises ``BadInput`` if it is none."""
    try:
        document = {
            "recipe": 1,
            "file": "rule.csv",
            "input": "view",
            "where": json.loads(data),
            "what": {
                "analysis": "table",
                "by": [],
                "measures": [{"name": "n", "function": "count"}],
            },
        }
        return recipe_from_json(json.dumps(document).encode())
    except (ValueError, RecursionError) as failure:  # BadRecipe is one
        raise BadInput(f"the rule is no expression: {failure}") from None


def decides(rule: Rule, rows: pl.DataFrame) -> Flags:
    """For whom the rule decides; a missing value decides for nobody. Raises ``BadInput``."""
    try:
        kept = select(rule, rows)
    except BadRecipe as failure:
        raise BadInput(f"the rule does not fit the columns: {failure}") from None
    found: Flags = np.zeros(rows.height, dtype=bool)
    found[kept[ROW].to_numpy()] = True
    return found
