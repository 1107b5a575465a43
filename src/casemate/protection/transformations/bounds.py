"""Bounds on the levels of quasi-identifiers: one level, (lowest, highest), or at least a lowest."""

from collections.abc import Mapping

from casemate.errors import BadInput
from casemate.protection.frames import Frame, polars_columns, require_columns
from casemate.protection.hierarchies import Hierarchy

Bound = int | tuple[int, int | None]
Levels = Mapping[str, Bound]
"""By quasi-identifier; ``(2, None)`` is a required minimum of 2."""


def bounded(
    levels: Levels, quasi_identifiers: Mapping[str, Hierarchy], frame: Frame
) -> dict[str, int | tuple[int, int]]:
    """``levels`` with the highest level written out; its hierarchy over the data says which it is.

    Raises BadInput for a name that is no quasi-identifier.
    """
    found: dict[str, int | tuple[int, int]] = {}
    for name, bound in levels.items():
        if name not in quasi_identifiers:
            raise BadInput(f"levels are fixed for {name!r}, which is no quasi-identifier")
        match bound:
            case (int(low), None):
                found[name] = (low, highest_level(name, quasi_identifiers[name], frame))
            case int(level) | (int(level), int(_)) as whole:
                found[name] = level if isinstance(whole, int) else (whole[0], whole[1])
            case other:
                raise BadInput(
                    f"the levels of {name!r} are one level, (lowest, highest) or (lowest, None), "
                    f"not {other!r}"
                )
    return found


def highest_level(name: str, hierarchy: Hierarchy, frame: Frame) -> int:
    """The last level of ``hierarchy``, laid over the column ``name``."""
    require_columns(frame, [name], "a quasi-identifier")
    values = polars_columns(frame, [name])[name].unique().to_list()
    return max((len(line) for line in hierarchy.lines(name, values).values()), default=0)
