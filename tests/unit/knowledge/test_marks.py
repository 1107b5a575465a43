"""Marks are kept across words and turned signs are found, in four languages."""

import pytest

from casemate.knowledge.marks import changed, marks, unsupported


@pytest.mark.parametrize(
    ("language", "before", "after", "told"),
    [
        ("fr", "Le délai est de 30 jours.", "Le délai est de 20 jours.",
         ["the number 30 is missing", "the number 20 is new"]),
        ("fr", "Il ne doit pas fumer.", "Il doit fumer.", ["a negation is missing"]),
        ("de", "Der Arbeitgeber muss zahlen.", "Der Arbeitgeber kann zahlen.",
         ["the word for a duty is missing", "the word for a permission is new"]),
        ("lb", "De Patron muss net bezuelen.", "De Patron muss bezuelen.", ["a negation is missing"]),
        ("en", "You must apply before 1 March 2025.", "You must apply before 2025-03-02.",
         ["the day 2025-03-01 is missing", "the day 2025-03-02 is new"]),
        ("en", "Smoking is prohibited.", "Smoking is fine.",
         ["the word for a prohibition is missing"]),
    ],
)  # fmt: skip
def test_what_a_rewording_turns_is_told(
    language: str, before: str, after: str, told: list[str]
) -> None:
    assert changed(before, after, language) == told


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        ("fr", "Le salarié doit 1 500 euros avant le 1er mars 2025.",
         "Avant le 01.03.2025, il doit payer 1.500 euros."),
        ("de", "Der Antrag muss binnen drei Tagen gestellt werden.",
         "Man muss den Antrag in 3 Tagen stellen."),
        ("lb", "Si mussen zwee Deeg waarden.", "Et muss een 2 Deeg waarden."),
        ("en", "The owner shall not sell.", "The owner must not sell."),
    ],
)  # fmt: skip
def test_the_same_in_other_words_keeps_every_mark(language: str, before: str, after: str) -> None:
    assert changed(before, after, language) == []


def test_a_name_that_the_source_lacks_is_told() -> None:
    assert unsupported("Only France applies it.", "Belgium applies it.", "en") == [
        "the name france"
    ]


def test_digits_in_groups_are_one_number() -> None:
    assert set(marks("1 234,50 euros et 1.000.000", "fr").numbers) == {"1234.50", "1000000"}
