"""How good a dataset is, each score with its reason.

Four scores of the data (completeness, validity, uniqueness, consistency; shares of 1) and five of
the metadata by the European data portal's Metadata Quality Assessment (MQA): findability 100,
accessibility 100, interoperability 110, reusability 75, contextuality 20 points, 405 in all.
The overall figure, 0 to 100, gives data and metadata the same weight.
"""

import operator
from collections.abc import Callable
from typing import Any

import polars as pl

from casemate.catalogue.content import type_of
from casemate.catalogue.description import DatasetDescription, VariableRole, VariableType
from casemate.catalogue.profile import safe_count
from casemate.catalogue.vocabularies import LICENCES
from casemate.errors import BadInput

_RELATIONS: dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    "<": operator.lt, "<=": operator.le, "==": operator.eq,
    "!=": operator.ne, ">=": operator.ge, ">": operator.gt,
}  # fmt: skip
_RATINGS = ((351, "excellent"), (221, "good"), (121, "sufficient"), (0, "bad"))
"""MQA's own bounds, in points."""

Score = dict[str, Any]


def assess_quality(frame: pl.DataFrame, description: DatasetDescription) -> dict[str, Any]:
    """``{"overall", "data": {dimension: {score, reason}}, "metadata": {...}}``."""
    data = {
        "completeness": _completeness(frame),
        "validity": _validity(frame, description),
        "uniqueness": _uniqueness(frame, description),
        "consistency": _consistency(frame, description),
    }
    metadata = assess_metadata(description)
    share = sum(score["score"] for score in data.values()) / len(data)
    overall = round(50 * share + 50 * metadata["points"] / metadata["of"])
    return {"overall": overall, "data": data, "metadata": metadata}


def _score(share: float, reason: str) -> Score:
    # Rounded down: a table with one fault is not shown as faultless.
    return {"score": int(share * 1000) / 1000, "reason": reason}


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _completeness(frame: pl.DataFrame) -> Score:
    cells = frame.height * frame.width
    missing = sum(frame[name].null_count() for name in frame.columns)
    gappy = sum(frame[name].null_count() > 0 for name in frame.columns)
    return _score(
        _share(cells - missing, cells), f"{gappy} of {frame.width} variables have missing values"
    )


def _validity(frame: pl.DataFrame, description: DatasetDescription) -> Score:
    """Values that their description allows: among the codes, within the bounds, finite."""
    checked, wrong, at_fault = 0, 0, []
    for name in frame.columns:
        invalid = _invalid(frame[name], description)
        if invalid is None:
            continue
        checked += len(frame[name]) - frame[name].null_count()
        if bad := int(invalid.sum()):
            wrong += bad
            at_fault.append(name)
    if not checked:
        return _score(1.0, "no variable declares codes or bounds, so only types were checked")
    reason = (
        f"outside their codes or bounds: {', '.join(at_fault)}"
        if at_fault
        else "all values allowed"
    )
    return _score(_share(checked - wrong, checked), reason)


def _invalid(values: pl.Series, description: DatasetDescription) -> pl.Series | None:
    variable = description.variables[values.name]
    present = values.drop_nulls()
    faults = []
    if variable.codes:
        faults.append(~_as_codes(present).is_in(list(variable.codes)))
    if values.dtype.is_numeric():
        number = present.cast(pl.Float64)
        if values.dtype.is_float():
            faults.append(~number.is_finite())
        if variable.minimum is not None:
            faults.append(number < float(variable.minimum))
        if variable.maximum is not None:
            faults.append(number > float(variable.maximum))
    if not faults:
        return None
    together = faults[0]
    for fault in faults[1:]:
        together = together | fault
    return together


def _as_codes(values: pl.Series) -> pl.Series:
    """Values as the text of their codes: 1.0 and 1 are both the code ``1``."""
    if values.dtype.is_float() and values.is_finite().all() and (values == values.floor()).all():
        return values.cast(pl.Int64).cast(pl.String)
    return values.cast(pl.String)


def _uniqueness(frame: pl.DataFrame, description: DatasetDescription) -> Score:
    doubled = frame.height - frame.unique().height
    reason = (
        f"{safe_count(doubled)} rows repeat another row in full"
        if doubled
        else "no row is repeated"
    )
    identifiers = sorted(description.with_role(VariableRole.DIRECT_IDENTIFIER))
    if (
        identifiers
        and description.person is None
        and not any(_is_key(frame[n]) for n in identifiers)
    ):
        reason += "; no direct identifier tells the rows apart"
    return _score(_share(frame.height - doubled, frame.height), reason)


def _is_key(values: pl.Series) -> bool:
    return values.null_count() == 0 and values.n_unique() == len(values)


def _consistency(frame: pl.DataFrame, description: DatasetDescription) -> Score:
    """Declared comparisons that hold, and text written one way only."""
    checked, wrong, at_fault = 0, 0, []
    for comparison in description.consistency:
        left, right = pl.col(comparison.left), pl.col(comparison.right)
        holds = _holds(
            frame, _RELATIONS[comparison.relation](left, right), description.id, comparison
        )
        checked += len(holds) - holds.null_count()
        if bad := int((~holds).sum()):
            wrong += bad
            at_fault.append(f"{comparison.left} {comparison.relation} {comparison.right}")
    for name in frame.columns:
        if type_of(frame[name].dtype) != VariableType.TEXT:
            continue
        values = frame[name].drop_nulls()
        checked += len(values)
        if bad := _written_otherwise(values):
            wrong += bad
            at_fault.append(f"{name} (spaces or letter case)")
    reason = (
        f"at fault: {', '.join(at_fault)}" if at_fault else "nothing found that contradicts itself"
    )
    return _score(_share(checked - wrong, checked), reason)


def _holds(frame: pl.DataFrame, test: pl.Expr, dataset: str, comparison: Any) -> pl.Series:
    try:
        return frame.select(test.alias("holds")).to_series()
    except pl.exceptions.PolarsError:
        raise BadInput(
            f"the dataset {dataset!r}: {comparison.left!r} and {comparison.right!r} cannot be compared "
            "for consistency, for they are of different types"
        ) from None


def _written_otherwise(values: pl.Series) -> int:
    """Values that differ from a commoner one by letter case or outer spaces alone."""
    tidy = values.str.strip_chars().str.to_lowercase()
    ways = pl.DataFrame({"tidy": tidy, "value": values}).group_by("tidy", "value").len()
    rows = int(ways["len"].sum())
    commonest = int(ways.group_by("tidy").agg(pl.col("len").max())["len"].sum())
    return rows - commonest


def assess_metadata(description: DatasetDescription) -> dict[str, Any]:
    """The five MQA dimensions in points, with what is missing from each.

    Points are given for what our DCAT-AP export says of the dataset. Two hold for every dataset here:
    the export conforms to DCAT-AP, and a governed dataset has no download address.
    """
    public = description.access_right == "public"
    known_licence = description.license in LICENCES
    dimensions = {
        "findability": [
            ("keywords", 30, bool(description.keywords)),
            ("themes", 30, bool(description.themes)),
            ("spatial coverage", 20, bool(description.spatial)),
            ("temporal coverage", 20, description.temporal is not None),
        ],
        "accessibility": [
            ("access address", 50, True),
            ("download address (open data only)", 20, public),
            ("download address answers (open data only)", 30, public),
        ],
        "interoperability": [
            ("format", 20, True),
            ("media type", 10, True),
            ("format and media type from vocabularies", 10, True),
            ("non-proprietary format", 20, True),
            ("machine-readable format", 20, True),
            ("DCAT-AP conformance", 30, True),
        ],
        "reusability": [
            ("licence", 20, description.license is not None),
            ("licence from the vocabulary", 10, known_licence),
            ("access rights", 10, True),
            ("access rights from the vocabulary", 5, True),
            ("contact point", 20, description.contact is not None),
            ("publisher", 10, True),
        ],
        "contextuality": [
            ("rights statement", 5, True),
            ("file size", 5, True),
            ("date of issue", 5, True),
            ("date of change", 5, True),
        ],
    }
    scored = {name: _dimension(facts) for name, facts in dimensions.items()}
    points = sum(score["points"] for score in scored.values())
    rating = next(word for bound, word in _RATINGS if points >= bound)
    return {"points": points, "of": 405, "rating": rating, "dimensions": scored}


def _dimension(facts: list[tuple[str, int, bool]]) -> dict[str, Any]:
    return {
        "points": sum(points for _, points, given in facts if given),
        "of": sum(points for _, points, _ in facts),
        "missing": [name for name, _, given in facts if not given],
    }
