"""The protection plan as a form: the usual choices by role of each variable, or a whole plan as text."""

import json
import math
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from casemate.access import DatasetRequest
from casemate.catalogue import Dataset, Variable, VariableRole
from casemate.enclave import budget_of
from casemate.errors import BadInput
from casemate.portal.pages.router import Filled, whole_number
from casemate.portal.pages.visit import Visit
from casemate.protection.privacy_loss import PrivacyLoss

KS = (2, 3, 5, 10, 15, 20, 50, 100)
_BANDS = 20
NUMERIC = frozenset({"integer", "number"})


def choices_of(dataset: Dataset, wanted: DatasetRequest, number: int) -> dict[str, Any]:
    """What the form for ``dataset`` offers, with the field names that it goes by."""
    asked = {one.name for one in wanted.variables}
    known = [one for one in dataset.variables if one.name in asked]
    least = dataset.rules.min_k
    return {
        "prefix": f"p{number}",
        "dataset": dataset,
        "ks": [least, *(k for k in KS if k > least)],
        "quasi": [one for one in known if one.role is VariableRole.QUASI_IDENTIFIER],
        "sensitive": [one for one in known if one.role is VariableRole.SENSITIVE],
        "pseudonyms": [one.name for one in known if one.role is VariableRole.DIRECT_IDENTIFIER],
        "numeric": NUMERIC,
        "budget": budget_of(dataset),
    }


def first_values(choices: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What the fields hold before anybody chose: the holder's least k, bands where values are numbers."""
    values: dict[str, str] = {}
    for one in choices:
        dataset, prefix = one["dataset"], one["prefix"]
        values[f"{prefix}-k"] = str(dataset.rules.min_k)
        values[f"{prefix}-suppression"] = str(dataset.rules.max_suppression)
        values[f"{prefix}-text"] = values[f"{prefix}-budget"] = values[f"{prefix}-delta"] = ""
        for variable in one["quasi"]:
            widths = _widths(dataset, variable)
            values[f"{prefix}-how-{variable.name}"] = "bands" if widths else "suppress"
            values[f"{prefix}-widths-{variable.name}"] = widths
            values[f"{prefix}-least-{variable.name}"] = "0"
        for variable in one["sensitive"]:
            values[f"{prefix}-l-{variable.name}"] = "1"
    return values


def _widths(dataset: Dataset, variable: Variable) -> str:
    """Three widths of bands for a number, about twenty of the narrowest, by the published range."""
    if variable.type not in NUMERIC or variable.codes:
        return ""
    low, high = dataset.profile["variables"].get(variable.name, {}).get("range", (0, 0))
    span = float(high) - float(low)
    if not span > 0:
        return ""
    power = 10.0 ** math.floor(math.log10(span / _BANDS))
    width = next(power * step for step in (1, 2, 5, 10) if power * step >= span / _BANDS)
    if variable.type == "integer":
        width = max(1.0, width)
    return ", ".join(f"{width * times:g}" for times in (1, 2, 4))


def plans_of(
    seen: Visit, given: Filled, choices: Sequence[Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """The plan of each dataset as it was filled in; raises ``BadInput`` for what cannot be read."""
    return {one["dataset"].id: _plan(seen, given, one) for one in choices}


def _plan(seen: Visit, given: Filled, one: Mapping[str, Any]) -> dict[str, Any]:
    prefix = one["prefix"]
    if text := given.text(f"{prefix}-text"):
        return _written(seen, text, one["dataset"].id)
    hierarchies, levels = {}, {}
    for variable in one["quasi"]:
        hierarchies[variable.name] = _hierarchy(seen, given, prefix, variable)
        if least := _number(seen, given, f"{prefix}-least-{variable.name}", 0):
            levels[variable.name] = {"at_least": least}
    models: list[dict[str, Any]] = [
        {"model": "k-anonymity", "k": _number(seen, given, f"{prefix}-k", 2)}
    ]
    for variable in one["sensitive"]:
        least = _number(seen, given, f"{prefix}-l-{variable.name}", 1)
        if least > 1:
            models.append({"model": "distinct-l-diversity", "l": least, "attribute": variable.name})
    return {
        "quasi_identifiers": hierarchies,
        "models": models if hierarchies else models[:1],
        "suppression": given.text(f"{prefix}-suppression") or "0",
        "pseudonymise": list(one["pseudonyms"]),
        "levels": levels,
    }


def _hierarchy(seen: Visit, given: Filled, prefix: str, variable: Variable) -> dict[str, Any]:
    how = given.text(f"{prefix}-how-{variable.name}")
    widths = [
        one.strip()
        for one in given.text(f"{prefix}-widths-{variable.name}").split(",")
        if one.strip()
    ]
    if how == "suppress":
        return {"kind": "suppressible"}
    if not widths:
        raise BadInput(
            seen.gettext("Give the widths or lengths for %(variable)s.", variable=variable.name)
        )
    if how == "bands":
        return {"kind": "intervals", "widths": widths}
    if how == "prefixes" and all(one.isascii() and one.isdigit() for one in widths):
        return {"kind": "prefixes", "lengths": [int(one) for one in widths]}
    raise BadInput(
        seen.gettext("Say how %(variable)s is made coarser, in numbers.", variable=variable.name)
    )


def _written(seen: Visit, text: str, dataset: str) -> dict[str, Any]:
    try:
        # Fractions stay as they are written: a plan has no binary floats.
        read = json.loads if text.startswith("{") else tomllib.loads
        document = read(text, parse_float=str)
    except (ValueError, RecursionError) as failure:
        told = seen.gettext(
            "The plan for %(dataset)s is no TOML or JSON document.", dataset=dataset
        )
        raise BadInput(f"{told} {failure}") from failure
    if not isinstance(document, dict):
        raise BadInput(
            seen.gettext("The plan for %(dataset)s is no TOML or JSON document.", dataset=dataset)
        )
    return document


def _number(seen: Visit, given: Filled, name: str, least: int) -> int:
    text = given.text(name) or str(least)
    number = whole_number(text)
    if number is None or number < least:
        raise BadInput(
            seen.gettext(
                "%(given)s is no whole number of at least %(least)s.", given=text, least=least
            )
        )
    return number


def budgets_of(given: Filled, choices: Sequence[Mapping[str, Any]]) -> dict[str, PrivacyLoss]:
    """The privacy that answers with noise may cost, of the datasets where some is given."""
    found = {}
    for one in choices:
        amount = given.text(f"{one['prefix']}-budget")
        if amount and one["budget"] is not None:
            make = PrivacyLoss.rho if one["budget"].accounting == "rho" else PrivacyLoss.epsilon
            found[one["dataset"].id] = make(amount, given.text(f"{one['prefix']}-delta") or "0")
    return found
