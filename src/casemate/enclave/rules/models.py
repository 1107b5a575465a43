"""Fitted models: room between model and data, small categories, and what one person may weigh."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import polars as pl

from casemate.analysis.evaluate import ROW
from casemate.analysis.fitting import complete, design_of, fitted, number
from casemate.analysis.recipes import Regression, Term, WeightedEffect
from casemate.enclave.checks_model import Rules
from casemate.enclave.rules.breaches import Breach
from casemate.enclave.rules.cells import lacking
from casemate.enclave.rules.figures import digits
from casemate.enclave.rules.magnitudes import all_equal, few_differ, is_dominated
from casemate.enclave.rules.supports import Flags, Floats, Supports

_EXACT = 1e-9


def model_breaches(supports: Supports, rules: Rules) -> list[Breach]:
    """The rules for a regression."""
    what: Regression = supports.what
    rows = complete(what.names, supports.table)
    _, design = design_of(what.terms, rows, intercept=what.family != "cox")
    weights = number(rows, what.weights) if what.weights else np.ones(len(rows))
    response = number(rows, what.response)
    found = _room(supports, rows, design.shape[1], rules)
    found += _categories(supports, rows, what.terms, rules)
    found += _response(what, response, rows, rules)
    found += _weights(weights, rules) if what.weights else []
    basis = _Basis(design, weights, centred=what.family == "cox")
    found += _influence(basis, rules)
    if what.family == "ols":
        found += _perfect(basis, response)
    if what.family != "cox":
        found += _saturated(design, response, rules)
    return [*found, *_around(supports, rules)]


def effect_breaches(supports: Supports, rules: Rules) -> list[Breach]:
    """The rules for an effect by inverse-probability weighting: of its two models and its weights."""
    what: WeightedEffect = supports.what
    rows = complete(what.names, supports.table)
    _, design = design_of(what.terms, rows, intercept=True)
    treated = number(rows, what.treatment)
    outcome = number(rows, what.outcome)
    chance = Regression(family="logit", response=what.treatment, terms=what.terms)
    own = np.asarray(fitted(chance, rows, design).fittedvalues)
    weights = 1 / np.where(treated == 1, own, 1 - own)
    found = _room(supports, rows, design.shape[1] + 1, rules)
    found += _categories(supports, rows, what.terms, rules)
    found += _few(treated, what.treatment, rules)
    found += [replace(one, lines=()) for one in _influence(_Basis(design), rules)]
    for group in (treated == 1, treated == 0):
        found += _weights(weights[group], rules)
        found += _group_mean(outcome[group], weights[group], rules)
    return [*_once(found), *_around(supports, rules)]


def _around(supports: Supports, rules: Rules) -> list[Breach]:
    found = lacking(supports, rules, supports.what.names)
    for column in ("estimate", "std_error"):
        found += digits(supports, column, rules)
    return found


def _once(found: list[Breach]) -> list[Breach]:
    return list(dict.fromkeys(found))


def _room(supports: Supports, rows: pl.DataFrame, parameters: int, rules: Rules) -> list[Breach]:
    """People and residual degrees of freedom (ESSnet; acro), parameters a head (DataSHIELD)."""
    people = supports.count(rows[ROW].to_numpy())
    found = []
    if people < rules.min_cell:
        what = f"the model is of fewer than {rules.min_cell} people"
        found.append(Breach("minimum cell count", "refuse", what, (), None, rules.min_cell))
    if people - parameters < rules.min_residual_dof:
        least = rules.min_residual_dof
        what = f"the model must leave at least {least} residual degrees of freedom"
        found.append(Breach("degrees of freedom", "refuse", what, (), None, least))
    if parameters * 1000 > rules.max_parameters_permille * people:
        what = f"parameters may be at most {rules.max_parameters_permille / 10:g} % of n"
        found.append(Breach("saturation", "refuse", what))
    return found


def _categories(
    supports: Supports, rows: pl.DataFrame, terms: tuple[Term, ...], rules: Rules
) -> list[Breach]:
    """Each category of a term, and each cell of an interaction, is a cell of a table."""
    found = []
    for term in terms:
        keys = sorted({factor.name for factor in term.factors if factor.categorical})
        for size in range(1, len(keys) + 1):
            for kept in combinations(keys, size):
                if _has_small_cell(supports, rows, kept, rules):
                    what = (
                        f"a category of {' by '.join(kept)} has fewer than {rules.min_cell} people"
                    )
                    found.append(Breach("small category", "refuse", what, (), None, rules.min_cell))
    return _once(found)


def _has_small_cell(
    supports: Supports, rows: pl.DataFrame, keys: tuple[str, ...], rules: Rules
) -> bool:
    groups = rows.group_by(keys).agg(pl.col(ROW))[ROW]
    return any(supports.count(group.to_numpy()) < rules.min_cell for group in groups)


def _response(what: Regression, response: Floats, rows: pl.DataFrame, rules: Rules) -> list[Breach]:
    """Who has the event, or another value than nearly all, are not few."""
    if what.event is not None:
        return _few((number(rows, what.event) != 0).astype(np.float64), what.event, rules)
    if all_equal(response):
        return [Breach("all values equal", "refuse", "everybody has the same response")]
    return _few(response, what.response, rules)


def _few(values: Floats, name: str, rules: Rules) -> list[Breach]:
    if not few_differ(values, rules.min_cell):
        return []
    what = f"fewer than {rules.min_cell} people have another value of {name!r} than the rest"
    return [Breach("few differ", "refuse", what, (), None, rules.min_cell)]


def _weights(weights: Floats, rules: Rules) -> list[Breach]:
    """Weights that rest on few: dominance, and Kish's effective number of people (1965)."""
    total = float(weights.sum())
    effective = total * total / float(np.square(weights).sum())
    if effective >= rules.min_cell and not is_dominated(weights, rules):
        return []
    what = f"the weights rest on fewer than {rules.min_cell} people, or one dominates them"
    return [Breach("weights", "refuse", what, (), None, rules.min_cell)]


class _Basis:
    """An orthonormal basis of a weighted design: what leverage and residuals are read off."""

    def __init__(
        self, design: Floats, weights: Floats | None = None, *, centred: bool = False
    ) -> None:
        self.design = design
        self.root = np.ones(len(design)) if weights is None else np.sqrt(weights)
        scaled = (design - design.mean(axis=0) if centred else design) * self.root[:, None]
        lengths = np.sqrt(np.square(scaled).sum(axis=0))
        lengths[lengths == 0] = 1.0
        triangle = np.linalg.qr(scaled / lengths, mode="r")
        self.inverse: Floats = np.linalg.pinv(triangle)
        self.of_people: Floats = (scaled / lengths) @ self.inverse


def _influence(basis: _Basis, rules: Rules) -> list[Breach]:
    """What one person weighs: leverage h_ii, and the share in each coefficient.

    A coefficient is a sum over people in which each has a weight (the rows of the pseudo-inverse): a
    dummy for one person, or a variable that only few have, puts it all on them.
    """
    design = basis.design
    leverage = np.square(basis.of_people).sum(axis=1)
    found = []
    limit = rules.max_leverage_permille
    if (leverage * 1000 >= limit).any():
        what = f"one person has a leverage of {limit / 1000:g} or more: the fit follows their value"
        found.append(Breach("leverage", "refuse", what))
    shares = np.square(basis.of_people @ basis.inverse.T)
    shares /= shares.sum(axis=0)
    effective = 1 / np.square(shares).sum(axis=0)
    # of n people with a normally distributed variable, n / 3 by this measure
    few = (effective < rules.min_cell) & (effective < len(design) / 5)
    heavy = (shares.max(axis=0) * 1000 >= limit) | few | _dummies(design, rules)
    terms = tuple(int(place) for place in np.flatnonzero(heavy))
    if terms:
        what = f"the coefficient rests on fewer than {rules.min_cell} people"
        found.append(Breach("leverage", "refuse", what, terms, None, rules.min_cell))
    return found


def _dummies(design: Floats, rules: Rules) -> Flags:
    """Columns in which few people differ from the rest."""
    return np.array([few_differ(column, rules.min_cell) for column in design.T], dtype=bool)


def _perfect(basis: _Basis, response: Floats) -> list[Breach]:
    """A fit without error gives everybody's value to who knows the other variables."""
    target = response * basis.root
    rest = target - basis.of_people @ (basis.of_people.T @ target)
    spread = float(np.square(response - response.mean()).sum())
    if spread > 0 and float(np.square(rest).sum()) <= _EXACT * spread:
        return [Breach("perfect fit", "refuse", "the model gives everybody's response exactly")]
    return []


def _saturated(design: Floats, response: Floats, rules: Rules) -> list[Breach]:
    """A model with a parameter for each of its cells is a table of means, and judged as one."""
    # equal rows have equal sums whatever the factors are, and unequal ones different sums
    mark = design @ np.random.default_rng(1).standard_normal(design.shape[1])
    cells, place = np.unique(mark, return_inverse=True)
    if len(cells) > design.shape[1]:
        return []
    groups = [response[place == cell] for cell in range(len(cells))]
    if any(_tells(values, rules) for values in groups):
        what = "the model is saturated: it is a table of means, of which one breaks a table's rules"
        return [Breach("saturation", "refuse", what)]
    return []


def _tells(values: Floats, rules: Rules) -> bool:
    return (
        len(values) < rules.min_cell
        or all_equal(values)
        or few_differ(values, rules.min_cell)
        or is_dominated(values, rules)
    )


def _group_mean(outcome: Floats, weights: Floats, rules: Rules) -> list[Breach]:
    if is_dominated(outcome * weights, rules):
        return [Breach("dominance", "refuse", "few people make up the outcome of a group")]
    if all_equal(outcome):
        return [Breach("all values equal", "refuse", "everybody in a group has the same outcome")]
    return _few(outcome, "the outcome", rules)
