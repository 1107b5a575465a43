"""The parts of a plan that are more than a name: each strict, without floats, the same read back."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from casemate.errors import BadInput
from casemate.protection.search import UNLIMITED, Budget
from casemate.protection.values import number_of, plain

POLICIES = ("deterministic", "document-randomised", "fully-randomised", "format-preserving")
Part = TypeVar("Part")


@dataclass(frozen=True)
class SearchLimits:
    """When the search ends early: after so many nodes, or seconds; whole numbers."""

    nodes: int | None = None
    seconds: int | None = None

    def __post_init__(self) -> None:
        if self.nodes is None and self.seconds is None:
            raise BadInput("the plan's budget names nodes, seconds or both")
        for name in ("nodes", "seconds"):
            value = getattr(self, name)
            if value is not None and (type(value) is not int or value < 1):
                raise BadInput(f"the plan's budget of {name} is a whole number of at least 1")

    def budget(self) -> Budget:
        return Budget(seconds=self.seconds, nodes=self.nodes)

    def to_dict(self) -> dict[str, Any]:
        return _set_parts(self)


@dataclass(frozen=True)
class Microaggregation:
    """Numeric ``columns`` micro-aggregated together by MDAV, in groups of at least ``k``."""

    columns: tuple[str, ...]
    k: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", _column_names(self.columns, "a micro-aggregation"))
        if type(self.k) is not int or self.k < 2:
            raise BadInput(f"micro-aggregation needs groups of at least k = 2, not {self.k!r}")

    def to_dict(self) -> dict[str, Any]:
        return {"columns": list(self.columns), "k": self.k}


@dataclass(frozen=True)
class PseudonymRule:
    """How one identifier becomes a pseudonym: a policy of ENISA's, or format-preserving (FF1).

    ``check_character`` adds one (ISO 7064); ``alphabet`` is that of a format-preserving pseudonym,
    the digits where none is given.
    """

    policy: str = "deterministic"
    check_character: bool = False
    alphabet: str | None = None

    def __post_init__(self) -> None:
        if self.policy not in POLICIES:
            raise BadInput(
                f"a pseudonym's policy is one of {', '.join(POLICIES)}, not {self.policy!r}"
            )
        if not isinstance(self.check_character, bool):
            raise BadInput("a pseudonym's check_character is true or false")
        preserving = self.policy == "format-preserving"
        if self.check_character and preserving:
            raise BadInput("a format-preserving pseudonym has no room for a check character")
        if self.alphabet is not None and not preserving:
            raise BadInput("an alphabet is for format-preserving pseudonyms only")
        if self.alphabet is not None and (
            not isinstance(self.alphabet, str)
            or len(set(self.alphabet)) < max(2, len(self.alphabet))
        ):
            raise BadInput("an alphabet has at least two characters, each once")

    def to_dict(self) -> dict[str, Any]:
        document: dict[str, Any] = {"policy": self.policy}
        if self.check_character:
            document["check_character"] = True
        return document | ({} if self.alphabet is None else {"alphabet": self.alphabet})


@dataclass(frozen=True)
class DateShift:
    """The dates of each ``person`` moved by one secret number of days; see ``DateShifter``."""

    person: str
    columns: tuple[str, ...]
    days: int = 182
    step: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", _column_names(self.columns, "a date shift"))
        if not isinstance(self.person, str) or not self.person or self.person in self.columns:
            raise BadInput("a date shift names the column of the person, apart from its dates")
        if type(self.days) is not int or type(self.step) is not int:
            raise BadInput("days and step of a date shift are whole numbers")
        if not 1 <= self.step <= self.days <= 36_525:
            raise BadInput("a date shift is by step to 36525 days, in steps of at least 1")

    def to_dict(self) -> dict[str, Any]:
        return {
            "person": self.person, "columns": list(self.columns), "days": self.days,
            "step": self.step,
        }  # fmt: skip


def _column_names(names: Any, where: str) -> tuple[str, ...]:
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise BadInput(f"{where} has a list of columns")
    if not names or len(set(names)) != len(names):
        raise BadInput(f"{where} names at least one column, and each once")
    return tuple(names)


def _set_parts(part: Any) -> dict[str, Any]:
    named = {one.name: getattr(part, one.name) for one in fields(part)}
    return {name: value for name, value in named.items() if value is not None}


def read_part(kind: type[Part], document: Any, where: str) -> Part:
    """A part from its document; BadInput names what is unknown or missing in it, and ``where``."""
    if not isinstance(document, Mapping):
        raise BadInput(f"{where} is an object")
    known = [one.name for one in fields(kind)]  # type: ignore[arg-type]  # parts are dataclasses
    if unknown := sorted(str(name) for name in document if name not in known):
        raise BadInput(f"{where} has no part {unknown[0]!r}: it has {', '.join(known)}")
    if floats := [name for name, value in document.items() if isinstance(value, float)]:
        raise BadInput(
            f'{floats[0]!r} of {where} is a float: a plan gives it as text, such as "0.2"'
        )
    try:
        return kind(**document)
    except TypeError:
        raise BadInput(f"{where} lacks a part: it has {', '.join(known)}") from None


def read_parts(kind: type[Part], document: Any, where: str) -> dict[str, Part]:
    """A part for each column that ``document`` names."""
    return {
        name: read_part(kind, part, f"{where} of {name!r}")
        for name, part in named(document, where).items()
    }


def named(document: Any, where: str) -> Mapping[str, Any]:
    """``document`` if it is an object; BadInput naming ``where`` otherwise."""
    if not isinstance(document, Mapping) or not all(isinstance(name, str) for name in document):
        raise BadInput(f"{where} is an object with a name for each entry")
    return document


def read_numbers(document: Any, where: str) -> dict[str, str]:
    """A number for each column, as plain decimal text: "2.50" is read as "2.5"."""
    found = {}
    for name, value in named(document, where).items():
        if isinstance(value, float) or value is None:
            raise BadInput(f'{where} of {name!r} is a whole number or text, such as "0.5"')
        found[name] = plain(number_of(value, f"{where} of {name!r}"))
    return found


def search_budget(limits: SearchLimits | None, given: Budget) -> Budget:
    """The budget of a run: the ``given`` one where there is one, else the plan's."""
    return given if given != UNLIMITED or limits is None else limits.budget()
