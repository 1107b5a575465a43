"""Amending instructions: read in three languages, applied, and told where they are not."""

from datetime import date

import pytest

from casemate.errors import BadInput
from casemate.knowledge.documents import Document, Kind, Provision
from casemate.knowledge.drafting import draft_of, read_draft
from casemate.knowledge.drafting.amending import Act, Instructions, Operation, instructions_in
from casemate.knowledge.drafting.amending.applying import Applied, Wording, apply
from casemate.knowledge.drafting.amending.consolidating import Consolidated, akoma_ntoso
from casemate.knowledge.drafting.amending.quoting import masked
from casemate.knowledge.drafting.printing import consolidated_paper
from casemate.papers import write

LAW = (
    Wording("art_1er", "Art. 1er.", "", "Art. 1er.\nTout chien est déclaré.", "article"),
    Wording(
        "art_2", "Art. 2.", "Taxe",
        "Art. 2.\nTaxe\n(1) La taxe est de 40 euros. Elle est due en mars.\n"
        "(2) En sont exempts :\n1° les chiens d'assistance ;\n2° les chiens de refuge.\n"
        "(3) Le reste est libre.",
        "article",
    ),
    Wording("art_3", "Art. 3.", "", "Art. 3.\nLe chien est tenu en laisse.\nIl est muselé.", "article"),
)  # fmt: skip


def read(text: str, language: str = "fr") -> Instructions:
    """The instructions of one article of an amending text."""
    article = Provision("art_1", Kind.ARTICLE, "Art. 1.", "", f"Art. 1.\n{text}")
    return instructions_in(draft_of(Document("amending", "", language, (article,))))


def one(text: str, language: str = "fr") -> Operation:
    found = read(text, language)
    assert not found.unread, found.unread
    (operation,) = found.operations
    return operation


def applied(text: str, language: str = "fr", on: date | None = None) -> Applied:
    return apply(read(text, language).operations, LAW, on=on)


def words_of(done: Applied, key: str) -> str:
    assert not done.failed, done.failed
    return next(found.text for found in done.after if found.key == key)


FRENCH = [
    ("L'article 3 est abrogé.", "repeal article 3"),
    ("L’article 2, paragraphe 1er, de la loi du 15 janvier 2020 relative aux chiens est remplacé par le "
     "texte suivant : « (1) La taxe est de 60 euros. »", "replace article 2 paragraph 1"),
    ("À l'article 2, paragraphe 1er, première phrase, les termes « 40 euros » sont remplacés par les "
     "termes « 60 euros ».", "words article 2 paragraph 1 sentence 1"),
    ("À l'article 3, l'alinéa 2 est supprimé.", "repeal article 3 alinea 2"),
    ("Le second alinéa de l'article 3 est remplacé comme suit : « Il est calme. »",
     "replace article 3 alinea 2"),
    ("Après l'article 2, il est inséré un article 2bis libellé comme suit : « Art. 2bis. Oui. »",
     "insert +article 2bis"),
    ("L'article 2, paragraphe 2, est complété par un point 3° libellé comme suit : « 3° les chiots. »",
     "insert article 2 paragraph 2 +point 3"),
    ("À l'article 3, alinéa 1er, les termes « et calme » sont insérés après les termes « en laisse ».",
     "words_in article 3 alinea 1"),
    ("L'article 2, paragraphe 2, point 2°, est abrogé avec effet au 1er mars 2027.",
     "repeal article 2 paragraph 2 point 2"),
]  # fmt: skip
GERMAN = [
    ("In § 2 Absatz 1 Satz 2 wird das Wort „März“ durch das Wort „April“ ersetzt.",
     "words article 2 paragraph 1 sentence 2"),
    ("§ 3 wird aufgehoben.", "repeal article 3"),
    ("§ 2 Absatz 1 wird wie folgt gefasst: „(1) Neu.“", "replace article 2 paragraph 1"),
    ("Nach § 2 wird folgender § 2a eingefügt: „§ 2a Neu.“", "insert +article 2a"),
    ("In § 3 werden die Wörter „in laisse“ gestrichen.", "words article 3"),
    ("Dem § 2 wird folgender Absatz 4 angefügt: „(4) Neu.“", "insert article 2 +paragraph 4"),
]  # fmt: skip
ENGLISH = [
    ("In Regulation (EU) No 910/2014, Article 19 is deleted with effect from 18 October 2024.",
     "repeal article 19"),
    ("Article 5(2) is replaced by the following: ‘2. New.’", "replace article 5 paragraph 2"),
    ("In Article 4(3) of Regulation (EC) No 300/2008, the following subparagraph is added: ‘New.’",
     "insert article 4 paragraph 3 +alinea "),
    ("In Article 2, the words ‘40 euros’ are replaced by the words ‘60 euros’.", "words article 2"),
    ("The second subparagraph of Article 3(1) is deleted.", "repeal article 3 paragraph 1 alinea 2"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "language", "told"),
    [(text, language, told)
     for language, cases in (("fr", FRENCH), ("de", GERMAN), ("en", ENGLISH)) for text, told in cases],
)  # fmt: skip
def test_instructions_are_read(text: str, language: str, told: str) -> None:
    read_one = one(text, language)
    path = "".join(f" {step.unit} {step.number}" for step in read_one.path)
    made = f" +{read_one.made.unit} {read_one.made.number}" if read_one.made else ""
    assert f"{read_one.act.value}{path}{made}" == told


def test_what_stands_above_a_list_is_where_its_instructions_are() -> None:
    found = read(
        "L'article 2 de la loi du 15 janvier 2020 relative aux chiens est modifié comme suit :\n"
        "1° au paragraphe 1er, les termes « 40 euros » sont remplacés par les termes « 60 euros » ;\n"
        "2° le paragraphe 3 est abrogé."
    )
    assert [[(step.unit, step.number) for step in each.path] for each in found.operations] == [
        [("article", "2"), ("paragraph", "1")], [("article", "2"), ("paragraph", "3")],
    ]  # fmt: skip
    assert {each.work.told for each in found.operations if each.work} == {"2020-01-15"}


def test_several_articles_are_repealed_one_by_one_and_ranges_are_laid_out() -> None:
    found = read("Les articles 4 à 6 sont abrogés.")
    assert [each.path[0].number for each in found.operations] == ["4", "5", "6"]


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        (FRENCH[1][0], "art_2", "(1) La taxe est de 60 euros.\n(2)"),
        (FRENCH[2][0], "art_2", "(1) La taxe est de 60 euros. Elle est due en mars.\n"),
        (FRENCH[3][0], "art_3", "Art. 3.\nLe chien est tenu en laisse."),
        (FRENCH[4][0], "art_3", "Art. 3.\nLe chien est tenu en laisse.\nIl est calme."),
        (FRENCH[6][0], "art_2", "2° les chiens de refuge.\n3° les chiots.\n(3) Le reste"),
        (FRENCH[7][0], "art_3", "tenu en laisse et calme."),
        (
            "À l'article 3, alinéa 1er, les termes « en laisse » sont supprimés.",
            "art_3",
            "chien est tenu.",
        ),
        (
            "L'article 3, alinéa 2, est complété par les termes « et calme ».",
            "art_3",
            "Il est muselé et calme.",
        ),
    ],
)
def test_a_law_reads_as_it_is_told_to(text: str, key: str, words: str) -> None:
    assert words in words_of(applied(text), key) + "\n"


def test_a_new_article_stands_after_the_one_that_is_named() -> None:
    done = applied(FRENCH[5][0])
    assert [each.key for each in done.after] == ["art_1er", "art_2", "art_2bis", "art_3"]


def test_a_repealed_article_is_gone_and_the_change_keeps_its_words() -> None:
    done = applied("L'article 3 est abrogé.")
    assert [each.key for each in done.after] == ["art_1er", "art_2"]
    assert done.changes[0].before == LAW[2].text
    assert done.changes[0].operation.instruction == "L'article 3 est abrogé."


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("À l'article 3, les termes « est » sont remplacés par les termes « reste ».", "2 times"),
        ("À l'article 3, les termes « chat » sont supprimés.", "are not there"),
        ("À l'article 3, les termes « chie » sont supprimés.", "are not there"),
        ("L'article 9 est abrogé.", "article 9 is not there"),
        ("L'article 2, paragraphe 7, est abrogé.", "paragraph 7 is not there"),
        (
            "Il est inséré un article 3 libellé comme suit : « Art. 3. Encore. »",
            "there is an article 3 already",
        ),
        ("L'article 3, alinéa 9, est abrogé.", "alinea 9 is not there"),
    ],
)
def test_what_cannot_be_done_for_certain_changes_nothing(text: str, why: str) -> None:
    done = applied(text)
    assert why in done.failed[0].why
    assert done.after == LAW


@pytest.mark.parametrize(
    "text",
    [
        "À l'article 3 les mots « a » sont remplacés par « b » et les mots « c » sont supprimés.",
        "L'article 3 est remplacé par une disposition plus claire.",
        "Le paragraphe 2 est abrogé.",
        "L'article 3 est remplacé comme suit : « Le chien",
        "Les mots « a », « b » et « c » sont remplacés à l'article 3 par des mots nouveaux.",
    ],
)
def test_what_is_not_read_is_listed_and_never_guessed(text: str) -> None:
    found = read(text)
    assert not found.operations
    assert len(found.unread) == 1


def test_an_instruction_inside_a_quotation_inside_a_quotation_does_nothing() -> None:
    text = (
        "L'article 3 est remplacé par le texte suivant : « On lit « L'article 1er est abrogé. » et "
        "“L'article 2 est supprimé.” partout. »"
    )
    done = applied(text)
    assert [each.key for each in done.after] == ["art_1er", "art_2", "art_3"]
    assert len(done.changes) == 1


def test_what_takes_effect_later_waits() -> None:
    assert len(applied(FRENCH[8][0], on=date(2027, 2, 28)).pending) == 1
    assert "chiens de refuge" not in words_of(applied(FRENCH[8][0], on=date(2027, 3, 1)), "art_2")


def test_what_concerns_another_law_is_left_alone() -> None:
    done = apply(read(FRENCH[1][0]).operations, LAW, is_the_work=lambda named: False)
    assert (len(done.elsewhere), done.after) == (1, LAW)


def test_apostrophes_close_no_quotation() -> None:
    read_one = one("In Article 2, the words ‘the Commission’s duty’ are deleted.", "en")
    assert (read_one.act, read_one.old) == (Act.WORDS, "the Commission’s duty")


def test_a_language_that_is_not_read_says_so() -> None:
    with pytest.raises(BadInput, match="instructions are read in fr, de, en"):
        read("Artikel 3 gëtt ofgeschaaft.", "lb")


def test_quotations_deep_in_each_other_end_where_the_outermost_does() -> None:
    text = "a « b „c ‘d’ e“ f » g"
    assert list(masked(text).quotes.values()) == ["b „c ‘d’ e“ f"]
    assert masked("« " * 10_000).unclosed == 0


def consolidated(text: str) -> Consolidated:
    done = applied(text)
    paths = (("art_1er", ("Chapitre 1er",)), ("art_2", ("Chapitre 1er", "Section 2")))
    return Consolidated(
        "loi", "Loi sur les chiens", "fr", date(2027, 1, 1), None, "a.txt", done, paths
    )


def test_the_consolidated_text_reads_back_from_akoma_ntoso_word_for_word() -> None:
    given = consolidated(FRENCH[5][0])
    again = read_draft(akoma_ntoso(given), "again.xml")
    assert again.language == "fr"
    assert [place.key for place in again.places] == ["art_1er", "art_2", "art_2bis", "art_3"]
    for place, wording in zip(again.places, given.applied.after, strict=True):
        assert place.text.split() == wording.text.split()
    assert [above.heading for above in again.places[1].path] == ["Chapitre 1er", "Section 2"]


def test_the_redline_on_paper_shows_what_went_and_what_came() -> None:
    html = write(consolidated_paper(consolidated(FRENCH[2][0])), "html").decode()
    assert "[−40−]" in html
    assert "[+60+]" in html
    assert "les termes « 40 euros » sont remplacés" in html
