"""Anonymise with a choice of how: one node or many, labels or the classes' own values."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from casemate.errors import BadInput
from casemate.protection.anonymise import Result, anonymise
from casemate.protection.classes import PrivacyModel
from casemate.protection.frames import (
    given_back,
    open_frame,
    polars_columns,
    require_columns,
    with_columns,
)
from casemate.protection.hierarchies import Hierarchy
from casemate.protection.measures import Loss, Measure
from casemate.protection.risk import reidentification_risk
from casemate.protection.search import UNLIMITED, Budget
from casemate.protection.transformations.bounds import Levels, bounded
from casemate.protection.transformations.class_values import (
    class_values,
    classes_of,
    require_functions,
)
from casemate.protection.transformations.local_recoding import anonymise_locally

RECODINGS = ("global", "local")
_LOSS = Loss()


def recode(
    table: Any,
    quasi_identifiers: Mapping[str, Hierarchy],
    *,
    models: Sequence[PrivacyModel],
    recoding: str = "global",
    aggregated: Mapping[str, str] | None = None,
    suppression: float | str = 0.02,
    measure: Measure = _LOSS,
    sensitive: Sequence[str] = (),
    levels: Levels | None = None,
    budget: Budget = UNLIMITED,
) -> Result:
    """``anonymise`` with ``recoding`` "global" (one node) or "local" (see ``anonymise_locally``).

    ``aggregated`` names attributes whose value is that of the class (``CLASS_FUNCTIONS``) in place of
    a label: a quasi-identifier, whose hierarchy then says who may share a class; or any other column,
    which then tells nobody of a class apart. ``levels`` may bound from below only: ``(2, None)``.
    Loss is by the hierarchies' labels in either case. Raises as ``anonymise`` does, and BadInput for
    a class value that its column cannot have, or of an attribute that a model protects.
    """
    if recoding not in RECODINGS:
        raise BadInput(f"recoding is {' or '.join(RECODINGS)}, not {recoding!r}")
    wanted = dict(aggregated or {})
    require_functions(wanted)
    guarded = {*sensitive, *(model.attribute for model in models)}
    if both := [name for name in wanted if name in guarded]:
        raise BadInput(
            f"{both[0]!r} is sensitive: its classes' values would hide what models judge"
        )
    frame = open_frame(table)
    require_columns(frame, list(wanted), "a column to aggregate in classes")
    rest: dict[str, Any] = {
        "models": models, "suppression": suppression, "sensitive": sensitive, "budget": budget,
        "levels": bounded(levels or {}, quasi_identifiers, frame),
    }  # fmt: skip
    number = "*" + max((str(name) for name in frame.columns), key=len, default="")
    numbered = frame
    if wanted:
        numbers = pl.int_range(len(frame), eager=True)
        numbered = with_columns(frame, {number: numbers})
    native = numbered.to_native()
    if recoding == "global":
        result = anonymise(native, quasi_identifiers, measure=measure, **rest)
    elif isinstance(measure, Loss):
        result = anonymise_locally(native, quasi_identifiers, measure=measure, **rest)
    else:
        raise BadInput("local recoding loses least by the measure 'loss', weighted or not: name it")
    if wanted:
        collected = polars_columns(frame, list(wanted))
        result = _with_class_values(result, collected, wanted, number, models)
    return replace(result, table=given_back(result.table, table))


def _with_class_values(
    result: Result,
    collected: pl.DataFrame,
    aggregated: Mapping[str, str],
    number: str,
    models: Sequence[PrivacyModel],
) -> Result:
    """``result`` with the classes' values, and checked again by its text."""
    protected = open_frame(result.table)
    names = list(result.generalisation)
    class_of = classes_of(polars_columns(protected, names), names)
    stayed = polars_columns(protected, [number])[number]
    values = class_values(collected[stayed], class_of, aggregated)
    finished = with_columns(protected, {name: values[name] for name in aggregated}).drop(number)
    attributes = [model.attribute for model in models if model.attribute is not None]
    told = list(dict.fromkeys([*names, *aggregated]))
    checked = polars_columns(finished, list(dict.fromkeys([*told, *attributes])))
    for model in models:
        if not model.needs_collected:
            model.check(checked, told, checked)
    risk = reidentification_risk(checked, told, threshold=result.risk.threshold)
    codebook = tuple(
        replace(entry, labels=(), class_value=aggregated[entry.variable])
        if entry.variable in aggregated
        else entry
        for entry in result.codebook
    )
    return replace(result, table=finished.to_native(), risk=risk, codebook=codebook)
