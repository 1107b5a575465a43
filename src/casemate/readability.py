"""How easily a text is read, by the formulas that are used for its language.

| language | formulas |
| --- | --- |
| en | Flesch 1948; LIX |
| fr | Kandel and Moles 1958; LIX |
| de | Amstad 1978; first Wiener Sachtextformel 1984; LIX |
| lb | LIX: nobody has fitted a formula to Luxembourgish that we know of |

Sources: R. Flesch, A new readability yardstick, Journal of Applied Psychology 32 (1948). L. Kandel and
A. Moles, Application de l'indice de Flesch à la langue française, Cahiers d'études de radio-télévision 19
(1958). T. Amstad, Wie verständlich sind unsere Zeitungen? (Zürich 1978). R. Bamberger and E. Vanecek, Lesen
– Verstehen – Lernen – Schreiben (Wien 1984). C.-H. Björnsson, Läsbarhet (Stockholm 1968).

A formula counts words and sentences and understands neither: it finds a text that is hard, not one that is
wrong. Syllables are counted by rules on groups of vowels. Measured for English on 37,000 running words
against the Carnegie Mellon Pronouncing Dictionary: 96 % exact, the mean 0.9 % too low; hyphenation
dictionaries, which never part a single letter, were 6.6 % too low.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from casemate.errors import BadInput

Language = Literal["en", "fr", "de", "lb"]
Level = Literal["plain", "demanding", "hard"]
"""``plain``: what a newspaper for everybody keeps to; ``hard``: what its formula calls very difficult."""
Hint = Literal["long_sentences", "one_long_sentence", "long_words"]
ENOUGH = 100
"""Words from which on a figure is worth something: Flesch fitted his formula to samples of a hundred."""
LONG_SENTENCE = 20
"""Words: the mean that guides to plain language ask for; one with twice as many is told of by itself."""
LONG_WORD = 6
"""Letters; a word with more is a long one (Björnsson)."""
MANY_LONG_WORDS = 0.35
"""The share of long words from which on shorter ones are asked for."""
_PLAIN, _HARD = 60.0, 30.0
"""On Flesch's scale and those made from it: standard, and very difficult."""
_PLAIN_LIX, _HARD_LIX = 40.0, 60.0
"""On Björnsson's scale: the end of easy, and very difficult."""

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_END = re.compile(r"(?<=[.!?…])[\"'”’»)\]]*\s+|\n+")
_NO_END = re.compile(
    r"(?:\b(?:[^\W\d_]|art|abs|no|nr|dr|mr|mrs|ms|mme|prof|st|vgl|bzw|cf|cap)\.|\d\.)$", re.I
)
"""A full stop that shortens a word or follows a number ends no sentence."""
_NUCLEI = {
    "en": re.compile("[aeiouy]+"),
    "de": re.compile("aa|ee|oo|ie|ei|ai|ey|ay|au|eu|äu|[aeiouyäöüéè]"),
    "fr": re.compile(
        "(?<![bcdfgptv][lr])[iuy](?=[aeoàâéèêôœ])|eau|aî|oî|oû|œu|[aeo]u|[aeo]i|ay|oy|[aeiouyàâäéèêëîïôöùûüœæ]"
    ),
}
_SILENT = {
    "en": re.compile(r"(?<=[^laeiouy])e$|(?<=[^aeioutdy])ed$|(?<=[^aeiouyszxc])es$"),
    "fr": re.compile(r"(?<=[^aeo])(?:e|es)$|(?<=[^aeiouém])ent$(?<!ment)"),
}
"""An ending whose vowel is written and not spoken."""


@dataclass(frozen=True)
class Figure:
    """What one formula says, and who fitted it."""

    name: str
    value: float
    source: str


@dataclass(frozen=True)
class Reading:
    """How easily a text is read."""

    language: Language
    words: int
    sentences: int
    words_a_sentence: float
    long_words: float
    """The share of words with more than six letters."""
    longest_sentence: int
    """In words."""
    figures: tuple[Figure, ...]
    """The first decides the level."""
    level: Level
    hints: tuple[Hint, ...]

    @property
    def is_short(self) -> bool:
        """Whether the text has too few words for its figures to be more than a rough guide."""
        return self.words < ENOUGH


@dataclass(frozen=True)
class _Counts:
    """Means over the words and sentences of a text; shares from 0 to 1."""

    a_sentence: float
    long: float
    syllables: float = 0.0
    three: float = 0.0
    """The share of words with three syllables or more."""
    one: float = 0.0


def measure(text: str, language: str) -> Reading | None:
    """How easily ``text`` is read; ``None`` where it has no word.

    Raises ``BadInput`` for a language that is none of the four.
    """
    known = _language(language)
    by_sentence = [found for part in sentences(text) if (found := _WORD.findall(part))]
    if not by_sentence:
        return None
    words = [word for part in by_sentence for word in part]
    counts = _counts(words, len(by_sentence), known)
    figures = tuple(_figures(counts, known))
    longest = max(map(len, by_sentence))
    return Reading(
        language=known,
        words=len(words),
        sentences=len(by_sentence),
        words_a_sentence=round(counts.a_sentence, 1),
        long_words=round(counts.long, 3),
        longest_sentence=longest,
        figures=figures,
        level=_level(figures[0]),
        hints=tuple(_hints(counts, longest)),
    )


def sentences(text: str) -> list[str]:
    """The sentences of ``text``; a line of its own (a heading, an item of a list) is one."""
    found: list[str] = []
    for piece in _END.split(text):
        if found and _NO_END.search(found[-1]):
            found[-1] += " " + piece
        else:
            found.append(piece)
    return found


def syllables(word: str, language: Literal["en", "fr", "de"]) -> int:
    """With how many syllables ``word`` is spoken, by rule; at least one."""
    plain = re.sub("(?<=q)u" if language != "fr" else "(?<=[qg])u(?=[eiéèêy])", "", word.casefold())
    if language in _SILENT and len(plain) > 2:
        plain = _SILENT[language].sub("", plain)
    found = _NUCLEI[language].findall(plain)
    if language == "fr":  # an i, u or y before a vowel is spoken with it
        found = [one for one in found if one not in ("i", "u", "y")] + _spoken_glides(plain)
    return max(1, len(found))


def _spoken_glides(word: str) -> list[str]:
    """Of French, each i, u and y that is a vowel of its own: not before another, or after two."""
    return re.findall(
        r"(?:(?<![aeo])|(?<=[bcdfgptv][lr]))[iuy](?![aeoàâéèêôœ])|(?<=[bcdfgptv][lr])i(?=[aeoé])",
        word,
    )


def _language(language: str) -> Language:
    for one in get_args(Language):
        if one == language:
            known: Language = one
            return known
    raise BadInput(f"readability is measured in en, fr, de and lb, not in {language!r}")


def _counts(words: Sequence[str], many: int, language: Language) -> _Counts:
    number = len(words)
    long = sum(len(word) > LONG_WORD for word in words) / number
    if language == "lb":
        return _Counts(number / many, long)
    spoken = [syllables(word, language) for word in words]
    return _Counts(
        number / many,
        long,
        sum(spoken) / number,
        sum(one >= 3 for one in spoken) / number,
        sum(one == 1 for one in spoken) / number,
    )


def _figures(of: _Counts, language: Language) -> Iterator[Figure]:
    match language:
        case "en":
            value = 206.835 - 1.015 * of.a_sentence - 84.6 * of.syllables
            yield Figure("Flesch Reading Ease", round(value, 1), "Flesch 1948")
        case "fr":
            value = 207 - 1.015 * of.a_sentence - 73.6 * of.syllables
            yield Figure("Kandel-Moles", round(value, 1), "Kandel and Moles 1958")
        case "de":
            value = 180 - of.a_sentence - 58.5 * of.syllables
            yield Figure("Flesch-Amstad", round(value, 1), "Amstad 1978")
            yield Figure(
                "Wiener Sachtextformel", round(_vienna(of), 1), "Bamberger and Vanecek 1984"
            )
    yield Figure("LIX", round(of.a_sentence + 100 * of.long, 1), "Björnsson 1968")


def _vienna(of: _Counts) -> float:
    """The first formula: the school year, from 4 to 15, that a text is for."""
    return (
        0.1935 * 100 * of.three + 0.1672 * of.a_sentence + 0.1297 * 100 * of.long
        - 0.0327 * 100 * of.one - 0.875
    )  # fmt: skip


def _level(figure: Figure) -> Level:
    if figure.name == "LIX":
        return (
            "plain"
            if figure.value < _PLAIN_LIX
            else "demanding"
            if figure.value < _HARD_LIX
            else "hard"
        )
    return "plain" if figure.value >= _PLAIN else "demanding" if figure.value >= _HARD else "hard"


def _hints(of: _Counts, longest: int) -> Iterator[Hint]:
    if of.a_sentence > LONG_SENTENCE:
        yield "long_sentences"
    elif longest > 2 * LONG_SENTENCE:
        yield "one_long_sentence"
    if of.long > MANY_LONG_WORDS:
        yield "long_words"
