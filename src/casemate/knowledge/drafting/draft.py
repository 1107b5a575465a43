"""A draft as a document: read in memory from bytes, kept nowhere."""

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from casemate.errors import BadInput, TooLarge
from casemate.knowledge.documents import Document, Kind, Provision
from casemate.knowledge.documents.reading import read_content, read_xml
from casemate.knowledge.documents.xml import local, parse

LARGEST_DRAFT = 12 * 2**20
"""Bytes: what fits in one request; the longest law of the collection has 4 MB of text."""
_QUOTES = {"fr": ("« ", " »"), "de": ("„", "“"), "lb": ("„", "“"), "en": ("‘", "’")}


@dataclass(frozen=True, slots=True)
class Place:
    """A provision of a draft with the headings above it; ``begin`` is where its words begin, after number
    and heading."""

    path: tuple[Provision, ...]
    provision: Provision
    begin: int

    @property
    def key(self) -> str:
        """The provision's."""
        return self.provision.key

    @property
    def text(self) -> str:
        """Of the provision."""
        return self.provision.text


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft: its document, and its provisions in order."""

    name: str
    document: Document
    places: tuple[Place, ...]

    @property
    def language(self) -> str:
        """Two letters."""
        return self.document.language

    def articles(self) -> Iterator[Place]:
        """The provisions that are articles."""
        return (one for one in self.places if one.provision.kind is Kind.ARTICLE)


def read_draft(content: bytes, name: str, language: str = "") -> Draft:
    """The draft in ``content``; ``language`` where the file does not tell it.

    Raises ``TooLarge`` beyond ``LARGEST_DRAFT``, ``BadInput`` for what is no document. Quotation marks that
    Akoma Ntoso keeps as attributes are put into the text, where a reader of the print sees them.
    """
    if len(content) > LARGEST_DRAFT:
        raise TooLarge(f"{name} is larger than {LARGEST_DRAFT // 2**20} MiB: check it in parts")
    if not content.strip():
        raise BadInput(f"{name} is empty")
    is_xml = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml") and (
        b"akomaNtoso" in content[:4096]
    )
    if is_xml:
        root = parse(content, name)
        _show_quotation_marks(root, language)
        document = read_xml(root, name)
    else:
        document = read_content(content, name, 4 * LARGEST_DRAFT)
    if language and language != document.language:
        raise BadInput(f"{name} is in {document.language!r}, not in {language!r}")
    return draft_of(document, name)


def draft_of(document: Document, name: str = "") -> Draft:
    """A document as a draft."""
    places = tuple(Place(path, one, body_of(one)) for path, one in document.units())
    return Draft(name or document.title, document, places)


def body_of(provision: Provision) -> int:
    """Where the words of a provision begin, after its number and heading."""
    return begin_of(provision.text, provision.number, provision.heading)


def begin_of(text: str, number: str, heading: str) -> int:
    """Where the words of ``text`` begin, after ``number`` and ``heading`` where it begins with them."""
    begin = 0
    for taken in (number, heading):
        rest = text[begin:]
        skipped = len(rest) - len(rest.lstrip(" .:–—-\n"))
        if taken and rest[skipped:].startswith(taken):
            begin += skipped + len(taken)
    rest = text[begin:]
    return begin + len(rest) - len(rest.lstrip(" .:\n"))


def _show_quotation_marks(root: etree._Element, language: str) -> None:
    """Quoted structures carry their marks as attributes, which a reader of text would not see."""
    told = language or next(
        (str(one.get("language") or "")[:2] for one in root.iter() if local(one) == "FRBRlanguage"),
        "",
    )
    default = _QUOTES.get(told, _QUOTES["fr"])
    for one in root.iter():
        if local(one) not in {"quotedText", "quotedStructure", "embeddedText", "embeddedStructure"}:
            continue
        words = "".join(one.itertext()).strip()
        before = (one.getprevious().tail if one.getprevious() is not None else _above(one)) or ""
        begin, end = one.get("startQuote", default[0]), one.get("endQuote", default[1])
        if words[:1] in '«„“‘"' or before.rstrip()[-1:] in ("«", "„", "“", "‘", '"'):
            continue
        one.text = begin + (one.text or "")
        last = one[-1] if len(one) else None
        if last is None:
            one.text = (one.text or "") + end
        else:
            last.tail = (last.tail or "").rstrip() + end


def _above(one: etree._Element) -> str:
    parent = one.getparent()
    return "" if parent is None else str(parent.text or "")
