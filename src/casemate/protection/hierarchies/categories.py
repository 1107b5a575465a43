"""Hierarchies of categories: a tree given by name, and runs of values that have an order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from casemate.errors import BadInput
from casemate.protection.hierarchies.base import (
    TOP,
    Key,
    Line,
    Meaning,
    keys_of,
    missing,
    plain_meaning,
)
from casemate.protection.values import text_of


@dataclass(frozen=True)
class Groups:
    """A category tree given by name; see ``groups``."""

    levels: tuple[Mapping[str, tuple[Key, ...]], ...]
    names: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.levels:
            raise BadInput("groups need at least one level")
        previous: set[Key] | None = None
        for number, level in enumerate(self.levels, start=1):
            members = [member for group in level.values() for member in group]
            _require_once(members, number)
            _require_covered(previous, set(members), number)
            previous = set(level)
        if any(TOP in level for level in self.levels):
            raise BadInput("the label '*' is kept for the last level, which groups add themselves")

    def lines(self, attribute: str, values: Sequence[Any]) -> dict[Key, Line]:
        parents = [
            {member: label for label, members in level.items() for member in members}
            for level in self.levels
        ]
        found: dict[Key, Line] = {}
        for key in (*parents[0], *keys_of(attribute, values)):
            if key is None and None not in parents[0]:
                found[None] = (*(None for _ in parents), TOP)
                continue
            if key not in parents[0]:
                raise missing(attribute, key)
            line: list[Key] = []
            label: Key = key
            for parent in parents:
                label = parent[label]
                line.append(label)
            found[key] = (*line, TOP)
        return found

    def meaning(self, label: Key, level: int) -> Meaning:
        if label is None or label == TOP:
            return plain_meaning(label)
        members: list[Key] = [label]
        for tree in reversed(self.levels[:level]):
            members = [below for member in members for below in tree[str(member)]]
        return Meaning("; ".join(self._name(member) for member in members))

    def _name(self, member: Key) -> str:
        return "missing" if member is None else self.names.get(member, member)

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": "groups",
            "levels": [
                {label: list(members) for label, members in level.items()} for level in self.levels
            ],
            "names": dict(self.names),
        }


@dataclass(frozen=True)
class Ordered:
    """Runs of an ordered list of values; see ``ordered``."""

    order: tuple[str, ...]
    widths: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(set(self.order)) != len(self.order) or not self.order:
            raise BadInput("an ordered hierarchy needs each of its values once")
        if not self.widths or self.widths[0] < 2:
            raise BadInput("an ordered hierarchy needs widths of 2 values or more")
        for finer, coarser in zip(self.widths, self.widths[1:], strict=False):
            if coarser <= finer or coarser % finer:
                raise BadInput(
                    f"the width {coarser} of an ordered hierarchy is not a multiple of {finer}"
                )

    def lines(self, attribute: str, values: Sequence[Any]) -> dict[Key, Line]:
        found: dict[Key, Line] = {
            value: (*(self._label(place, width) for width in self.widths), TOP)
            for place, value in enumerate(self.order)
        }
        for key in keys_of(attribute, values):
            if key is None:
                found[None] = (*(None for _ in self.widths), TOP)
            elif key not in found:
                raise missing(attribute, key)
        return found

    def _label(self, place: int, width: int) -> str:
        run = self.order[place // width * width :][:width]
        return run[0] if len(run) == 1 else f"{run[0]} to {run[-1]}"

    def meaning(self, label: Key, level: int) -> Meaning:
        return plain_meaning(label)

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "ordered", "values": list(self.order), "widths": list(self.widths)}


def groups(*levels: Mapping[str, Iterable[Any]], names: Mapping[Any, str] | None = None) -> Groups:
    """A category tree: each level maps a label to what it covers; then ``*``.

    The first level's labels cover values, each further level's the labels of the level before.
    ``names`` says in words what a value means, for the codebook. None may be among the values.
    """
    return Groups(
        tuple(
            {
                str(label): tuple(text_of(member, f"the group {label!r}") for member in members)
                for label, members in level.items()
            }
            for level in levels
        ),
        {str(text_of(value, "names")): name for value, name in (names or {}).items()},
    )


def ordered(values: Iterable[Any], *widths: int) -> Ordered:
    """Values with an order, joined in runs of ``widths`` neighbours ("low to middle"); then ``*``."""
    return Ordered(tuple(str(text_of(value, "an ordered hierarchy")) for value in values), widths)


def _require_once(members: Sequence[Key], level: int) -> None:
    seen: set[Key] = set()
    for member in members:
        if member in seen:
            raise BadInput(f"level {level} of the groups puts {member!r} into two groups")
        seen.add(member)


def _require_covered(previous: set[Key] | None, members: set[Key], level: int) -> None:
    if previous is None:
        return
    if lost := sorted(str(label) for label in previous - members):
        raise BadInput(f"level {level} of the groups puts {lost[0]!r} of level {level - 1} nowhere")
    if unknown := sorted(str(label) for label in members - previous):
        raise BadInput(
            f"level {level} of the groups names {unknown[0]!r}, no label of level {level - 1}"
        )
