"""A glossary: what a work, or a collection, defines, each entry cut from the provision that says it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from casemate.knowledge.definitions import Definition, How, definitions_in
from casemate.knowledge.documents.library import Stored, Version
from casemate.search_words import words


@dataclass(frozen=True, slots=True)
class GlossaryEntry:
    """A term as one provision of one version defines it; ``start`` and ``end`` cut ``text`` from it."""

    term: str
    also: tuple[str, ...]
    text: str
    how: How
    work: str
    title: str
    language: str
    key: str
    number: str
    """What the provision is called in print."""
    point: str
    valid_from: date | None
    digest: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Glossary:
    """Some entries of a glossary, by term; ``total`` counts all that were asked for."""

    entries: tuple[GlossaryEntry, ...]
    total: int


def entries_of(provisions: Sequence[Stored], language: str) -> list[GlossaryEntry]:
    """What one version defines, in its order."""
    by_key = {one.key: one for one in reversed(provisions)}
    return [entry(one, by_key[one.key]) for one in definitions_in(provisions, language)]


def entry(found: Definition, provision: Stored) -> GlossaryEntry:
    """A definition with where it stands."""
    version: Version = provision.version
    return GlossaryEntry(
        term=found.term, also=found.also, text=found.text, how=found.how, work=version.work,
        title=version.title, language=version.language, key=found.key, number=provision.number,
        point=found.number, valid_from=version.valid_from, digest=provision.digest,
        start=found.span.start, end=found.span.end,
    )  # fmt: skip


def asked_for(entries: Iterable[GlossaryEntry], term: str, start: int, most: int) -> Glossary:
    """Those whose term has the words of ``term``, by term; ``most`` of them from ``start`` on."""
    asked = words(term)
    found = [
        one
        for one in entries
        if all(any(have.startswith(word) for have in _names(one)) for word in asked)
    ]
    found.sort(key=lambda one: (words(one.term), one.work, one.key, one.start))
    return Glossary(tuple(found[start : start + most]), len(found))


def _names(one: GlossaryEntry) -> Iterator[str]:
    for name in (one.term, *one.also):
        yield from words(name)
