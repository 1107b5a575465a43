"""How values are written as keys of a table: one way, so that both sides write the same."""

from typing import Any

Cell = str | int | float | bool | None


def plain(value: float) -> str:
    """A number in as few digits as tell it exactly; whole numbers without a point."""
    if value == int(value) and abs(value) < 2**53:
        return str(int(value))
    return repr(float(value))


def interval(low: float, high: float, *, closed: bool = False) -> str:
    """``[0, 10)``, or ``[0, 10]`` where the end belongs to it."""
    return f"[{plain(low)}, {plain(high)}{']' if closed else ')'}"


def key(value: Any) -> Cell:
    """A category as it is written; missing stays missing."""
    if isinstance(value, float):
        return plain(value)
    return None if value is None else str(value)
