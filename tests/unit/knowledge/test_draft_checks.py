"""What a check of a draft finds in structure, numbers, days and style."""

from datetime import date

import pytest
from drafts_of_law import DRAFT, as_docx, found_in, kinds_in
from law_files import akoma_ntoso, article

from casemate.knowledge.drafting import Severity, read_draft, report_on
from casemate.knowledge.drafting.numbers import number_in, step
from casemate.knowledge.drafting.outline import outline


def test_every_kind_of_mistake_in_the_invented_draft_is_found() -> None:
    found = found_in(DRAFT, published=date(2027, 2, 1))
    assert [(one.kind, one.key) for one in found if one.severity is not Severity.HINT] == [
        ("numbering.gap", "chapter-chapitre-3"),
        ("numbering.gap", "article-art-2"),
        ("definition.unused", "article-art-2"),
        ("structure.annex_absent", "article-art-2bis"),
        ("numbering.gap", "article-art-2bis"),
        ("numbering.gap", "article-art-5"),
        ("reference.absent", "article-art-5"),
        ("numbering.order", "article-art-4"),
        ("day.impossible", "article-art-4"),
        ("day.deadline_before", "article-art-4"),
        ("day.reversed", "article-art-4"),
        ("numbering.gap", "article-art-6"),
        ("day.before_publication", "article-art-6"),
        ("structure.empty", "article-art-7"),
    ]


def test_a_finding_quotes_what_it_is_about_and_says_what_to_do() -> None:
    report = report_on(read_draft(DRAFT.encode(), "draft.txt"))
    texts = {one.key: one.text for one in report.provisions}
    for one in report.findings:
        if one.key in texts:
            assert texts[one.key][one.start : one.end] == one.quote
        assert one.what.endswith(".")
        assert one.todo.endswith(".")
        assert "%(" not in one.what + one.todo


def test_word_and_text_give_the_same_findings() -> None:
    of_word = report_on(read_draft(as_docx(DRAFT), "draft.docx"))
    assert [one.kind for one in of_word.findings] == kinds_in(DRAFT)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("1er", "2", "next"), ("2", "2bis", "next"), ("2bis", "2ter", "next"), ("2ter", "3", "next"),
        ("2", "2ter", "gap"), ("2", "4", "gap"), ("3", "3", "double"),
        ("2ter", "2bis", "order"),
        ("L. 121-1", "L. 121-2", "next"), ("L. 121-9", "L. 122-1", "next"),
        ("L. 121-1", "L. 121-3", "gap"), ("12", "12a", "next"), ("12a", "12c", "gap"),
        ("III", "IV", "next"),
        ("5", "4", "order"),
    ],
)  # fmt: skip
def test_numbers_follow_as_laws_count(before: str, after: str, told: str) -> None:
    first, second = number_in(before), number_in(after)
    assert first is not None
    assert second is not None
    assert step(first, second) == told


def test_points_letters_and_roman_numbers_nest() -> None:
    points = "a) entier ;\nb) court :\ni) de dix lettres ;\nii) de cinq ;\nc) lisible ;"
    text = f"Il faut :\n1° un nom :\n{points}\n2° un âge."
    whole = outline(text)
    assert [one.label for one in whole.walk()] == ["", "1", "a", "b", "i", "ii", "c", "2"]
    assert text[whole.parts[0].parts[1].start : whole.parts[0].parts[1].end].endswith("de cinq ;")


def test_i_after_h_is_a_letter() -> None:
    text = "Il faut :\n" + "\n".join(f"{letter}) un mot ;" for letter in "abcdefghij")
    assert [one.label for one in outline(text).parts] == list("abcdefghij")
    assert "numbering.gap" not in kinds_in("Art. 1er.\n" + text)


def test_a_list_that_begins_again_is_another_list() -> None:
    assert kinds_in("Art. 1er.\nD'abord :\n1° un ;\n2° deux.\nPuis :\n1° trois ;\n2° quatre.") == []


def test_articles_of_an_annex_are_counted_by_themselves() -> None:
    text = "Art. 1er.\nVoir annexe I.\nArt. 2.\nOui.\nAnnexe I\nArt. 1er.\nNon.\nArt. 2.\nNon."
    assert kinds_in(text) == []


def test_an_annex_of_another_law_is_not_missed() -> None:
    assert kinds_in("Art. 1er.\nVoir l'annexe III du règlement (UE) 2024/1689.") == []


def test_two_days_of_entry_into_force_contradict_each_other() -> None:
    text = (
        "Art. 1er.\nLa présente loi entre en vigueur le 1er mars 2027.\n"
        "Art. 2.\nLa présente loi entre en vigueur le 1er avril 2027."
    )
    (one,) = found_in(text)
    assert (one.kind, one.values["otherday"]) == ("day.conflict", "2027-03-01")


@pytest.mark.parametrize(
    "text",
    [
        "Art. 1er.\nLa loi du 12 mars 2020 s'applique au plus tard le 1er mars 2028.",
        "Art. 1er.\nLa présente loi entre en vigueur le 29 février 2028.",
        "Art. 1er.\nAm 1. Januar 2027 tritt dieses Gesetz in Kraft.",
    ],
)
def test_days_that_are_right_are_not_told(text: str) -> None:
    assert kinds_in(text) == []


def test_a_heading_without_articles_and_a_chapter_of_one() -> None:
    first = "Chapitre 1er - Objet\nArt. 1er.\nOui.\nChapitre 2 - Rien\n"
    text = first + "Chapitre 3 - Fin\nArt. 2.\nOui.\nArt. 3.\nOui."
    assert kinds_in(text) == ["structure.lone", "structure.nothing_under"]


def test_long_sentences_and_several_duties_are_hints() -> None:
    long = "Le ministre " + "toujours " * 45 + "décide."
    assert kinds_in(f"Art. 1er.\n{long}") == ["style.long"]
    assert kinds_in("Art. 1er.\nLe ministre doit lire et la commune doit écrire.") == [
        "style.duties"
    ]


def test_akoma_ntoso_is_checked_and_its_quotation_marks_are_seen() -> None:
    body = article(
        "art_1", "Art. 1er.", "Les termes <quotedText>un chien</quotedText> sont supprimés."
    )
    draft = read_draft(akoma_ntoso(body).encode(), "draft.xml")
    assert "« un chien »" in draft.places[0].text
