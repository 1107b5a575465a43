"""Regressions from typed terms: a design matrix built here, never a formula that is evaluated."""

import math
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from casemate.analysis.compute import Answer
from casemate.analysis.evaluate import ROW
from casemate.analysis.recipes import BadRecipe, Factor, Regression, Term
from casemate.analysis.words import Cell, key

MAX_COLUMNS = 200
MAX_ENTRIES = 20_000_000
"""Of a design matrix: 160 MB, of which fitting holds a few copies."""
COLUMNS = ("term", "estimate", "std_error", "low", "high")
Floats = npt.NDArray[np.float64]


def fit(what: Regression, table: pl.DataFrame) -> Answer:
    """Fit the model on the complete rows. Raises BadRecipe where it cannot be fitted."""
    rows = complete(what.names, table)
    names, design = design_of(what.terms, rows, intercept=what.family != "cox")
    require_rank(design)
    result = fitted(what, rows, design)
    notes: list[tuple[str, Cell]] = [
        ("n", len(rows)),
        ("residual_dof", len(rows) - design.shape[1]),
    ]
    if what.family == "ols":
        notes.append(("r_squared", float(result.rsquared)))
    return estimates(names, result, rows, notes)


def complete(names: frozenset[str], table: pl.DataFrame) -> pl.DataFrame:
    """The rows with a value in each of these columns."""
    held = table.filter(pl.all_horizontal(pl.col(name).is_not_null() for name in sorted(names)))
    return held.rechunk()


def design_of(
    terms: tuple[Term, ...], rows: pl.DataFrame, *, intercept: bool
) -> tuple[list[str], Floats]:
    """Names and columns of the design matrix, the first of them the intercept."""
    width = intercept + sum(math.prod(_width(one, rows) for one in term.factors) for term in terms)
    if width > MAX_COLUMNS or width * len(rows) > MAX_ENTRIES:
        raise BadRecipe(
            f"a model has at most {MAX_COLUMNS} parameters, and {MAX_ENTRIES:,} of them times people"
        )
    named = [("intercept", np.ones(len(rows)))] if intercept else []
    for term in terms:
        named += _columns(term, rows)
    names = [name for name, _ in named]
    if len(set(names)) != len(names):
        raise BadRecipe("a term of the model is given twice")
    if not named:
        raise BadRecipe(
            "every category of the model has one level only: nothing is to be estimated"
        )
    return names, np.column_stack([column for _, column in named])


def require_rank(design: Floats) -> None:
    """BadRecipe where the parameters cannot be told apart."""
    people, width = design.shape
    if people <= width:
        raise BadRecipe("the model has as many parameters as there are people, or more")
    lengths = np.sqrt(np.square(design).sum(axis=0))
    if not np.isfinite(lengths).all() or not lengths.all():
        raise BadRecipe("a term of the model is zero for everyone, or too large to compute with")
    triangle = np.linalg.qr(design / lengths, mode="r")  # its singular values are the design's
    if np.linalg.matrix_rank(triangle) < width:
        raise BadRecipe("the terms of the model are collinear")


def fitted(what: Regression, rows: pl.DataFrame, design: Floats) -> Any:
    """The fitted model of statsmodels. Raises BadRecipe where there is none."""
    try:
        return _fitted(what, rows, design)
    except (ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
        if isinstance(error, BadRecipe):
            raise
        raise BadRecipe(f"the model cannot be fitted ({type(error).__name__})") from None


def estimates(
    names: list[str], result: Any, rows: pl.DataFrame, notes: list[tuple[str, Cell]]
) -> Answer:
    """The named parameters of ``result`` with their standard errors and 95 % intervals."""
    intervals = np.asarray(result.conf_int())
    figures = np.column_stack([result.params, result.bse, intervals])
    if not np.isfinite(figures).all():
        raise BadRecipe("the model gives no finite estimate")
    lines: list[tuple[Cell, ...]] = [
        (name, *map(float, line)) for name, line in zip(names, figures, strict=True)
    ]
    return Answer(COLUMNS, 1, tuple(lines), (rows[ROW].to_numpy(),), tuple(notes))


def number(rows: pl.DataFrame, name: str) -> Floats:
    """A column as floats; BadRecipe where it is none."""
    if not (rows.schema[name].is_numeric() or rows.schema[name] == pl.Boolean):
        raise BadRecipe(f"{name!r} is not a number: mark it as categorical")
    return rows[name].cast(pl.Float64).to_numpy()


def _width(factor: Factor, rows: pl.DataFrame) -> int:
    return rows[factor.name].n_unique() - 1 if factor.categorical else 1


def _columns(term: Term, rows: pl.DataFrame) -> list[tuple[str, Floats]]:
    found = []
    for parts in product(*(_factor(factor, rows) for factor in term.factors)):
        column = np.prod([part for _, part in parts], axis=0)
        found.append((":".join(name for name, _ in parts), column))
    return found


def _factor(factor: Factor, rows: pl.DataFrame) -> list[tuple[str, Floats]]:
    column = rows[factor.name]
    if factor.categorical:
        levels = column.unique().sort().to_list()
        return [
            (f"{factor.name}[{key(level)}]", (column == level).cast(pl.Float64).to_numpy())
            for level in levels[1:]
        ]
    name = factor.name if factor.power == 1 else f"{factor.name}^{factor.power}"
    return [(name, number(rows, factor.name) ** factor.power)]


def _fitted(what: Regression, rows: pl.DataFrame, design: Floats) -> Any:
    response = number(rows, what.response)
    weights = number(rows, what.weights) if what.weights else np.ones(len(rows))
    if (weights < 0).any() or not weights.any():
        raise BadRecipe("the weights of a model are not negative and not all zero")
    covariance = {"cov_type": "HC1"} if what.robust else {}
    if what.family == "cox":
        if what.weights or what.robust:
            raise BadRecipe("a Cox regression takes neither weights nor robust errors")
        from statsmodels.duration.hazard_regression import PHReg

        assert what.event is not None
        return PHReg(response, design, status=number(rows, what.event) != 0).fit(disp=0)
    if what.family == "ols":
        return weighted_least_squares(response, design, weights, **covariance)
    if what.family == "logit" and not np.isin(response, (0, 1)).all():
        raise BadRecipe("the response of a logit model is 0 or 1")
    if what.family == "poisson" and (response < 0).any():
        raise BadRecipe("the response of a Poisson model is a count: 0 or more")
    from statsmodels.genmod import families
    from statsmodels.genmod.generalized_linear_model import GLM

    family = families.Binomial() if what.family == "logit" else families.Poisson()
    result = GLM(response, design, family=family, var_weights=weights).fit(**covariance)
    if not result.converged:
        raise BadRecipe("the model did not converge: the response may be separated")
    return result


def weighted_least_squares(
    response: Floats, design: Floats, weights: Floats, **covariance: Any
) -> Any:
    """The fit of statsmodels, which takes a second to load: whoever fits nothing does not wait for it."""
    from statsmodels.regression.linear_model import WLS

    return WLS(response, design, weights=weights).fit(**covariance)
