"""Hierarchies of dates: day, month, quarter, year, decade."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from casemate.errors import BadInput
from casemate.protection.hierarchies.base import (
    TOP,
    Key,
    Line,
    Meaning,
    named,
    plain_meaning,
)
from casemate.protection.values import text_of

_LABELS: dict[str, Callable[[date], str]] = {
    "day": lambda day: f"{day.year:04}-{day.month:02}-{day.day:02}",
    "month": lambda day: f"{day.year:04}-{day.month:02}",
    "quarter": lambda day: f"{day.year:04}-Q{(day.month + 2) // 3}",
    "year": lambda day: f"{day.year:04}",
    "decade": lambda day: f"{day.year // 10 * 10:04}s",
}
UNITS = tuple(_LABELS)
"""From fine to coarse; each nests in the next. Weeks do not nest in months, so there are none."""


@dataclass(frozen=True)
class Dates:
    """Calendar units of growing length; see ``dates``."""

    units: tuple[str, ...]
    form: str | None = None

    def __post_init__(self) -> None:
        if unknown := [unit for unit in self.units if unit not in UNITS]:
            raise BadInput(f"there is no date unit {unknown[0]!r}: choose of {', '.join(UNITS)}")
        places = [UNITS.index(unit) for unit in self.units]
        if not places or places != sorted(set(places)):
            raise BadInput(f"date units go from fine to coarse, each once: {', '.join(UNITS)}")

    def lines(self, attribute: str, values: Sequence[Any]) -> dict[Key, Line]:
        found: dict[Key, Line] = {}
        for value in values:
            key = text_of(value, named(attribute))
            if key is None:
                found[None] = (*(None for _ in self.units), TOP)
            elif key not in found:
                day = self._day(value, attribute)
                found[key] = (*(_LABELS[unit](day) for unit in self.units), TOP)
        return found

    def _day(self, value: Any, attribute: str) -> date:
        if isinstance(value, date):  # a datetime is a date too
            return value
        try:
            if self.form is not None and isinstance(value, str):
                return datetime.strptime(value, self.form)  # noqa: DTZ007 - only the day is used
            return datetime.fromisoformat(value)
        except (ValueError, TypeError):
            wanted = "an ISO date such as 2024-03-15" if self.form is None else f"as {self.form}"
            raise BadInput(
                f"{named(attribute)} holds the value {value!r}, which is no date ({wanted})"
            ) from None

    def meaning(self, label: Key, level: int) -> Meaning:
        if label is None or label == TOP or level == 0:
            return plain_meaning(label)
        match self.units[level - 1]:
            case "quarter":
                year, quarter = label.split("-Q")
                first = 3 * int(quarter) - 2
                return Meaning(f"{year}-{first:02} to {year}-{first + 2:02}")
            case "decade":
                return Meaning(f"{label[:-1]} to {int(label[:-1]) + 9:04}")
            case _:
                return Meaning(label)

    def to_dict(self) -> dict[str, Any]:
        document: dict[str, Any] = {"kind": "dates", "units": list(self.units)}
        return document if self.form is None else document | {"form": self.form}


def dates(*units: str, form: str | None = None) -> Dates:
    """Dates in ``units`` from fine to coarse, of day, month, quarter, year and decade; then ``*``.

    Without units it is month, quarter, year and decade. Values are dates, datetimes, or text: in
    ISO 8601, or as ``form`` says in the letters of ``strptime`` ("%d.%m.%Y"). Labels are
    "2024-03-15", "2024-03", "2024-Q1", "2024" and "2020s". A datetime's day is that of its own
    zone. A date that cannot be read is named by BadInput.
    """
    return Dates(units or UNITS[1:], form)
