"""The observatory: published evaluations of language models side by side, and two of them item by item.

Bias, refusal and broken formats are never added up: a line has a share for each, with its interval. Models
stand beside each other only where they answered the same suite in the same language.
"""

from casemate.assurance.observatory.board import (
    Energy,
    Line,
    Share,
    as_csv,
    energy_of,
    has_lines,
    language_of,
    lines,
    newest,
    told_small,
)
from casemate.assurance.observatory.pairing import Compared, compare

__all__ = [
    "Compared",
    "Energy",
    "Line",
    "Share",
    "as_csv",
    "compare",
    "energy_of",
    "has_lines",
    "language_of",
    "lines",
    "newest",
    "told_small",
]
