"""The people of a population by their quasi-identifiers: what an attacker may have beside the table."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from casemate.errors import BadInput
from casemate.protection.frames import open_frame, polars_columns, require_columns
from casemate.protection.hierarchies import Key
from casemate.protection.values import text_of

People = tuple[tuple[tuple[Key, ...], int], ...]


@dataclass(frozen=True)
class Population:
    """How many people of the population share each combination of ``variables``, values as text."""

    variables: tuple[str, ...]
    people: People

    def __post_init__(self) -> None:
        for values, many in self.people:
            if len(values) != len(self.variables):
                raise BadInput("each line of a population has a value for each of its variables")
            if isinstance(many, bool) or not isinstance(many, int) or many < 0:
                raise BadInput(f"a population has whole numbers of people, not {many!r}")

    @classmethod
    def from_table(
        cls, table: Any, variables: Sequence[str], *, count: str | None = None
    ) -> "Population":
        """Of a table with one line a person, or with the column ``count`` of people a line."""
        frame = open_frame(table)
        require_columns(frame, [*variables, *([count] if count else [])], "part of a population")
        columns = polars_columns(frame, variables)
        counts = polars_columns(frame, [count])[count].to_list() if count else [1] * len(columns)
        people: Counter[tuple[Key, ...]] = Counter()
        for values, many in zip(columns.iter_rows(), counts, strict=True):
            people[tuple(text_of(value, "the population") for value in values)] += many
        return cls(tuple(variables), tuple(people.items()))

    @property
    def size(self) -> int:
        """The number of people."""
        return sum(many for _, many in self.people)

    def over(self, names: Sequence[str]) -> Counter[tuple[Key, ...]]:
        """The people by the variables ``names``; BadInput if the population lacks one."""
        if lost := [name for name in names if name not in self.variables]:
            raise BadInput(f"the population has no variable {lost[0]!r}: add it")
        places = [self.variables.index(name) for name in names]
        found: Counter[tuple[Key, ...]] = Counter()
        for values, many in self.people:
            found[tuple(values[place] for place in places)] += many
        return found

    def recoded(
        self, names: Sequence[str], recoding: Mapping[str, Mapping[Key, Key]]
    ) -> Counter[tuple[Key, ...]]:
        """The people by the labels that ``recoding`` gives to their values of ``names``."""
        labels = [recoding[name] for name in names]
        found: Counter[tuple[Key, ...]] = Counter()
        for values, many in self.over(names).items():
            found[tuple(label[value] for label, value in zip(labels, values, strict=True))] += many
        return found

    def to_dict(self) -> dict[str, Any]:
        return {
            "variables": list(self.variables),
            "people": [[*values, many] for values, many in self.people],
        }


def read_population(variables: Sequence[str], people: Sequence[Sequence[Any]]) -> Population:
    """What ``Population.to_dict`` wrote."""
    return Population(tuple(variables), tuple((tuple(line[:-1]), line[-1]) for line in people))
