"""What every form of document is read into."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256


class Kind(StrEnum):
    """What a provision is called where it stands, from the largest to the smallest."""

    BOOK = "book"
    PART = "part"
    TITLE = "title"
    CHAPTER = "chapter"
    SECTION = "section"
    SUBSECTION = "subsection"
    DIVISION = "division"
    RECITAL = "recital"
    ARTICLE = "article"
    PARAGRAPH = "paragraph"
    ANNEX = "annex"


@dataclass(frozen=True, slots=True)
class Reference:
    """A link as the file has it: where it leads, and the words that carry it."""

    target: str
    words: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a file and did not keep it from being read; ``where`` is a provision's id."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Change:
    """That another act changed provision ``key``, as the file's own metadata tell it.

    ``act`` is the address of the act that did it, ``title`` its title where that is told, ``what`` how
    (``insertion``, ``replacement``, ``deletion``), ``day`` the first day of the new words.
    """

    key: str
    act: str
    what: str
    title: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Provision:
    """A part of a document.

    ``text`` is whole, number and heading included, one line a paragraph of print. ``key`` names the
    provision within its work and is the same in every version and language; ``since`` is the day from
    which these words of it apply, where the file says so.
    """

    key: str
    kind: Kind
    number: str = ""
    heading: str = ""
    text: str = ""
    parts: tuple["Provision", ...] = ()
    references: tuple[Reference, ...] = ()
    terms: tuple[str, ...] = ()
    eli: str = ""
    since: date | None = None
    as_filed: str = ""
    """Digest of the text with the line breaks of the file kept: ties it to the file's own bytes."""

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return sha256(self.text.encode()).hexdigest()

    @property
    def title(self) -> str:
        """Number and heading in one line."""
        return " ".join(part for part in (self.number, self.heading) if part)


@dataclass(frozen=True, slots=True)
class Document:
    """One language of a version of a work, in force from ``valid_from`` to the day before ``valid_to``."""

    work: str
    title: str
    language: str
    provisions: tuple[Provision, ...]
    kind: str = ""
    eli: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    known_from: date | None = None
    """The day on which this version came to be known, where the source tells it."""
    source: str = ""
    licence: str = ""
    attribution: str = ""
    problems: tuple[Problem, ...] = ()
    changes: tuple[Change, ...] = ()

    def units(self) -> Iterator[tuple[tuple[Provision, ...], Provision]]:
        """What is quoted and looked for (articles, recitals, annexes), each with the path above it."""
        for provision in self.provisions:
            yield from _units((), provision)


_CONTAINERS = {
    Kind.BOOK, Kind.PART, Kind.TITLE, Kind.CHAPTER, Kind.SECTION, Kind.SUBSECTION, Kind.DIVISION,
}  # fmt: skip


def _units(
    path: tuple[Provision, ...], provision: Provision
) -> Iterator[tuple[tuple[Provision, ...], Provision]]:
    inner = [part for part in provision.parts if part.kind is not Kind.PARAGRAPH]
    if provision.kind not in _CONTAINERS or not inner:
        yield path, provision
    for part in inner:
        yield from _units((*path, provision), part)
