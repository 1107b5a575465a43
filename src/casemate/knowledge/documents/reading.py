"""One file of any known form as a document: what form it is in is told by its content, not by its name."""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

from lxml import etree, html

from casemate.errors import BadInput, TooLarge
from casemate.knowledge.documents import akoma_ntoso, eurlex_html, formex, ordinary, xml
from casemate.knowledge.documents.languages import contradiction, language_of
from casemate.knowledge.documents.rows import documents_of_rows
from casemate.knowledge.documents.tree import Document, Problem

LARGEST = 512 * 2**20
"""Bytes, unpacked: the largest code is an eighth of it."""

SUFFIXES = (
    ".xml", ".akn", ".html", ".htm", ".xhtml", ".pdf", ".docx", ".md", ".markdown", ".txt", ".jsonl",
)  # fmt: skip
"""Files that are taken for documents in a folder, each also with ``.gz``."""


class Unreadable(BadInput):
    """A file that is no document of a form known here, or holds none."""


def read(path: Path) -> Document:
    """The document in ``path``. Raises ``BadInput`` that names the file and what is wrong with it."""
    content = unpacked(path)
    found = _read(content, path.name)
    if not found.provisions:
        raise Unreadable(f"{path.name} was read, and there is no provision in it")
    named = path.name.partition(".")[0]
    return checked(replace(found, work=found.work or named, source=found.source or path.name))


def read_content(content: bytes, name: str, most: int = LARGEST) -> Document:
    """The document of a file that came as bytes; ``name`` tells Markdown and text apart.

    Raises ``TooLarge`` for more than ``most`` bytes, unpacked; else as ``read``.
    """
    if content.startswith(b"\x1f\x8b"):
        content = _inflated(content, name, most)
    if len(content) > most:
        raise TooLarge(f"{name} is larger than {most // 2**20} MiB: split it")
    found = _read(content, name)
    if not found.provisions:
        raise Unreadable(f"{name} was read, and there is no provision in it")
    named = name.partition(".")[0]
    return checked(replace(found, work=found.work or named, source=found.source or name))


def _inflated(content: bytes, name: str, most: int) -> bytes:
    """What is in a gzip, at most a byte more than ``most``."""
    try:
        with gzip.GzipFile(fileobj=BytesIO(content)) as file:
            return file.read(most + 1)
    except (OSError, EOFError, zlib.error) as failure:
        raise BadInput(f"{name} cannot be unpacked: {failure}") from failure


def read_all(path: Path) -> Iterator[Document]:
    """Every document in ``path``: one, but of a ``.jsonl`` of provisions as many as it has versions."""
    if path.name.removesuffix(".gz").endswith(".jsonl"):
        for found in documents_of_rows(unpacked(path), path.name):
            yield checked(replace(found, source=path.name))
    else:
        yield read(path)


def unpacked(path: Path) -> bytes:
    """The content of a file, out of its gzip where it is in one; raises ``TooLarge``."""
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rb") if packed else path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as failure:
        raise BadInput(f"{path.name} cannot be read: {failure}") from failure
    if len(content) > LARGEST:
        raise TooLarge(f"{path.name} is larger than {LARGEST // 2**20} MiB unpacked: split it")
    return content


def checked(found: Document) -> Document:
    """The document with its language held against its words; where they differ, the words are right."""
    sample = " ".join(one.text for _, one in found.units() if one.text)[:20_000]
    if not found.language:
        return replace(found, language=language_of(sample)[0])
    other = contradiction(found.language, sample)
    if other is None:
        return found
    told = Problem(
        "", f"says that it is in {found.language!r} and is in {other!r}: kept as {other!r}"
    )
    return replace(found, language=other, problems=(*found.problems, told))


def _read(content: bytes, name: str) -> Document:
    head = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    plain_name = name.removesuffix(".gz").casefold()
    if not head:
        raise Unreadable(f"{name} is empty")
    if head.startswith(b"%PDF"):
        return ordinary.from_pdf(content, name)
    if head.startswith(b"PK"):
        return ordinary.from_docx(content, name)
    if _is_html(head):
        return _page(content, name)
    if head.startswith(b"<"):
        return _law(xml.parse(content, name), name)
    if plain_name.endswith((".md", ".markdown")):
        return ordinary.from_markdown(content, name)
    if plain_name.endswith(".txt"):
        return ordinary.from_text(content, name)
    raise Unreadable(
        f"{name} is in no form that is known here: XML of laws, HTML, PDF, DOCX, Markdown, text"
    )


def read_xml(root: etree._Element, name: str) -> Document:
    """The document of a law's XML that was parsed already; raises ``BadInput`` where it is none."""
    found = _law(root, name)
    if not found.provisions:
        raise Unreadable(f"{name} was read, and there is no provision in it")
    return checked(replace(found, work=found.work or name.partition(".")[0], source=name))


def _is_html(head: bytes) -> bool:
    lowered = head.lower()
    return b"<html" in lowered or b"<!doctype html" in lowered


def _page(content: bytes, name: str) -> Document:
    parser = html.HTMLParser(
        no_network=True, remove_comments=True, encoding=_encoding(content), huge_tree=True
    )
    try:
        root = html.document_fromstring(content, parser=parser)
    except (etree.ParserError, ValueError) as failure:
        raise Unreadable(f"{name} holds no HTML: {failure}") from failure
    return (
        eurlex_html.read(root) if eurlex_html.is_eurlex(root) else ordinary.from_html(content, name)
    )


def _encoding(content: bytes) -> str | None:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "utf-8"


def _law(root: etree._Element, name: str) -> Document:
    if akoma_ntoso.is_akoma_ntoso(root):
        return akoma_ntoso.read(root)
    if formex.is_formex(root):
        return formex.read(root)
    raise Unreadable(
        f"{name} begins with <{xml.local(root)}>: neither Akoma Ntoso, LegalDocML.de nor Formex begins so"
    )
