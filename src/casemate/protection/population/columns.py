"""The columns of a population: their values, and groupings of the values that margins speak of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from casemate.errors import BadInput

Codes = npt.NDArray[np.int64]
_MOST_VALUES = 60_000


@dataclass(frozen=True)
class Grouping:
    """Labels that cover a column's values: ``place[code]`` is a value's label, -1 for none."""

    labels: tuple[str, ...]
    place: Codes


@dataclass(frozen=True)
class Column:
    """A column's values in order, as text or as the whole numbers of a range; and its groupings.

    ``levels`` and ``widths`` say how it is generalised: groupings from fine to coarse, or bands.
    """

    name: str
    values: tuple[str, ...]
    lowest: int | None
    groupings: Mapping[str, Grouping]
    levels: tuple[str, ...] = ()
    widths: tuple[int, ...] = ()
    anchor: int = 0

    @property
    def size(self) -> int:
        """How many values there are."""
        return len(self.values)

    def grouping(self, name: str) -> Grouping:
        """The grouping of that name; of an empty name, each value for itself."""
        if not name:
            return Grouping(self.values, np.arange(self.size))
        if name not in self.groupings:
            raise BadInput(f"the column {self.name!r} has no groups {name!r}: declare them")
        return self.groupings[name]


def read_column(name: str, document: Mapping[str, Any]) -> Column:
    """The column that the margins document declares under ``columns.NAME``."""
    lowest, values = _values(name, document)
    if not 0 < len(values) <= _MOST_VALUES or len(set(values)) != len(values):
        raise BadInput(f"the column {name!r} has 1 to {_MOST_VALUES} values, each given once")
    column = Column(name, values, lowest, {})
    found: dict[str, Grouping] = {}
    for group, members in document.get("groups", {}).items():
        found[group] = _grouping(column, group, members, found)
    levels, widths = tuple(document.get("levels", ())), tuple(document.get("widths", ()))
    if odd := [level for level in levels if level not in found]:
        raise BadInput(f"the column {name!r} has no groups {odd[0]!r} to be generalised to")
    return Column(name, values, lowest, found, levels, widths, int(document.get("anchor", 0)))


def _values(name: str, document: Mapping[str, Any]) -> tuple[int | None, tuple[str, ...]]:
    """Given, a range, or the members of the first groups in order."""
    if "range" in document:
        low, high = _pair(name, document["range"])
        return low, tuple(str(number) for number in range(low, high + 1))
    if "values" in document:
        return None, tuple(str(value) for value in document["values"])
    groups = list(document.get("groups", {}).values())
    if not groups:
        raise BadInput(f"the column {name!r} needs values, a range or groups")
    return None, tuple(str(member) for members in groups[0].values() for member in members)


def _grouping(
    column: Column, group: str, document: Mapping[str, Any], known: Mapping[str, Grouping]
) -> Grouping:
    if "width" in document:
        return _bands(column, group, int(document["width"]))
    if "each" in document:
        return _each(column, group, document)
    labels = tuple(document)
    place = np.full(column.size, -1)
    for code, label in enumerate(labels):
        for member in _members(column, group, document[label], known):
            if place[member] >= 0:
                raise BadInput(
                    f"the groups {group!r} of {column.name!r} name {column.values[member]!r} twice"
                )
            place[member] = code
    return Grouping(labels, place)


def _bands(column: Column, group: str, width: int) -> Grouping:
    if column.lowest is None or width < 1:
        raise BadInput(f"the groups {group!r} of {column.name!r} need a range, and a width above 0")
    numbers = np.arange(column.lowest, column.lowest + column.size)
    first = numbers // width
    labels = tuple(
        f"{at * width}-{at * width + width - 1}" for at in range(first[0], first[-1] + 1)
    )
    return Grouping(labels, first - first[0])


def _each(column: Column, group: str, document: Mapping[str, Any]) -> Grouping:
    """Some values for themselves, and one label for the rest."""
    labels = (*(str(value) for value in document["each"]), str(document["rest"]))
    place = np.full(column.size, len(labels) - 1)
    for code, label in enumerate(labels[:-1]):
        place[_code(column, group, label)] = code
    return Grouping(labels, place)


def _members(
    column: Column, group: str, members: Any, known: Mapping[str, Grouping]
) -> Sequence[int]:
    """Codes of the values in a range, by name, or below labels of a grouping declared before."""
    if column.lowest is not None:
        low, high = _pair(f"{column.name}.{group}", members)
        if not column.lowest <= low <= high < column.lowest + column.size:
            raise BadInput(f"the groups {group!r} of {column.name!r} leave its range")
        return range(low - column.lowest, high - column.lowest + 1)
    found: list[int] = []
    for member in map(str, members):
        if member in column.values:
            found.append(column.values.index(member))
            continue
        below = [g for g in known.values() if member in g.labels]
        if not below:
            raise BadInput(
                f"the groups {group!r} of {column.name!r} name {member!r}, no value of it"
            )
        found += np.flatnonzero(below[-1].place == below[-1].labels.index(member)).tolist()
    return found


def _code(column: Column, group: str, value: str) -> int:
    if value not in column.values:
        raise BadInput(f"the groups {group!r} of {column.name!r} name {value!r}, no value of it")
    return column.values.index(value)


def _pair(what: str, given: Any) -> tuple[int, int]:
    if not (isinstance(given, list) and len(given) == 2 and all(type(one) is int for one in given)):
        raise BadInput(f"the range of {what!r} is [lowest, highest], two whole numbers")
    if given[1] < given[0]:
        raise BadInput(f"the range of {what!r} ends before it begins")
    return given[0], given[1]
