"""A case file, or one answer, as a document to print and to hand in."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files

from casemate.knowledge.citations.cited import Cited
from casemate.knowledge.citations.styles import citation, provenance
from casemate.papers import (
    LANGUAGES,
    Block,
    Document,
    Gap,
    Listing,
    Paragraph,
    Run,
    Section,
    Source,
)


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is written: provisions, quotes by the question they answer, searches in words."""

    title: str
    language: str
    when: datetime
    notes: str = ""
    provisions: tuple[Cited, ...] = ()
    quotes: tuple[tuple[str, tuple[Cited, ...]], ...] = ()
    searches: tuple[str, ...] = ()

    @property
    def cited(self) -> tuple[Cited, ...]:
        """All that is cited."""
        return (*self.provisions, *(one for _, many in self.quotes for one in many))

    def parts(self) -> Iterator[tuple[str, tuple[Cited, ...]]]:
        """The provisions, without a question; then each question with its quotes."""
        if self.provisions:
            yield "", self.provisions
        yield from self.quotes


@cache
def words(language: str) -> Mapping[str, str]:
    """The fixed words in ``language``."""
    told: dict[str, dict[str, str]] = tomllib.loads(
        (files(__package__) / "words.toml").read_text(encoding="utf-8")
    )
    return told[language]


def paper_of(gathered: Gathered, style: str) -> Document:
    """``gathered`` as a document; each text with its citation, its digest and its licence."""
    known = words(gathered.language)
    sections: list[Section] = []
    if gathered.notes.strip():
        lines = (one for one in gathered.notes.split("\n") if one.strip())
        sections.append(Section(known["notes"], tuple(Paragraph(one) for one in lines)))
    if gathered.provisions:
        parts = tuple(_section(one, style, known) for one in gathered.provisions)
        sections.append(Section(known["provisions"], (), parts))
    for question, cited in gathered.quotes:
        parts = tuple(_section(one, style, known) for one in cited)
        title = f"{known['question']}: {question}" if question else known["quotes"]
        sections.append(Section(" ".join(title.split()), (), parts))
    if gathered.searches:
        sections.append(Section(known["searches"], (Listing(gathered.searches),)))
    if not sections:
        sections.append(Section(known["notes"], (Paragraph(known["empty"]),)))
    return Document(
        gathered.title, gathered.language, gathered.when, tuple(sections), lead=known["lead"],
        counts=False,
    )  # fmt: skip


def _section(one: Cited, style: str, known: Mapping[str, str]) -> Section:
    heading = " ".join(
        " ".join(part.split()) for part in (one.number or one.key, one.heading) if part
    )
    blocks: list[Block] = []
    if one.text:
        spoken = one.language if one.language in LANGUAGES else ""
        source = Source("law", " ".join(citation(one, style).split()))
        lines = [part for part in one.text.split("\n") if part.strip()]
        blocks += [Paragraph(part, (), spoken) for part in lines[:-1]]
        blocks.append(Paragraph(lines[-1], (source,), spoken))
    else:
        blocks.append(Gap(known["gone"], known["gone_who"], known["gone_why"], known["gone_where"]))
        blocks.append(Paragraph(citation(one, style)))
    blocks.append(Paragraph((Run(provenance(one), "emphasis"),)))
    if one.link:
        blocks.append(Paragraph((Run(one.link, href=one.link),)))
    return Section(heading, tuple(blocks))
