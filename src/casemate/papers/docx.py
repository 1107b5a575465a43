"""A document for a word processor (Office Open XML): real styles, repeated heads, text alternatives."""

import zipfile
from collections.abc import Iterable
from datetime import UTC
from io import BytesIO
from typing import TYPE_CHECKING, Any

from casemate.papers.layout import Laid, sources_line
from casemate.papers.model import (
    Block,
    Definitions,
    Figure,
    Gap,
    Listing,
    Paragraph,
    Run,
    Table,
    Words,
    plain,
    runs,
)

if TYPE_CHECKING:
    from docx.document import Document as Written
    from docx.table import _Cell
    from docx.text.paragraph import Paragraph as WrittenParagraph

_SOFT = "566170"
_GAP = "8A3B00"
_LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
_DEEPEST = 9
"""Levels of headings that the format has."""
_DOTS_PER_INCH = 200.0


def write_docx(laid: Laid) -> bytes:
    """The file of ``laid``."""
    from docx import Document

    written = Document()
    _properties(written, laid)
    _Writer(written, laid).write()
    body = BytesIO()
    written.save(body)
    return _without_clock(body.getvalue())


class _Writer:
    """Writes one document."""

    def __init__(self, written: "Written", laid: Laid) -> None:
        self._written = written
        self._laid = laid

    def write(self) -> None:
        paper, known = self._laid.document, self._laid.words
        self._runs(self._written.add_heading(level=0), paper.title)
        if paper.lead:
            self._runs(self._written.add_paragraph(style="Subtitle"), paper.lead)
        self._definitions(self._laid.metadata)
        if self._laid.table is not None:
            self._written.add_heading(known["summary"], 1)
            self._runs(self._written.add_paragraph(), self._laid.summary)
            self._table(self._laid.table)
        for placed in self._laid.flat():
            level = min(placed.level, _DEEPEST)
            self._runs(self._written.add_heading(level=level), placed.heading)
            for block in placed.section.blocks:
                self._block(block)
        for note in paper.notes:
            self._small(note)

    def _block(self, block: Block) -> None:
        match block:
            case Paragraph():
                paragraph = self._written.add_paragraph()
                self._runs(paragraph, block.words)
                if block.language:
                    _speak(paragraph, block.language)
            case Listing():
                style = "List Number" if block.numbered else "List Bullet"
                for one in block.items:
                    self._runs(self._written.add_paragraph(style=style), one)
            case Definitions():
                self._definitions(block.entries)
            case Table():
                self._table(block)
            case Figure():
                self._figure(block)
            case Gap():
                self._gap(block)
                return
        self._small(sources_line(block.sources, self._laid.words))

    def _definitions(self, entries: Iterable[tuple[str, Words]]) -> None:
        for term, meaning in entries:
            paragraph = self._written.add_paragraph()
            self._runs(paragraph, (Run(f"{term}: ", "strong"), *runs(meaning)))

    def _small(self, line: str) -> None:
        if line:
            from docx.shared import Pt

            paragraph = self._written.add_paragraph()
            self._runs(paragraph, line)
            for run in paragraph.runs:
                run.font.size = Pt(8.5)
                run.font.color.rgb = _colour(_SOFT)

    def _gap(self, gap: Gap) -> None:
        known = self._laid.words
        lines: list[tuple[str, Words]] = [
            (known["gap"], gap.what), (known["gap_who"], gap.who),
            (known["gap_why"], gap.why), (known["gap_where"], gap.where),
        ]  # fmt: skip
        for term, said in lines:
            paragraph = self._written.add_paragraph()
            _bordered(paragraph)
            self._runs(paragraph, (Run(f"{term}: ", "strong"), *runs(said)))
            if term == known["gap"]:
                paragraph.runs[0].font.color.rgb = _colour(_GAP)
        self._small(sources_line(gap.sources, known, known["asked_by"]))

    def _table(self, block: Table) -> None:
        self._runs(self._written.add_paragraph(style="Caption"), block.caption)
        table = self._written.add_table(rows=1 + len(block.rows), cols=len(block.head))
        table.style = "Table Grid"
        rows = list(table.rows)
        for cell, head in zip(rows[0].cells, block.head, strict=True):
            self._cell(cell, head, strong=True)
        _element(rows[0]._tr.get_or_add_trPr(), "w:tblHeader", {"w:val": "true"})
        for row, told in zip(rows[1:], block.rows, strict=True):
            for at, (cell, words) in enumerate(zip(row.cells, told, strict=True)):
                self._cell(cell, words, strong=at == 0 and block.row_heads)
        for row in rows:
            _element(row._tr.get_or_add_trPr(), "w:cantSplit", {"w:val": "false"})
        _element(table._tbl.tblPr, "w:tblCaption", {"w:val": block.caption})

    def _cell(self, cell: "_Cell", words: Words, *, strong: bool) -> None:
        self._runs(cell.paragraphs[0], words)
        if strong:
            for run in cell.paragraphs[0].runs:
                run.bold = True

    def _figure(self, block: Figure) -> None:
        from docx.shared import Cm

        picture = self._written.add_picture(BytesIO(_as_picture(block.svg)), width=Cm(15.5))
        described = picture._inline.docPr
        described.set("descr", block.alternative)
        described.set("title", plain(block.caption))
        self._runs(self._written.add_paragraph(style="Caption"), block.caption)

    def _runs(self, paragraph: "WrittenParagraph", words: Words) -> None:
        for one in runs(words):
            if one.href and not one.href.startswith("#"):
                self._link(paragraph, one)
            else:
                _run(paragraph, one)

    def _link(self, paragraph: "WrittenParagraph", one: Run) -> None:
        known = paragraph.part.relate_to(one.href, _LINK, is_external=True)
        link = _element(paragraph._p, "w:hyperlink", {"r:id": known})
        written = paragraph.add_run(one.text)
        written.font.underline = True
        written.font.color.rgb = _colour("1F4E79")
        link.append(written._r)


def _run(paragraph: "WrittenParagraph", one: Run) -> None:
    written = paragraph.add_run(one.text)
    match one.style:
        case "strong":
            written.bold = True
        case "emphasis":
            written.italic = True
        case "code":
            written.font.name = "Consolas"


def _properties(written: "Written", laid: Laid) -> None:
    """What the file says of itself, and the language that a screen reader speaks."""
    paper = laid.document
    told = written.core_properties
    told.title, told.author = plain(paper.title)[:255], plain(paper.author)[:255]
    told.language = paper.language
    told.created = told.modified = paper.date.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    told.last_modified_by, told.comments, told.revision = told.author, "", 1
    defaults = written.styles.element.find(
        "./{*}docDefaults/{*}rPrDefault/{*}rPr/{*}lang"
    )  # the template has one
    if defaults is not None:
        for attribute in ("val", "eastAsia"):
            defaults.set(_name(f"w:{attribute}"), paper.language)


def _speak(paragraph: "WrittenParagraph", language: str) -> None:
    for run in paragraph.runs:
        _element(run._r.get_or_add_rPr(), "w:lang", {"w:val": language})


def _bordered(paragraph: "WrittenParagraph") -> None:
    borders = _element(paragraph._p.get_or_add_pPr(), "w:pBdr", {})
    drawn = {"w:val": "dashed", "w:sz": "8", "w:space": "4", "w:color": _GAP}
    for side in ("top", "left", "bottom", "right"):
        _element(borders, f"w:{side}", drawn)


def _element(parent: Any, tag: str, attributes: dict[str, str]) -> Any:
    from docx.oxml import OxmlElement

    made = OxmlElement(tag)
    for key, value in attributes.items():
        made.set(_name(key), value)
    parent.append(made)
    return made


def _name(prefixed: str) -> str:
    from docx.oxml.ns import qn

    return qn(prefixed)


def _colour(hexadecimal: str) -> Any:
    from docx.shared import RGBColor

    return RGBColor.from_string(hexadecimal)


def _as_picture(svg: str) -> bytes:
    """``svg`` as PNG: not every word processor draws SVG."""
    import typst

    picture: bytes = typst.compile(
        b'#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes(sys.inputs.svg), format: "svg")',
        format="png",
        ppi=_DOTS_PER_INCH,
        ignore_system_fonts=True,
        sys_inputs={"svg": svg},
    )
    return picture


def _without_clock(package: bytes) -> bytes:
    """The same package with no time of writing in it: equal documents have equal bytes."""
    body = BytesIO()
    with zipfile.ZipFile(BytesIO(package)) as read, zipfile.ZipFile(body, "w") as made:
        for one in read.namelist():
            entry = zipfile.ZipInfo(one, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(entry, read.read(one))
    return body.getvalue()
