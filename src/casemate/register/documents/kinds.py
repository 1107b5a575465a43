"""The kinds of documents as their data files have them: sections, questions, who answers from where."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from casemate.errors import BadInput

KINDS = ("annex-iv", "fria", "dpia", "huderia", "art-50", "exit-report")
_DATA = files(__package__) / "data"
Texts = Mapping[str, str]
"""By language."""


@dataclass(frozen=True)
class Question:
    """Something that a document has to say."""

    key: str
    """The same in every document that asks the same, so that one answer fills all."""
    asks: Texts
    law: str
    sources: tuple[str, ...]
    """``field:`` of the record or ``known:`` of the platform; a keeper's answer always counts too."""
    only_with_notice: bool


@dataclass(frozen=True)
class Notice:
    """A notice to people that a section holds: the rules that ask for it, and its text by language."""

    rules: tuple[str, ...]
    name: str
    text: Texts


@dataclass(frozen=True)
class SectionKind:
    """A part of a document."""

    title: Texts
    reference: str
    who: str
    why: Texts
    questions: tuple[Question, ...]
    notice: Notice | None
    versions: tuple[str, ...]
    """The versions of the law that have it; all where none is named."""


@dataclass(frozen=True)
class DocumentKind:
    """One kind of document."""

    name: str
    law: str
    applies: str
    """When the law asks for it: ``class NAME`` or ``article NAME``; empty where other law does."""
    title: Texts
    sections: tuple[SectionKind, ...]

    def all_questions(self) -> Iterator[Question]:
        """Every question, in the order of the document."""
        for section in self.sections:
            yield from section.questions


@cache
def document_kind(name: str) -> DocumentKind:
    """The kind called ``name``; raises ``BadInput`` for one that there is not."""
    if name not in KINDS:
        raise BadInput(f"there is no document {name!r}; there are {', '.join(KINDS)}")
    told = _toml(f"{name}.toml")
    return DocumentKind(
        name=told["kind"],
        law=told["law"],
        applies=told["applies"],
        title=told["title"],
        sections=tuple(_section(one, told.get("notice", {})) for one in told["section"]),
    )


def _section(row: dict[str, Any], notices: dict[str, Any]) -> SectionKind:
    given = row.get("notice")
    return SectionKind(
        title=row["title"],
        reference=row["reference"],
        who=row["who"],
        why=row["why"],
        questions=tuple(map(_question, row["questions"])),
        notice=given and Notice(tuple(given["rules"]), given["text"], notices[given["text"]]),
        versions=tuple(row.get("versions", ())),
    )


def _question(row: dict[str, Any]) -> Question:
    return Question(
        key=row["key"],
        asks=row["asks"],
        law=row["law"],
        sources=tuple(row["from"]),
        only_with_notice=row.get("when") == "notice",
    )


@cache
def fixed_words(language: str) -> Mapping[str, Any]:
    """The fixed words of these documents in ``language``."""
    found: Mapping[str, Any] = _toml("words.toml")[language]
    return found


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads(_DATA.joinpath(name).read_text(encoding="utf-8"))
