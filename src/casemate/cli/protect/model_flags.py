"""Privacy models from the command line: one flag a common model, ``--model`` for all there are.

A flag becomes the document that a plan holds, so flags and plans cannot mean different things.
"""

import inspect
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from casemate.errors import BadInput
from casemate.protection import Population, from_csv, scan_table
from casemate.protection.models import READERS

_TEXT = ("attribute", "distance", "model", "strategy")
"""Parameters that are text even where they look like a number: a column may be named 2020."""
_MAY_KNOW = ("profitability",)
"""Models that are of the table alone where no population is given."""
_OF_SENSITIVE: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "l": ("distinct-l-diversity", ("l",)),
    "entropy_l": ("entropy-l-diversity", ("l",)),
    "recursive": ("recursive-cl-diversity", ("c", "l")),
    "t": ("t-closeness", ("t",)),
    "delta_disclosure": ("delta-disclosure", ("delta",)),
    "beta": ("beta-likeness", ("beta",)),
}
_OF_RECORDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "k": ("k-anonymity", ("k",)),
    "max_risk": ("highest-risk", ("risk",)),
    "average_risk": ("average-risk", ("risk",)),
    "records_at_risk": ("records-at-risk", ("k", "share")),
    "k_map": ("k-map", ("k",)),
}


def model_documents(
    flags: Mapping[str, str | None],
    models: Sequence[str],
    sensitive: Sequence[str],
    population: Mapping[str, Any] | None,
) -> list[dict[str, Any]]:
    """The models as a plan writes them; k-anonymity of 5 where none is named.

    ``flags`` are those of single models by name, ``models`` what ``--model`` was given; a flag of a
    model that protects an attribute holds for each one that is ``sensitive``. ``population`` is what
    models that know one are given. Raises BadInput for what is not well formed.
    """
    found: list[dict[str, Any]] = []
    for flag, (model, parameters) in _OF_RECORDS.items():
        if (text := flags.get(flag)) is not None:
            found.append({"model": model, **_values(flag, text, parameters)})
    for flag, (model, parameters) in _OF_SENSITIVE.items():
        if (text := flags.get(flag)) is not None:
            if not sensitive:
                raise BadInput(f"{_option(flag)} protects an attribute: name it by --sensitive")
            values = _values(flag, text, parameters)
            found += [{"model": model, **values, "attribute": name} for name in sensitive]
    found += [_read(text) for text in models]
    found = found or [{"model": "k-anonymity", "k": 5}]
    return [_with_population(one, population) for one in found]


def population_of(path: Path, variables: Sequence[str], count: str | None) -> dict[str, Any]:
    """The population in a file, as the documents of models hold it."""
    columns = scan_table(path)
    here = columns.collect_schema().names()
    for name in [*variables, *([count] if count else [])]:
        if name not in here:
            raise BadInput(f"{path.name} has no column {name!r}, which is part of a population")
    frame = columns.select(*variables, *([count] if count else [])).collect(engine="streaming")
    known = Population.from_table(frame, variables, count=count)
    return {
        "variables": list(known.variables),
        "people": [[*values, many] for values, many in known.people],
    }


def _option(flag: str) -> str:
    return "--" + flag.replace("_", "-")


def _values(flag: str, text: str, parameters: Sequence[str]) -> dict[str, Any]:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != len(parameters) or not all(parts):
        raise BadInput(f"{_option(flag)} takes {','.join(parameters).upper()}, not {text!r}")
    return {name: _value(name, part) for name, part in zip(parameters, parts, strict=True)}


def _value(name: str, text: str) -> Any:
    if name == "hierarchy":
        return from_csv(Path(text)).to_dict()
    if name == "order":
        return text.split("|")
    if text in ("true", "false"):
        return text == "true"
    whole = name not in _TEXT and re.fullmatch(r"[+-]?[0-9]{1,18}", text)
    return int(text) if whole else text


def _read(text: str) -> dict[str, Any]:
    """ "t-closeness:t=0.2,attribute=occupation" as the plan's document."""
    model, _, rest = text.partition(":")
    model = model.strip()
    if model not in READERS:
        raise BadInput(f"--model knows no {model!r}: it is one of {', '.join(READERS)}")
    document: dict[str, Any] = {"model": model}
    for part in [part for part in rest.split(",") if part.strip()]:
        name, sign, value = (side.strip() for side in part.partition("="))
        if not (name and sign and value):
            raise BadInput(f"--model is NAME:PARAMETER=VALUE,..., not {text!r}")
        document[name] = _value(name, value)
    return document


def _with_population(
    document: dict[str, Any], population: Mapping[str, Any] | None
) -> dict[str, Any]:
    """``document`` with the population, where its model needs one or may know one."""
    if "variables" in document:
        return document
    if "variables" not in inspect.signature(READERS[document["model"]]).parameters:
        return {**document, **(population or {})} if document["model"] in _MAY_KNOW else document
    if population is None:
        raise BadInput(f"{document['model']} needs the population: give it by --population FILE")
    return {**document, **population}
