"""What may be done to a table beside one generalisation for all: each usable by itself.

Local recoding, micro-aggregation (in classes, or of numbers by MDAV), top and bottom coding,
rounding, and sampling.
"""

from casemate.protection.transformations.class_values import CLASS_FUNCTIONS, class_values
from casemate.protection.transformations.extremes import (
    Coded,
    Extremes,
    code_extremes,
    round_numbers,
)
from casemate.protection.transformations.local_recoding import (
    LocalResult,
    Region,
    anonymise_locally,
)
from casemate.protection.transformations.mdav import Microaggregated, microaggregate
from casemate.protection.transformations.recode import RECODINGS, recode
from casemate.protection.transformations.sampling import Sampling, draw_sample

__all__ = [
    "CLASS_FUNCTIONS",
    "RECODINGS",
    "Coded",
    "Extremes",
    "LocalResult",
    "Microaggregated",
    "Region",
    "Sampling",
    "anonymise_locally",
    "class_values",
    "code_extremes",
    "draw_sample",
    "microaggregate",
    "recode",
    "round_numbers",
]
