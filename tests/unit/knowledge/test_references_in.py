"""What a text cites, by the words of four languages, and the provisions of a library that it means."""

import json
from pathlib import Path

import pytest

from casemate.knowledge.citing import Cited, Resolver, references_in
from casemate.knowledge.documents import Library

EXAMPLES: list[tuple[str, str, list[tuple[str, str, str]]]] = [
    ("fr", "article L. 121-1 du Code du travail", [("l121-1", "", "code du travail")]),
    ("fr", "Les articles 5, 6 et 7 à 9 s'appliquent.", [("5", "", ""), ("6", "", ""), ("7", "9", "")]),
    ("fr", "l'article 4, paragraphe 2, point b), de la loi modifiée du 12 décembre 2024 relative à l'eau",
     [("4", "", "2024-12-12")]),
    ("fr", "à l'article 5 et à l'article 7, paragraphe 2, de la directive 2009/65/CE",
     [("5", "", "32009L0065"), ("7", "", "32009L0065")]),
    ("fr", "les articles 6, paragraphe 4, et 7, paragraphe 3, du règlement (UE) 2019/452",
     [("6", "", "32019R0452"), ("7", "", "32019R0452")]),
    ("fr", "RGPD art. 17, puis art. 6 RGPD", [("17", "", "32016R0679"), ("6", "", "32016R0679")]),
    ("fr", "l'article 1er de la présente loi", [("1", "", "")]),
    ("fr", "L'article 168 est abrogé.", [("168", "", "?")]),
    ("fr", "Le Code pénal est modifié comme suit :\nÀ l'article 20, le mot", [("20", "", "code penal")]),
    ("en", "Article 6(1)(f) and Article 9 of Regulation (EU) 2016/679",
     [("6", "", "32016R0679"), ("9", "", "32016R0679")]),
    ("en", "points (a) to (d) of Article 5(1)", [("5", "", "")]),
    ("de", "§ 3 Abs. 2 Satz 1 BGB", [("3", "", "bgb")]),
    ("de", "Artikel 5 bis 9 dieses Gesetzes", [("5", "9", "")]),
    ("de", "Artikel 3 Absatz 2 Buchstabe b der Verordnung (EU) 2016/679", [("3", "", "32016R0679")]),
    ("lb", "d'Artikelen 3 bis 5", [("3", "5", "")]),
    ("lb", "Artikel 7 vum Gesetz vum 5. Abrëll 1993 iwwer de Finanzsecteur", [("7", "", "1993-04-05")]),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "expected"), EXAMPLES)
def test_provisions_are_told_with_the_text_that_they_are_of(
    language: str, text: str, expected: list[tuple[str, str, str]]
) -> None:
    found = [one for one in references_in(text, language) if one.kind == "provision"]
    assert [(one.number, one.last, _named(one)) for one in found] == expected


def _named(cited: Cited) -> str:
    if cited.work is None:
        return ""
    return "?" if cited.work.by == "other" else cited.work.told


def test_a_reference_spans_the_words_that_cite() -> None:
    text = "Voir l'article 4, paragraphe 2, point b), de la loi du 12 décembre 2024."
    (found,) = references_in(text, "fr")
    assert found.cut(text) == "article 4, paragraphe 2, point b), de la loi du 12 décembre 2024"
    assert found.pinpoint == "paragraphe 2, point b)"


@pytest.mark.parametrize(
    ("language", "text", "kind"),
    [
        ("fr", "à l'article précédent", "before"),
        ("en", "in the following Article", "after"),
        ("de", "nach dem vorstehenden Artikel", "before"),
        ("fr", "au paragraphe 2", "within"),
        ("fr", "le présent article", "this"),
        ("fr", "l'annexe II", "annex"),
        ("fr", "la directive 95/46/CE", "work"),
    ],
)
def test_neighbours_parts_annexes_and_whole_texts(language: str, text: str, kind: str) -> None:
    assert [one.kind for one in references_in(text, language)] == [kind]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("règlement (UE) n° 910/2014", "32014R0910"),
        ("règlement (CE) 1907/2006", "32006R1907"),
        ("règlement (UE) 2016/679", "32016R0679"),
        ("directive 95/46/CE", "31995L0046"),
        ("directive (UE) 2022/2555", "32022L2555"),
        ("décision 2008/615/JAI", "32008D0615"),
    ],
)
def test_an_act_of_the_union_is_told_by_its_number(text: str, number: str) -> None:
    (found,) = references_in(text, "fr")
    assert found.work is not None
    assert found.work.told == number


def test_a_provisions_own_title_is_no_reference() -> None:
    assert references_in("Art. 5.\nLe chien est tenu en laisse.", "fr") == []
    assert [one.number for one in references_in("Article 5 applies to dogs.", "en")] == ["5"]


def test_numbers_that_count_something_are_no_provisions() -> None:
    found = references_in("aux articles 3 et 30 jours après", "fr")
    assert [one.number for one in found] == ["3"]


def test_a_language_that_is_not_known_cites_nothing() -> None:
    assert references_in("articolo 5 della legge", "it") == []


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """Two invented laws: one with two annexed rules that count anew, one that cites it."""
    rows = [
        _row("loi-2001-05-02-n1", "Loi du 2 mai 2001 sur les ponts", key, text)
        for key, text in (
            ("art_1er", "Art. 1er."), ("art_2", "Art. 2."), ("art_2bis", "Art. 2bis."),
            ("art_3", "Art. 3."), ("annexe_1_art_1", "Art. 1."), ("annexe_1_art_2", "Art. 2."),
        )
    ]  # fmt: skip
    rows.append(
        _row("rgd-2002-06-03-n1", "Règlement grand-ducal du 3 juin 2002 sur les bacs", "art_1", "x")
    )
    file = tmp_path / "laws.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    found = Library(tmp_path / "library.sqlite")
    found.load(tmp_path, [file])
    return found


def _row(work: str, title: str, key: str, text: str) -> dict[str, str]:
    return {"id": f"{work}#{key}", "work": work, "work_title": title, "anchor": key, "lang": "fr",
            "text": text, "version": "2002-07-01", "type": "article"}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "key", "work", "keys"),
    [
        ("article 2", "art_1er", "loi-2001-05-02-n1", ("art_2",)),
        ("article 2", "annexe_1_art_1", "loi-2001-05-02-n1", ("annexe_1_art_2",)),
        (
            "articles 1er à 3",
            "art_3",
            "loi-2001-05-02-n1",
            ("art_1er", "art_2", "art_2bis", "art_3"),
        ),
        ("l'article précédent", "art_2bis", "loi-2001-05-02-n1", ("art_2",)),
        (
            "article 1er du règlement grand-ducal du 3 juin 2002",
            "art_2",
            "rgd-2002-06-03-n1",
            ("art_1",),
        ),
    ],
)
def test_a_reference_leads_to_its_provisions(
    library: Library, text: str, key: str, work: str, keys: tuple[str, ...]
) -> None:
    (cited,) = references_in(text, "fr")
    target = Resolver(library).resolve(library, cited, "loi-2001-05-02-n1", key)
    assert (target.work, target.keys, target.why) == (work, keys, "")


@pytest.mark.parametrize(
    ("text", "work", "why"),
    [
        ("article 9", "loi-2001-05-02-n1", "missing"),
        ("article 9 de la loi du 5 avril 1993", "loi-1993-04-05", "unheld"),
        ("article 9 du traité de Rome", "traite", "other"),
    ],
)
def test_what_leads_nowhere_says_why(library: Library, text: str, work: str, why: str) -> None:
    (cited,) = references_in(text, "fr")
    target = Resolver(library).resolve(library, cited, "loi-2001-05-02-n1", "art_1er")
    assert (target.work, target.keys, target.why) == (work, (), why)
