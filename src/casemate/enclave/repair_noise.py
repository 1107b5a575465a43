"""The same question, asked for a noisy answer under differential privacy (``casemate permit ask``)."""

from typing import Any

from casemate.analysis import Recipe
from casemate.analysis.expressions import Column, Compare, Expression, Several, Value
from casemate.analysis.recipes import Crosstab, Figure, Histogram, Table
from casemate.enclave.rules.figures import measures_of


def question_of(recipe: Recipe, dataset: str) -> dict[str, Any] | None:
    """The question without its cost, which is the data user's choice; None where there is none.

    There is one for counts in groups of variables, or in intervals, over a filter that asks for one
    value of each variable: what the privacy room answers.
    """
    what = recipe.what.of if isinstance(recipe.what, Figure) else recipe.what
    where = _equalities(recipe.where)
    derived = {one.name for one in recipe.derive}
    if where is None or derived & (what.names | where.keys()):
        return None
    question: dict[str, Any] = {"version": 1, "dataset": dataset}
    if where:
        question["where"] = where
    match what:
        case Histogram(by=None):
            edges = [f"{one:g}" for one in what.breaks]
            return {**question, "kind": "histogram", "variable": what.of, "edges": edges}
        case Table() | Crosstab() if all(m.function == "count" for m in measures_of(what)):
            by = [what.down, what.across] if isinstance(what, Crosstab) else list(what.by)
            if not by:
                return {**question, "kind": "count"}
            return {**question, "kind": "grouped", "by": by, "unknown_keys": True}
    return None


def _equalities(where: Expression | None) -> dict[str, Any] | None:
    """A filter as values that variables must have; None where it says something else."""
    parts = where.of if isinstance(where, Several) and where.op == "all_of" else (where,)
    found: dict[str, Any] = {}
    for part in parts:
        match part:
            case None:
                continue
            case Compare(op="eq", left=Column(name=name), right=Value(value=value)):
                if name in found or isinstance(value, float):
                    return None
                found[name] = value
            case _:
                return None
    return found
