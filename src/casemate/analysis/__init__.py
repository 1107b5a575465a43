"""Analyses as recipes: what a researcher's program writes, so that trusted code can compute it again.

    from casemate.analysis import column, read

    adults = read("nhefs").where(column("age") >= 30)
    adults.table("by_sex.csv", ["sex"], n="count", change=("mean", "wt82_71"))

This package is all of Casemate that a job sees in the sandbox; it imports no other part of it. The
same code runs on the trusted side, on the same protected inputs, and what came out is compared with
what it gives there.
"""

from casemate.analysis.columns import Expr, column
from casemate.analysis.compute import Answer, compute
from casemate.analysis.documents import (
    crosstab,
    histogram,
    quantiles,
    regression,
    survival,
    table,
    weighted_effect,
)
from casemate.analysis.face import People, read
from casemate.analysis.recipes import BadRecipe, Recipe, recipe_from_json
from casemate.analysis.render import render

__all__ = [
    "Answer",
    "BadRecipe",
    "Expr",
    "People",
    "Recipe",
    "column",
    "compute",
    "crosstab",
    "histogram",
    "quantiles",
    "read",
    "recipe_from_json",
    "regression",
    "render",
    "survival",
    "table",
    "weighted_effect",
]
