"""What an entry has to tell before anything of its algorithm leaves: a table of data."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from casemate.register.records import Record


@dataclass(frozen=True)
class Needed:
    """A field that has to be told; ``where`` names the values of other fields that make it so."""

    field: str
    why: str
    where: Mapping[str, frozenset[str]]

    def is_due(self, record: Record) -> bool:
        """Whether ``record`` has to tell it."""
        return all(
            not values.isdisjoint(_values(record, name)) for name, values in self.where.items()
        )


@cache
def minimum() -> tuple[Needed, ...]:
    """The house's minimum, in the order of its file."""
    text = (files(__package__) / "minimum.toml").read_text(encoding="utf-8")
    return tuple(
        Needed(
            one["field"],
            one["why"],
            {name: frozenset(values) for name, values in one.get("where", {}).items()},
        )
        for one in tomllib.loads(text)["needed"]
    )


def untold(record: Record) -> tuple[Needed, ...]:
    """What ``record`` lacks of the minimum."""
    return tuple(one for one in minimum() if one.field not in record.told and one.is_due(record))


def _values(record: Record, name: str) -> set[str]:
    value = record.told.get(name, ())
    return {value} if isinstance(value, str) else set(value)
