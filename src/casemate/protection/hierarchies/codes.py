"""Hierarchies of codes written in text: prefixes that mean something, and signs masked one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from casemate.errors import BadInput
from casemate.protection.hierarchies.base import (
    TOP,
    Key,
    Line,
    Meaning,
    keys_of,
    named,
    plain_meaning,
)

_SIDES = ("left", "right")
_PAD = " "


@dataclass(frozen=True)
class Prefixes:
    """Codes cut to shorter and shorter beginnings; see ``prefixes``."""

    lengths: tuple[int, ...]
    ignore: str = ""
    names: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.lengths or any(not _is_count(length) for length in self.lengths):
            raise BadInput("prefixes need at least one length, each a whole number of 1 or more")
        if list(self.lengths) != sorted(set(self.lengths), reverse=True):
            raise BadInput("the lengths of prefixes go from long to short: 4, 3, 1")

    def lines(self, attribute: str, values: Sequence[Any]) -> dict[Key, Line]:
        found: dict[Key, Line] = {}
        for key in keys_of(attribute, values):
            if key is None:
                found[None] = (*(None for _ in self.lengths), TOP)
                continue
            code = self._code(key)
            if not code:
                raise BadInput(f"{named(attribute)} holds the value {key!r}, which is no code")
            found[key] = (*(code[:length] for length in self.lengths), TOP)
        return found

    def _code(self, value: str) -> str:
        return value.translate(dict.fromkeys(map(ord, self.ignore)))

    def meaning(self, label: Key, level: int) -> Meaning:
        if label is None or label == TOP:
            return plain_meaning(label)
        if (name := self.names.get(label)) is not None:
            return Meaning(f"{label} {name}")
        return Meaning(label if level == 0 else f"{label}…")

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": "prefixes",
            "lengths": list(self.lengths),
            "ignore": self.ignore,
            "names": dict(self.names),
        }


LONGEST_MASKED = 1000
"""The longest code that is masked sign by sign: each sign is a level."""


@dataclass(frozen=True)
class Masking:
    """Codes whose signs are masked one after another; see ``masking``."""

    length: int
    from_side: str = "right"
    align: str = "left"
    sign: str = "*"

    def __post_init__(self) -> None:
        if not _is_count(self.length) or self.length > LONGEST_MASKED:
            raise BadInput(
                f"masking needs the length of the longest value, 1 to {LONGEST_MASKED}, "
                f"not {self.length!r}"
            )
        if self.from_side not in _SIDES or self.align not in _SIDES:
            raise BadInput("masking goes from the left or the right, and so do values align")
        if not isinstance(self.sign, str) or len(self.sign) != 1 or self.sign == _PAD:
            raise BadInput("the sign that masks is one character, and no space")

    def lines(self, attribute: str, values: Sequence[Any]) -> dict[Key, Line]:
        found: dict[Key, Line] = {}
        for key in keys_of(attribute, values):
            if key is None:
                found[None] = (*(None for _ in range(1, self.length)), TOP)
                continue
            if len(key) > self.length:
                raise BadInput(
                    f"{named(attribute)} holds the value {key!r}, which is longer than the "
                    f"{self.length} signs that its hierarchy masks"
                )
            found[key] = (*self._labels(key), TOP)
        return found

    def _labels(self, value: str) -> list[str]:
        """One more sign masked a level; padding is masked like a sign, so it hides the length."""
        pad = value.ljust if self.align == "left" else value.rjust
        full = pad(self.length, _PAD)
        if self.from_side == "right":
            return [full[:-many] + self.sign * many for many in range(1, self.length)]
        return [self.sign * many + full[many:] for many in range(1, self.length)]

    def meaning(self, label: Key, level: int) -> Meaning:
        if label is None or label == TOP or level == 0:
            return plain_meaning(label)
        shown = label[:-level] if self.from_side == "right" else label[level:]
        begins = "begins" if self.from_side == "right" else "ends"
        return Meaning(f"{begins} with {shown.strip() or 'nothing'}")

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": "masking",
            "length": self.length,
            "from_side": self.from_side,
            "align": self.align,
            "sign": self.sign,
        }


def prefixes(*lengths: int, ignore: str = "", names: Mapping[str, str] | None = None) -> Prefixes:
    """Codes cut to prefixes of ``lengths``, from long to short; then ``*``.

    For codes whose beginning is the coarser class: postcodes, ISCO (``prefixes(3, 2, 1)``), NACE and
    ICD (``prefixes(3, 1, ignore=".")``: J45.0 becomes J45 and J). Signs in ``ignore`` are taken out
    first. A code shorter than a length stays whole. Codes are text: a number has lost the zero it
    began with. ``names`` says in words what a prefix means, for the codebook.
    """
    return Prefixes(lengths, ignore, dict(names or {}))


def masking(
    length: int, *, from_side: str = "right", align: str = "left", sign: str = "*"
) -> Masking:
    """Values of up to ``length`` signs, one more masked a level: 8166*, 816**, ...; then ``*``.

    Masked ``from_side`` "right" (81667 to 8166*) or "left" (81667 to *1667). Shorter values are
    padded with spaces: ``align`` says on which side the values stand, "right" for numbers.
    """
    return Masking(length, from_side, align, sign)


def _is_count(number: Any) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and number >= 1
