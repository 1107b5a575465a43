"""Is a file what its recipe gives? Byte for byte; a fitted model within a tolerance.

The checker's own environment is the authority. A run may use another version of statsmodels or of the
linear algebra below it, and a fit then differs in its last places. Such a file is taken for what it claims
to be, and what leaves are the checker's own figures: so the tolerance carries nothing out.
"""

import csv
import io
import math
from typing import Any, Literal

from casemate.analysis import Answer, Recipe, render
from casemate.analysis.recipes import Regression, WeightedEffect
from casemate.enclave.checks_parse import Malformed, decode, parse_json

RELATIVE = 1e-6
"""Of a figure: what fits by other versions differ by at most, as long as both converged."""


def compare(data: bytes, recipe: Recipe, answer: Answer) -> Literal["same", "close", "different"]:
    """How ``data`` agrees with what ``recipe`` gives; only a fitted model's can be ``close``."""
    own = render(recipe, answer)
    if data == own:
        return "same"
    if not isinstance(recipe.what, Regression | WeightedEffect) or len(data) > 2 * len(own):
        return "different"
    try:
        theirs, ours = (_cells(one, recipe.file) for one in (data, own))
    except (Malformed, csv.Error):
        return "different"
    return "close" if _agree(theirs, ours, recipe.decimals) else "different"


def _cells(data: bytes, file: str) -> Any:
    text = decode(data)
    if file.endswith(".json"):
        return parse_json(text)
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    return [[_number(cell) for cell in row] for row in rows]


def _number(cell: str) -> Any:
    """A figure as a float, as JSON has it; whole numbers and words stay what they are."""
    try:
        return float(cell) if "." in cell or "e" in cell else cell
    except ValueError:
        return cell


def _agree(theirs: Any, ours: Any, decimals: int) -> bool:
    """Equal but for figures, which agree to one unit in the last place or ``RELATIVE``."""
    if isinstance(ours, dict):
        return (
            isinstance(theirs, dict)
            and list(theirs) == list(ours)
            and all(_agree(theirs[name], ours[name], decimals) for name in ours)
        )
    if isinstance(ours, list):
        return (
            isinstance(theirs, list)
            and len(theirs) == len(ours)
            and all(_agree(one, own, decimals) for one, own in zip(theirs, ours, strict=True))
        )
    if type(theirs) is type(ours) is float:
        unit = 1.000001 * 10.0**-decimals
        return math.isfinite(theirs) and abs(theirs - ours) <= unit + RELATIVE * abs(ours)
    return type(theirs) is type(ours) and bool(theirs == ours)
