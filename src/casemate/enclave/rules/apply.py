"""Which rules are for which analysis."""

import polars as pl

from casemate.analysis import Answer, Recipe
from casemate.analysis.recipes import (
    Crosstab,
    Histogram,
    Quantiles,
    Regression,
    Survival,
    Table,
    WeightedEffect,
)
from casemate.enclave.checks_model import Findings, Rules
from casemate.enclave.rules.breaches import Breach, report
from casemate.enclave.rules.cells import cell_breaches, left_out
from casemate.enclave.rules.distributions import (
    histogram_breaches,
    quantile_breaches,
    survival_breaches,
)
from casemate.enclave.rules.figures import figure_breaches
from casemate.enclave.rules.hidden import hidden_breaches
from casemate.enclave.rules.models import effect_breaches, model_breaches
from casemate.enclave.rules.supports import Ints, Supports


def apply_rules(
    recipe: Recipe,
    answer: Answer,
    frame: pl.DataFrame,
    rules: Rules,
    *,
    people: Ints | None = None,
    hidden: frozenset[int] = frozenset(),
) -> Findings:
    """Judge ``answer``, which is what ``recipe`` gives on the protected input ``frame``.

    ``people`` numbers the person of each row of the input, where one may have several rows; else every
    row is a person. ``hidden`` are the lines of ``answer`` whose figures are not shown (suppressed).
    The findings say "pass" where no rule is broken; every reason is written for the researcher and
    holds thresholds and places in their own table, no value and no count.
    """
    supports = Supports(recipe, answer, frame, people, hidden)
    findings = Findings()
    report(breaches_of(supports, rules), findings, supports.place, supports.noun)
    return findings


def breaches_of(supports: Supports, rules: Rules) -> list[Breach]:
    """Every rule that is broken, by the analysis."""
    if not supports.answer.rows:
        return [Breach("empty", "review", "the answer has no lines")]
    found = left_out(supports, rules)
    match supports.what:
        case Table() | Crosstab():
            found += cell_breaches(supports, rules)
            found += figure_breaches(supports, rules)
            found += hidden_breaches(supports, rules)
        case Histogram():
            found += histogram_breaches(supports, rules)
            found += hidden_breaches(supports, rules)
        case Quantiles():
            found += quantile_breaches(supports, rules)
        case Survival():
            found += survival_breaches(supports, rules)
        case Regression():
            found += model_breaches(supports, rules)
        case WeightedEffect():
            found += effect_breaches(supports, rules)
        case unknown:
            what = f"there are no rules for {type(unknown).__name__}: a person must judge it"
            found.append(Breach("no rule", "review", what))
    return found
