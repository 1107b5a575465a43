"""Documents: one model, three writers; gaps are marked; nothing that anybody wrote is ever a command."""

from datetime import UTC, datetime
from importlib.resources import files
from io import BytesIO
from unicodedata import normalize
from xml.etree import ElementTree

import docx
import pypdfium2
import pytest

from casemate.errors import BadInput
from casemate.papers import (
    FORMATS,
    LANGUAGES,
    Definitions,
    Document,
    Figure,
    Gap,
    Listing,
    Paragraph,
    Run,
    Section,
    Source,
    Table,
    Words,
    words,
    write,
)

ARTICLE = Source("law", "Art. 27(1)(a)")
SQUARE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 50" width="100" height="50">'
    '<rect width="50" height="20"/><text x="5" y="30" font-size="8">Square</text></svg>'
)
HOSTILE = {
    "typst": '#panic("x") #read("/etc/passwd") *bold* _it_ $x^2$ @ref <label> \\ `raw` /* no */ ]] [[',
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)> &amp; \"' {{ 7*7 }} {% raw %}",
    "xml": "]]> <!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]> &e; <?php ?> </w:t></w:r>",
    "bidi": "abc \u202edcba\u202c \u2066x\u2069 \u200f",
    "control": "a\x00b\x07c\x1bd\x0be\ud800f\ufffe",
    "scripts": "中文 🐕‍🦺 العربية עברית ภาษาไทย e\u0301\u0323\u035c ﷽",
    "signs": "≤ ≥ ∞ → ✓ € “ ” ‘ ’ – — … ë ä é É ß œ",
    "word": "w" * 3000,
    "long": "Ein Satz mit Wörtern, die man lesen kann. " * 1200,
    "lines": "one\ntwo\r\nthree\rfour\tfive\n\n\nsix",
}


def everywhere(text: str, language: str = "en") -> Document:
    """A document with ``text`` in every place where a text can be."""
    source = Source("field", text[:80])
    blocks = (
        Paragraph((Run(text), Run(text, "strong"), Run("there", href="https://x.lu/?a=1&b=2"))),
        Gap(text, text, text, text, (source,)),
        Listing((text, "b"), numbered=True, sources=(source,)),
        Definitions(((text[:300], text),), (source,)),
        Table(text[:300], (text[:300], "B"), ((text, text), ("c", "d")), (source,)),
        Figure(SQUARE, text[:300], text[:300], (source,)),
    )
    return Document(
        title=text[:300],
        language=language,
        date=datetime(2026, 11, 30, tzinfo=UTC),
        sections=(Section(text[:300], blocks, (Section("Inner", (Paragraph(text),)),), "Art. 1"),),
        lead=text[:300],
        author=text[:100],
        metadata=((text[:100], text[:100]),),
        notes=(text[:300],),
    )


def small(*blocks: Paragraph | Gap | Table | Figure, language: str = "en") -> Document:
    when = datetime(2026, 11, 30, 9, tzinfo=UTC)
    return Document("A paper", language, when, (Section("First", tuple(blocks)),))


def pdf_of(document: Document) -> pypdfium2.PdfDocument:
    return pypdfium2.PdfDocument(write(document, "pdf"))


def text_of_pdf(document: Document) -> str:
    return " ".join(
        page.get_textpage().get_text_bounded() for page in pdf_of(document)
    ).replace("\u200b", "")  # fmt: skip


def test_a_statement_with_its_source_and_a_gap_are_in_every_format() -> None:
    paper = small(
        Paragraph("It sorts letters.", (Source("field", "intended_purpose"), ARTICLE)),
        Gap("Who is affected", "The deployer", "Rights are weighed by it", "casemate register", (ARTICLE,)),
    )  # fmt: skip
    page = write(paper, "html").decode()
    in_word = "\n".join(one.text for one in docx.Document(BytesIO(write(paper, "docx"))).paragraphs)
    for text in (page, text_of_pdf(paper), in_word):
        assert "It sorts letters." in text
        assert "register field intended_purpose" in text
        assert "Who is affected" in text
        assert "Asked for by: law Art. 27(1)(a)" in text
        assert "1 statements have a source; 1 things are missing." in text


@pytest.mark.parametrize("form", FORMATS)
def test_equal_documents_are_equal_bytes_and_the_date_counts(form: str) -> None:
    paper = small(Paragraph("x", (ARTICLE,)), Figure(SQUARE, "A square", "Square"))
    assert write(paper, form) == write(paper, form)
    later = Document(paper.title, paper.language, datetime(2026, 12, 1, tzinfo=UTC), paper.sections)
    assert write(later, form) != write(paper, form)


def test_the_pdf_is_tagged_and_has_bookmarks_title_language_and_page_numbers() -> None:
    paper = small(Paragraph("Et gëtt eng Zeil. " * 900), language="lb")
    read = pdf_of(paper)
    assert pypdfium2.raw.FPDFCatalog_IsTagged(read.raw)
    assert read.get_metadata_dict()["Title"] == "A paper"
    assert [one.get_title() for one in read.get_toc()][-1] == "1. First"
    assert len(read) > 1
    assert f"Säit 2 vu(n) {len(read)}" in read[1].get_textpage().get_text_bounded()
    data = write(paper, "pdf")
    assert b"/Lang" in data
    assert b"pdfuaid" in data


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_text_in_every_place_stays_text(name: str) -> None:
    paper = everywhere(HOSTILE[name])
    read = pdf_of(paper)
    assert pypdfium2.raw.FPDFCatalog_IsTagged(read.raw)
    assert_nothing_runs_over(read)
    reopened = docx.Document(BytesIO(write(paper, "docx")))
    assert len(reopened.tables) == 2
    page = write(paper, "html").decode()
    assert page.count("<script") == 0
    assert page.count("<img") == 0
    for unseen in "\u202e\u2066\x00\x07\ufffe":
        assert unseen not in page


def assert_nothing_runs_over(read: pypdfium2.PdfDocument) -> None:
    """Every text box lies within the paper's margins."""
    for page in list(read)[:6]:
        width, _height = page.get_size()
        text = page.get_textpage()
        for at in range(0, text.count_chars(), 7):
            left, _bottom, right, _top = text.get_charbox(at)
            if right > left:  # else a space
                assert 0 <= left <= right <= width - 20


def test_typst_in_a_text_is_shown_as_it_was_written() -> None:
    told = text_of_pdf(small(Paragraph("Cost: #sys.version *not bold* $x$ <b> @nobody")))
    assert "Cost: #sys.version *not bold* $x$ <b> @nobody" in " ".join(told.split())


def test_characters_without_a_letter_in_the_fonts_are_shown_by_number_and_said_so() -> None:
    told = text_of_pdf(small(Paragraph("A dog 🐕 and Mëtteleuropa, Ωμέγα, Жизнь")))
    assert "[U+1F415]" in told
    assert words("en")["unshown"] in " ".join(told.split())
    assert "Mëtteleuropa, Ωμέγα, Жизнь" in told
    assert "[U+" not in text_of_pdf(small(Paragraph("Ëmmer ≤ 3 → ✓")))


def test_the_word_file_has_heads_that_repeat_alternatives_a_language_and_properties() -> None:
    paper = small(
        Table("Numbers", ("A", "B"), (("one", "1"),)),
        Figure(SQUARE, "A square, alone", "Square"),
        language="fr",
    )
    reopened = docx.Document(BytesIO(write(paper, "docx")))
    assert reopened.core_properties.title == "A paper"
    assert reopened.core_properties.language == "fr"
    assert reopened.core_properties.created == datetime(2026, 11, 30, 9, tzinfo=UTC)
    body = ElementTree.tostring(ElementTree.fromstring(reopened.element.xml), encoding="unicode")
    assert body.count("tblHeader") == 2  # the summary's, and its own
    assert 'descr="A square, alone"' in body
    assert 'val="fr"' in reopened.styles.element.xml
    headings = [
        one.text for one in reopened.paragraphs if one.style and one.style.name == "Heading 1"
    ]
    assert headings == [words("fr")["summary"], "1. First"]


def test_every_language_has_every_word() -> None:
    known = [words(one) for one in LANGUAGES]
    assert all(one.keys() == known[0].keys() for one in known)
    assert all(all(one.values()) for one in known)


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "data:text/html,x", "http://a b", "//x.lu", "file:///etc"]
)
def test_links_that_run_or_load_are_refused(href: str) -> None:
    with pytest.raises(BadInput, match="links to http"):
        Run("x", href=href)


@pytest.mark.parametrize(
    "inside",
    [
        "<script>1</script>",
        "<foreignObject/>",
        '<image href="http://x.lu/a.png"/>',
        '<rect onclick="x()"/>',
        '<use href="other.svg#a"/>',
        '<rect fill="url(http://x.lu/#a)"/>',
        "<style>@import 'x'</style>",
        "<style>rect { fill: url(http://x.lu) }</style>",
        "<rect",
    ],
)
def test_drawings_that_do_more_than_draw_are_refused(inside: str) -> None:
    with pytest.raises(BadInput, match="drawing"):
        Figure(f'<svg xmlns="http://www.w3.org/2000/svg">{inside}</svg>', "alternative", "caption")


def test_a_drawing_declares_no_entities() -> None:
    bomb = '<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>'
    with pytest.raises(BadInput, match="document type"):
        Figure(bomb, "alternative", "caption")


def test_what_no_document_can_be_is_refused() -> None:
    when = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(BadInput, match="not 'es'"):
        Document("T", "es", when, ())
    with pytest.raises(BadInput, match="time zone"):
        Document("T", "en", datetime(2026, 1, 1), ())  # noqa: DTZ001 - what is refused
    with pytest.raises(BadInput, match="not in 'es'"):
        Paragraph("x", language="es")
    with pytest.raises(BadInput, match="has a title"):
        Document(" ", "en", when, ())
    with pytest.raises(BadInput, match="as long as its head"):
        Table("T", ("A",), (("a", "b"),))
    with pytest.raises(BadInput, match="no text alternative"):
        Figure(SQUARE, " ", "Square")
    with pytest.raises(BadInput, match="html, pdf, docx"):
        write(small(), "odt")


def test_a_paper_that_does_not_count_has_no_summary() -> None:
    paper = Document("T", "en", datetime(2026, 1, 1, tzinfo=UTC), (), counts=False)
    assert words("en")["summary"] not in write(paper, "html").decode()
    assert words("en")["summary"] not in text_of_pdf(paper)


def test_words_in_several_styles_are_one_text() -> None:
    said: Words = (Run("a "), Run("b", "strong"), Run("c", "emphasis"), Run("d", "code"))
    page = write(small(Paragraph(said)), "html").decode()
    assert "a <strong>b</strong><em>c</em><code>d</code>" in page


def test_every_character_that_is_said_to_be_in_the_fonts_is() -> None:
    listed = (files("casemate.papers") / "characters.txt").read_text(encoding="ascii").split()
    pairs = [(one.split("-")[0], one.split("-")[-1]) for one in listed]
    known = [chr(at) for first, last in pairs for at in range(int(first, 16), int(last, 16) + 1)]
    assert len(known) > 4000
    alone = [one for one in known if normalize("NFC", one) == one]
    told = text_of_pdf(small(Paragraph(" ".join(alone))))
    assert "[U+" not in told
