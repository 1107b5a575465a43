"""Files of every form become one tree; what is broken in them is told, by file and place."""

import gzip
from datetime import date
from io import BytesIO
from pathlib import Path

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from law_files import EURLEX, FORMEX, PARAGRAPH, akoma_ntoso, article

from casemate.errors import BadInput
from casemate.knowledge.documents import Document, Kind, read, read_all


def file(tmp_path: Path, name: str, content: str | bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def units(document: Document) -> dict[str, str]:
    return {one.key: one.text for _, one in document.units()}


def test_an_article_has_number_words_days_and_a_digest(tmp_path: Path) -> None:
    path = file(
        tmp_path,
        "fr.xml",
        akoma_ntoso(article("art_1er", "Art. 1er.", PARAGRAPH, since="2021-05-01")),
    )
    found = read(path)
    (one,) = (unit for _, unit in found.units())
    assert (found.language, found.kind, found.title) == (
        "fr",
        "LOI",
        "Loi du 15 janvier 2020 relative aux chiens.",
    )
    assert (one.kind, one.number, one.since) == (Kind.ARTICLE, "Art. 1er.", date(2021, 5, 1))
    assert one.text == f"Art. 1er.\n{PARAGRAPH}"
    assert len(one.digest) == 64


def test_an_article_quoted_in_an_amendment_is_none_of_the_act(tmp_path: Path) -> None:
    inner = "<article id='art_9'><num>Art. 9.</num></article>"
    quoted = f"Il est inséré: <mod><quotedStructure>{inner}</quotedStructure></mod>"
    found = read(file(tmp_path, "fr.xml", akoma_ntoso(article("art_1", "Art. 1.", quoted))))
    assert list(units(found)) == ["art_1"]
    assert "Art. 9." in units(found)["art_1"]


def test_chapters_stand_above_their_articles(tmp_path: Path) -> None:
    titles = "<num>Chapitre Ier.</num><heading>Les chiens</heading>"
    body = f"<chapter id='c1'>{titles}{article('art_1', 'Art. 1.', PARAGRAPH)}</chapter>"
    found = read(file(tmp_path, "fr.xml", akoma_ntoso(body=body)))
    ((path, one),) = found.units()
    assert [above.title for above in path] == ["Chapitre Ier. Les chiens"]
    assert one.key == "art_1"


@pytest.mark.parametrize(("name", "content"), [("act.fmx.xml", FORMEX), ("act.html", EURLEX)])
def test_an_act_of_the_journal_reads_alike_in_both_its_forms(
    tmp_path: Path, name: str, content: str
) -> None:
    found = read(file(tmp_path, name, content))
    told = units(found)
    assert found.language == "en"
    assert " ".join(told["art_1"].split()) == "Article 1 Scope 1. This Regulation applies to dogs."
    assert " ".join(told["rct_1"].split()) == "(1) Dogs cross borders."
    assert "art_9" not in told


def test_a_file_that_holds_another_language_is_kept_under_its_own(tmp_path: Path) -> None:
    found = read(
        file(
            tmp_path,
            "en.xml",
            akoma_ntoso(
                article("art_1", "Art. 1.", PARAGRAPH, PARAGRAPH, PARAGRAPH), language="ENG"
            ),
        )
    )
    assert found.language == "fr"
    assert any("says that it is in 'en' and is in 'fr'" in one.what for one in found.problems)


def test_two_articles_of_one_id_and_one_without_words_are_told(tmp_path: Path) -> None:
    twice = akoma_ntoso(
        article("art_1", "Art. 1.", "Un."),
        article("art_1", "Art. 1.", "Deux."),
        article("art_2", "Art. 2."),
    )
    found = read(file(tmp_path, "fr.xml", twice))
    assert list(units(found)) == ["art_1", "art_1~2", "art_2"]
    assert [(one.where, one.what.partition(":")[0]) for one in found.problems] == [
        ("art_1", "2 provisions have this id"),
        ("art_2", "has no text beside its number and heading"),
    ]


def test_a_packed_file_reads_as_the_file(tmp_path: Path) -> None:
    content = akoma_ntoso(article("art_1", "Art. 1.", PARAGRAPH))
    plain = read(file(tmp_path, "a.xml", content))
    packed = read(file(tmp_path, "b.xml.gz", gzip.compress(content.encode())))
    assert plain.provisions == packed.provisions


def test_markdown_html_and_word_make_the_same_tree(tmp_path: Path) -> None:
    markdown = "# Guide\n\n## Dogs\n\nA dog is declared.\n\n## Cats\n\nA cat is not.\n"
    page = (
        "<html><body><script>x()</script><h1>Guide</h1><h2>Dogs</h2><p>A dog is declared.</p>"
        "<h2>Cats</h2><p>A cat is not.</p></body></html>"
    )
    word = docx.Document()
    for style, text in (
        ("Heading 1", "Guide"),
        ("Heading 2", "Dogs"),
        (None, "A dog is declared."),
        ("Heading 2", "Cats"),
        (None, "A cat is not."),
    ):
        word.add_paragraph(text, style)
    saved = BytesIO()
    word.save(saved)
    trees = [
        read(file(tmp_path, name, content)).provisions
        for name, content in (("a.md", markdown), ("a.html", page), ("a.docx", saved.getvalue()))
    ]
    assert trees[0] == trees[1] == trees[2]
    assert [one.heading for _, one in read(tmp_path / "a.md").units()] == ["Dogs", "Cats"]


def test_articles_of_an_ordinary_document_are_found_by_their_numbers(tmp_path: Path) -> None:
    sentence = (
        "Article L. 121-1 ne vaut pas pour les chats, quelle que soit la commune dans laquelle ils vivent"
        " avec leur maître ou leur maîtresse, ni pour les lapins nains."
    )
    text = f"Article L. 121-1\nUn chien se déclare.\nArticle L. 121-2\n{sentence}\n"
    found = read(file(tmp_path, "code.txt", text))
    assert [one.number for _, one in found.units()] == ["Article L. 121-1", "Article L. 121-2"]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.xml", "<akomaNtoso><act><body>", "a.xml is no whole XML"),
        ("a.xml", "<other/>", "begins with <other>"),
        ("a.xml", "", "a.xml is empty"),
        ("a.xml", akoma_ntoso(), "no provision in it"),
        ("a.xml", "<a>" * 300 + "</a>" * 300, "more than 200 deep"),
        ("a.pdf", b"%PDF-1.7 broken", "cannot be opened as PDF"),
        ("a.docx", b"PK\x03\x04broken", "cannot be opened as a Word document"),
        ("a.bin", b"\x00\x01\x02", "in no form that is known here"),
        ("a.txt", b"\xff\xfe\xfa", "no UTF-8 text, at byte 0"),
        ("a.xml.gz", b"\x1f\x8bbroken", "cannot be read"),
    ],
)
def test_bad_files_are_named_with_what_is_wrong(
    tmp_path: Path, name: str, content: str | bytes, told: str
) -> None:
    with pytest.raises(BadInput, match=told) as failure:
        read(file(tmp_path, name, content))
    assert name in str(failure.value)


def test_a_pdf_of_pictures_asks_for_ocr(tmp_path: Path) -> None:
    import pypdfium2

    pages = pypdfium2.PdfDocument.new()
    pages.new_page(200, 200)
    saved = BytesIO()
    pages.save(saved)
    with pytest.raises(
        BadInput, match="1 pages without text: they are pictures, so it needs OCR first"
    ):
        read(file(tmp_path, "scan.pdf", saved.getvalue()))


def test_entities_of_a_file_reach_nothing(tmp_path: Path) -> None:
    secret = file(tmp_path, "secret.txt", "the secret")
    hostile = (
        f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}"><!ENTITY b "ha">]>'
        + akoma_ntoso(article("art_1", "Art. 1.", "&x; &b; words")).partition("?>")[2]
    )
    found = read(file(tmp_path, "fr.xml", hostile))
    assert "secret" not in units(found)["art_1"]


def test_rows_of_one_work_version_and_language_are_one_document(tmp_path: Path) -> None:
    both = '"work": "w", "version": "2020-01-01", "anchor": "art_1"'
    english = f'{{"id": "w:en#art_1", {both}, "lang": "en", "path": ["Title I"], "text": "One.", '
    rows = (
        f'{english}"valid_to": "2020-12-31"}}\n'
        f'{{"id": "w:fr#art_1", {both}, "lang": "fr", "text": "Un."}}\n'
    )
    in_english, in_french = read_all(file(tmp_path, "w.jsonl", rows))
    assert (in_english.language, in_english.valid_to, in_french.valid_to) == (
        "en",
        date(2021, 1, 1),
        None,
    )
    ((path, one),) = in_english.units()
    assert ([above.heading for above in path], one.key) == (["Title I"], "art_1")


def test_a_bad_row_is_named_by_its_line(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"w\.jsonl, line 2: x has no `text`"):
        list(read_all(file(tmp_path, "w.jsonl", '{"id": "a", "text": "A."}\n{"id": "x"}\n')))


@settings(deadline=None, max_examples=60)
@given(
    st.binary(max_size=300),
    st.sampled_from(["a.xml", "a.pdf", "a.docx", "a.md", "a.html", "a.jsonl"]),
)
def test_no_file_is_more_than_bad_input(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str
) -> None:
    path = tmp_path_factory.mktemp("any") / name
    for head in (b"", b"<html><body>", b"<akomaNtoso>", b"%PDF-1.4\n", b"PK\x03\x04"):
        path.write_bytes(head + content)
        told = name
        try:
            list(read_all(path))
        except BadInput as failure:
            told = str(failure)
        assert name in told
