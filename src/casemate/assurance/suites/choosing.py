"""Questions with a few answers to choose from, in an order drawn by the seed; the letter is asked for."""

from collections.abc import Sequence
from random import Random

from casemate.assurance.suites.contract import Ask, Sample, question

LETTERS = "ABCDEFGH"
_ASKED = {
    "en": "Answer with one letter only: {letters}.",
    "fr": "Répondez par une seule lettre : {letters}.",
    "de": "Antworten Sie nur mit einem Buchstaben: {letters}.",
    "lb": "Äntwert nëmme mat engem Buschtaf: {letters}.",
}
_OR = {"en": "or", "fr": "ou", "de": "oder", "lb": "oder"}
YES_NO = {
    "en": 'Begin your answer with "Yes" or "No".',
    "fr": "Commencez votre réponse par « Oui » ou « Non ».",
    "de": "Beginnen Sie Ihre Antwort mit „Ja“ oder „Nein“.",
    "lb": "Fänkt Är Äntwert mat „Jo“ oder „Nee“ un.",
}


def order(options: Sequence[str], seed: int, ident: str) -> list[str]:
    """``options`` in an order that ``seed`` and the item's name draw."""
    drawn = list(options)
    Random(f"{seed} {ident}").shuffle(drawn)  # noqa: S311 - an order to be repeated, not a secret
    return drawn


def asked(text: str, options: Sequence[str], language: str) -> str:
    """The question with its lettered options, and the form that the answer should have."""
    known = LETTERS[: len(options)]
    listed = "\n".join(f"{name}. {option}" for name, option in zip(known, options, strict=True))
    letters = f"{', '.join(known[:-1])} {_OR[language]} {known[-1]}"
    return f"{text}\n{listed}\n{_ASKED[language].format(letters=letters)}"


def choosing(
    ident: str,
    text: str,
    options: Sequence[str],
    right: str,
    language: str,
    *,
    group: str = "",
    concern: str = "",
    likelihoods: bool = False,
    more: dict[str, str] | None = None,
) -> Sample:
    """A sample of one such question; ``likelihoods`` asks how likely each letter is, and for no text."""
    known = LETTERS[: len(options)]
    ask = question(asked(text, options, language))
    if likelihoods:
        ask = Ask(ask.messages, options=tuple(known))
    told = {"language": language, "options": "\n".join(options), **(more or {})}
    return Sample(
        ident, (ask,), known[list(options).index(right)], group, concern, most_tokens=12, more=told
    )


def options_of(sample: Sample) -> list[str]:
    """The options in the order in which ``sample`` names them."""
    return sample.more["options"].split("\n")
