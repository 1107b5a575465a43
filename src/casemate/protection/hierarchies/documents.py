"""Hierarchies as documents, so that a plan can carry them."""

from collections.abc import Callable, Mapping
from typing import Any

from casemate.errors import BadInput
from casemate.protection.hierarchies.bands import Intervals, intervals, suppressible
from casemate.protection.hierarchies.base import Hierarchy
from casemate.protection.hierarchies.categories import groups, ordered
from casemate.protection.hierarchies.codes import masking, prefixes
from casemate.protection.hierarchies.dates import dates
from casemate.protection.hierarchies.extremes import top_bottom
from casemate.protection.hierarchies.written import Lines


def hierarchy_from_dict(document: Any, where: str = "a hierarchy") -> Hierarchy:
    """Read what ``to_dict`` of a hierarchy wrote; BadInput says what is wrong at ``where``."""
    readers: dict[str, Callable[[dict[str, Any]], Hierarchy]] = {
        "suppressible": lambda rest: suppressible(**rest),
        "intervals": _read_intervals,
        "groups": lambda rest: groups(*rest.pop("levels"), **rest),
        "ordered": lambda rest: ordered(rest.pop("values"), *rest.pop("widths"), **rest),
        "dates": lambda rest: dates(*rest.pop("units"), **rest),
        "prefixes": lambda rest: prefixes(*rest.pop("lengths"), **rest),
        "masking": lambda rest: masking(rest.pop("length"), **rest),
        "top-bottom": lambda rest: top_bottom(**rest),
        "lines": lambda rest: Lines(tuple(tuple(line) for line in rest.pop("lines")), **rest),
    }
    kind = document.get("kind") if isinstance(document, Mapping) else None
    if not isinstance(kind, str) or kind not in readers:
        raise BadInput(f"{where} needs a 'kind', one of {', '.join(readers)}")
    rest = {part: value for part, value in document.items() if part != "kind"}
    try:
        return readers[kind](rest)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadInput(f"{where} of kind {kind!r} is not well formed: {error}") from None


def _read_intervals(rest: dict[str, Any]) -> Intervals:
    match rest.pop("domain", None):
        case None:
            return intervals(*rest.pop("widths"), **rest)
        case [int(low), int(high)]:
            return intervals(*rest.pop("widths"), domain=(low, high), **rest)
        case other:
            raise ValueError(f"its domain is [lowest, highest], not {other!r}")
