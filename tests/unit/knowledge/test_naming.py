"""What a question names outright, in four languages: a work by title, date, short name or kind and year."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from casemate.flagships.law.short_names import short_names
from casemate.knowledge.passages import Passage
from casemate.knowledge.retrieval.naming import Names, titles_of

TITLES = {
    "housing": "Version consolidée applicable au 01/06/2024 : Loi du 25 février 1979 concernant l'aide au"
    " logement.",
    "civil-service": "Loi du 16 avril 1979 fixant le statut général des fonctionnaires de l'Etat.",
    "lease": "Loi du 21 septembre 2006 sur le bail à usage d'habitation",
    "safety": "Règlement grand-ducal du 13 juin 1979 concernant les directives en matière de sécurité",
    "procedure": "Nouveau Code de procédure civile",
    "labour": "Code du travail",
    "32016R0679": "GDPR — Regulation (EU) 2016/679",
    "32022R2554": "DORA — Regulation (EU) 2022/2554",
}
PASSAGES = [Passage(f"{work}#1", "fr", work, title, "…") for work, title in TITLES.items()]
NAMES = Names(PASSAGES, short_names(TITLES))
PLACES = {work: place for place, (work, _) in enumerate(titles_of(PASSAGES))}


def near(work: str) -> object:
    """A question whose meaning is that of one title."""

    def nearness(numbers: Sequence[int]) -> NDArray[np.float32]:
        return np.array([0.9 if one == PLACES[work] else 0.8 for one in numbers], np.float32)

    return nearness


@pytest.mark.parametrize(
    ("question", "work", "number"),
    [
        ("article L. 121-1 du Code du travail", "labour", "l121-1"),
        ("RGPD art. 17", "32016R0679", "17"),
        ("GDPR Article 17", "32016R0679", "17"),
        ("DSGVO Art. 17", "32016R0679", "17"),
        ("Datenschutz-Grundverordnung, Artikel 17", "32016R0679", "17"),
        ("Regulation (EU) 2016/679, Article 17", "32016R0679", "17"),
        ("art. 5 du règlement sur la résilience opérationnelle numérique", "32022R2554", "5"),
        ("article 3 du code de procédure civile", "procedure", "3"),
        ("la loi de 2006 sur le bail à usage d'habitation", "lease", None),
        ("le règlement de 1979 sur la sécurité", "safety", None),
        ("la loi de 1979 sur le logement, article 2", "housing", "2"),
        ("le statut des fonctionnaires dans la loi de 1979", "civil-service", None),
        ("loi du 25 février 1979, art. 4", "housing", "4"),
    ],
)
def test_what_is_named_is_resolved(question: str, work: str, number: str | None) -> None:
    named = NAMES.named(question)
    assert named.works == {work}
    assert named.numbers == ((number,) if number else ())


@pytest.mark.parametrize(
    "question",
    ["the housing law of 1979", "das Wohnungsgesetz von 1979", "d'Gesetz vun 1979 iwwer d'Wunnen"],
)
def test_in_another_language_meaning_tells_works_apart(question: str) -> None:
    assert NAMES.named(question, near("housing")).works == {"housing"}  # type: ignore[arg-type]


def test_what_stays_open_names_several() -> None:
    assert NAMES.named("Que dit la loi de 1979 ?").works == {"housing", "civil-service"}


@pytest.mark.parametrize(
    "question",
    ["Combien de congés en 1979 ?", "la loi de 1850", "Is the data protected by law?", "2006"],
)
def test_what_names_nothing_is_left_free(question: str) -> None:
    assert NAMES.named(question).works == frozenset()


def test_short_names_are_only_of_works_that_are_there() -> None:
    assert set(short_names(["32022r2554"]).values()) == {"32022r2554"}
