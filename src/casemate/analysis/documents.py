"""Analyses as a researcher asks for them: each function gives the document of one.

A measure is written ``"count"``, ``("mean", "weight")`` or ``("quantile", "weight", 0.9)``. All raise
BadRecipe for what is no analysis, naming the place.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from casemate.analysis.formula import read_formula, read_terms
from casemate.analysis.recipes import (
    BadRecipe,
    Crosstab,
    Histogram,
    Measure,
    Quantiles,
    Regression,
    Survival,
    Table,
    WeightedEffect,
)

T = TypeVar("T")
MeasureText = str | tuple[str, str] | tuple[str, str, float]


def table(by: Sequence[str], *, margins: bool = False, **measures: MeasureText) -> Table:
    """Figures by groups: ``table(["sex"], n="count", weight=("mean", "wt"))``."""
    named = tuple(_measure(name, text) for name, text in measures.items())
    return built(Table, by=tuple(by), measures=named, margins=margins)


def crosstab(
    down: str, across: str, *, measure: MeasureText = "count", margins: bool = False
) -> Crosstab:
    """One figure by one column down and one across."""
    figure = _measure("value", measure)
    return built(Crosstab, down=down, across=across, measure=figure, margins=margins)


def histogram(of: str, breaks: Sequence[float], *, by: str | None = None) -> Histogram:
    """Counts of a number in intervals."""
    return built(Histogram, of=of, breaks=tuple(breaks), by=by)


def quantiles(
    of: str, at: Sequence[float] = (0.25, 0.5, 0.75), by: Sequence[str] = ()
) -> Quantiles:
    """Quantiles of a number, with the count of people that they are of."""
    return built(Quantiles, of=of, at=tuple(at), by=tuple(by))


def survival(
    duration: str, event: str, times: Sequence[float], *, by: str | None = None
) -> Survival:
    """The Kaplan-Meier estimate at ``times``."""
    return built(Survival, duration=duration, event=event, times=tuple(times), by=by)


def regression(
    formula: str,
    *,
    family: str = "ols",
    event: str | None = None,
    weights: str | None = None,
    robust: bool = False,
) -> Regression:
    """A fitted model: ols, logit, poisson or cox; see ``read_formula`` for what may stand in it."""
    response, terms = read_formula(formula)
    return built(
        Regression,
        family=family,
        response=response,
        terms=terms,
        event=event,
        weights=weights,
        robust=robust,
    )


def weighted_effect(
    outcome: str, treatment: str, confounders: str, *, stabilised: bool = True
) -> WeightedEffect:
    """What ``treatment`` (0 or 1) does to ``outcome``, by inverse-probability weighting.

    ``confounders`` are terms, as on the right of a formula: of the logistic model of the treatment.
    """
    return built(
        WeightedEffect,
        outcome=outcome,
        treatment=treatment,
        terms=read_terms(confounders),
        stabilised=stabilised,
    )


def built(kind: type[T], **parts: Any) -> T:
    """The document of ``kind``; a mistake is named in one line."""
    try:
        return kind(**parts)
    except ValidationError as error:
        first: Any = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"]) or kind.__name__
        raise BadRecipe(f"{place}: {first['msg']}") from None


def _measure(name: str, text: MeasureText) -> Measure:
    parts: Mapping[str, Any]
    if isinstance(text, str):
        parts = {"function": text}
    else:
        parts = dict(zip(("function", "of", "at"), text, strict=False))
    return built(Measure, name=name, **parts)
