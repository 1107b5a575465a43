"""Words as search compares them, and a user's text as a query that cannot be anything else.

Letters lose case and accents; everything that is not a letter or a digit separates words. So what
reaches a database's query language is made of letters and digits alone, whatever was typed.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from casemate.catalogue.description import DatasetDescription
from casemate.errors import BadInput

MAX_TEXT = 1_000
"""Characters in a search text, at most."""
MAX_TERMS = 20
MAX_WORD = 64
MAX_COLUMN = 100_000
"""Characters that search keeps of one part of a description; PostgreSQL holds 1 MB in all."""

_WORD = re.compile(r"[^\W_]+")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "đ": "d", "ł": "l", "ı": "i"})
"""Letters that Unicode does not take apart and keyboards lack: ``cœur`` is looked for as ``coeur``."""
_ELISION = re.compile(r"\b(?:[cdjlmnst]|qu|lorsqu|puisqu)['’](?=\w)", re.IGNORECASE)
"""An article that lost its vowel, in French or Luxembourgish: who asks for ``l'eau`` means ``eau``."""
EMPTY = frozenset(
    word
    for words_of_a_language in (
        "a an and for in of on or the to with by",
        "au aux d de des du en et l la le les ou par pour sur un une",
        "am an auf aus bei das dem den der des die ein eine im in mit oder und von zu zum zur",
        "a am an de dei den der dem deen eng fir mat oder op vun vum",
    )
    for word in words_of_a_language.split()
)
"""Words that say nothing, in four languages: a search asks for them only where nothing else is asked."""
_PIECE = re.compile(r'"([^"]*)"?|(\S+)')


@dataclass(frozen=True)
class Term:
    """Words that must follow each other; with ``prefix`` the last may go on."""

    words: tuple[str, ...]
    prefix: bool = False


def words(text: str) -> list[str]:
    """The words of ``text``, folded: ``Santé_2`` gives ``sante`` and ``2``."""
    # Taking letters apart can give capitals (of a script H, say) and folding new marks: hence twice.
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign)).casefold()
    plain = plain.translate(_LIGATURES)
    return [word[:MAX_WORD] for word in _WORD.findall(plain)]


def parse(text: str) -> tuple[Term, ...]:
    """The terms of a search: words, ``"phrases"`` and ``beginnings*``; all must be found, but for the
    small words of the four languages (``EMPTY``) beside others.

    The last word also finds words that begin with it, as a person who is still typing expects.
    Raises ``BadInput`` for a text that is over-long.
    """
    if len(text) > MAX_TEXT:
        raise BadInput(f"the search text has {len(text):,} characters; the most is {MAX_TEXT:,}")
    terms: list[Term] = []
    for phrase, bare in _PIECE.findall(_ELISION.sub("", text)):
        if phrase:
            found = words(phrase)
            terms += [Term(tuple(found))] if found else []
        else:
            found = words(bare)
            terms += [Term((word,)) for word in found]
            if found and bare.endswith("*"):
                terms[-1] = Term((found[-1],), prefix=True)
    if terms and len(terms[-1].words) == 1 and not text[-1:].isspace():
        last = terms[-1].words
        terms[-1] = Term(last, prefix=len(last[0]) > 2 or terms[-1].prefix)
    if len(terms) > MAX_TERMS:
        raise BadInput(f"the search text has {len(terms)} words; the most is {MAX_TERMS}")
    telling = [term for term in terms if term.prefix or not EMPTY.issuperset(term.words)]
    return tuple(dict.fromkeys(telling or terms))


def column_words(description: DatasetDescription, holder: str) -> dict[str, str]:
    """What the search index holds of a description, by column, in all languages."""
    described = description.variables
    variables = [
        *described,
        *(label for variable in described.values() for label in variable.label.values()),
    ]
    return {
        "title_words": _joined([*description.title.values(), description.id]),
        "keyword_words": _joined(word for many in description.keywords.values() for word in many),
        "description_words": _joined(
            [
                *description.description.values(),
                *description.population.values(),
                *description.provenance.values(),
                *([description.publisher] if description.publisher else []),
            ]
        ),
        "variable_words": _joined([" ".join(dict.fromkeys(words(" ".join(variables))))]),
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


def _joined(texts: Iterable[str]) -> str:
    joined = " ".join(word for text in texts for word in words(text))
    return joined if len(joined) <= MAX_COLUMN else joined[:MAX_COLUMN].rpartition(" ")[0]
