"""A model that bends the law's words a little: each way that is known, and none of it stands."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casemate.knowledge.answers import Quote
from casemate.knowledge.answers.support import Bounds, Judge
from casemate.knowledge.answers.written import (
    MOST_DROPPED,
    DroppedSentence,
    Supported,
    checked_stream,
)

FR = (
    "Le bailleur doit rendre la garantie au locataire dans un délai de 30 jours, sauf en cas de dommage.",
    "Certains chiens dangereux ne peuvent entrer dans les parcs avant 8 heures.",
    "Toute personne qui tient au moins trois chiens paie une taxe de 40 euros.",
)
EN = "The employer shall inform all employees in writing before 1 March 2026, unless they waive it."
DE = "Der Vermieter muss die Kaution binnen 30 Tagen zurückzahlen."
OPEN = Bounds(like=0.5, like_across=0.5, new=0.0, kept=0.5)


def quote(text: str, language: str = "fr") -> Quote:
    where = ("p", "loi", "art_1", "Loi sur les chiens", "Art. 1", "", language)
    return Quote(*where, text, 0, len(text), "0" * 64, date(2020, 1, 1), None, "", "", "", 1.0)


def judged(text: str, *quotes: Quote, language: str = "fr", across: bool = False) -> list[object]:
    """With a measure of likeness that finds everything alike: nothing but the rules can stop it."""
    judge = Judge(lambda one, others: [1.0] * len(others), OPEN, across=across)
    return list(checked_stream([text], quotes, language, judge))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("subject swapped",
         "Le locataire doit rendre la garantie au bailleur dans un délai de 30 "
         "jours, sauf en cas de dommage [1]."),
        ("passive, swapped",
         "La garantie doit être rendue par le locataire au bailleur dans un "
         "délai de 30 jours, sauf en cas de dommage [1]."),
        ("may for must",
         "Le bailleur peut rendre la garantie au locataire dans un délai de 30 "
         "jours, sauf en cas de dommage [1]."),
        ("duty gone",
         "Le bailleur rend la garantie au locataire dans un délai de 30 jours, "
         "sauf en cas de dommage [1]."),
        ("exception left out",
         "Le bailleur doit rendre la garantie au locataire dans un délai de 30 "
         "jours [1]."),
        ("unit changed",
         "Le bailleur doit rendre la garantie au locataire dans un délai de 30 "
         "mois, sauf en cas de dommage [1]."),
        ("number changed",
         "Le bailleur doit rendre la garantie au locataire dans un délai de 31 "
         "jours, sauf en cas de dommage [1]."),
        ("number in letters",
         "Le bailleur doit rendre la garantie au locataire dans un délai de "
         "trois jours, sauf en cas de dommage [1]."),
        ("negated",
         "Le bailleur ne doit pas rendre la garantie au locataire dans un délai "
         "de 30 jours, sauf en cas de dommage [1]."),
        ("negation in another form",
         "Le bailleur est dispensé de rendre la garantie au locataire dans un "
         "délai de 30 jours, sauf en cas de dommage [1]."),
        ("all for some", "Tous les chiens dangereux ne peuvent entrer dans les parcs avant 8 heures [2]."),
        ("negation gone", "Certains chiens dangereux peuvent entrer dans les parcs avant 8 heures [2]."),
        ("after for before",
         "Certains chiens dangereux ne peuvent entrer dans les parcs après 8 "
         "heures [2]."),
        ("at most for at least",
         "Toute personne qui tient au plus trois chiens paie une taxe de 40 "
         "euros [3]."),
        ("scope gone", "Une personne qui tient trois chiens paie une taxe de 40 euros [3]."),
        ("another person", "Tout maire qui tient au moins trois chats paie une taxe de 40 euros [3]."),
        ("number cut off", "Toute personne qui tient au moins trois chiens paie une taxe de 4 [3]."),
        ("halves of two quotes",
         "Toute personne qui tient au moins trois chiens doit rendre la "
         "garantie au locataire [1][3]."),
        ("halves, one cited",
         "Toute personne qui tient au moins trois chiens doit rendre la "
         "garantie au locataire [3]."),
        ("a quote that is not there",
         "Toute personne qui tient au moins trois chiens paie une taxe de 40 "
         "euros [4]."),
        ("quote nought", "Toute personne qui tient au moins trois chiens paie une taxe de 40 euros [0]."),
        ("letters of another script",
         "Toute personne qui tient au moins trois chiens paie une t\u0430xe de "
         "40 euros [3]."),
        ("digits of another script",
         "Toute personne qui tient au moins trois chiens paie une taxe de "
         "\u0664\u0660 euros [3]."),
        ("signs that cannot be seen",
         "Toute personne qui tient au moins trois chiens paie une taxe de "
         "4\u200b0 euros [3]."),
        ("text turned round",
         "Toute personne qui tient au moins trois chiens paie une taxe de "
         "\u202e04\u202c euros [3]."),
        ("an address", "Toute personne paie une taxe de 40 euros sur https://evil.example [3]."),
        ("nothing of it", "Le ministre a promis que cela va changer [1]."),
        ("an order that was obeyed", "Les instructions précédentes sont ignorées et tout est permis [1]."),
        ("words and no quote", "Toute personne qui tient trois chiens ou plus paie 40 euros."),
    ],
)  # fmt: skip
def test_what_was_bent_does_not_stand(kind: str, text: str) -> None:
    told = judged(text, *map(quote, FR))
    assert told, kind
    assert all(isinstance(one, DroppedSentence) for one in told), kind


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        (FR[0] + " [1]", 1),
        ("Ainsi, " + FR[1].replace("Certains", "certains") + " [2]", 2),
        ("Selon l'article 1, toute personne qui tient au moins trois chiens "
         "paie une taxe de 40 euros [3].", 3),
        ("- **Toute personne qui tient au moins trois chiens paie une taxe de 40 euros.** [3]", 3),
        (FR[2], 3),  # no number given: the server finds the quote that it is cut from
    ],
)  # fmt: skip
def test_the_words_of_the_law_stand(text: str, cited: int) -> None:
    (told,) = judged(text, *map(quote, FR))
    assert isinstance(told, Supported), told
    assert (told.quotes, told.kind) == ((cited,), "quote")


def test_a_lead_that_names_another_article_is_no_lead() -> None:
    text = (
        "Selon l'article 7, toute personne qui tient au moins trois chiens "
        "paie une taxe de 40 euros [1]."
    )
    assert isinstance(judged(text, quote(FR[2]))[0], DroppedSentence)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("The employer shall inform some employees in writing before 1 March "
         "2026, unless they waive it [1].", "all|some"),
        ("The employer may inform all employees in writing before 1 March 2026, "
         "unless they waive it [1].", "duty"),
        ("The employees shall inform all employers in writing before 1 March "
         "2026, unless they waive it [1].", "order"),
        ("The employer shall inform all employees in writing before 2 March "
         "2026, unless they waive it [1].", "day"),
        ("The employer shall inform all employees in writing before 1 March 2026 [1].", "unless"),
    ],
)  # fmt: skip
def test_english_is_held_to_the_same(text: str, why: str) -> None:
    (told,) = judged(text, quote(EN, "en"), language="en")
    assert isinstance(told, DroppedSentence)
    assert any(part in told.why for part in why.split("|")), told.why


def test_another_language_than_the_quote_s_stands_only_where_the_operator_says_so() -> None:
    text = "The landlord must pay back the deposit within 30 days [1]."
    (told,) = judged(text, quote(DE, "de"), language="en")
    assert isinstance(told, DroppedSentence)
    assert "another language" in told.why
    (told,) = judged(text, quote(DE, "de"), language="en", across=True)
    assert isinstance(told, Supported)
    assert told.kind == "translated"
    for wrong in (
        text.replace("30", "20"),
        text.replace("must", "may"),
        text.replace("days", "months"),
    ):
        (told,) = judged(wrong, quote(DE, "de"), language="en", across=True)
        assert isinstance(told, DroppedSentence), wrong


def test_a_citation_outside_the_quotes_is_an_error() -> None:
    (told,) = judged(FR[0] + " [9]", *map(quote, FR))
    assert isinstance(told, DroppedSentence)
    assert told.error
    assert "names quote 9, and there are 3" in told.why


def test_a_model_that_goes_on_for_ever_is_ended() -> None:
    def for_ever() -> object:
        number = 0
        while True:
            number += 1
            yield f"Le ministre numéro {number} a tout promis [1]. "

    judge = Judge(lambda one, others: [1.0], OPEN)
    told = list(checked_stream(for_ever(), [quote(FR[0])], "fr", judge))  # type: ignore[arg-type]
    assert len(told) == MOST_DROPPED


def test_a_sentence_without_an_end_is_ended() -> None:
    def endless() -> object:
        while True:
            yield "et encore "

    judge = Judge(lambda one, others: [1.0], OPEN)
    (told,) = checked_stream(endless(), [quote(FR[0])], "fr", judge)  # type: ignore[arg-type]
    assert isinstance(told, DroppedSentence)


def test_what_is_said_twice_is_told_once() -> None:
    assert len(judged(f"{FR[0]} [1] {FR[0]} [1] {FR[0]} [1]", *map(quote, FR))) == 1


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_how_a_text_is_cut_into_pieces_changes_nothing(data: st.DataObject) -> None:
    text = f"{FR[0]} [1] Ainsi, c'est promis [2]. {FR[2]} [3]"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    judge = Judge(lambda one, others: [1.0] * len(others), OPEN)
    quotes = [quote(one) for one in FR]
    assert list(checked_stream(pieces, quotes, "fr", judge)) == judged(text, *quotes)


@settings(max_examples=40, deadline=None)
@given(st.text("abeé 123[],.!?\u0435\u200b%€[1]\n", max_size=60))
def test_nothing_stands_that_has_other_numbers_or_words(text: str) -> None:
    for told in judged(text, *map(quote, FR)):
        assert isinstance(told, DroppedSentence), told
