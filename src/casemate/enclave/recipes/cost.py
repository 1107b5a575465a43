"""What a recipe costs to carry out, told from its text and the size of the input before it is tried.

One unit is about one value of one column looked at once: a few nanoseconds.
"""

from casemate.analysis import Recipe
from casemate.analysis.expressions import parts
from casemate.analysis.recipes import (
    Crosstab,
    Figure,
    Histogram,
    Quantiles,
    Regression,
    Survival,
    Table,
    WeightedEffect,
)

IN_PROCESS = 20_000_000
"""Units up to which a table is carried out in the checker's own process: under half a second, and a
few hundred megabytes at the most."""
IN_PROCESS_TOGETHER = 10 * IN_PROCESS
"""Of all recipes of one run; what comes after goes behind the walls."""
AT_MOST = 20_000_000_000
"""Units beyond which it is not tried at all."""


def cost(recipe: Recipe, rows: int) -> int:
    """Units of ``recipe`` on an input of so many rows; an upper bound, but for fitting a model."""
    expressions = [one.value for one in recipe.derive] + ([recipe.where] if recipe.where else [])
    each = len(recipe.variables) + sum(_weight(one) for one in expressions)
    return rows * (each + _passes(recipe))


def is_simple(recipe: Recipe, rows: int) -> bool:
    """Whether the checker's own process may carry it out.

    Tables, crosstabs, histograms and quantiles are a fixed number of passes of the table engine over
    the frames that the checker works on anyway, without iteration, and hold at most as many values as
    they have units. A model iterates, inverts matrices and loads a large library; a survival curve
    holds the people at risk once a time. Those run behind the walls, like everything that is large.
    """
    what = recipe.what.of if isinstance(recipe.what, Figure) else recipe.what
    small = isinstance(what, Table | Crosstab | Histogram | Quantiles)
    return small and cost(recipe, rows) <= IN_PROCESS


def _weight(expression: object) -> int:
    listed = [getattr(expression, name, ()) for name in ("values", "breaks", "cases")]
    sizes = sum(len(one) for one in listed if isinstance(one, tuple))
    return 2 + sizes.bit_length() + sum(_weight(part) for part in parts(expression))


def _passes(recipe: Recipe) -> int:
    what = recipe.what.of if isinstance(recipe.what, Figure) else recipe.what
    match what:
        case Table(by=by, measures=measures, margins=margins):
            return (2 ** len(by) if margins else 1) * (4 * len(by) + 4 * len(measures) + 4)
        case Crosstab(margins=margins):
            return (4 if margins else 1) * 16
        case Histogram():
            return 16
        case Quantiles(by=by, at=at):
            return 4 * len(by) + 8 * len(at)
        case Survival(times=times):
            return 20 + 2 * len(times)
        case Regression() | WeightedEffect():
            return 2_000
