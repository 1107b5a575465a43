"""Readability: figures worked out by hand from the published formulas, and texts that are told apart."""

import pytest

from casemate.errors import BadInput
from casemate.readability import Figure, measure, sentences, syllables

SPOKEN = {
    "en": "the 1 reader 2 make 1 table 2 asked 1 wanted 2 people 2 decision 3 queue 1 authority 4 agency 3 "
    "places 2 boxes 2 system 2 data 2 little 2 she 1 are 1 use 1 letters 2",
    "fr": "école 2 appareil 3 demande 2 administration 5 citoyens 3 évaluer 3 nation 2 idée 2 créer 2 "
    "hier 1 qui 1 guerre 1 décision 3 être 1 table 1 mairie 2 personnes 2 autorité 4 algorithme 3 "
    "traite 1 elles 1 bureau 2 besoin 2 loi 1 oublier 3 données 2 européen 4 moment 2",
    "de": "über 2 Behörde 3 Entscheidung 3 Bürgerinnen 4 eine 2 Arbeit 2 Europa 3 Region 3 Daten 2 "
    "Idee 2 sehen 2 erarbeiten 4 Ernährung 3 aber 2 verständlich 3 "
    "Algorithmus 4 neue 2 Quelle 2 Häuser 2 freie 2",
}
LEGAL = (
    "Notwithstanding the considerations enumerated hereinbefore, the competent administrative authority "
    "retains discretionary responsibility regarding the determination of eligibility, provided that "
    "appropriate documentation substantiating extraordinary circumstances accompanies the application."
)


@pytest.mark.parametrize("language", ["en", "fr", "de"])
def test_words_are_spoken_with_their_syllables(language: str) -> None:
    told = SPOKEN[language].split()
    wrong = {
        word: number
        for word, number in zip(told[::2], map(int, told[1::2]), strict=True)
        if syllables(word, language) != number  # type: ignore[arg-type]
    }
    assert not wrong


@pytest.mark.parametrize(
    ("language", "text", "figures"),
    [
        # 6 words, 1 sentence, 7 syllables, no long word
        ("en", "The cat sat on the table.", {"Flesch Reading Ease": 102.0, "LIX": 6.0}),
        # 5 words, 1 sentence, 6 syllables
        ("fr", "Le chat dort la nuit.", {"LIX": 5.0}),
        # 5 words, 1 sentence, 8 syllables; one word of three syllables, which is long; three of one
        (
            "de",
            "Das Amt prüft deine Anfragen.",
            {"Flesch-Amstad": 81.4, "Wiener Sachtextformel": 4.5, "LIX": 25.0},
        ),
        ("lb", "D’Amt kuckt deng Ufro.", {"LIX": 4.0}),
    ],
)
def test_figures_are_those_of_the_formulas(
    language: str, text: str, figures: dict[str, float]
) -> None:
    found = measure(text, language)
    assert found is not None
    told = {one.name: one.value for one in found.figures}
    assert {name: told[name] for name in figures} == figures
    assert all(one.source for one in found.figures)


def test_plain_and_legal_words_are_told_apart() -> None:
    plain = measure("We sort your letter. A person reads it. You get an answer in ten days.", "en")
    legal = measure(LEGAL, "en")
    assert plain is not None
    assert legal is not None
    assert (plain.level, plain.hints) == ("plain", ())
    assert (legal.level, legal.hints) == ("hard", ("long_sentences", "long_words"))
    assert legal.longest_sentence == legal.words == 27
    assert plain.is_short


def test_one_endless_sentence_is_told_of_though_the_mean_is_short() -> None:
    text = "We sort. " * 20 + " ".join(["word"] * 41) + "."
    found = measure(text, "en")
    assert found is not None
    assert found.hints == ("one_long_sentence",)


def test_a_short_form_and_a_number_end_no_sentence() -> None:
    text = "See Art. 5 of the Act. Dr. Muller decides on 3. May, z. B. today!\nA heading\nThe end."
    assert len(sentences(text)) == 4


@pytest.mark.parametrize("text", ["", "  \n", "12 345 – !?"])
def test_a_text_without_words_has_no_reading(text: str) -> None:
    assert measure(text, "fr") is None


def test_another_language_is_refused() -> None:
    with pytest.raises(BadInput, match="en, fr, de and lb"):
        measure("Hola", "es")


@pytest.mark.parametrize("language", ["en", "fr", "de", "lb"])
def test_any_text_is_measured(language: str) -> None:
    found = measure("Ⅷ ǅ 𝔘nicode’s ‘word’—ﬁ ß İ " * 3, language)
    assert found is not None
    assert isinstance(found.figures[0], Figure)
