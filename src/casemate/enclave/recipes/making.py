"""What a recipe gives, made ready to leave: cells left out, counts rounded, figures drawn by trusted code.

The check and the repair both make it here, so that what was suggested is what is checked.
"""

from dataclasses import dataclass, replace

import polars as pl

from casemate.analysis import Answer, Recipe, render
from casemate.analysis.recipes import Figure
from casemate.enclave.checks_model import Rules
from casemate.enclave.recipes.drawing import drawn
from casemate.enclave.repair_cells import hidden_lines, rounded
from casemate.enclave.rules.apply import breaches_of
from casemate.enclave.rules.breaches import Breach
from casemate.enclave.rules.supports import Ints, Supports
from casemate.errors import BadInput

_CURED_BY_ROUNDING = frozenset({"minimum cell count", "zero cells", "class disclosure"})


@dataclass(frozen=True)
class Made:
    """``shown`` are the figures as they leave; ``supports`` the people behind each line, and which lines
    are left out; ``breaches`` the rules that it breaks."""

    supports: Supports
    shown: Answer
    breaches: list[Breach]


def made(
    recipe: Recipe, answer: Answer, frame: pl.DataFrame, rules: Rules, people: Ints | None = None
) -> Made:
    """``answer``, which ``recipe`` gives on ``frame``, with what the recipe asks of trusted code.

    ``people`` is as for ``apply_rules``. Raises BadInput where cells cannot be left out of such an output
    or its counts not be rounded, Unavailable where no such rounding was found.
    """
    supports = Supports(recipe, answer, frame, people)
    if recipe.round_to is not None:
        if recipe.round_to < rules.min_cell:
            raise BadInput(f"counts are rounded to {rules.min_cell} or more")
        broken = [one for one in breaches_of(supports, rules) if one.rule not in _CURED_BY_ROUNDING]
        return Made(supports, rounded(supports, recipe.round_to), broken)
    if recipe.suppress:
        supports = replace(supports, hidden=hidden_lines(supports, rules), _values={})
    return Made(supports, answer, breaches_of(supports, rules))


def written(recipe: Recipe, what: Made) -> bytes:
    """The file. Raises ValueError for a figure with too many marks to draw."""
    if isinstance(recipe.what, Figure):
        return drawn(recipe, what.shown, hidden=what.supports.hidden)
    return render(recipe, what.shown, hidden=what.supports.hidden)
