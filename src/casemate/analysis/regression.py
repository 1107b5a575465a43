"""Regressions from typed terms: a design matrix built here, never a formula that is evaluated."""

from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import statsmodels.api as sm
from statsmodels.duration.hazard_regression import PHReg

from casemate.analysis.compute import Answer, Cell
from casemate.analysis.evaluate import ROW
from casemate.analysis.recipes import BadRecipe, Factor, Regression, Term

MAX_COLUMNS = 200
Floats = npt.NDArray[np.float64]


def fit(what: Regression, table: pl.DataFrame) -> Answer:
    """Fit the model on the complete rows. Raises BadRecipe where it cannot be fitted."""
    rows = complete(what, table)
    names, design = design_of(what, rows)
    if len(rows) <= design.shape[1]:
        raise BadRecipe("the model has as many parameters as there are people, or more")
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise BadRecipe("the terms of the model are collinear")
    try:
        result = _fitted(what, rows, design)
    except (ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
        raise BadRecipe(f"the model cannot be fitted ({type(error).__name__})") from None
    return _answer(what, rows, names, design, result)


def complete(what: Regression, table: pl.DataFrame) -> pl.DataFrame:
    """The rows with a value in every column that the model uses."""
    extra = [name for name in (what.event, what.weights) if name]
    used = {what.response, *extra, *(f.name for term in what.terms for f in term.factors)}
    for name in sorted(used):
        if name not in table.columns or name == ROW:
            raise BadRecipe(f"the input has no column {name!r}")
    return table.filter(pl.all_horizontal(pl.col(name).is_not_null() for name in sorted(used)))


def design_of(what: Regression, rows: pl.DataFrame) -> tuple[list[str], Floats]:
    """Names and columns of the design matrix; with an intercept but for Cox."""
    names: list[str] = []
    columns: list[Floats] = []
    if what.family != "cox":
        names, columns = ["intercept"], [np.ones(len(rows))]
    for term in what.terms:
        for name, column in _columns(term, rows):
            names.append(name)
            columns.append(column)
            if len(columns) > MAX_COLUMNS:
                raise BadRecipe(f"a model has at most {MAX_COLUMNS} parameters")
    if len(set(names)) != len(names):
        raise BadRecipe("a term of the model is given twice")
    return names, np.column_stack(columns) if columns else np.empty((len(rows), 0))


def _columns(term: Term, rows: pl.DataFrame) -> list[tuple[str, Floats]]:
    found = []
    for parts in product(*(_factor(factor, rows) for factor in term.factors)):
        column = np.prod([part for _, part in parts], axis=0)
        found.append((":".join(name for name, _ in parts), column))
    return found


def _factor(factor: Factor, rows: pl.DataFrame) -> list[tuple[str, Floats]]:
    column = rows.get_column(factor.name)
    if factor.categorical:
        levels = column.unique().sort().to_list()
        if len(levels) > MAX_COLUMNS:
            raise BadRecipe(f"{factor.name!r} has too many categories for a model")
        return [
            (f"{factor.name}[{level}]", (column == level).cast(pl.Float64).to_numpy())
            for level in levels[1:]
        ]
    name = factor.name if factor.power == 1 else f"{factor.name}^{factor.power}"
    return [(name, number(rows, factor.name) ** factor.power)]


def number(rows: pl.DataFrame, name: str) -> Floats:
    """A column as floats; BadRecipe where it is none."""
    if not (rows.schema[name].is_numeric() or rows.schema[name] == pl.Boolean):
        raise BadRecipe(f"{name!r} is not a number: mark it as categorical")
    return rows.get_column(name).cast(pl.Float64).to_numpy()


def _fitted(what: Regression, rows: pl.DataFrame, design: Floats) -> Any:
    response = number(rows, what.response)
    weights = number(rows, what.weights) if what.weights else np.ones(len(rows))
    if (weights < 0).any() or not weights.any():
        raise BadRecipe("the weights of a model are not negative and not all zero")
    covariance = {"cov_type": "HC1"} if what.robust else {}
    if what.family == "cox":
        if what.weights or what.robust:
            raise BadRecipe("a Cox regression takes neither weights nor robust errors")
        assert what.event is not None
        return PHReg(response, design, status=number(rows, what.event) != 0).fit(disp=0)
    if what.family == "ols":
        return sm.WLS(response, design, weights=weights).fit(**covariance)
    family = sm.families.Binomial() if what.family == "logit" else sm.families.Poisson()
    if what.family == "logit" and not np.isin(response, (0, 1)).all():
        raise BadRecipe("the response of a logit model is 0 or 1")
    result = sm.GLM(response, design, family=family, var_weights=weights).fit(**covariance)
    if not result.converged:
        raise BadRecipe("the model did not converge: the response may be separated")
    return result


def _answer(
    what: Regression, rows: pl.DataFrame, names: list[str], design: Floats, result: Any
) -> Answer:
    intervals = result.conf_int()
    lines: list[tuple[Cell, ...]] = [
        (name, float(result.params[place]), float(result.bse[place]), *map(float, intervals[place]))
        for place, name in enumerate(names)
    ]
    if not (np.isfinite(result.params).all() and np.isfinite(intervals).all()):
        raise BadRecipe("the model gives no finite estimate")
    dof = len(rows) - np.linalg.matrix_rank(design)
    notes: list[tuple[str, Cell]] = [("n", len(rows)), ("residual_dof", int(dof))]
    if what.family == "ols":
        notes.append(("r_squared", float(result.rsquared)))
    return Answer(
        ("term", "estimate", "std_error", "low", "high"),
        1,
        tuple(lines),
        (rows.get_column(ROW).to_numpy(),),
        tuple(notes),
    )
