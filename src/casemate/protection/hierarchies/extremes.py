"""Top and bottom coding as a hierarchy: numbers within bounds stay, those beyond share a label."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from casemate.errors import BadInput
from casemate.protection.hierarchies.base import TOP, Key, Line, Meaning, named, plain_meaning
from casemate.protection.values import number_of, plain, text_of


@dataclass(frozen=True)
class TopBottom:
    """Three levels: the number; the number or the label of its end; ``*``. See ``top_bottom``."""

    bottom: Fraction | None = None
    top: Fraction | None = None

    def __post_init__(self) -> None:
        if self.bottom is None and self.top is None:
            raise BadInput("top or bottom coding needs a bound: bottom, top or both")
        if self.bottom is not None and self.top is not None and self.bottom >= self.top:
            raise BadInput("bottom coding must begin below top coding")

    def lines(self, attribute: str, values: Sequence[Any]) -> dict[Key, Line]:
        found: dict[Key, Line] = {}
        for value in values:
            key = text_of(value, named(attribute))
            found[key] = (None if key is None else self._label(key, named(attribute)), TOP)
        return found

    def _label(self, key: str, where: str) -> str:
        number = number_of(key, where)
        if self.bottom is not None and number < self.bottom:
            return f"< {plain(self.bottom)}"
        if self.top is not None and number >= self.top:
            return f">= {plain(self.top)}"
        return key

    def meaning(self, label: Key, level: int) -> Meaning:
        if label is not None and level == 1 and label.startswith("< "):
            return Meaning(f"below {label[2:]}", upper=label[2:])
        if label is not None and level == 1 and label.startswith(">= "):
            return Meaning(f"{label[3:]} or more", lower=label[3:])
        return plain_meaning(label)

    def to_dict(self) -> dict[str, Any]:
        bounds = {"bottom": self.bottom, "top": self.top}
        return {"kind": "top-bottom"} | {
            name: plain(bound) for name, bound in bounds.items() if bound is not None
        }


def top_bottom(bottom: Any = None, top: Any = None) -> TopBottom:
    """Values below ``bottom`` share the label "< bottom", those from ``top`` up ">= top"; then ``*``."""
    ends = [
        None if end is None else number_of(end, "the bound of top and bottom coding")
        for end in (bottom, top)
    ]
    return TopBottom(*ends)
