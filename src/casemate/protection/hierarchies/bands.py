"""Hierarchies of numbers in bands, and the plainest of all: the value or nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
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
from casemate.protection.values import number_of, plain, text_of


@dataclass(frozen=True)
class Suppressible:
    """Two levels: the value itself, or ``*``."""

    def lines(self, attribute: str, values: Sequence[Any]) -> dict[Key, Line]:
        return dict.fromkeys(keys_of(attribute, values), (TOP,))

    def meaning(self, label: Key, level: int) -> Meaning:
        return plain_meaning(label)

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "suppressible"}


WIDEST_DOMAIN = 10_000_000
"""The most whole numbers that a domain may name: each is a line of the hierarchy."""


@dataclass(frozen=True)
class Intervals:
    """Numeric bands of growing width; see ``intervals``."""

    widths: tuple[Fraction, ...]
    anchor: Fraction = Fraction(0)
    bottom: Fraction | None = None
    top: Fraction | None = None
    domain: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if not self.widths or any(width <= 0 for width in self.widths):
            raise BadInput("intervals need at least one width, each above 0")
        for finer, coarser in zip(self.widths, self.widths[1:], strict=False):
            if coarser <= finer or coarser % finer:
                raise BadInput(
                    f"the interval width {plain(coarser)} is not a multiple of {plain(finer)}, so "
                    "its bands would cut finer ones: give widths such as 5, 10, 20"
                )
        if self.bottom is not None and self.top is not None and self.bottom >= self.top:
            raise BadInput("bottom coding must begin below top coding")
        if self.domain is not None and self.domain[0] > self.domain[1]:
            raise BadInput("the domain of intervals is (lowest, highest), in this order")
        if self.domain is not None and self.domain[1] - self.domain[0] >= WIDEST_DOMAIN:
            raise BadInput(
                f"the domain of intervals is of {WIDEST_DOMAIN} whole numbers at most: leave it out, "
                "and the values present are the domain"
            )

    def lines(self, attribute: str, values: Sequence[Any]) -> dict[Key, Line]:
        where = named(attribute)
        domain: list[Any] = list(values)
        if self.domain is not None:
            low, high = self.domain
            domain.extend(range(low, high + 1))
        found: dict[Key, Line] = {}
        labellers = [self._labeller(width) for width in self.widths]
        for value in domain:
            key = text_of(value, where)
            if key is None:
                found[key] = (*(None for _ in self.widths), TOP)
            elif key not in found:
                number = value if type(value) is int else _whole(number_of(value, where))
                self._require_in_domain(number, where)
                found[key] = (*(label(number) for label in labellers), TOP)
        return found

    def _require_in_domain(self, number: int | Fraction, where: str) -> None:
        if self.domain is None:
            return
        low, high = self.domain
        if not isinstance(number, int) or not low <= number <= high:
            raise BadInput(
                f"{where} holds the value {plain(Fraction(number))!r}, which the domain of its "
                f"hierarchy, the whole numbers {low} to {high}, lacks"
            )

    def _labeller(self, width: Fraction) -> Callable[[int | Fraction], str]:
        """From a number to the label of its band; each label is written once, for speed."""
        step, anchor = _whole(width), _whole(self.anchor)
        bottom = None if self.bottom is None else _whole(self.bottom)
        top = None if self.top is None else _whole(self.top)
        written: dict[int, str] = {}

        def label(number: int | Fraction) -> str:
            if bottom is not None and number < bottom:
                return f"< {plain(Fraction(bottom))}"
            if top is not None and number >= top:
                return f">= {plain(Fraction(top))}"
            band = int((number - anchor) // step)
            if band not in written:
                written[band] = self._band(width, band)
            return written[band]

        return label

    def _band(self, width: Fraction, band: int) -> str:
        lower = self.anchor + band * width
        upper = lower + width
        if self.bottom is not None:
            lower = max(lower, self.bottom)
        if self.top is not None:
            upper = min(upper, self.top)
        return f"[{plain(lower)}, {plain(upper)})"

    def meaning(self, label: Key, level: int) -> Meaning:
        if label is None or label == TOP or level == 0:
            return plain_meaning(label)
        if label.startswith("< "):
            return Meaning(f"below {label[2:]}", upper=label[2:])
        if label.startswith(">= "):
            return Meaning(f"{label[3:]} or more", lower=label[3:])
        lower, upper = label[1:-1].split(", ")
        midpoint = plain((Fraction(lower) + Fraction(upper)) / 2)
        return Meaning(f"from {lower} to below {upper}", lower, upper, midpoint)

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": "intervals",
            "widths": [_json_number(width) for width in self.widths],
            "anchor": _json_number(self.anchor),
            "bottom": None if self.bottom is None else _json_number(self.bottom),
            "top": None if self.top is None else _json_number(self.top),
            "domain": None if self.domain is None else list(self.domain),
        }


def suppressible() -> Suppressible:
    """The value is kept or becomes ``*``."""
    return Suppressible()


def intervals(
    *widths: int | str | float,
    anchor: int | str | float = 0,
    bottom: int | str | float | None = None,
    top: int | str | float | None = None,
    domain: tuple[int, int] | None = None,
) -> Intervals:
    """Numeric bands ``[lower, upper)``, one level a width, counted from ``anchor``; then ``*``.

    Each width is a multiple of the one before. Values below ``bottom`` share the label "< bottom"
    and values from ``top`` on ">= top" (bottom and top coding) from level 1 up. ``domain`` declares
    the lowest and highest whole number possible; without it the domain is the values present.
    """
    return Intervals(
        tuple(_number(width) for width in widths),
        _number(anchor),
        None if bottom is None else _number(bottom),
        None if top is None else _number(top),
        domain,
    )


def _number(value: int | str | float) -> Fraction:
    return number_of(value, "an interval hierarchy")


def _whole(number: Fraction) -> int | Fraction:
    """A whole number as int: its arithmetic is many times faster."""
    return number.numerator if number.denominator == 1 else number


def _json_number(number: Fraction) -> int | str:
    return number.numerator if number.denominator == 1 else plain(number)
