"""What the search of the catalogue holds of a dataset."""

import hashlib
from collections.abc import Iterable

from casemate.catalogue.description import DatasetDescription
from casemate.search_words import EMPTY, MAX_COLUMN, MAX_TEXT, Term, joined_words, parse, words

__all__ = [
    "EMPTY",
    "MAX_COLUMN",
    "MAX_TEXT",
    "Term",
    "column_words",
    "filter_word",
    "filter_words",
    "joined_words",
    "parse",
    "words",
]


def column_words(description: DatasetDescription, holder: str) -> dict[str, str]:
    """What the search index holds of a description, by column, in all languages."""
    described = description.variables
    variables = [
        *described,
        *(label for variable in described.values() for label in variable.label.values()),
    ]
    return {
        "title_words": joined_words([*description.title.values(), description.id]),
        "keyword_words": joined_words(
            word for many in description.keywords.values() for word in many
        ),
        "description_words": joined_words(
            [
                *description.description.values(),
                *description.population.values(),
                *description.provenance.values(),
                *([description.publisher] if description.publisher else []),
            ]
        ),
        "variable_words": joined_words([" ".join(dict.fromkeys(words(" ".join(variables))))]),
        "filter_words": " ".join(
            filter_words(
                description.themes, holder, str(description.access_right), description.regime
            )
        ),
    }


def filter_words(themes: Iterable[str], holder: str, access_right: str, regime: str) -> list[str]:
    """What a dataset is filtered by, as single words that no text of a user can be."""
    named = [("theme", code) for code in themes]
    named += [("holder", holder), ("right", access_right), ("regime", regime)]
    return [filter_word(kind, name) for kind, name in named]


def filter_word(kind: str, name: str) -> str:
    """One of them."""
    return kind + _hidden(name)


def _hidden(name: str) -> str:
    """A name as letters and digits, whatever was asked for."""
    return hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:16]
