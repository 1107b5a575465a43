"""Statistics that hold: an interval on every figure, comparisons on the same items, corrections for many.

scipy and statsmodels do the work where they have the method; what is ours names its source and is held
against an independent calculation in the tests.
"""

from casemate.assurance.statistics.apart import Apart, kept_apart
from casemate.assurance.statistics.areas import area_under_curve
from casemate.assurance.statistics.bootstrap import bca, bootstrap
from casemate.assurance.statistics.comparing import (
    Comparison,
    fisher,
    mcnemar,
    paired_permutation,
)
from casemate.assurance.statistics.corrections import benjamini_hochberg, holm
from casemate.assurance.statistics.intervals import (
    Interval,
    clopper_pearson,
    newcombe,
    newcombe_paired,
    wilson,
)
from casemate.assurance.statistics.power import (
    items_needed,
    least_detectable,
    least_detectable_paired,
    power_of,
)
from casemate.assurance.statistics.runs import RepeatedRuns, repeated_runs

__all__ = [
    "Apart",
    "Comparison",
    "Interval",
    "RepeatedRuns",
    "area_under_curve",
    "bca",
    "benjamini_hochberg",
    "bootstrap",
    "clopper_pearson",
    "fisher",
    "holm",
    "items_needed",
    "kept_apart",
    "least_detectable",
    "least_detectable_paired",
    "mcnemar",
    "newcombe",
    "newcombe_paired",
    "paired_permutation",
    "power_of",
    "repeated_runs",
    "wilson",
]
