"""Nobody can turn a sentence without the check seeing it: a digit, a day, a "not", a "must", a bound."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casemate.knowledge.marks import changed
from casemate.knowledge.plain import plain_version

DAYS = {"fr": "1er mars 2025", "de": "1. März 2025", "en": "1 March 2025", "lb": "1. Mäerz 2025"}
SENTENCES = {
    "fr": (
        "Le détenteur {modal} {no}payer au moins {number} euros dans les {word} mois avant le {day} "
        "ou le {unit}."
    ),
    "de": (
        "Der Halter {modal} {no}mindestens {number} Euro in {word} Monaten bis zum {day} oder zum "
        "{unit} zahlen."
    ),
    "en": (
        "The keeper {modal} {no}pay at least {number} euros within {word} months before {day} or the "
        "{unit}."
    ),
    "lb": (
        "Den Halter {modal} {no}op d'mannst {number} Euro a {word} Méint virum {day} oder den {unit} "
        "bezuelen."
    ),
}
MODALS = {
    "fr": ("doit", "peut", "est interdit de"), "de": ("muss", "kann", "ist verboten"),
    "en": ("must", "may", "is prohibited to"), "lb": ("muss", "kann", "ass verbueden"),
}  # fmt: skip
WORDS = {
    "fr": ("deux", "trois", "douze", "vingt"), "de": ("zwei", "drei", "zwölf", "vierundzwanzig"),
    "en": ("two", "three", "twelve", "twenty"), "lb": ("zwee", "dräi", "zwielef", "véieranzwanzeg"),
}  # fmt: skip
NO = {"fr": "ne pas ", "de": "nicht ", "en": "not ", "lb": "net "}
UNITS = {"fr": ("jour", "an"), "de": ("Tag", "Jahr"), "en": ("day", "year"), "lb": ("Dag", "Joer")}
TURNS = {
    "fr": (("au moins", "au plus"), ("avant", "après"), (" ou ", " et ")),
    "de": (("mindestens", "höchstens"), (" oder ", " und ")),
    "en": (("at least", "at most"), ("before", "after"), (" or ", " and ")),
    "lb": (("op d'mannst", "héchstens"), (" oder ", " an ")),
}

languages = st.sampled_from(sorted(SENTENCES))


def said(language: str, number: int, place: int = 0, *, negated: bool = True, unit: int = 0) -> str:
    return SENTENCES[language].format(
        modal=MODALS[language][place % 3], no=NO[language] if negated else "", number=number,
        word=WORDS[language][place % 4], day=DAYS[language], unit=UNITS[language][unit],
    )  # fmt: skip


@given(languages, st.integers(10, 10**9), st.integers(0, 11), st.data())
def test_a_changed_digit_is_always_caught(
    language: str, number: int, place: int, data: st.DataObject
) -> None:
    digits = list(str(number))
    at = data.draw(st.integers(0, len(digits) - 1))
    others = [one for one in "123456789" if one != digits[at]]
    digits[at] = data.draw(st.sampled_from(others))
    assert changed(
        said(language, number, place), said(language, int("".join(digits)), place), language
    )


@given(languages, st.integers(0, 11), st.booleans())
def test_a_dropped_or_added_not_is_always_caught(language: str, place: int, negated: bool) -> None:
    assert changed(
        said(language, 20, place, negated=negated),
        said(language, 20, place, negated=not negated),
        language,
    )


@given(languages, st.integers(0, 11), st.integers(1, 11))
def test_a_swapped_duty_or_number_word_is_always_caught(language: str, place: int, by: int) -> None:
    assert changed(said(language, 20, place), said(language, 20, place + by), language)


@given(languages, st.integers(1, 28), st.integers(1901, 2099))
def test_a_changed_day_is_always_caught(language: str, day: int, year: int) -> None:
    before = said(language, 20)
    after = before.replace("1", str(day), 1).replace("2025", str(year))
    assert bool(changed(before, after, language)) == ((day, year) != (1, 2025))


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [(language, *turn) for language, turns in TURNS.items() for turn in turns],
)
def test_a_turned_small_word_is_always_caught(language: str, before: str, after: str) -> None:
    sentence = said(language, 20)
    assert before in sentence
    assert changed(sentence, sentence.replace(before, after), language)


@pytest.mark.parametrize("language", sorted(SENTENCES))
def test_a_changed_unit_is_always_caught(language: str) -> None:
    assert changed(said(language, 20), said(language, 20, unit=1), language)


PIECES = {
    "fr": (
        "nonobstant|l'article 5,|le maire|est tenu de|ne|peut|pas|30 euros|(visé|à|l'annexe II|de la loi)|"
        ";|a)|b)|:|lorsque|sauf|ou|aux fins de|d'|la|«|»"
    ),
    "de": (
        "gemäß|Artikel 5,|der Halter|muss|nicht|30 Euro|(nach|Anhang II)|;|a)|b)|:|wenn|sofern|außer|oder|"
        "unverzüglich|übermittelt|werden|„|“"
    ),
    "en": (
        "notwithstanding|Article 5,|the keeper|shall|not|pay|30 euros|(referred to|in Annex II)|;|(a)|(b)|"
        ":|where|unless|or|prior to|the|‘|’"
    ),
    "lb": (
        "gemäss|Artikel 5,|den Halter|muss|net|30 Euro|(no|der Annex II)|;|a)|b)|:|wann|falls|ausser|oder|"
        "annuléiert|ginn|„|“"
    ),
}


@given(languages, st.data())
def test_whatever_the_words_the_plain_version_keeps_every_mark(
    language: str, data: st.DataObject
) -> None:
    words = data.draw(
        st.lists(st.sampled_from(PIECES[language].split("|")), min_size=3, max_size=40)
    )
    text = " ".join(words)
    for one in plain_version(text, language).sentences:
        assert one.original == one.span.cut(text)
        assert changed(" ".join(one.original.split()), one.whole, language) == []
