"""The effect of a treatment by inverse-probability weighting.

Hernán & Robins, *Causal Inference: What If*, chapter 12: a logistic model of the treatment gives each
person the chance of the treatment they had; a regression of the outcome on the treatment, weighted by
the inverse of that chance, with a robust (sandwich) variance gives the mean difference.
"""

import numpy as np
import polars as pl

from casemate.analysis.compute import Answer
from casemate.analysis.fitting import (
    complete,
    design_of,
    estimates,
    fitted,
    number,
    require_rank,
    weighted_least_squares,
)
from casemate.analysis.recipes import BadRecipe, Regression, WeightedEffect


def effect(what: WeightedEffect, table: pl.DataFrame) -> Answer:
    """The effect on the complete rows, its robust standard error (HC0) and its 95 % interval.

    Raises BadRecipe where the treatment cannot be modelled, or everyone or nobody has it.
    """
    rows = complete(what.names, table)
    treated = number(rows, what.treatment)
    if not np.isin(treated, (0, 1)).all() or treated.min(initial=1) == treated.max(initial=0):
        raise BadRecipe("the treatment is 0 for some and 1 for others")
    _, confounders = design_of(what.terms, rows, intercept=True)
    require_rank(confounders)
    chance_model = Regression(family="logit", response=what.treatment, terms=what.terms)
    chance = np.asarray(fitted(chance_model, rows, confounders).fittedvalues)
    chance_of_own = np.where(treated == 1, chance, 1 - chance)
    if (chance_of_own < np.finfo(float).eps).any():
        raise BadRecipe("somebody had no chance of the treatment they had: leave such people out")
    share = treated.mean() if what.stabilised else 0.5
    weights = np.where(treated == 1, share, 1 - share) / chance_of_own
    design = np.column_stack([np.ones(len(rows)), treated])
    outcome = number(rows, what.outcome)
    result = weighted_least_squares(outcome, design, weights, cov_type="HC0")
    whole = estimates(["intercept", what.treatment], result, rows, [])
    notes = (("n", len(rows)), ("residual_dof", len(rows) - 2 - confounders.shape[1]))
    return Answer(whole.columns, 1, whole.rows[1:], whole.people, notes)
