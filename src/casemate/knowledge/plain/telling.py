"""A provision in plain words as it is sent and shown: flat, each definition once."""

from dataclasses import dataclass
from datetime import date

from casemate.knowledge.documents import Standing
from casemate.knowledge.documents.library import Stored
from casemate.knowledge.glossary import GlossaryEntry, entry
from casemate.knowledge.plain.records import (
    By,
    Note,
    PlainSentence,
    PlainVersion,
    Refused,
    Told,
    Why,
)
from casemate.readability import Reading


@dataclass(frozen=True, slots=True)
class TermUse:
    """Where a plain line uses a defined term: characters of that line, and the glossary's entry."""

    line: int
    start: int
    end: int
    entry: int


@dataclass(frozen=True, slots=True)
class PlainRow:
    """A sentence of the original, characters ``start`` to ``end`` of the provision, and its plain lines."""

    start: int
    end: int
    original: str
    lines: tuple[str, ...]
    by: By
    why: Why
    notes: tuple[Note, ...]
    refused: tuple[Refused, ...]
    hints: tuple[Told, ...]
    terms: tuple[TermUse, ...]


@dataclass(frozen=True, slots=True)
class PlainProvision:
    """A provision as in force on a day, in plain words beside its own; ``why`` says why it has none.

    ``by_machine``: a sentence is a language model's, and has to be labelled so (AI Act Art. 50(2)).
    """

    work: str
    title: str
    key: str
    number: str
    heading: str
    language: str
    on: date
    valid_from: date | None
    digest: str
    why: str
    rows: tuple[PlainRow, ...]
    before: Reading | None
    after: Reading | None
    by_machine: bool
    model: str
    model_digest: str
    glossary: tuple[GlossaryEntry, ...]


def told(
    standing: Standing, on: date, work: str, key: str, language: str, plain: PlainVersion | None,
    where: dict[str, Stored],
) -> PlainProvision:  # fmt: skip
    """All of it; ``where`` are the version's provisions by key, that definitions stand in."""
    version, found = standing.version, standing.provision
    glossary: list[GlossaryEntry] = []
    rows = tuple(_row(one, glossary, where) for one in plain.sentences) if plain else ()
    return PlainProvision(
        work=work, title=version.title if version else "", key=found.key if found else key,
        number=found.number if found else "", heading=found.heading if found else "", language=language,
        on=on, valid_from=version.valid_from if version else None, digest=found.digest if found else "",
        why=standing.why, rows=rows, before=plain.before if plain else None,
        after=plain.after if plain else None, by_machine=plain is not None and plain.by_machine,
        model=plain.model if plain else "", model_digest=plain.model_digest if plain else "",
        glossary=tuple(glossary),
    )  # fmt: skip


def _row(one: PlainSentence, glossary: list[GlossaryEntry], where: dict[str, Stored]) -> PlainRow:
    terms = []
    for line, use in one.uses:
        defined = entry(use.definition, where[use.definition.key])
        if defined not in glossary:
            glossary.append(defined)
        terms.append(TermUse(line, use.span.start, use.span.end, glossary.index(defined)))
    return PlainRow(
        start=one.span.start, end=one.span.end, original=one.original, lines=one.lines, by=one.by,
        why=one.why, notes=one.notes, refused=one.refused, hints=one.hints, terms=tuple(terms),
    )  # fmt: skip
