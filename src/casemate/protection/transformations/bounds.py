"""Bounds on the levels of quasi-identifiers: one level, (lowest, highest), or at least a lowest."""

from collections.abc import Mapping
from typing import Any

from casemate.errors import BadInput
from casemate.protection.engines import open_engine
from casemate.protection.hierarchies import Hierarchy

Bound = int | tuple[int, int | None]
Levels = Mapping[str, Bound]
"""By quasi-identifier; ``(2, None)`` is a required minimum of 2."""


def bounded(
    levels: Levels, quasi_identifiers: Mapping[str, Hierarchy], table: Any
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
                found[name] = (low, highest_level(name, quasi_identifiers[name], table))
            case int(level) | (int(level), int(_)) as whole:
                found[name] = level if isinstance(whole, int) else (whole[0], whole[1])
            case other:
                raise BadInput(
                    f"the levels of {name!r} are one level, (lowest, highest) or (lowest, None), "
                    f"not {other!r}"
                )
    return found


def highest_level(name: str, hierarchy: Hierarchy, table: Any) -> int:
    """The last level of ``hierarchy``, laid over the column ``name`` of ``table``."""
    engine = open_engine(table)
    if name not in engine.columns:
        raise BadInput(f"the table has no column {name!r}, which was named as a quasi-identifier")
    values = engine.survey([name]).values[name].to_list()
    return max((len(line) for line in hierarchy.lines(name, values).values()), default=0)
