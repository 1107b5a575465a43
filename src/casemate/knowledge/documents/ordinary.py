"""Documents that are no law's XML: HTML, Markdown, DOCX and PDF, by their headings and article numbers.

Each form is read by a library (lxml, markdown-it, python-docx, pypdfium2) into lines, some of which are
headings of a level; ``tree_of`` makes the tree of them.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from zipfile import BadZipFile, ZipFile

from lxml import etree, html

from casemate.errors import BadInput, TooLarge
from casemate.knowledge.documents import xml
from casemate.knowledge.documents.grammar import with_own_keys
from casemate.knowledge.documents.tree import Document, Kind, Provision

_ARTICLE = re.compile(
    r"^(?:(?:Art(?:icle|icolo|ikel|\.)|§)\s*(?:[LRD]\.?\s*)?\d[\w.\-]*(?:\s?(?:bis|ter|quater))?\.?)",
    re.IGNORECASE,
)
_CONTAINER = re.compile(
    r"^(?P<word>livre|buch|book|partie|teil|part|titre|title|titel|chapitre|kapitel|chapter|section|abschnitt"
    r"|sous-section|subsection|unterabschnitt|annexe|anlage|anhang|annex)\s+(?P<number>[IVXLC]+(?:er)?|\d+\w*)"
    r"(?P<rest>\s*(?:[–—:.-].*)?|\s+[A-ZÀ-ÞŒ].*)$",
    re.IGNORECASE,
)
_CONTAINER_KINDS = {
    word: (level, kind)
    for level, (kind, words) in enumerate(
        (
            (Kind.ANNEX, "annexe anlage anhang annex"),
            (Kind.BOOK, "livre buch book"),
            (Kind.PART, "partie teil part"),
            (Kind.TITLE, "titre title titel"),
            (Kind.CHAPTER, "chapitre kapitel chapter"),
            (Kind.SECTION, "section abschnitt"),
            (Kind.SUBSECTION, "sous-section subsection unterabschnitt"),
        ),
        start=51,
    )
    for word in words.split()
}
"""Headings by their word, for texts that have no styles: below every style's level, above an article's."""
_BY_LEVEL = (Kind.PART, Kind.TITLE, Kind.CHAPTER, Kind.SECTION, Kind.SUBSECTION, Kind.DIVISION)
_LONGEST_NUMBER_LINE = 100
"""Characters: a longer line that begins "Article 5 …" is a sentence on article 5."""


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph of print; ``level`` is that of a heading, from 1."""

    text: str
    level: int | None = None


@dataclass
class _Open:
    """A heading with what has been read under it."""

    level: int
    kind: Kind
    number: str
    heading: str
    lines: list[str]
    parts: list[Provision]


def document(
    lines: Iterable[Line], *, title: str, language: str = "", pages: bool = False
) -> Document:
    """The document of ``lines``; ``pages`` says that headings are mere page numbers."""
    given = list(lines)
    own, problems = with_own_keys(tuple(tree_of(given)))
    first = next((one.text for one in given if one.level == 1), "")
    told = title if pages or not first else first
    return Document(work="", title=told, language=language, provisions=own, problems=problems)


def tree_of(lines: Iterable[Line]) -> list[Provision]:
    """Headings hold what follows them; a line that begins as an article does begins one."""
    stack = [_Open(0, Kind.DIVISION, "", "", [], [])]
    for line in lines:
        article = _ARTICLE.match(line.text) if len(line.text) <= _LONGEST_NUMBER_LINE else None
        if article:
            _close_to(stack, 100)
            rest = line.text[article.end() :].strip(" .:–-—")
            stack.append(_Open(100, Kind.ARTICLE, article[0], rest, [line.text], []))
        elif (named := _container(line)) is not None:
            _close_to(stack, named.level)
            stack.append(named)
        elif line.level is not None:
            _close_to(stack, line.level)
            kind = _BY_LEVEL[min(line.level, len(_BY_LEVEL)) - 1]
            stack.append(_Open(line.level, kind, "", line.text, [line.text], []))
        else:
            stack[-1].lines.append(line.text)
    _close_to(stack, 1)
    top = stack[0]
    before = [_provision(top)] if top.lines else []
    return [*before, *top.parts]


def _container(line: Line) -> _Open | None:
    """A line that begins "Chapitre 2" or "Annexe I" and is no sentence; its word says what it is."""
    if len(line.text) > _LONGEST_NUMBER_LINE:
        return None
    found = _CONTAINER.match(line.text)
    rest = found["rest"].strip() if found else ""
    if found is None or rest[:1].islower() or (len(rest) > 1 and rest.endswith((".", ";", ","))):
        return None
    level, kind = _CONTAINER_KINDS[found["word"].casefold()]
    number = f"{found['word']} {found['number']}"
    return _Open(line.level or level, kind, number, rest.strip(" .:–—-"), [line.text], [])


def _close_to(stack: list[_Open], level: int) -> None:
    while len(stack) > 1 and stack[-1].level >= level:
        done = stack.pop()
        stack[-1].parts.append(_provision(done))


def _provision(done: _Open) -> Provision:
    """Words between a heading and its first part are a part of their own: else nobody would find them."""
    parts, text = list(done.parts), "\n".join(done.lines)
    if parts and len(done.lines) > 1 and done.level:
        text = done.lines[0]
        before = "\n".join(done.lines[1:])
        parts.insert(0, Provision(key="", kind=Kind.DIVISION, heading=done.heading, text=before))
    return Provision(
        key="", kind=done.kind, number=done.number, heading=done.heading, text=text,
        parts=tuple(parts) if done.level else (), as_filed=sha256(text.encode()).hexdigest(),
    )  # fmt: skip


def from_html(content: bytes, name: str) -> Document:
    """A page: ``h1`` to ``h6`` are its headings; scripts, navigation and forms are left out."""
    root = html.document_fromstring(content)
    return document(
        _html_lines(root), title=xml.words(root.find(".//title")) or name, language=_lang(root)
    )


def _lang(root: html.HtmlElement) -> str:
    return str(root.get("lang") or "").casefold()[:2]


_LEFT_OUT = frozenset(
    ["script", "style", "nav", "form", "footer", "noscript", "template", "svg", "head"]
)
_PRINT = frozenset(
    ["p", "li", "td", "th", "dt", "dd", "blockquote", "pre", "figcaption", "caption", "summary"]
)


def _html_lines(root: html.HtmlElement) -> Iterator[Line]:
    walk = etree.iterwalk(root, events=("start",))
    for _, element in walk:
        name = xml.local(element)
        if name in _LEFT_OUT:
            walk.skip_subtree()
        elif len(name) == 2 and name[0] == "h" and name[1].isdigit():
            yield Line(xml.words(element), int(name[1]))
            walk.skip_subtree()
        elif name in _PRINT:
            blocks = (*_PRINT, "br", "div")
            yield from (Line(one) for one in xml.lines(element, blocks, _LEFT_OUT))
            walk.skip_subtree()


def from_markdown(content: bytes, name: str) -> Document:
    """CommonMark with tables; HTML within is shown as text."""
    from markdown_it import MarkdownIt

    rendered = (
        MarkdownIt("commonmark", {"html": False}).enable("table").render(_text(content, name))
    )
    if not rendered.strip():
        raise BadInput(f"{name} holds no text")
    return from_html(f"<html><body>{rendered}</body></html>".encode(), name)


def from_text(content: bytes, name: str) -> Document:
    """Plain text, a paragraph a line."""
    lines = (
        Line(" ".join(one.split())) for one in _text(content, name).splitlines() if one.strip()
    )
    return document(lines, title=name)


def _text(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        raise BadInput(
            f"{name} is no UTF-8 text, at byte {failure.start}: save it as UTF-8"
        ) from failure


def from_docx(content: bytes, name: str) -> Document:
    """A Word document: its heading styles are the headings, tables in their place."""
    import docx
    from docx.opc.exceptions import PackageNotFoundError
    from docx.table import Table

    _refuse_bomb(content, name)
    try:
        opened = docx.Document(BytesIO(content))
    except (
        PackageNotFoundError,
        BadZipFile,
        KeyError,
        ValueError,
        etree.XMLSyntaxError,
    ) as failure:
        raise BadInput(f"{name} cannot be opened as a Word document (.docx)") from failure
    lines: list[Line] = []
    for block in opened.iter_inner_content():
        if isinstance(block, Table):
            lines.extend(
                Line(cell.text) for row in block.rows for cell in row.cells if cell.text.strip()
            )
        elif block.text.strip():
            lines.append(
                Line(" ".join(block.text.split()), _level(block.style.name if block.style else ""))
            )
    language = str(opened.core_properties.language or "").casefold()[:2]
    return document(lines, title=opened.core_properties.title or name, language=language)


LARGEST_DOCX = 128 * 2**20
"""Bytes of all parts of a Word document, unpacked: ten times the longest law."""


def _refuse_bomb(content: bytes, name: str) -> None:
    """A part is never read beyond the size that the archive tells, so the sum of those is a bound."""
    try:
        with ZipFile(BytesIO(content)) as archive:
            size = sum(one.file_size for one in archive.infolist())
    except (BadZipFile, ValueError, NotImplementedError) as failure:
        raise BadInput(f"{name} cannot be opened as a Word document (.docx)") from failure
    if size > LARGEST_DOCX:
        raise TooLarge(
            f"{name} is larger than {LARGEST_DOCX // 2**20} MiB unpacked: leave pictures out or split it"
        )


def _level(style: str | None) -> int | None:
    told = re.match(r"(?:Heading|Title)\s*(\d*)$", style or "")
    return None if told is None else int(told[1] or 1)


def from_pdf(content: bytes, name: str) -> Document:
    """The text that a PDF file carries; a file of pictures of pages needs OCR first, and says so."""
    import pypdfium2

    try:
        opened = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as failure:
        raise BadInput(
            f"{name} cannot be opened as PDF: it is broken or has a password"
        ) from failure
    try:
        pages = [page.get_textpage().get_text_bounded() for page in opened]
        title = str(opened.get_metadata_dict().get("Title") or name)
    finally:
        opened.close()
    if not any(any(letter.isalnum() for letter in page) for page in pages):
        raise BadInput(
            f"{name} has {len(pages)} pages without text: they are pictures, so it needs OCR first"
        )
    has_articles = any(_ARTICLE.match(one.strip()) for page in pages for one in page.splitlines())
    return document(_pdf_lines(pages, numbered=not has_articles), title=title, pages=True)


def _pdf_lines(pages: list[str], *, numbered: bool) -> Iterator[Line]:
    for number, page in enumerate(pages, 1):
        if numbered:
            yield Line(f"p. {number}", 1)
        yield from (Line(" ".join(one.split())) for one in page.splitlines() if one.strip())
