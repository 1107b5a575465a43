"""Bounds on the levels of quasi-identifiers: one level, (lowest, highest), or at least a lowest."""

from collections.abc import Mapping, Sequence

from casemate.errors import BadInput
from casemate.protection.ladders import Ladder
from casemate.protection.tuples import Node

Bound = int | tuple[int, int | None]
Levels = Mapping[str, Bound]
"""By quasi-identifier; ``(2, None)`` is a required minimum of 2. Those not named are free."""


def corners(ladders: Sequence[Ladder], levels: Levels) -> tuple[Node, Node]:
    """The lowest and the highest node within ``levels``.

    Raises BadInput for a name that is no quasi-identifier, and for a level that a hierarchy has not.
    """
    if unknown := set(levels) - {ladder.attribute for ladder in ladders}:
        raise BadInput(f"levels are fixed for {sorted(unknown)[0]!r}, which is no quasi-identifier")
    bounds = [_bounds(ladder, levels.get(ladder.attribute, (0, None))) for ladder in ladders]
    return tuple(low for low, _ in bounds), tuple(high for _, high in bounds)


def _bounds(ladder: Ladder, wanted: Bound) -> tuple[int, int]:
    highest = ladder.height - 1
    match (wanted, wanted) if isinstance(wanted, int) else wanted:
        case (int(low), int(high)):
            pass
        case (int(low), None):
            high = highest
        case _:
            raise BadInput(
                f"the levels of {ladder.attribute!r} are one level, (lowest, highest) or "
                f"(lowest, None), not {wanted!r}"
            )
    if not 0 <= low <= high <= highest:
        raise BadInput(
            f"the hierarchy of {ladder.attribute!r} has the levels 0 to {highest}, not {low} to {high}"
        )
    return low, high
