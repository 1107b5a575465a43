"""Outputs with recipes: trusted code carries the recipe out on the run's own inputs and compares.

    paired = pair(files)                             # which file has which recipe
    found = recompute_all(recipes, inputs)           # within bounds, behind the walls where large
    judged = judge_by_recipe(data, found[output], frames, rules, script)

A file that is not byte for byte what its recipe gives is refused. One that is, is judged by the rules on
the people that trusted code found behind each line.
"""

from casemate.enclave.recipes.inferring import Inferred, infer, people_counted
from casemate.enclave.recipes.memory import ReleaseMemory, Said, Told
from casemate.enclave.recipes.pairing import Paired, pair
from casemate.enclave.recipes.recompute import Input
from casemate.enclave.recipes.shelf import RecipeShelf, SealedRecipe
from casemate.enclave.recipes.verdicts import Judged, Recomputed, judge_by_recipe, recompute_all

__all__ = [
    "Inferred",
    "Input",
    "Judged",
    "Paired",
    "RecipeShelf",
    "Recomputed",
    "ReleaseMemory",
    "Said",
    "SealedRecipe",
    "Told",
    "infer",
    "judge_by_recipe",
    "pair",
    "people_counted",
    "recompute_all",
]
