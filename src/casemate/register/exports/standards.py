"""The tables in ``standards/``: which field of a record goes where in another register."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any

from casemate.errors import BadInput

FILES = ("nl-1.0", "uk-atrs", "ats-0.3.1", "annex-viii-a", "annex-viii-b", "annex-viii-c")
PUBLIC = ("nl-1.0", "uk-atrs", "ats-0.3.1")
"""Those of registers that anybody reads: nothing that the law keeps from the public goes there."""


@dataclass(frozen=True)
class Target:
    """One field of another register's form."""

    to: str
    kind: str
    """text, name (the same in every language), word, words, list, code, codes, month, date, email,
    mail_or_link, link, links, titles, uuid."""
    source: tuple[str, ...] = ()
    """The first of these that is told is taken; with ``@``, what the platform knows by itself."""
    also: str | None = None
    """What the platform knows that is said after it."""
    constant: str | None = None
    values: Mapping[str, str] | None = None
    """Our word for each of theirs."""
    dutch: Mapping[str, str] | None = None
    """Their word in Dutch for each of their English ones."""
    permitted: tuple[str, ...] = ()
    longest: int | None = None
    shortest: int | None = None
    most: int | None = None
    mandatory: bool = False
    hidden: bool = False
    """Left out in the section that is not public (AI Act Art. 49(4))."""
    point: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """Every value of theirs, in English and Dutch; empty where any text will do."""
        theirs = dict.fromkeys(self.permitted or (self.values or {}).values())
        return (*theirs, *(self.dutch or {}).values())


@dataclass(frozen=True)
class ExportStandard:
    """The form of one register."""

    id: str
    title: str
    union: str
    """Its column in the union of fields."""
    languages: Mapping[str, str]
    """The languages that it can be written in, with the standard's code of each."""
    classes: frozenset[str]
    """The classes of the AI Act that are registered by it; empty where all are."""
    targets: tuple[Target, ...]

    @property
    def is_public(self) -> bool:
        """Whether anybody reads it."""
        return self.id in PUBLIC


@cache
def export_standards() -> Mapping[str, ExportStandard]:
    """Every standard that a record can be exported to, by id."""
    return {name: _standard(name) for name in FILES}


def export_standard(name: str) -> ExportStandard:
    """The standard of that id; raises ``BadInput`` naming those there are."""
    if name not in export_standards():
        raise BadInput(f"there is no standard {name!r} to export to; there are {', '.join(FILES)}")
    return export_standards()[name]


def _standard(name: str) -> ExportStandard:
    text = (files(__package__) / "standards" / f"{name}.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)
    return ExportStandard(
        id=document["id"],
        title=document["title"],
        union=document["union"],
        languages=document["languages"],
        classes=frozenset(document.get("classes", ())),
        targets=tuple(_target(row) for row in document["field"]),
    )


def _target(row: dict[str, Any]) -> Target:
    given = {"source" if name == "from" else name: value for name, value in row.items()}
    known = {one.name for one in fields(Target)}
    lists = {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
    if wrong := given.keys() - known:
        raise BadInput(f"the mapping of {row['to']} has no {', '.join(sorted(wrong))}")
    return Target(**{**given, **lists})
