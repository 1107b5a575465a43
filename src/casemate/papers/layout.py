"""What every writer puts on paper alike: the fixed words, the summary at the top, sources in words."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from casemate.papers.model import Document, Section, Source, Table, missing, plain, told


@cache
def words(language: str) -> Mapping[str, str]:
    """The fixed words in ``language``."""
    found: dict[str, dict[str, str]] = tomllib.loads(
        (files(__package__) / "words.toml").read_text(encoding="utf-8")
    )
    return found[language]


@dataclass(frozen=True)
class Laid:
    """A document as it is laid out: what stands before its sections, and their numbers."""

    document: Document
    words: Mapping[str, str]
    metadata: tuple[tuple[str, str], ...]
    summary: str
    table: Table | None
    sections: tuple["Placed", ...]

    def flat(self) -> Iterator["Placed"]:
        """Every section with its parts, in reading order."""
        for one in self.sections:
            yield from one.flat()


@dataclass(frozen=True)
class Placed:
    """A section at its place: its number, level (from 1) and anchor."""

    section: Section
    number: str
    level: int
    anchor: str
    parts: tuple["Placed", ...]

    @property
    def heading(self) -> str:
        """Number, title and what asks for it."""
        reference = f" ({self.section.reference})" if self.section.reference else ""
        return plain(f"{self.number} {self.section.title}{reference}")

    def flat(self) -> Iterator["Placed"]:
        """Itself and its parts, in reading order."""
        yield self
        for one in self.parts:
            yield from one.flat()


def lay_out(document: Document) -> Laid:
    """``document`` with its summary and the numbers of its sections."""
    known = words(document.language)
    dated = (known["date"], document.date.date().isoformat())
    return Laid(
        document=document,
        words=known,
        metadata=tuple((plain(key), plain(value)) for key, value in (dated, *document.metadata)),
        summary=_summary(document, known) if document.counts else "",
        table=_table(document, known) if document.counts else None,
        sections=tuple(_placed(document.sections, "", 1)),
    )


def sources_line(sources: tuple[Source, ...], known: Mapping[str, str], label: str = "") -> str:
    """The sources of a block in one line; empty where it has none."""
    if not sources:
        return ""
    head = label or known["source" if len(sources) == 1 else "sources"]
    return f"{head}: " + "; ".join(f"{known[one.kind]} {one.name}" for one in sources)


def _placed(sections: tuple[Section, ...], before: str, level: int) -> Iterator[Placed]:
    for place, one in enumerate(sections, 1):
        number = f"{before}{place}"
        anchor = one.anchor or f"section-{number.replace('.', '-')}"
        parts = tuple(_placed(one.parts, f"{number}.", level + 1))
        yield Placed(one, f"{number}.", level, anchor, parts)


def _summary(document: Document, known: Mapping[str, str]) -> str:
    counted = (sum(map(told, document.sections)), sum(map(missing, document.sections)))
    said = known["summary_all" if counted[1] else "summary_none"]
    return said.format(told=counted[0], missing=counted[1])


def _table(document: Document, known: Mapping[str, str]) -> Table:
    rows: list[tuple[str, ...]] = [
        (f"{number}. {one.title}", str(told(one)), str(missing(one)))
        for number, one in enumerate(document.sections, 1)
    ]
    rows.append((known["all"], *(str(sum(int(row[at]) for row in rows)) for at in (1, 2))))
    head = (known["section"], known["told"], known["missing"])
    return Table(known["summary_caption"], head, tuple(rows))
