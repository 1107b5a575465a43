"""What every hierarchy shares: its interface, its lines, and the checks on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from casemate.errors import BadInput
from casemate.protection.values import text_of

TOP = "*"

Key = str | None
Line = tuple[Key, ...]


@dataclass(frozen=True)
class Meaning:
    """What a label covers, in words; for a band also its bounds and midpoint, as decimal text."""

    text: str
    lower: str | None = None
    upper: str | None = None
    midpoint: str | None = None


class Hierarchy(Protocol):
    """What the search needs of a hierarchy; any frozen class with these three methods serves."""

    def lines(self, attribute: str, values: Sequence[Any]) -> dict[Key, Line]:
        """The labels at levels 1 and up of each value of the domain, which includes ``values``.

        Raises BadInput naming the value that the hierarchy lacks.
        """
        ...

    def meaning(self, label: Key, level: int) -> Meaning:
        """What ``label`` at ``level`` covers."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """The hierarchy as a JSON document without floats; ``hierarchy_from_dict`` reads it."""
        ...


def named(attribute: str) -> str:
    return f"quasi-identifier {attribute!r}"


def keys_of(attribute: str, values: Sequence[Any]) -> list[Key]:
    return [text_of(value, named(attribute)) for value in values]


def plain_meaning(label: Key) -> Meaning:
    if label is None:
        return Meaning("missing")
    return Meaning("any value" if label == TOP else label)


def missing(attribute: str, key: Key) -> BadInput:
    return BadInput(
        f"{named(attribute)} holds the value {key!r}, which its hierarchy lacks: add it"
    )


def require_monotone(attribute: str, table: Mapping[Key, Line]) -> None:
    """Raise BadInput, naming a value, where one label's values part again at the next level."""
    height = len(next(iter(table.values())))
    for level in range(1, height):
        parent: dict[Key, Key] = {}
        for key, line in table.items():
            label, above = line[level - 1], line[level]
            if parent.setdefault(label, above) != above:
                raise BadInput(
                    f"the hierarchy of {attribute!r} is not monotone: at level {level} the value "
                    f"{key!r} is in {label!r}, whose values go to both {parent[label]!r} and "
                    f"{above!r} at level {level + 1}"
                )
