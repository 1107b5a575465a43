"""Anonymise with a choice of how: one node or many, labels or the classes' own values."""

from collections.abc import Mapping, Sequence
from typing import Any

from casemate.errors import BadInput
from casemate.protection.anonymise import Result, anonymise
from casemate.protection.classes import PrivacyModel
from casemate.protection.engines import open_engine
from casemate.protection.hierarchies import Hierarchy
from casemate.protection.levels import Levels
from casemate.protection.measures import Loss, Measure
from casemate.protection.search import UNLIMITED, Budget
from casemate.protection.transformations.class_values import require_functions
from casemate.protection.transformations.local_recoding import (
    anonymise_locally,
    at_node,
    collected,
    finished,
)

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
    here = open_engine(table).columns
    if lost := [name for name in wanted if name not in here]:
        raise BadInput(f"the table has no column {lost[0]!r}, which was named for a class value")
    rest: dict[str, Any] = {
        "models": models, "suppression": suppression, "sensitive": sensitive, "budget": budget,
        "levels": levels,
    }  # fmt: skip
    if recoding == "local":
        return anonymise_locally(
            table, quasi_identifiers, measure=measure, aggregated=wanted, **rest
        )
    result = anonymise(table, quasi_identifiers, measure=measure, **rest)
    if not wanted:
        return result
    if any(model.needs_recoding or model.needs_openness for model in models):
        raise BadInput("a model that asks what labels stand for needs labels, not class values")
    found = collected(table, quasi_identifiers, models, wanted)
    node = tuple(result.generalisation.values())
    return finished(result, found, at_node(found.tuples, models, node), models, wanted)
