"""A text as stems: lower case, without stop words and accents, each word cut to its stem as its
language is.

Tantivy's analysers, which hold the Snowball stemmers. Snowball has none for Luxembourgish: German's
stands in, since the two share their endings, and no stop words are taken out, since German's are
others.
"""

import re
from collections.abc import Sequence
from functools import cache

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

_STEMMERS = {
    "da": "danish", "de": "german", "en": "english", "es": "spanish", "fi": "finnish", "fr": "french",
    "hu": "hungarian", "it": "italian", "lb": "german", "nl": "dutch", "pt": "portuguese",
    "ro": "romanian", "sv": "swedish",
}  # fmt: skip
_NO_STOP_WORDS = {"lb", "ro"}
_LONGEST_WORD = 40
_APOSTROPHES = re.compile("['’ʼ]")
FORM = 1
"""Another number where the same text gives other stems: what was kept is then made anew."""


def stems(text: str, language: str) -> list[str]:
    """The stems of a text, in its order. A language without a stemmer gives its words, folded."""
    return list(_analyser(language).analyze(_APOSTROPHES.sub(" ", text)))


def joined_stems(texts: Sequence[str], language: str) -> list[str]:
    """Each text's stems as one line: how they are kept."""
    return [" ".join(stems(text, language)) for text in texts]


@cache
def _analyser(language: str) -> TextAnalyzer:
    builder = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(_LONGEST_WORD))
    builder = builder.filter(Filter.lowercase())
    name = _STEMMERS.get(language)
    if name and language not in _NO_STOP_WORDS:
        builder = builder.filter(Filter.stopword(name))
    if name:
        builder = builder.filter(Filter.stemmer(name))
    return builder.filter(Filter.ascii_fold()).build()
