"""What a document is made of, and what is missing from it.

A document says only what has a source; what nobody told stands in it as a *gap*, a block like any other,
which says what is missing, who gives it, why it matters and where it is entered.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from casemate.errors import BadInput
from casemate.papers.drawings import check_drawing

LANGUAGES = ("en", "fr", "de", "lb")
SourceKind = Literal["field", "ledger", "evaluation", "law", "platform", "answer"]
_LINK = re.compile(r"(https?://|mailto:)[^\s<>\"\\]+|#[A-Za-z][\w-]*")
_ANCHOR = re.compile(r"[a-z][a-z0-9-]*")
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)


def plain(text: str) -> str:
    """``text`` without what no reader sees: control characters, and those that turn the way of writing.

    Each is replaced by U+FFFD, so that something stays to be seen; so are lone surrogates, which no file
    can hold.
    """
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n").replace("\r", "\n"))


@dataclass(frozen=True)
class Run:
    """A stretch of text in one style. The text is data: no writer reads markup in it."""

    text: str
    style: Literal["plain", "strong", "emphasis", "code"] = "plain"
    href: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", plain(self.text))
        if self.href and not _LINK.fullmatch(self.href):
            raise BadInput(f"a document links to http, https and mailto alone, not {self.href!r}")


Words = str | tuple[Run, ...]
"""Text, plain or in several styles."""


def runs(words: Words) -> tuple[Run, ...]:
    """``words`` as stretches of text."""
    return (Run(words),) if isinstance(words, str) else words


def marked(text: str) -> Words:
    """``text`` in which what stands between backticks is code; for our own fixed words, not for others'."""
    return tuple(
        Run(one, "code" if at % 2 else "plain") for at, one in enumerate(text.split("`")) if one
    )


def text_of(words: Words) -> str:
    """``words`` without their styles."""
    return "".join(one.text for one in runs(words))


@dataclass(frozen=True)
class Source:
    """Where a statement comes from: a field of the register, an entry of the ledger, an article, …"""

    kind: SourceKind
    name: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", plain(self.name))


@dataclass(frozen=True)
class Paragraph:
    """A statement. It counts as told where it has a source.

    ``language`` is that of its words, where it is another than the document's.
    """

    words: Words
    sources: tuple[Source, ...] = ()
    language: str = ""

    def __post_init__(self) -> None:
        if self.language not in ("", *LANGUAGES):
            raise BadInput(f"a paragraph is in {', '.join(LANGUAGES)}, not in {self.language!r}")


@dataclass(frozen=True)
class Listing:
    """A list of points."""

    items: tuple[Words, ...]
    numbered: bool = False
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True)
class Definitions:
    """Terms, each with what it means here."""

    entries: tuple[tuple[str, Words], ...]
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True)
class Table:
    """Rows under a head; the first cell of a row is its head too, unless ``row_heads`` is off."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Words, ...], ...]
    sources: tuple[Source, ...] = ()
    row_heads: bool = True

    def __post_init__(self) -> None:
        if any(len(row) != len(self.head) for row in self.rows) or not self.head:
            raise BadInput(f"a row of the table {self.caption!r} is not as long as its head")
        object.__setattr__(self, "caption", plain(self.caption))


@dataclass(frozen=True)
class Figure:
    """A drawing with its text alternative; ``svg`` draws and does nothing else."""

    svg: str
    alternative: str
    caption: str
    sources: tuple[Source, ...] = ()

    def __post_init__(self) -> None:
        if not self.alternative.strip():
            raise BadInput(f"the figure {self.caption!r} has no text alternative")
        check_drawing(self.svg)
        object.__setattr__(self, "alternative", plain(self.alternative))


@dataclass(frozen=True)
class Gap:
    """Something that the document has to say and nobody told."""

    what: Words
    who: Words
    why: Words
    where: Words
    sources: tuple[Source, ...] = ()
    """What asks for it."""
    key: str = ""
    """Names the gap to programs: the question that nobody answered."""


Block = Paragraph | Listing | Definitions | Table | Figure | Gap


@dataclass(frozen=True)
class Section:
    """A part with a title; ``reference`` is the article or point that asks for it."""

    title: str
    blocks: tuple[Block, ...] = ()
    parts: tuple["Section", ...] = ()
    reference: str = ""
    anchor: str = ""

    def __post_init__(self) -> None:
        if self.anchor and not _ANCHOR.fullmatch(self.anchor):
            raise BadInput(f"{self.anchor!r} is no name for a place in a document")

    def all_blocks(self) -> Iterator[Block]:
        """Its blocks, and those of its parts, in reading order."""
        yield from self.blocks
        for one in self.parts:
            yield from one.all_blocks()


@dataclass(frozen=True)
class Document:
    """A document. Equal documents are written to equal bytes: its date is the only clock."""

    title: str
    language: str
    date: datetime
    sections: tuple[Section, ...]
    lead: str = ""
    author: str = "Casemate"
    metadata: tuple[tuple[str, str], ...] = ()
    counts: bool = True
    """Whether a summary at the top counts what is told and what is missing."""
    notes: tuple[str, ...] = field(default=())
    """Sentences for the end."""

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise BadInput(
                f"documents are written in {', '.join(LANGUAGES)}, not {self.language!r}"
            )
        if not self.title.strip():
            raise BadInput("a document has a title")
        if self.date.tzinfo is None:
            raise BadInput("a document's date says in which time zone it is")

    def blocks(self) -> Iterator[Block]:
        """Every block, in reading order."""
        for one in self.sections:
            yield from one.all_blocks()

    def gaps(self) -> tuple[Gap, ...]:
        """What is missing."""
        return tuple(one for one in self.blocks() if isinstance(one, Gap))


def told(section: Section) -> int:
    """How many of a section's blocks say something that has a source."""
    return sum(bool(one.sources) and not isinstance(one, Gap) for one in section.all_blocks())


def missing(section: Section) -> int:
    """How many gaps a section has."""
    return sum(isinstance(one, Gap) for one in section.all_blocks())
