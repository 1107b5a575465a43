"""Generalisation hierarchies: how the values of one quasi-identifier become coarser, level by level.

Level 0 is the value as collected; each further level maps it to a label that covers more values; in
all but read-in hierarchies the last level is ``*``. A hierarchy is held as ARX holds it: one *line*
for each value of the domain, with its label at every level. The share of a label is the number of
lines it covers over the number of lines; the measure of information loss is built on it.

The domain is what the hierarchy declares (groups, ordered, read-in lines, intervals with
``domain``), and where it declares none the distinct values present in the data. A null is a value
of its own, one more line: it stays null at every level until the last, unless a group names it.
"""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from casemate.errors import BadInput
from casemate.protection.values import number_of, plain, text_of

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


def _where(attribute: str) -> str:
    return f"quasi-identifier {attribute!r}"


def _keys(attribute: str, values: Sequence[Any]) -> list[Key]:
    return [text_of(value, _where(attribute)) for value in values]


def _plain_meaning(label: Key) -> Meaning:
    if label is None:
        return Meaning("missing")
    return Meaning("any value" if label == TOP else label)


@dataclass(frozen=True)
class Suppressible:
    """Two levels: the value itself, or ``*``."""

    def lines(self, attribute: str, values: Sequence[Any]) -> dict[Key, Line]:
        return dict.fromkeys(_keys(attribute, values), (TOP,))

    def meaning(self, label: Key, level: int) -> Meaning:
        return _plain_meaning(label)

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "suppressible"}


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

    def lines(self, attribute: str, values: Sequence[Any]) -> dict[Key, Line]:
        where = _where(attribute)
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
            return _plain_meaning(label)
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
        for key in (*parents[0], *_keys(attribute, values)):
            if key is None and None not in parents[0]:
                found[None] = (*(None for _ in parents), TOP)
                continue
            if key not in parents[0]:
                raise _missing(attribute, key)
            line: list[Key] = []
            label: Key = key
            for parent in parents:
                label = parent[label]
                line.append(label)
            found[key] = (*line, TOP)
        return found

    def meaning(self, label: Key, level: int) -> Meaning:
        if label is None or label == TOP:
            return _plain_meaning(label)
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
        for key in _keys(attribute, values):
            if key is None:
                found[None] = (*(None for _ in self.widths), TOP)
            elif key not in found:
                raise _missing(attribute, key)
        return found

    def _label(self, place: int, width: int) -> str:
        run = self.order[place // width * width :][:width]
        return run[0] if len(run) == 1 else f"{run[0]} to {run[-1]}"

    def meaning(self, label: Key, level: int) -> Meaning:
        return _plain_meaning(label)

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "ordered", "values": list(self.order), "widths": list(self.widths)}


@dataclass(frozen=True)
class Lines:
    """A hierarchy written out line by line, as ARX's files hold it; see ``from_csv``."""

    table: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        if not self.table:
            raise BadInput("the hierarchy has no lines")
        width = len(self.table[0])
        seen: set[str] = set()
        for number, line in enumerate(self.table, start=1):
            if len(line) != width or width < 2:
                raise BadInput(
                    f"line {number} of the hierarchy has {len(line)} cells and line 1 has {width}: "
                    "each needs the value and its label at every level"
                )
            if line[0] in seen:
                raise BadInput(f"the hierarchy lists the value {line[0]!r} twice")
            seen.add(line[0])

    def lines(self, attribute: str, values: Sequence[Any]) -> dict[Key, Line]:
        found: dict[Key, Line] = {line[0]: line[1:] for line in self.table}
        for key in _keys(attribute, values):
            if key is None:
                found[None] = self._null_line()
            elif key not in found:
                raise _missing(attribute, key)
        return found

    def _null_line(self) -> Line:
        last = {line[-1] for line in self.table}
        return (*(None for _ in self.table[0][1:-1]), last.pop() if len(last) == 1 else None)

    def meaning(self, label: Key, level: int) -> Meaning:
        if label is None or label == TOP:
            return _plain_meaning(label)
        return Meaning("; ".join(line[0] for line in self.table if line[level] == label))

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "lines", "lines": [list(line) for line in self.table]}


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


def from_csv(path: str | Path, *, separator: str = ";") -> Lines:
    """Read a hierarchy in ARX's form: no header, one line a value, ``value;level 1;...;*``."""
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            return Lines(tuple(tuple(row) for row in csv.reader(file, delimiter=separator) if row))
    except FileNotFoundError:
        raise BadInput(f"there is no hierarchy file {path}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"the hierarchy file {path} is not UTF-8 CSV: {error}") from None


def hierarchy_from_dict(document: Any, where: str = "a hierarchy") -> Hierarchy:
    """Read what ``to_dict`` of a hierarchy wrote; BadInput says what is wrong at ``where``."""
    readers: dict[str, Callable[[dict[str, Any]], Hierarchy]] = {
        "suppressible": lambda rest: suppressible(**rest),
        "intervals": _read_intervals,
        "groups": lambda rest: groups(*rest.pop("levels"), **rest),
        "ordered": lambda rest: ordered(rest.pop("values"), *rest.pop("widths"), **rest),
        "lines": lambda rest: Lines(tuple(tuple(line) for line in rest.pop("lines")), **rest),
    }
    kind = document.get("kind") if isinstance(document, Mapping) else None
    if not isinstance(kind, str) or kind not in readers:
        raise BadInput(f"{where} needs a 'kind', one of {', '.join(readers)}")
    rest = {part: value for part, value in document.items() if part != "kind"}
    try:
        return readers[kind](rest)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadInput(f"{where} of kind {kind!r} is not well formed: {error}") from None


def _read_intervals(rest: dict[str, Any]) -> Intervals:
    match rest.pop("domain", None):
        case None:
            return intervals(*rest.pop("widths"), **rest)
        case [int(low), int(high)]:
            return intervals(*rest.pop("widths"), domain=(low, high), **rest)
        case other:
            raise ValueError(f"its domain is [lowest, highest], not {other!r}")


def _number(value: int | str | float) -> Fraction:
    return number_of(value, "an interval hierarchy")


def _whole(number: Fraction) -> int | Fraction:
    """A whole number as int: its arithmetic is many times faster."""
    return number.numerator if number.denominator == 1 else number


def _json_number(number: Fraction) -> int | str:
    return number.numerator if number.denominator == 1 else plain(number)


def _missing(attribute: str, key: Key) -> BadInput:
    return BadInput(
        f"{_where(attribute)} holds the value {key!r}, which its hierarchy lacks: add it"
    )


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
