"""Estimates in a JSON document: few numbers, on enough people, with room between model and data."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from casemate.analysis.evaluate import ROW
from casemate.enclave.checks_claims import variants
from casemate.enclave.checks_model import CheckContext, Findings, Rules

_FIGURES = {
    "estimate": ("estimate", "effect", "coefficient", "coef", "value", "mean", "difference"),
    "ci_low": ("ci_low", "low", "lower", "conf_low"),
    "ci_high": ("ci_high", "high", "upper", "conf_high"),
    "error": ("standard_error", "std_error", "se", "bse"),
    "p": ("p", "p_value", "pvalue"),
    "statistic": ("t", "z", "statistic", "r_squared", "r2", "aic", "bic", "log_likelihood"),
    "n": ("n", "nobs", "observations", "people"),
    "parameters": ("parameters", "k", "n_parameters"),
    "dof": ("residual_dof", "df_resid", "dof", "residual_df"),
    "level": ("level", "confidence", "ci_level"),
}
_MEANING = {name: meaning for meaning, names in _FIGURES.items() for name in names}


def check_estimates(document: Any, context: CheckContext, findings: Findings) -> None:
    """Judge a document of estimates; what is not one is for a person."""
    numbers, texts = _count(document)
    if numbers > context.rules.max_scalars:
        findings.refuse(
            "too many figures",
            f"it holds {numbers} numbers; at most {context.rules.max_scalars} leave as estimates",
            numbers=numbers,
            threshold=context.rules.max_scalars,
        )
        return
    _look_at_texts(texts, context.rules, findings)
    models = list(models_of(document))
    _bound_unverified(models, context.rules, findings)
    if not models:
        findings.review(
            "not recomputed",
            "it is no estimate that names its n and parameters: a person must judge it",
        )
    for model in models:
        _check_model(model, context, findings)


def _look_at_texts(texts: list[str], rules: Rules, findings: Findings) -> None:
    long = any(len(text) > rules.max_text or not text.isprintable() for text in texts)
    if long or sum(len(text) for text in texts) > rules.max_texts:
        findings.review("free text", "it holds more text than labels need: a person must read it")


def _count(document: Any) -> tuple[int, list[str]]:
    """(how many numbers, all texts and names) in ``document``."""
    numbers, texts, waiting = 0, [], [document]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Mapping):
            texts += [str(name) for name in item]
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, str):
            texts.append(item)
        elif item is not None:
            numbers += 1
    return numbers, texts


def people_of(document: Any, frame: pl.DataFrame) -> list[pl.Series]:
    """Which rows of ``frame`` the models in ``document`` are of, as far as their n tells: for the memory
    of releases. Nothing where several selections have as many rows."""
    sizes = {_read(model)[0].get("n") for model in models_of(document)}
    found: dict[float, list[pl.Series]] = {}
    for _, people in variants(frame.with_row_index(ROW)):
        rows = people[ROW]
        alike = found.setdefault(float(len(rows)), [])
        if not any(rows.equals(other) for other in alike):
            alike.append(rows)
    return [alike[0] for size, alike in found.items() if size in sizes and len(alike) == 1]


def models_of(document: Any) -> Iterator[Mapping[str, Any]]:
    """Each object that gives an n: one model."""
    waiting = [document]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Mapping):
            if any(_MEANING.get(name.lower()) == "n" for name in item):
                yield item
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item


def _bound_unverified(models: list[Mapping[str, Any]], rules: Rules, findings: Findings) -> None:
    """Figures that nothing recomputes could carry anything: few of them pass, and with few digits."""
    figures = [
        value
        for model in models
        for name, value in _read(model)[0].items()
        if name not in {"n", "parameters", "dof", "level"}
    ]
    if len(figures) > rules.max_unverified:
        findings.review(
            "many figures",
            f"{len(figures)} figures are not recomputed; at most {rules.max_unverified} pass so",
        )
    if any(len(f"{figure:.15g}".partition("e")[0].lstrip("-0.").replace(".", "")) > rules.max_digits
           for figure in figures):  # fmt: skip
        findings.review("digits", f"a figure has more than {rules.max_digits} significant digits")


def _check_model(model: Mapping[str, Any], context: CheckContext, findings: Findings) -> None:
    figures, unknown = _read(model)
    rules = context.rules
    people = figures.get("n", 0.0)
    if not people.is_integer() or people < rules.min_cell:
        findings.refuse(
            "minimum cell count",
            f"n must be at least {rules.min_cell} people",
            threshold=rules.min_cell,
        )
        return
    if people > max((frame.height for frame in context.inputs.values()), default=0):
        findings.refuse(
            "claim not reproduced", "n is larger than the number of people in the inputs"
        )
        return
    _degrees_of_freedom(figures, people, context, findings)
    if not _in_order(figures):
        findings.refuse("implausible", "the estimate does not lie within its confidence interval")
    if unknown:
        findings.review(
            "not recomputed", f"{unknown} of its figures are none that the checker knows"
        )
    elif people not in _possible_sizes(context):
        findings.review("not recomputed", "n is of a selection that the checker cannot recompute")
    else:
        findings.note(
            "estimate", "its n was recomputed and its model leaves enough degrees of freedom"
        )


def _read(model: Mapping[str, Any]) -> tuple[dict[str, float], int]:
    """(known figures, how many other numbers or lists of them)."""
    figures: dict[str, float] = {}
    unknown = 0
    for name, value in model.items():
        meaning = _MEANING.get(name.lower())
        if isinstance(value, bool | str | None):
            continue
        if meaning is None or not isinstance(value, int | float) or meaning in figures:
            unknown += 1
        else:
            figures[meaning] = float(value)
    return figures, unknown


def _degrees_of_freedom(
    figures: Mapping[str, float], people: float, context: CheckContext, findings: Findings
) -> None:
    rules = context.rules
    if "parameters" not in figures:
        findings.refuse("degrees of freedom", "it must say how many parameters the model has")
        return
    parameters = figures["parameters"]
    left = people - parameters
    if "dof" in figures and not math.isclose(figures["dof"], left, abs_tol=1.0):
        findings.refuse("claim not reproduced", "residual_dof is not n less parameters")
    if parameters < 1 or left < rules.min_residual_dof:
        findings.refuse(
            "degrees of freedom",
            f"the model must leave at least {rules.min_residual_dof} residual degrees of freedom",
            threshold=rules.min_residual_dof,
        )
    if parameters * 1000 > rules.max_parameters_permille * people:
        findings.refuse(
            "saturation",
            f"parameters may be at most {rules.max_parameters_permille / 10:g} % of n",
            threshold_permille=rules.max_parameters_permille,
        )


def _in_order(figures: Mapping[str, float]) -> bool:
    estimate = figures.get("estimate")
    if estimate is None:
        return figures.get("ci_low", -math.inf) <= figures.get("ci_high", math.inf)
    return figures.get("ci_low", -math.inf) <= estimate <= figures.get("ci_high", math.inf)


def _possible_sizes(context: CheckContext) -> set[float]:
    return {
        float(people.height) for frame in context.inputs.values() for _, people in variants(frame)
    }
